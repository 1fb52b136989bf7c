/**
 * Calls the functions of an edgequake relay, and iterates what they stream.
 *
 *     import { connect } from "/relay/relay.js";
 *
 *     const client = connect();
 *     for await (const chunk of await client.ask("What is EdgeQuake?")) console.log(chunk);
 *
 * No dependencies; for browsers of today, Node 22 and Deno.
 */

const WINDOW = 64; // items of one stream that may be on their way or unread
const FIRST_DELAY = 500; // milliseconds before the first try to reconnect, at most
const LONGEST_DELAY = 30_000;
const STEADY = 5_000; // a connection that lasted so long had really been made
const TRIES = 5; // to go on with an answer, without getting any more of it
const OPEN = 1; // WebSocket.OPEN, in any class that is given
const AGAIN = new Set(["unreachable", "store_unreachable", "http_408", "http_429", "http_502", "http_503", "http_504"]);
const GONE = new Set(["not_found", "gone", "http_404", "http_410"]);
const NOT_FUNCTIONS = new Set(["then", "catch", "finally", "toJSON", "constructor"]); // asked of any object

/** What went wrong, with a `code` for programs, a `message` for people and perhaps `data`. */
export class RelayError extends Error {
  constructor(code, message, data = null) {
    super(message);
    this.name = "RelayError";
    this.code = code;
    this.data = data;
  }
}

const errorOf = ({ code, message, data }) => new RelayError(String(code), String(message), data ?? null);
const lost = () => new RelayError("disconnected", "the connection was lost before the answer was whole");
const delayOf = (tries) => Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** tries);

/**
 * A client whose methods are the relay's functions. Nothing is sent before the first call.
 *
 * `url` is where the relay is mounted; without one, where this module came from. Options: `auth`, a value or a function
 * that gives one, for the relay's identity hook; `transport`, `"websocket"` (one socket for all calls) or `"sse"` (a
 * request for each); `onState`, called with `"connecting"`, `"open"`, `"reconnecting"` and `"closed"`; `WebSocket`, a
 * class to use instead of the global one.
 */
export function connect(url, options = {}) {
  const here = typeof document === "undefined" ? import.meta.url : document.baseURI;
  const base = new URL(url ?? new URL(".", import.meta.url), here);
  base.protocol = base.protocol.replace(/^ws/, "http");
  base.search = base.hash = "";
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  const wire = options.transport === "sse" ? new Requests(base, options) : new Socket(base, options);
  return clientOver(wire, {});
}

function clientOver(wire, defaults) {
  const own = {
    /** Calls a function by name: `call("ask", ["a question"], { mode: "hybrid" }, { signal })`. */
    call: (name, args = [], kwargs = {}, options = {}) => wire.call(name, args, kwargs, { ...defaults, ...options }),
    /**
     * The same client with settings for its calls: `client.with({ signal }).ask("…")`. With `resume`, a name, a call that
     * the page makes again after a reload goes on with its answer from the start, if the relay keeps answers.
     */
    with: (options) => clientOver(wire, { ...defaults, ...options }),
    /** Ends every call and the connection. */
    close: () => wire.close(),
    /** `"idle"`, `"connecting"`, `"open"`, `"reconnecting"` or `"closed"`. */
    get state() {
      return wire.state;
    },
  };
  return new Proxy(own, {
    get(target, name) {
      if (name in target && Object.hasOwn(target, name)) return target[name];
      if (typeof name === "symbol" || NOT_FUNCTIONS.has(name)) return undefined;
      return (...args) => target.call(name, args);
    },
  });
}

/** The items of one call: `for await` them. Leaving the loop ends the call, unless an earlier page made it. */
class Stream {
  #items = [];
  #asking = [];
  #ended = false;
  #error = null;
  #taken = 0;
  #hooks;

