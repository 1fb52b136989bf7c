// The local server's own page. Text from documents, models and servers becomes text nodes, never HTML.

const API = new URL("api/v1/", document.baseURI);
const DEFAULTS = { "X-Tenant-ID": "default", "X-Workspace-ID": "default" };
const $ = (id) => document.getElementById(id);

// -- elements -----------------------------------------------------------------------------------------------------

function el(tag, props = {}, ...children) {
  const node = tag === "svg" || SVG.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null));
  return node;
}
const SVG = new Set(["g", "circle", "line", "text", "title"]);

const narrow = () => matchMedia("(max-width: 760px)").matches;
const button = (text, onclick, props = {}) => el("button", { type: "button", ...props, onclick }, text);
const counted = (count, noun, plural = `${noun}s`) => `${count.toLocaleString("en")} ${count === 1 ? noun : plural}`;

// -- Markdown as elements -----------------------------------------------------------------------------------------

const INLINE = /(`+)(.+?)\1|\*\*(.+?)\*\*|__(.+?)__|\*(?!\s)(.+?)\*|!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)|\[(\d{1,3})\]|<?(https?:\/\/[^\s<>)]+)>?/g;

function inline(text, cite) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    found.push(text.slice(at, match.index));
    const [whole, , code, strong, strong2, soft, label, target, mark, url] = match;
    if (code !== undefined) found.push(el("code", {}, code));
    else if (strong ?? strong2) found.push(el("strong", {}, inline(strong ?? strong2, cite)));
    else if (soft !== undefined) found.push(el("em", {}, inline(soft, cite)));
    else if (label !== undefined) found.push(...link(label, target, whole.startsWith("!"), cite));
    else if (mark !== undefined) found.push(cite?.(Number(mark)) ?? whole);
    else found.push(...link(url, url, false));
    at = match.index + whole.length;
  }
  return [...found, text.slice(at)].filter((part) => part !== "");
}

function link(label, target, image, cite) {
  if (image || !/^https?:\/\//.test(target)) return inline(label, cite); // what is elsewhere in the documents is not on this page
  return [el("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, label === target ? label : inline(label, cite))];
}

const ITEM = /^(\s*)([-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?(.*)/;

function markdown(text, cite) {
  const lines = text.split("\n");
  const found = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    const fence = /^\s*(`{3,}|~{3,})/.exec(line);
    const heading = /^(#{1,6})\s+(.*?)#*\s*$/.exec(line);
    if (!line.trim()) at += 1;
    else if (fence) {
      let end = at + 1;
      while (end < lines.length && !lines[end].trim().startsWith(fence[1])) end += 1;
      found.push(el("pre", {}, el("code", {}, lines.slice(at + 1, end).join("\n"))));
      at = end + 1;
    } else if (heading) {
      found.push(el(`h${heading[1].length}`, {}, inline(heading[2], cite)));
      at += 1;
    } else if (/^\s*>/.test(line)) {
      const end = run(lines, at, (other) => /^\s*>/.test(other));
      found.push(el("blockquote", {}, markdown(lines.slice(at, end).map((other) => other.replace(/^\s*> ?/, "")).join("\n"), cite)));
      at = end;
    } else if (line.includes("|") && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[at + 1] ?? "")) {
      const end = run(lines, at + 2, (other) => other.includes("|"));
      found.push(table(lines[at], lines.slice(at + 2, end), cite));
      at = end;
    } else if (ITEM.test(line)) {
      const end = run(lines, at, (other) => ITEM.test(other) || /^\s{2,}\S/.test(other));
      found.push(list(lines.slice(at, end), cite));
      at = end;
    } else {
      const end = run(lines, at + 1, (other) => other.trim() && !/^\s*(`{3}|~{3}|#{1,6}\s|>)/.test(other) && !ITEM.test(other));
      found.push(el("p", {}, inline(lines.slice(at, end).join(" "), cite)));
      at = end;
    }
  }
  return found;
}

function run(lines, from, goesOn) {
  let end = from;
  while (end < lines.length && goesOn(lines[end])) end += 1;
  return Math.max(end, from);
}

function list(lines, cite) {
  const [, indent, mark] = ITEM.exec(lines[0]);
  const items = [];
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && item[1].length <= indent.length) items.push([item[3], []]);
    else items.at(-1)[1].push(line);
  }
  const made = items.map(([first, more]) => {
    const nested = more.findIndex((line) => ITEM.test(line));
    const text = [first, ...(nested < 0 ? more : more.slice(0, nested))].map((line) => line.trim()).join(" ");
    return el("li", {}, inline(text, cite), nested < 0 ? null : list(more.slice(nested), cite));
  });
  return el(/\d/.test(mark) ? "ol" : "ul", /\d/.test(mark) ? { start: parseInt(mark, 10) } : {}, made);
}

function table(head, rows, cite) {
  const cells = (line, tag) =>
    el("tr", {}, line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => el(tag, {}, inline(cell.replace("\\|", "|").trim(), cite))));
  return el("div", { class: "table" }, el("table", {}, el("thead", {}, cells(head, "th")), el("tbody", {}, rows.map((row) => cells(row, "td")))));
}

// -- the server ---------------------------------------------------------------------------------------------------

const memory = {};
function kept(name, make, store = localStorage) {
  try {
    const value = store.getItem(name) ?? make();
    if (value) store.setItem(name, value);
    return value;
  } catch {
    return (memory[name] ??= make()); // storage is closed to this page
  }
}

function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20, 32].map((end, n, ends) => hex.slice(ends[n - 1] ?? 0, end)).join("-");
}

const user = kept("edgequake-user", uuid);
let key = kept("edgequake-key", () => "", sessionStorage);
const identity = () => ({ ...DEFAULTS, "X-User-ID": user, ...(key ? { "X-API-Key": key } : {}) });

async function send(method, path, { body, signal } = {}) {
  const headers = { ...identity(), ...(body ? { "Content-Type": "application/json" } : {}) };
  const asked = fetch(new URL(path, API), { method, headers, signal, body: body && JSON.stringify(body) });
  const response = await asked.catch((error) => {
    throw error.name === "AbortError" ? error : new Error("the server does not answer: does it still run?");
  });
  if (response.status === 401) {
    await askForKey();
    return send(method, path, { body, signal });
  }
  if (!response.ok) throw Object.assign(new Error(words(await response.text(), response.status)), { status: response.status });
  return response;
}

const read = async (path) => (await send("GET", path)).json();

function words(text, status) {
  try {
    return JSON.parse(text).message?.replace(/^Bad request: /, "") ?? text;
  } catch {
    return text || `the server answered with ${status}`;
  }
}

let asking = null;
function askForKey() {
  asking ??= new Promise((resolve) => {
    const dialog = $("key");
    $("secret").value = "";
    dialog.showModal();
    $("unlock").onsubmit = (event) => {
      event.preventDefault();
      key = $("secret").value;
      try {
        sessionStorage.setItem("edgequake-key", key);
      } catch {
        memory["edgequake-key"] = key;
      }
      dialog.close();
      asking = null;
      resolve();
    };
  });
  return asking;
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    held += value;
    const whole = held.split("\n\n");
    held = whole.pop();
    for (const event of whole) {
      const data = event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).replace(/^ /, ""));
      if (data.length) yield JSON.parse(data.join("\n"));
    }
  }
}

async function showState() {
  const state = $("state");
  try {
    const [health, listed] = await Promise.all([(await send("GET", "../../health")).json(), read("documents?page_size=1")]);
    const model = health.components.llm_provider ? `answers: ${health.llm_provider_name}` : "no model: passages only";
    state.textContent = `${counted(listed.total, "document")} · ${model}`;
    state.classList.remove("bad");
    return listed.total;
  } catch (error) {
    state.textContent = error.message;
    state.classList.add("bad");
    return 0;
  }
}

// -- what was done, as code ---------------------------------------------------------------------------------------

const quoted = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;
const literal = (value) => JSON.stringify(value);

function asCode(what, { method = "GET", path, body, file, stream = false }, python) {
  const address = new URL(path, API).href;
  const lines = [`curl${stream ? " -N" : ""}${method === "GET" ? "" : ` -X ${method}`} ${quoted(address)}`];
  for (const [name, value] of Object.entries({ ...DEFAULTS, "X-User-ID": user })) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (key) lines.push('-H "X-API-Key: $EDGEQUAKE_API_KEY"');
  if (body) lines.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
  if (file) lines.push(`-F ${quoted(`file=@${file}`)}`);
  const base = new URL(".", document.baseURI).href.replace(/\/$/, "");
  const settings = [`base_url=${literal(base)}`, 'tenant_id="default"', 'workspace_id="default"', `user_id=${literal(user)}`];
  const opening = ["from edgequake import EdgequakeClient", "", ...(key ? ["# The key comes from EDGEQUAKE_API_KEY."] : [])];
  $("done").textContent = what;
  $("curl").textContent = lines.join(" \\\n  ");
  $("python").textContent = [...opening, "with EdgequakeClient(", ...settings.map((line) => `    ${line},`), ") as client:", ...python.map((line) => `    ${line}`)].join("\n");
}

for (const copy of document.querySelectorAll(".copy"))
  copy.onclick = async () => {
    const text = copy.closest("figure").querySelector("pre");
    try {
      await navigator.clipboard.writeText(text.textContent);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(text); // not allowed here: select it, so that one key copies it
      copy.textContent = "Selected";
    }
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  };

// -- asking -------------------------------------------------------------------------------------------------------

let conversation = null;
let running = null;

function welcome() {
  const told = el("p", {}, "Answers come with the passages they rest on.");
  const examples = el("div", { class: "examples" });
  $("thread").replaceChildren(el("li", { class: "welcome" }, el("h1", {}, "Ask your documents"), told, examples));
  showState().then(async (total) => {
    if (!total) return told.replaceChildren("There are no documents yet. ", el("a", { href: "#documents" }, "Add some"), " first.");
    const { nodes } = await read("graph?max_nodes=3");
    examples.append(...nodes.map((node) => `What is ${node.label}?`).map((text) => button(text, () => ask(text), { class: "quiet" })));
  });
}

function addTurn(question) {
  $("thread").querySelector(".welcome")?.remove();
  const asked = el("li", { class: "asked" }, el("p", {}, question));
  const answer = el("li", { class: "answer" });
  $("thread").append(asked, answer);
  return { asked, answer };
}

function showAnswer(answer, text, { sources = [], entities: known = [] }, facts) {
  const passages = sources.filter((source) => source.source_type === "chunk");
  const cite = (number) => {
    const source = passages.find((passage) => passage.reference_id === number);
    return source && button(`[${number}]`, () => openPassage(source), { class: "cite", "aria-label": `Source ${number}` });
  };
  const chips = passages.map((source) => button([el("b", {}, source.reference_id), place(source)], () => openPassage(source), { title: place(source) }));
  const others = sources.filter((source) => source.source_type === "entity");
  const named = (id) => known.find((entity) => entity.id === id)?.name ?? name(id);
  const entities = others.map((source) => button([el("b", {}, "◆"), named(source.id)], () => (location.hash = `#graph/${encodeURIComponent(source.id)}`), { title: source.snippet }));
  answer.replaceChildren(
    el("div", { class: "said" }, markdown(text, cite)),
    el("div", { class: "sources", role: "group", "aria-label": "Sources" }, chips, entities),
    ...(facts ? [el("p", { class: "facts" }, facts)] : []),
  );
}

const place = (source) => `${source.file_path}:${source.page_start ? `page ${source.page_start}` : source.start_line}`;
const name = (id) => id.toLowerCase().replaceAll("_", " ");

async function ask(question) {
  if (running) return;
  const { asked, answer } = addTurn(question);
  const mode = $("mode").value;
  const body = { message: question, mode, ...(conversation ? { conversation_id: conversation } : {}) };
  answer.replaceChildren(el("p", { class: "waiting" }, "Looking it up…"));
  running = new AbortController();
  busy(true);
  const thread = $("thread");
  let [text, context, following, frame] = ["", {}, true, 0];
  const paint = (facts) => {
    frame = 0;
    showAnswer(answer, text, context, facts);
    if (following) asked.scrollIntoView({ block: "start" });
    following &&= thread.scrollTop + thread.clientHeight > thread.scrollHeight - 2;
  };
  const began = performance.now();
  try {
    const response = await send("POST", "chat/completions/stream", { body, signal: running.signal });
    asCode(
      "your question",
      { method: "POST", path: "chat/completions/stream", body, stream: true },
      [
        `with client.chat.stream(${literal(question)}, mode=${literal(mode)}${conversation ? `, conversation_id=${literal(conversation)}` : ""}) as stream:`,
        "    for text in stream.text_stream:",
        '        print(text, end="", flush=True)',
        "print()",
        "for source in stream.sources:",
        "    print(source.reference_id, source.label)",
      ],
    );
    for await (const event of events(response.body)) {
      if (event.type === "conversation") conversation = event.conversation_id;
      else if (event.type === "context") context = { sources: event.sources, entities: event.subgraph?.entities };
      else if (event.type === "token") {
        text += event.content;
        frame ||= requestAnimationFrame(() => paint());
      } else if (event.type === "error") throw Object.assign(new Error(event.message), { code: event.code });
      else if (event.type === "done") {
        cancelAnimationFrame(frame);
        text = event.answer ?? text;
        const model = event.llm_provider === "local" ? "" : ` · ${event.llm_model}`;
        const shown = (context.sources ?? []).filter((source) => source.source_type !== "relationship");
        paint(`${counted(shown.length, "source")} · ${((performance.now() - began) / 1000).toFixed(1)} s${model}`);
      }
    }
  } catch (error) {
    cancelAnimationFrame(frame);
    if (text) paint();
    else answer.replaceChildren();
    const stopped = error.name === "AbortError";
    const gone = error.code === "CONVERSATION_GONE" || (conversation && error.status === 404);
    if (gone) {
      conversation = null; // it was deleted elsewhere
      error.message = "The conversation was deleted. Your next question begins a new one.";
    }
    answer.append(el("p", { class: stopped ? "waiting" : "failed" }, stopped ? "Stopped." : error.message));
  } finally {
    running = null;
    busy(false);
    showConversations();
  }
}

function busy(is) {
  $("send").hidden = is;
  $("stop").hidden = !is;
}

$("composer").onsubmit = (event) => {
  event.preventDefault();
  const question = $("question").value.trim();
  if (!question || running) return;
  $("question").value = "";
  grow();
  ask(question);
};
$("stop").onclick = () => running?.abort();
$("question").onkeydown = (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("composer").requestSubmit();
  }
};
function grow() {
  const box = $("question");
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}
$("question").oninput = grow;

// -- passages -----------------------------------------------------------------------------------------------------

async function openPassage(source) {
  const dialog = $("passage");
  const body = $("passage-body");
  $("passage-title").textContent = place(source);
  body.replaceChildren(el("p", { class: "waiting" }, "Opening…"));
  if (!dialog.open) dialog.showModal();
  try {
    const chunk = await read(`chunks/${encodeURIComponent(source.id)}`);
    const whole = button("Show it in its document", () => openDocument(source.document_id, chunk.start_line, chunk.end_line), { class: "quiet" });
    const near = chunk.entities.map((entity) => button(entity.name, () => follow(entity.id), { class: "quiet" }));
    body.replaceChildren(
      el("div", { class: "said" }, markdown(chunk.content)),
      el("p", {}, whole),
      ...(near.length ? [el("p", { class: "dim" }, "It mentions:"), el("div", { class: "neighbours" }, near)] : []),
    );
    asCode("a passage", { path: `chunks/${source.id}` }, [`print(client.chunks.get(${literal(source.id)}).content)`]);
  } catch (error) {
    body.replaceChildren(el("p", { class: "failed" }, error.message));
  }
}

async function openDocument(id, from = 0, to = -1) {
  const dialog = $("passage");
  const body = $("passage-body");
  if (!dialog.open) dialog.showModal();
  try {
    const found = await read(`documents/${encodeURIComponent(id)}`);
    $("passage-title").textContent = from ? `${found.title}:${from}` : found.title;
    const lines = (found.content ?? "").split("\n").map((line, n) => el("div", { "data-line": n + 1, class: n + 1 >= from && n + 1 <= to ? "quoted" : null }, line || " "));
    const box = el("div", { class: "lines", tabindex: 0, "aria-label": "The document's text" }, lines);
    body.replaceChildren(el("p", { class: "dim" }, `${found.status} · ${counted(found.chunk_count, "passage")}`), box);
    box.querySelector(".quoted")?.scrollIntoView({ block: "center" });
    asCode("a document", { path: `documents/${id}` }, [`print(client.documents.get(${literal(id)}).content)`]);
  } catch (error) {
    body.replaceChildren(el("p", { class: "failed" }, error.message));
  }
}

function follow(entity) {
  $("passage").close();
  location.hash = `#graph/${encodeURIComponent(entity)}`;
}

// -- conversations ------------------------------------------------------------------------------------------------

async function showConversations() {
  try {
    const { items } = await read("conversations?limit=50");
    const rows = items.map((item) =>
      el(
        "li",
        { class: item.id === conversation ? "open" : null },
        button(item.title || "New conversation", () => openConversation(item.id), { class: "title", title: item.title }),
        button("×", () => deleteConversation(item.id), { class: "remove", "aria-label": `Delete ${item.title}` }),
      ),
    );
    $("conversations").replaceChildren(...(rows.length ? rows : [el("li", { class: "dim" }, "None yet")]));
  } catch (error) {
    $("conversations").replaceChildren(el("li", { class: "failed" }, error.message));
  }
}

async function openConversation(id) {
  if (running) return;
  try {
    const { messages } = await read(`conversations/${id}`);
    conversation = id;
    $("thread").replaceChildren();
    let turn = null;
    for (const message of messages) {
      if (message.role === "user") turn = addTurn(message.content);
      else if (turn) showAnswer(turn.answer, message.content, message.context ?? {});
    }
    if (narrow()) $("history").open = false;
    asCode("a conversation", { path: `conversations/${id}` }, [`for message in client.conversations.get(${literal(id)}).messages:`, "    print(message.role, message.content)"]);
  } catch (error) {
    $("thread").replaceChildren(el("li", { class: "failed" }, error.message));
  }
  showConversations();
}

async function deleteConversation(id) {
  try {
    await send("DELETE", `conversations/${id}`);
    asCode("a conversation deleted", { method: "DELETE", path: `conversations/${id}` }, [`client.conversations.delete(${literal(id)})`]);
    if (id === conversation) begin();
  } catch (error) {
    $("state").textContent = error.message;
  }
  showConversations();
}

function begin() {
  if (running) return;
  conversation = null;
  welcome();
  showConversations();
  $("question").focus();
}
$("new").onclick = begin;

// -- documents ----------------------------------------------------------------------------------------------------

let page = 1;
const drop = $("drop");
for (const type of ["dragenter", "dragover"]) drop.addEventListener(type, (event) => (event.preventDefault(), drop.classList.add("over")));
for (const type of ["dragleave", "drop"]) drop.addEventListener(type, (event) => (event.preventDefault(), drop.classList.remove("over")));
drop.addEventListener("drop", (event) => uploadAll([...event.dataTransfer.files]));
$("files").onchange = (event) => {
  uploadAll([...event.target.files]);
  event.target.value = "";
};
for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault()); // a file beside the box does not replace the page

