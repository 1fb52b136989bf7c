import { connect } from "./relay/relay.js";

const find = (id) => document.getElementById(id);
const [scroll, messages, welcome, composer, question, send, stop, state] = [
  "scroll", "messages", "welcome", "composer", "question", "send", "stop", "state",
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
};
const client = connect(undefined, {
  onState(now) {
    state.dataset.state = now;
    state.textContent = STATES[now];
  },
});

let conversation = null;
let running = null; // the AbortController of the answer under way

// Everything that comes from outside goes in as text: nothing is ever read as HTML.
const made = (template) => find(template).content.firstElementChild.cloneNode(true);

/** Keeps the end in view, unless the reader has scrolled up. */
function following(change) {
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  change();
  if (atEnd) scroll.scrollTop = scroll.scrollHeight;
}

function showSources(item, sources) {
  const passages = sources.filter((source) => source.source_type === "chunk");
  const shown = passages.length > 0 ? passages : sources;
  if (shown.length === 0) return;
  const details = item.querySelector(".sources");
  details.querySelector("summary").textContent = `${shown.length} source${shown.length === 1 ? "" : "s"}`;
  for (const source of shown) {
    const entry = made("source-template");
    const line = source.start_line ? `, line ${source.start_line}` : "";
    const number = source.reference_id ? `[${source.reference_id}] ` : "";
    entry.querySelector("strong").textContent = `${number}${source.file_path ?? source.id}${line}`;
    entry.querySelector("span").textContent = source.snippet ?? "";
    details.querySelector("ol").append(entry);
  }
  item.foundSources = details;
}

function busy(controller) {
  running = controller;
  stop.hidden = controller === null;
  send.hidden = controller !== null;
  send.disabled = question.value.trim() === "";
}

async function answer(message) {
  const controller = new AbortController();
  const item = made("answer-template");
  const part = (name) => item.querySelector(`.${name}`);
  busy(controller);
  item.classList.add("writing");
  item.setAttribute("aria-busy", "true");
  part("text").hidden = true;
  part("said").textContent = "Looking it up…";
  messages.append(item);
  scroll.scrollTop = scroll.scrollHeight;
  try {
    const stream = await client.with({ signal: controller.signal }).ask(message, conversation);
    for await (const chunk of stream) {
      following(() => {
        if (chunk.type === "conversation") conversation = chunk.conversation_id;
        if (chunk.type === "context") showSources(item, chunk.sources ?? []);
        if (chunk.type === "thinking") part("said").textContent = chunk.content ?? "";
        if (chunk.chunk) {
          part("note").hidden = true;
          part("text").hidden = false;
          part("text").append(chunk.chunk);
        }
      });
    }
  } catch (error) {
    following(() => {
      if (controller.signal.aborted) {
        part("end").textContent = "Stopped";
        part("end").hidden = false;
      } else {
        part("failure").querySelector("p").textContent = FAILURES[error.code] ?? "Something went wrong with this answer.";
        part("failure").querySelector("button").onclick = () => {
          if (running !== null) return;
          item.remove();
          void answer(message);
        };
        part("failure").hidden = false;
      }
    });
  } finally {
    following(() => {
      part("note").hidden = true;
      item.classList.remove("writing");
      item.removeAttribute("aria-busy");
      if (item.foundSources && !part("text").hidden) item.foundSources.hidden = false;
    });
    busy(null);
  }
}

function ask(message) {
  if (running !== null || message === "") return;
  welcome.hidden = true;
  const item = made("question-template");
  item.querySelector("p").textContent = message;
  messages.append(item);
  void answer(message);
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
  running?.abort();
  question.focus();
});
find("suggestions").addEventListener("click", ({ target }) => {
  if (target instanceof HTMLButtonElement) ask(target.textContent);
});