  constructor(hooks) {
    this.#hooks = hooks;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async next() {
    if (this.#items.length > 0) {
      this.#took();
      return { value: this.#items.shift(), done: false };
    }
    if (this.#error !== null) {
      const error = this.#error;
      this.#error = null;
      throw error;
    }
    if (this.#ended) return { value: undefined, done: true };
    return new Promise((resolve, reject) => this.#asking.push({ resolve, reject }));
  }

  async return(value) {
    this.#leave(false);
    return { value, done: true };
  }

  /** Leaves the call; iterating it ends too. */
  cancel() {
    this.#leave(false);
  }

  /** Ends the call for all who read it; iterating it ends too. */
  async stop() {
    this.#leave(true);
  }

  #leave(stop) {
    if (this.#ended) return;
    this.#items = [];
    this._end(null);
    this.#hooks.leave(stop);
  }

  #took() {
    this.#taken += 1;
    if (this.#taken >= WINDOW / 2 && !this.#ended) {
      this.#hooks.more(this.#taken);
      this.#taken = 0;
    }
  }

  /** How many items may come over a new connection. */
  _window() {
    this.#taken = 0;
    return Math.max(1, WINDOW - this.#items.length);
  }

  _push(value) {
    const asked = this.#asking.shift();
    if (asked === undefined) this.#items.push(value);
    else {
      this.#took();
      asked.resolve({ value, done: false });
    }
  }

  _end(error) {
    if (this.#ended) return;
    this.#ended = true;
    const [first, ...others] = this.#asking.splice(0);
    if (first === undefined) this.#error = error;
    else if (error !== null) first.reject(error);
    else first.resolve({ value: undefined, done: true });
    for (const asked of others) asked.resolve({ value: undefined, done: true });
  }
}

/** All calls over one WebSocket, which is opened for the first of them and again when it was lost. */
class Socket {
  state = "idle";
  #url;
  #options;
  #socket = null;
  #opening = null;
  #timer = null;
  #tries = 0;
  #openedAt = 0;
  #said = null; // an error of the connection itself, which explains its end
  #number = 0;
  #calls = new Map();

  constructor(base, options) {
    this.#url = new URL("ws", base);
    this.#url.protocol = base.protocol.replace(/^http/, "ws");
    this.#options = options;
  }

  async call(name, args, kwargs, { signal, resume }) {
    signal?.throwIfAborted();
    const socket = await aborted(this.#open(), signal);
    if (this.#socket !== socket) throw lost(); // in the moment between
    const id = ++this.#number;
    return new Promise((resolve, reject) => {
      const call = { resolve, reject, resume, stream: null, key: null, at: null, tries: 0, rejoined: false };
      const onAbort = () => {
        this.#leave(id, call, !call.rejoined);
        this.#settle(id, (it) => fail(it, signal.reason));
      };
      call.over = () => signal?.removeEventListener("abort", onAbort);
      call.makeStream = () =>
        new Stream({
          leave: (stop) => {
            this.#leave(id, call, stop || !call.rejoined);
            this.#settle(id, () => {});
          },
          more: (n) => this.#send({ type: "more", id, n }),
        });
      call.ask = () => {
        call.rejoined = false;
        this.#socket.send(JSON.stringify({ type: "rpc", id, name, args, kwargs, window: WINDOW }));
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#calls.set(id, call);
      try {
        call.asked = JSON.stringify([String(this.#url), name, args, kwargs]);
        call.key = recalled(resume, call.asked);
        call.rejoined = call.key !== null;
        if (call.rejoined) this.#resume(id, call);
        else call.ask();
      } catch (error) {
        this.#settle(id, (it) => fail(it, error)); // an argument that is no JSON
      }
    });
  }

  /** Goes on with a kept answer over this connection. */
  #resume(id, call) {
    const window = call.stream?._window() ?? WINDOW;
    this.#send({ type: "resume", id, key: call.key, after: call.at, window });
  }

  /** Reads a call no more; without a connection an answer that is kept can be stopped all the same. */
  #leave(id, call, stop) {
    if (stop) forget(call.resume);
    if (this.#socket?.readyState === OPEN) this.#send({ type: "cancel", id, stop });
    else if (stop && call.key !== null) {
      const base = new URL(".", this.#url);
      base.protocol = base.protocol.replace(/^ws/, "http");
      void drop(new URL(`answers/${encodeURIComponent(call.key)}`, base), this.#options);
    }
  }

  /** Ends all calls; one that is made later opens a new connection. */
  close() {
    this.#become("closed");
    clearTimeout(this.#timer);
    this.#tries = 0;
    this.#forget();
    this.#failAll(new RelayError("closed", "the client was closed"));
  }

  #forget() {
    const socket = this.#socket;
    this.#socket = null;
    this.#opening = null;
    if (this.state === "open") this.#become("idle");
    socket?.close(1000);
  }

  /** The open socket; tries once, at once, if there is none. */
  #open() {
    if (this.#opening !== null) return this.#opening;
    clearTimeout(this.#timer);
    this.#timer = null;
    const opening = this.#connect();
    this.#opening = opening;
    opening.catch(() => {});
    return opening;
  }

  async #connect() {
    this.#become(this.#tries > 0 ? "reconnecting" : "connecting");
    const { auth } = this.#options;
    let given;
    try {
      given = typeof auth === "function" ? await auth() : auth;
    } catch (error) {
      this.#opening = null;
      this.#become("idle");
      this.#failAll(error); // those that wait for the connection to come back
      throw error;
    }
    if (this.state === "closed") throw new RelayError("closed", "the client was closed");
    return new Promise((resolve, reject) => {
      const socket = new (this.#options.WebSocket ?? WebSocket)(this.#url);
      this.#socket = socket;
      socket.onopen = () => {
        this.#openedAt = Date.now();
        this.#said = null;
        socket.send(JSON.stringify({ type: "init", auth: given ?? null }));
        this.#become("open");
        for (const [id, call] of this.#calls) this.#resume(id, call);
        resolve(socket);
      };
      socket.onmessage = ({ data }) => this.#receive(socket, data);
      socket.onclose = ({ code }) => {
        const closed = new RelayError("closed", "the client was closed");
        if (this.state === "closed") reject(closed);
        else reject(new RelayError("unreachable", `no connection to ${this.#url}: is the relay there, and may this page call it?`));
        if (this.#socket === socket) this.#dropped(code);
      };
    });
  }

  #receive(socket, data) {
    if (this.#socket !== socket) return;
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      this.#said = new RelayError("bad_message", "the relay sent what is not JSON");
      socket.close(4000);
      return;
    }
    this.#tries = 0;
    const { id } = message;
    const call = this.#calls.get(id);
    if (id === null && message.error) this.#said = errorOf(message.error);
    else if (call === undefined) return; // cancelled, and already on its way
    else if ("chunk" in message) {
      call.tries = 0;
      call.at = message.at ?? null;
      call.stream?._push(message.chunk);
    } else if (message.stream) {
      call.key = message.key ?? null;
      if (call.key !== null) remember(call.resume, call.asked, call.key);
      if (call.stream === null) call.resolve((call.stream = call.makeStream()));
    } else if (message.done) {
      forget(call.resume);
      this.#settle(id, (it) => it.stream?._end(null));
    } else if (message.error) this.#failed(id, call, errorOf(message.error));
    else this.#settle(id, (it) => it.resolve(message.result));
  }

  #failed(id, call, error) {
    if (call.rejoined && call.stream === null && GONE.has(error.code)) {
      call.key = null; // it is not kept any more: the question is asked again
      call.ask();
    } else if (call.key !== null && AGAIN.has(error.code) && ++call.tries <= TRIES) {
      later(delayOf(call.tries), () => this.#calls.get(id) === call && this.#resume(id, call));
    } else {
      if (call.key !== null) forget(call.resume);
      this.#settle(id, (it) => fail(it, error));
      if (error.code === "unauthorized" && this.#calls.size === 0) this.#forget(); // asks for `auth` again
    }
  }

  #dropped(code) {
    const tooLarge = new RelayError("message_too_large", "the relay does not take messages of this size");
    const wasOpen = this.state === "open";
    this.#socket = null;
    this.#opening = null;
    if (wasOpen && Date.now() - this.#openedAt > STEADY) this.#tries = 0;
    const error = this.#said ?? (code === 1009 ? tooLarge : lost());
    for (const [id, call] of [...this.#calls]) {
      if (call.key === null || ++call.tries > TRIES) this.#settle(id, (it) => fail(it, error)); // others go on
    }
    this.#become("reconnecting");
    clearTimeout(this.#timer);
    this.#timer = later(delayOf(this.#tries), () => void this.#open(), this.#calls.size > 0);
    this.#tries += 1;
  }

  #send(message) {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(message));
  }

  #settle(id, how) {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    call.over();
    how(call);
  }

  #failAll(error) {
    for (const id of [...this.#calls.keys()]) this.#settle(id, (it) => fail(it, error));
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#options.onState?.(state);
  }
}

function fail(call, error) {
  if (call.stream === null) call.reject(error);
  else call.stream._end(error);
}

/** `promise`, unless the signal is aborted first. */
function aborted(promise, signal) {
  if (!signal) return promise;
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Each call a request of its own; a stream comes as server-sent events. */
class Requests {
  state = "open";
  #base;
  #options;
  #all = new AbortController();

  constructor(base, options) {
    this.#base = base;
    this.#options = options;
  }

  async call(name, args, kwargs, { signal, resume }) {
    const url = new URL(`call/${encodeURIComponent(name)}`, this.#base);
    const signals = [this.#all.signal, ...(signal ? [signal] : [])];
    const answer = new Answer({
      ask: async (signal) => {
        const body = JSON.stringify({ args, kwargs, auth: (await authOf(this.#options)) ?? null });
        return request(url, { method: "POST", headers: { "content-type": "application/json" }, body, signal });
      },
      options: this.#options,
      signal: AbortSignal.any(signals),
      resume,
      asked: () => JSON.stringify([String(url), args, kwargs]),
    });
    const response = await answer._open();
    return isStream(response) ? answer : (await response.json()).result;
  }

  close() {
    this.state = "closed";
    this.#options.onState?.("closed");
    this.#all.abort(new RelayError("closed", "the client was closed"));
  }
}

/**
 * The chunks of a route that answers with `sse_response` or `sse_lines`; `init` is that of `fetch`.
 *
 * Unlike an `EventSource` it can send a body and headers, raises errors, and never asks the question again by itself.
 * A route whose answers are kept (`relay.sse_response`) is read on when the connection is lost; `stop()` of what is
 * returned ends the answer. With `resume`, a name, in `init`, a page that asks the same again after a reload goes on with
 * the answer from its start.
 */
export function stream(url, init = {}) {
  const { resume, ...given } = init;
  const asked = () => JSON.stringify([String(url), given.method ?? "GET", String(given.body ?? "")]);
  const ask = (signal) => request(url, { ...given, signal });
  return new Answer({ ask, init: given, signal: given.signal, resume, asked });
}

/** One answer over HTTP, however many requests it takes: `for await` its chunks. */
class Answer {
  #ask;
  #init;
  #options;
  #resume;
  #asked;
  #own = new AbortController();
  #signal;
  #response = null;
  #where = null; // of an answer that is kept
  #last = "";
  #tries = 0;
  #rejoined = false;
  #ended = false;
  #left = false;
  #chunks;

  constructor({ ask, init = {}, options = {}, signal, resume, asked }) {
    this.#ask = ask;
    this.#init = init;
    this.#options = options;
    this.#resume = resume;
    this.#asked = asked;
    this.#signal = signal ? AbortSignal.any([signal, this.#own.signal]) : this.#own.signal;
    this.#chunks = this.#read();
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  next() {
    return this.#chunks.next();
  }

  /** What leaving the loop does: the answer ends, unless an earlier page asked for it. */
  return(value) {
    this.#left = true;
    this.#own.abort();
    return this.#chunks.return(value);
  }

  /** Leaves it; iterating it ends too. */
  cancel() {
    void this.return();
  }

  /** Ends the answer for all who read it; iterating it ends too. */
  async stop() {
    this.#rejoined = false;
    await this.return();
  }

  /** Asks, or goes on with the answer of before a reload. */
  async _open() {
    const asked = this.#resume === undefined ? "" : this.#asked();
    const before = recalled(this.#resume, asked);
    if (before !== null) {
      try {
        this.#where = before;
        this.#response = await this.#again();
        this.#rejoined = true;
        return this.#response;
      } catch (error) {
        if (!GONE.has(error.code)) throw error;
        forget(this.#resume);
        this.#where = null;
        this.#tries = 0;
      }
    }
    this.#response = await this.#ask(this.#signal);
    this.#where = isStream(this.#response) ? placeOf(this.#response) : null;
    if (this.#where !== null) remember(this.#resume, asked, this.#where);
    return this.#response;
  }

  async *#read() {
    try {
      let response = this.#response ?? (await this._open());
      for (;;) {
        try {
          for await (const { event, data, id } of eventsOf(response)) {
            this.#tries = 0;
            this.#last = id;
            this.#ended = event === "done" || event === "error";
            if (event === "done") return;
            if (event === "error") throw errorOf(JSON.parse(data));
            yield JSON.parse(data);
          }
          throw lost();
        } catch (error) {
          if (this.#ended || error.code !== "disconnected" || this.#where === null) throw error;
        }
        response = await this.#again();
      }
    } catch (error) {
      if (!this.#left) throw error;
    } finally {
      const leaves = this.#left || (this.#signal.aborted && this.#signal.reason?.code !== "closed");
      const stops = leaves && !this.#ended && !this.#rejoined;
      if (this.#ended || stops) forget(this.#resume);
      if (stops && this.#where !== null) void drop(this.#where, this.#options, this.#init);
      this.#own.abort(); // whoever leaves the loop ends the request
    }
  }

  /** The rest of an answer that is kept, from the last event on. */
  async #again() {
    for (;;) {
      if (this.#tries >= TRIES) throw lost();
      await pause(delayOf(this.#tries++), this.#signal); // drawn at random: a restart sends everybody here at once
      try {
        const headers = await headersOf(this.#options, this.#init);
        if (this.#last !== "") headers.set("last-event-id", this.#last);
        const { body, method, ...init } = this.#init;
        const response = await request(this.#where, { ...init, headers, signal: this.#signal });
        if (isStream(response)) return response;
        throw lost();
      } catch (error) {
        if (this.#signal.aborted || !AGAIN.has(error.code)) throw error;
      }
    }
  }
}

const isStream = (response) => response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
const authOf = ({ auth }) => (typeof auth === "function" ? auth() : auth);

/** Where an answer is kept, if that is at the same place as the answer itself. */
function placeOf(response) {
  const given = response.headers.get("location");
  if (given === null) return null;
  const where = new URL(given, response.url);
  return where.origin === new URL(response.url).origin ? where.href : null;
}

/** The headers of a request without a body: who asks. */
async function headersOf(options, init = {}) {
  const headers = new Headers(init.headers);
  headers.delete("content-type");
  const auth = await authOf(options);
  if (auth === undefined || auth === null) return headers;
  const ascii = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  headers.set("relay-auth", JSON.stringify(auth).replace(/[^ -~]/g, ascii));
  return headers;
}

/** Ends an answer that is kept; that it may have ended by itself is no failure. */
async function drop(where, options, init = {}) {
  try {
    const { body, method, signal, ...rest } = init;
    const headers = await headersOf(options, init);
    await fetch(where, { ...rest, method: "DELETE", headers, keepalive: true });
  } catch {
    return; // it is stopped for want of readers, or comes to its end
  }
}

/** What a page keeps over its reloads; a browser may have none, refuse it or have it full. */
function stored(name, use) {
  if (name === undefined) return null;
  try {
    return use(globalThis.sessionStorage, `edgequake:${name}`);
  } catch {
    return null;
  }
}

/** Keeps where the answer to a question is. */
const remember = (name, asked, where) => stored(name, (it, key) => it.setItem(key, JSON.stringify({ asked, where })));
const forget = (name) => stored(name, (it, key) => it.removeItem(key));

/** Where the answer to this question is, if that is what was asked before the reload; else null. */
function recalled(name, asked) {
  const kept = stored(name, (it, key) => JSON.parse(it.getItem(key)));
  return kept?.asked === asked ? kept.where : null;
}

function later(delay, work, needed = true) {
  const timer = setTimeout(work, delay);
  if (!needed) timer.unref?.(); // a program in Node may end meanwhile
  return timer;
}

const pause = (delay, signal) => aborted(new Promise((resolve) => later(delay, resolve)), signal);

async function request(url, init) {
  let response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw init.signal.reason;
    throw new RelayError("unreachable", `no connection to ${url}: ${error.message}`);
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw body?.error?.code
    ? errorOf(body.error)
    : new RelayError(`http_${response.status}`, `${response.status} ${response.statusText}`.trim());
}

/** Server-sent events, by the rules for their lines. */
async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = "message";
  let id = "";
  let data = [];
  for (;;) {
    let read;
    try {
      read = await reader.read();
    } catch (error) {
      throw error instanceof TypeError ? lost() : error; // how a browser says that the connection broke
    }
    if (read.done) return;
    const lines = (rest + read.value).split(/\r\n|\n|\r(?!$)/); // a CR at the end may be half of a CRLF
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { event, id, data: data.join("\n") };
        event = "message";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") data.push(value);
      else if (field === "event") event = value;
      else if (field === "id" && !value.includes("\0")) id = value;
    }
  }
}
