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

/**
 * A client whose methods are the relay's functions. Nothing is sent before the first call.
 *
 * `url` is where the relay is mounted; without one, where this module came from. Options: `auth`, a value or a function
 * that gives one, for the relay's identity hook; `transport`, `"websocket"` (one socket for all calls) or `"sse"` (a
 * request for each); `onState`, called with `"connecting"`, `"open"`, `"reconnecting"` and `"closed"`.
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
    /** The same client with settings for its calls: `client.with({ signal }).ask("…")`. */
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

/** The items of one call: `for await` them. Leaving the loop ends the call. */
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
    if (!this.#ended) {
      this.#items = [];
      this._end(null);
      this.#hooks.leave();
    }
    return { value, done: true };
  }

  /** Ends the call; iterating it ends too. */
  cancel() {
    void this.return();
  }

  #took() {
    this.#taken += 1;
    if (this.#taken >= WINDOW / 2 && !this.#ended) {
      this.#hooks.more(this.#taken);
      this.#taken = 0;
    }
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

  async call(name, args, kwargs, { signal }) {
    signal?.throwIfAborted();
    const socket = await aborted(this.#open(), signal);
    if (this.#socket !== socket) throw lost(); // in the moment between
    const id = ++this.#number;
    return new Promise((resolve, reject) => {
      const call = { resolve, reject, stream: null };
      const onAbort = () => {
        this.#send({ type: "cancel", id });
        this.#settle(id, (it) => fail(it, signal.reason));
      };
      call.over = () => signal?.removeEventListener("abort", onAbort);
      call.makeStream = () =>
        new Stream({
          leave: () => {
            this.#send({ type: "cancel", id });
            this.#settle(id, () => {});
          },
          more: (n) => this.#send({ type: "more", id, n }),
        });
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#calls.set(id, call);
      try {
        socket.send(JSON.stringify({ type: "rpc", id, name, args, kwargs, window: WINDOW }));
      } catch (error) {
        this.#settle(id, (it) => fail(it, error)); // an argument that is no JSON
      }
    });
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
      throw error;
    }
    if (this.state === "closed") throw new RelayError("closed", "the client was closed");
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.#url);
      this.#socket = socket;
      socket.onopen = () => {
        this.#openedAt = Date.now();
        this.#said = null;
        socket.send(JSON.stringify({ type: "init", auth: given ?? null }));
        this.#become("open");
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
    const call = this.#calls.get(message.id);
    if (message.id === null && message.error) this.#said = errorOf(message.error);
    else if (call === undefined) return; // cancelled, and already on its way
    else if ("chunk" in message) call.stream?._push(message.chunk);
    else if (message.stream) {
      call.stream = call.makeStream();
      call.resolve(call.stream);
    } else if (message.done) this.#settle(message.id, (it) => it.stream?._end(null));
    else if (message.error) {
      this.#settle(message.id, (it) => fail(it, errorOf(message.error)));
      if (message.error.code === "unauthorized" && this.#calls.size === 0) this.#forget(); // asks for `auth` again
    }
    else this.#settle(message.id, (it) => it.resolve(message.result));
  }

  #dropped(code) {
    const tooLarge = new RelayError("message_too_large", "the relay does not take messages of this size");
    const wasOpen = this.state === "open";
    this.#socket = null;
    this.#opening = null;
    if (wasOpen && Date.now() - this.#openedAt > STEADY) this.#tries = 0;
    this.#failAll(this.#said ?? (code === 1009 ? tooLarge : lost()));
    this.#become("reconnecting");
    const delay = Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#tries);
    this.#tries += 1;
    this.#timer = setTimeout(() => void this.#open(), delay);
    this.#timer.unref?.(); // a program in Node may end meanwhile
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
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

  async call(name, args, kwargs, { signal }) {
    const { auth } = this.#options;
    const given = typeof auth === "function" ? await auth() : auth;
    const own = new AbortController();
    const signals = [own.signal, this.#all.signal, ...(signal ? [signal] : [])];
    const response = await request(new URL(`call/${encodeURIComponent(name)}`, this.#base), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ args, kwargs, auth: given ?? null }),
      signal: AbortSignal.any(signals),
    });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return (await response.json()).result;
    const chunks = chunksOf(response, own);
    chunks.cancel = () => own.abort();
    return chunks;
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
 * Unlike an `EventSource` it can send a body and headers, raises errors, and never asks again by itself.
 */
export async function* stream(url, init = {}) {
  const own = new AbortController();
  const signal = init.signal ? AbortSignal.any([init.signal, own.signal]) : own.signal;
  yield* chunksOf(await request(url, { ...init, signal }), own);
}

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

async function* chunksOf(response, controller) {
  try {
    for await (const { event, data } of eventsOf(response)) {
      if (event === "done") return;
      if (event === "error") throw errorOf(JSON.parse(data));
      yield JSON.parse(data);
    }
    throw lost();
  } catch (error) {
    if (!controller.signal.aborted) throw error; // else it was cancelled
  } finally {
    controller.abort(); // whoever leaves the loop ends the request
  }
}

/** Server-sent events, by the rules for their lines. */
async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = "message";
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
        if (data.length > 0) yield { event, data: data.join("\n") };
        event = "message";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") data.push(value);
      else if (field === "event") event = value;
    }
  }
}