async function uploadAll(files) {
  $("uploads").replaceChildren();
  const rows = files.map((file) => {
    const row = { file, state: el("span", { class: "dim" }, "waiting"), bar: el("progress", { max: 1, value: 0, "aria-label": file.name }) };
    row.item = el("li", {}, el("strong", {}, file.name), row.state, row.bar);
    $("uploads").append(row.item);
    return row;
  });
  for (const row of rows) {
    try {
      row.state.textContent = "uploading";
      const receipt = await upload(row.file, (share) => (row.bar.value = share * 0.8));
      row.state.textContent = receipt.is_duplicate ? "already here" : "reading";
      row.state.textContent = receipt.is_duplicate ? "already here" : await whenRead(receipt.track_id);
    } catch (error) {
      row.state.textContent = "failed";
      row.item.append(el("p", { class: "failed" }, error.message));
    }
    row.bar.value = 1;
  }
  page = 1;
  showDocuments();
  showState();
}

function upload(file, progress) {
  asCode(`${file.name} uploaded`, { method: "POST", path: "documents/upload", file: file.name }, [`print(client.documents.upload_file(${literal(file.name)}).document_id)`]);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much has been sent
    request.open("POST", new URL("documents/upload", API));
    for (const [header, value] of Object.entries(identity())) request.setRequestHeader(header, value);
    request.upload.onprogress = (event) => progress(event.loaded / (event.total || 1));
    request.onload = () => (request.status < 300 ? resolve(JSON.parse(request.responseText)) : reject(new Error(words(request.responseText, request.status))));
    request.onerror = () => reject(new Error("the connection broke"));
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}

