import { connect } from "./relay/relay.js";
import { rendered } from "./markdown.js";

const find = (id) => document.getElementById(id);
const [scroll, messages, welcome, composer, question, send, stop, state, fresh] = [
  "scroll", "messages", "welcome", "composer", "question", "send", "stop", "state", "fresh",
].map(find);

const STATES = {
  idle: "Ready",
  connecting: "Connecting…",
  open: "Connected",
  reconnecting: "Reconnecting…",
  closed: "Closed",
};
const FAILURES = {
  disconnected: "The connection was lost before the answer was whole.",
  unreachable: "The server cannot be reached.",
  timeout: "The answer took too long.",
  producer_lost: "The server that wrote this answer is gone.",
  interrupted: "The server was restarted before the answer was whole.",
  upstream_unreachable: "The server behind this page cannot be reached.",
  upstream_unauthorized: "The server behind this page refused its key.",
  upstream_rate_limited: "Too many questions at once: try again in a moment.",
  upstream_timeout: "The server behind this page took too long.",
};
const client = connect(undefined, {
  onState(now) {
    state.dataset.state = now;
    state.textContent = STATES[now];
  },
}).with({ resume: "answer" }); // after a reload the same question goes on with its answer

// What a reload of the page finds again: the conversation, and its turns.
const KEPT = "relay-chat";
const chat = { conversation: null, turns: [], ...JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") };
const keep = () => sessionStorage.setItem(KEPT, JSON.stringify(chat));
let running = null; // the answer under way

// Everything that comes from outside goes in as text: nothing is ever read as HTML.
const made = (template) => find(template).content.firstElementChild.cloneNode(true);

/** Keeps the end in view, unless the reader has scrolled up. */
function following(change) {
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  change();
  if (atEnd) scroll.scrollTop = scroll.scrollHeight;
}

/** One turn's place on the page; `turn` is what is kept of it. */
class Answer {
  constructor(turn) {
    this.turn = turn;
    this.item = made("answer-template");
    this.drawing = false;
    messages.append(this.item);
  }

  part(name) {
    return this.item.querySelector(`.${name}`);
  }

  show(name, text) {
    this.part(name).textContent = text;
    this.part(name).hidden = false;
  }

  begin() {
    Object.assign(this.turn, { text: "", sources: [], end: null });
    this.item.classList.add("writing");
    this.item.setAttribute("aria-busy", "true");
    this.part("said").textContent = "Looking it up…";
    this.draw();
  }

  take(chunk) {
    if (chunk.type === "conversation") {
      if (this.turn.conversation !== null && chunk.conversation_id !== this.turn.conversation) {
        this.show("anew", "The server no longer knew this conversation: a new one begins here.");
      }
      chat.conversation = chunk.conversation_id;
      keep();
    }
    if (chunk.type === "context") this.turn.sources = (chunk.sources ?? []).map(shortened);
    if (chunk.type === "thinking") this.part("said").textContent = chunk.content ?? "";
    if (chunk.chunk) {
      this.turn.text += chunk.chunk;
      if (!this.drawing) requestAnimationFrame(() => this.draw()); // many tokens may come in one frame
      this.drawing = true;
    }
  }

  draw() {
    this.drawing = false;
    following(() => {
      this.part("note").hidden = this.turn.text !== "" || this.turn.end !== null;
      this.part("text").replaceChildren(rendered(this.turn.text, (number) => this.citation(number)));
    });
  }

  /** Shows how it ended: `done`, `stopped`, or the code of an error. */
  end(how, again) {
    this.turn.end = how;
    keep();
    this.draw();
    following(() => {
      this.item.classList.remove("writing");
      this.item.removeAttribute("aria-busy");
      if (this.turn.text !== "") this.showSources();
      if (how === "stopped") this.show("end", "Stopped");
      this.part("failure").hidden = how === "done" || how === "stopped";
      this.part("failure").querySelector("p").textContent = FAILURES[how] ?? "Something went wrong with this answer.";
      this.part("failure").querySelector("button").onclick = again;
    });
  }

  citation(number) {
    if (!this.turn.sources.some((source) => source.number === number)) return null;
    const button = made("citation-template");
    button.textContent = number;
    button.setAttribute("aria-label", `Source ${number}`);
    button.onclick = () => {
      this.showSources();
      const entry = this.item.querySelector(`[data-number="${number}"]`);
      entry.closest("details")?.setAttribute("open", "");
      entry.scrollIntoView({ block: "nearest" });
      entry.focus();
    };
    return button;
  }

  /** The sources that the text cites are shown, the others folded. */
  showSources() {
    const cited = new Set(Array.from(this.part("text").querySelectorAll(".citation"), (it) => Number(it.textContent)));
    const shown = this.turn.sources.filter((source) => cited.has(source.number));
    const others = this.turn.sources.filter((source) => !cited.has(source.number));
    this.part("cited").replaceChildren(...shown.map(entryOf));
    this.part("cited").hidden = shown.length === 0;
    const more = this.part("sources");
    const count = `${others.length}${shown.length > 0 ? " more" : ""} source${others.length === 1 ? "" : "s"}`;
    more.querySelector("summary").textContent = count;
    more.querySelector("ol").replaceChildren(...others.map(entryOf));
    more.hidden = others.length === 0;
  }
}

function shortened(source, index) {
  const line = source.start_line ? `, line ${source.start_line}` : "";
  const title = `${source.file_path ?? source.id}${line}`;
  return { number: source.reference_id ?? index + 1, kind: source.source_type, title, snippet: source.snippet ?? "" };
}

function entryOf(source) {
  const entry = made("source-template");
  entry.dataset.number = source.number;
  entry.querySelector("strong").textContent = `[${source.number}] ${source.title}`;
  entry.querySelector("span").textContent = source.snippet;
  return entry;
}

function busy(now) {
  running = now;
  stop.hidden = now === null;
  send.hidden = now !== null;
  send.disabled = question.value.trim() === "";
}

async function answer(turn) {
  const place = new Answer(turn);
  const mine = { stopped: false, stream: null, leave: new AbortController() };
  const again = () => {
    if (running !== null) return;
    place.item.remove();
    turn.conversation = chat.conversation;
    void answer(turn);
  };
  busy(mine);
  place.begin();
  keep();
  scroll.scrollTop = scroll.scrollHeight;
  let how = "done";
  try {
    const asked = client.with({ signal: mine.leave.signal });
    mine.stream = await asked.ask(turn.question, turn.conversation);
    for await (const chunk of mine.stream) place.take(chunk);
    const passages = turn.sources.filter((source) => source.kind === "chunk");
    if (passages.length > 0) turn.sources = passages;
  } catch (error) {
    how = error.code ?? "internal_error";
  }
  if (running === mine) busy(null);
  place.end(mine.stopped ? "stopped" : how, again);
}

function ask(message) {
  if (running !== null || message === "") return;
  const turn = { question: message, conversation: chat.conversation, text: "", sources: [], end: null };
  chat.turns.push(turn);
  showQuestion(turn);
  void answer(turn);
}

function showQuestion(turn) {
  welcome.hidden = true;
  fresh.hidden = false;
  const item = made("question-template");
  item.querySelector("p").textContent = turn.question;
  messages.append(item);
}

/** Ends the answer under way at its source, whichever page asked for it. */
function stopRunning() {
  if (running === null) return;
  running.stopped = true;
  if (running.stream !== null) void running.stream.stop();
  else running.leave.abort();
}

function fit() {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight}px`;
  send.disabled = question.value.trim() === "";
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running !== null) return;
  const message = question.value.trim();
  question.value = "";
  fit();
  ask(message);
});
question.addEventListener("input", fit);
question.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});
stop.addEventListener("click", () => {
  stopRunning();
  question.focus();
});
fresh.addEventListener("click", () => {
  stopRunning();
  busy(null);
  Object.assign(chat, { conversation: null, turns: [] });
  keep();
  messages.replaceChildren();
  welcome.hidden = false;
  fresh.hidden = true;
  question.focus();
});
find("suggestions").addEventListener("click", ({ target }) => {
  if (target instanceof HTMLButtonElement) ask(target.textContent);
});

// After a reload: the turns so far, and the answer that was under way goes on.
for (const turn of chat.turns) {
  showQuestion(turn);
  if (turn.end === null) void answer(turn);
  else {
    const place = new Answer(turn);
    place.end(turn.end, () => {
      if (running !== null) return;
      place.item.remove();
      turn.conversation = chat.conversation;
      void answer(turn);
    });
  }
}