async function whenRead(track) {
  for (let wait = 50; ; wait = await pause(wait)) {
    const { documents, is_complete } = await read(`documents/track/${encodeURIComponent(track)}`);
    if (!documents.length) return "deleted";
    if (is_complete) {
      if (documents[0].status === "failed") throw new Error(documents[0].error_message ?? "it could not be read");
      return `read: ${counted(documents[0].chunk_count, "passage")}`;
    }
  }
}

// Resolves after so many milliseconds, and gives how many the next pause has.
const pause = (wait) => new Promise((resolve) => setTimeout(resolve, wait, Math.min(wait * 1.5, 1000)));

async function showDocuments() {
  const pattern = $("pattern").value.trim();
  const asked = new URLSearchParams({ page, page_size: 50, ...(pattern ? { document_pattern: pattern } : {}) });
  try {
    const found = await read(`documents?${asked}`);
    const rows = found.documents.map(documentRow);
    if (page === 1) $("list").replaceChildren(...rows);
    else $("list").append(...rows);
    $("counted").textContent = counted(found.total, "document");
    $("more").hidden = !found.has_more;
    const filter = pattern ? `document_pattern=${literal(pattern)}` : "";
    asCode("the documents listed", { path: `documents?${asked}` }, [`for document in client.documents.list(${filter}):`, "    print(document.title, document.status)"]);
  } catch (error) {
    $("list").replaceChildren(el("li", { class: "failed" }, error.message));
  }
}

function documentRow(found) {
  const status = found.status === "completed" ? counted(found.chunk_count, "passage") : found.status;
  const remove = button("Delete", () => {
    if (remove.textContent === "Delete") {
      remove.textContent = "Really delete?";
      remove.classList.add("bad");
      setTimeout(() => ((remove.textContent = "Delete"), remove.classList.remove("bad")), 4000);
    } else deleteDocument(found.id);
  }, { class: "quiet" });
  return el(
    "li",
    {},
    el("strong", {}, button(found.title ?? found.id, () => openDocument(found.id))),
    el("small", {}, `${status} · ${counted(found.entity_count ?? 0, "entity", "entities")} · ${new Date(found.created_at).toLocaleString()}`),
    el("span", { class: "act" }, remove),
    ...[found.error_message, found.warning_message].filter(Boolean).map((text) => el("p", { class: "failed" }, text)),
  );
}

async function deleteDocument(id) {
  const place = `documents/${encodeURIComponent(id)}`;
  try {
    await send("DELETE", place);
    for (let wait = 20; await read(place); ) wait = await pause(wait); // until it is not found
  } catch (error) {
    if (error.status !== 404) $("state").textContent = error.message;
  }
  page = 1;
  await showDocuments();
  asCode("a document deleted", { method: "DELETE", path: `documents/${id}` }, [`client.documents.delete(${literal(id)})`]);
  showState();
}

$("filter").onsubmit = (event) => event.preventDefault();
$("pattern").oninput = () => {
  page = 1;
  showDocuments();
};
$("more").onclick = () => {
  page += 1;
  showDocuments();
};

// -- the graph ----------------------------------------------------------------------------------------------------

const view = { x: 0, y: 0, scale: 1 };
let stage = el("g");

async function showGraph(start) {
  const most = narrow() ? 16 : 40;
  const asked = start ? `graph?start_node=${encodeURIComponent(start)}&depth=1&max_nodes=${most}` : `graph?max_nodes=${most}`;
  try {
    const found = await read(asked);
    draw(found, start);
    const python = start ? `start_node=${literal(start)}, depth=1, max_nodes=${most}` : `max_nodes=${most}`;
    asCode(start ? `the graph around ${name(start)}` : "the graph", { path: asked }, [`graph = client.graph.get(${python})`, "for edge in graph.edges:", "    print(edge.source, edge.relationship_type, edge.target)"]);
  } catch (error) {
    $("drawing").replaceChildren();
    $("drawn").textContent = error.message;
  }
}

function draw({ nodes, edges, total_nodes }, start) {
  const kinds = ["TOPIC", "CODE", "NAME"].filter((kind) => nodes.some((node) => node.node_type === kind));
  const legend = kinds.map((kind) => el("span", { class: kind }, kind.toLowerCase()));
  const told = nodes.length ? `${nodes.length} of ${counted(total_nodes, "entity", "entities")}, ${counted(edges.length, "relationship")}` : "No entities yet: add documents first.";
  $("drawn").replaceChildren(el("span", { class: "legend" }, legend), told);
  $("entities").replaceChildren(...nodes.map((node) => el("option", { value: node.label })));
  const placed = nodes.map((node) => ({ ...node, radius: 5 + 1.6 * Math.sqrt(node.degree.total) }));
  const links = strongest(edges, start);
  const box = $("drawing").getBoundingClientRect();
  const wide = Math.max(0.4, Math.min(2.5, box.width / (box.height || 1)));
  d3.forceSimulation(placed)
    .force("link", d3.forceLink(links).id((node) => node.id).distance(90).strength(0.25))
    .force("charge", d3.forceManyBody().strength(-420))
    .force("x", d3.forceX().strength(0.08 / wide))
    .force("y", d3.forceY().strength(0.08 * wide))
    .force("collide", d3.forceCollide((node) => Math.max(node.radius + 20, half(node) * 0.8)))
    .stop()
    .tick(300);
  stretch(placed, Math.max(60, box.width - 130) / Math.max(60, box.height - 60)); // what labels leave
  frame(placed);
  apart(placed);
  const lines = links.map((edge) => [edge, el("line", { "stroke-width": Math.min(5, 0.8 + 0.35 * edge.weight) }, el("title", {}, edge.description))]);
  const labels = placed.map((node) => [node, el("text", { y: node.radius + 12 }, node.label)]);
  const marks = placed.map((node) => {
    const mark = el(
      "g",
      { class: `node ${node.node_type}${node.id === start ? " chosen" : ""}`, tabindex: 0, role: "button", "aria-label": node.label },
      el("title", {}, `${node.label}: ${node.description}`),
      el("circle", { r: node.radius }),
    );
    mark.addEventListener("keydown", (event) => event.key === "Enter" && openEntity(node, placed, edges));
    return [node, mark];
  });
  const put = () => {
    for (const [edge, line] of lines) for (const [name, value] of Object.entries({ x1: edge.source.x, y1: edge.source.y, x2: edge.target.x, y2: edge.target.y })) line.setAttribute(name, value);
    for (const [node, mark] of [...marks, ...labels]) mark.setAttribute("transform", `translate(${node.x} ${node.y})`);
  };
  put();
  for (const [node, mark] of marks) movable(mark, (dx, dy) => ((node.x += dx / view.scale), (node.y += dy / view.scale), put()), () => openEntity(node, placed, edges));
  stage = el("g", {}, [lines, marks, labels].map((layer) => el("g", {}, layer.map(([, mark]) => mark))));
  $("drawing").replaceChildren(stage);
  frame(placed);
  look();
}

// What is drawn of the edges: each entity's three strongest, and all of the one in the middle. More would be a tangle.
function strongest(edges, start) {
  const count = {};
  return [...edges]
    .sort((a, b) => b.weight - a.weight)
    .filter(({ source, target }) => {
      const kept = source === start || target === start || (count[source] ?? 0) < 3 || (count[target] ?? 0) < 3;
      if (kept) for (const end of [source, target]) count[end] = (count[end] ?? 0) + 1;
      return kept;
    })
    .map((edge) => ({ ...edge }));
}

// Spreads a graph that is not as wide, or as high, as the room there is.
function stretch(placed, wide) {
  const size = (axis) => Math.max(...placed.map((node) => node[axis])) - Math.min(...placed.map((node) => node[axis])) || 1;
  const factor = (size("y") * wide) / size("x");
  for (const node of placed) {
    if (factor > 1) node.x *= Math.min(2, factor);
    else node.y *= Math.min(2, 1 / factor);
  }
}

// Moves nodes up and down until no label lies on another.
function apart(placed) {
  const unit = 1 / Math.min(1, view.scale);
  for (let round = 0; round < 30; round += 1) {
    for (const [n, one] of placed.entries()) {
      for (const other of placed.slice(n + 1)) {
        const near = Math.abs(one.x - other.x) < (half(one) + half(other)) * unit;
        const [above, below] = one.y + one.radius < other.y + other.radius ? [one, other] : [other, one];
        const overlap = 16 * unit - (below.y + below.radius - above.y - above.radius);
        if (near && overlap > 0) (above.y -= overlap / 2), (below.y += overlap / 2);
      }
    }
  }
}

// Where the graph is drawn so that all of it is seen.
function frame(placed) {
  const box = $("drawing").getBoundingClientRect();
  const ends = (value) => (placed.length ? placed.map(value) : [0, 1]);
  const [top, bottom] = [Math.min(...ends((node) => node.y)) - 30, Math.max(...ends((node) => node.y)) + 45];
  let [left, right] = [0, 0];
  view.scale = 1;
  for (let round = 0; round < 4; round += 1) { // the smaller the graph is drawn, the more of its width labels take
    const beside = (node) => half(node) / Math.min(1, view.scale);
    [left, right] = [Math.min(...ends((node) => node.x - beside(node))), Math.max(...ends((node) => node.x + beside(node)))];
    view.scale = Math.min(1.4, box.width / (right - left), box.height / (bottom - top));
  }
  view.x = box.width / 2 - (view.scale * (left + right)) / 2;
  view.y = box.height / 2 - (view.scale * (top + bottom)) / 2;
}

const half = (node) => 10 + [...node.label].reduce((sum, sign) => sum + (/[A-Z_]/.test(sign) ? 4.6 : 3.7), 0); // of a label, in pixels

function look() {
  stage.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
  stage.setAttribute("font-size", 12 / Math.min(1, view.scale)); // a small graph keeps its labels readable
}

function zoom(factor, x, y) {
  const box = $("drawing").getBoundingClientRect();
  const [cx, cy] = [x ?? box.width / 2, y ?? box.height / 2];
  const scale = Math.max(0.1, Math.min(6, view.scale * factor));
  view.x = cx - ((cx - view.x) * scale) / view.scale;
  view.y = cy - ((cy - view.y) * scale) / view.scale;
  view.scale = scale;
  look();
}

// Calls `move` with each step of a pointer that drags the element, and `click` when it did not move.
function movable(element, move, click) {
  element.addEventListener("pointerdown", (down) => {
    down.stopPropagation();
    element.setPointerCapture(down.pointerId);
    let [x, y, far] = [down.clientX, down.clientY, 0];
    const step = (event) => {
      far += Math.abs(event.clientX - x) + Math.abs(event.clientY - y);
      move(event.clientX - x, event.clientY - y);
      [x, y] = [event.clientX, event.clientY];
    };
    const end = () => {
      element.removeEventListener("pointermove", step);
      if (far < 5) click?.();
    };
    element.addEventListener("pointermove", step);
    element.addEventListener("pointerup", end, { once: true });
  });
}

movable($("drawing"), (dx, dy) => ((view.x += dx), (view.y += dy), look()));
$("drawing").addEventListener("wheel", (event) => (event.preventDefault(), zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY)), { passive: false });
$("nearer").onclick = () => zoom(1.3);
$("farther").onclick = () => zoom(1 / 1.3);

function openEntity(node, nodes, edges) {
  const others = edges.filter((edge) => edge.source === node.id || edge.target === node.id).map((edge) => (edge.source === node.id ? edge.target : edge.source));
  const near = nodes.filter((other) => others.includes(other.id)).map((other) => button(other.label, () => openEntity(other, nodes, edges), { class: "quiet" }));
  const passages = node.properties.source_ids.map((id, n) => button(`Passage ${n + 1}`, () => openPassage({ id, document_id: id.replace(/-chunk-\d+$/, ""), file_path: node.label, start_line: n + 1 }), { class: "quiet" }));
  $("passage-title").textContent = node.label;
  $("passage-body").replaceChildren(
    el("p", { class: "dim" }, `${node.node_type.toLowerCase()} · in ${counted(node.properties.mentions, "passage")}`),
    el("div", { class: "said" }, markdown(node.description)),
    el("div", { class: "neighbours" }, passages),
    ...(near.length ? [el("p", { class: "dim" }, "It stands with:"), el("div", { class: "neighbours" }, near)] : []),
    el("p", {}, button("Show what is around it", () => follow(node.id), { class: "quiet" }), " ", button("Ask about it", () => ($("passage").close(), (location.hash = "#ask"), ask(`What is ${node.label}?`)))),
  );
  if (!$("passage").open) $("passage").showModal();
}

$("find").onsubmit = (event) => {
  event.preventDefault();
  const wanted = $("entity").value.trim();
  if (wanted) location.hash = `#graph/${encodeURIComponent(wanted)}`;
};
$("all").onclick = () => {
  $("entity").value = "";
  if (location.hash === "#graph") showGraph();
  else location.hash = "#graph";
};

// -- which view is shown ------------------------------------------------------------------------------------------

function show() {
  const [shown, detail] = (location.hash.slice(1) || "ask").split("/");
  for (const section of document.querySelectorAll(".view")) section.hidden = section.id !== shown;
  for (const anchor of document.querySelectorAll("nav a")) {
    if (anchor.hash === `#${shown}`) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  if (shown === "documents") showDocuments();
  else if (shown === "graph") showGraph(detail && decodeURIComponent(detail));
}

addEventListener("hashchange", show);
if (narrow()) $("history").open = false;
welcome();
show();
showConversations();
