// Light Markdown as elements: paragraphs, headings, lists, code, bold and italics. All else stays text: nothing is ever
// read as HTML, and there are no links.

const FENCE = /^\s*(```|~~~)/;
const HEADING = /^#{1,6}\s+(.*)$/;
const ITEM = /^\s*(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*|(?<![\w*])\*([^*\s][^*\n]*)\*(?!\w)|\[(\d{1,3})\]/g;

/** The elements of a text; `cite` makes that of a citation such as [2]. */
export function rendered(text, cite) {
  const all = document.createDocumentFragment();
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    const item = ITEM.exec(line);
    if (line.trim() === "") at += 1;
    else if (FENCE.test(line)) at = codeBlock(all, lines, at);
    else if (HEADING.test(line)) {
      all.append(inline(made("h3"), HEADING.exec(line)[1], cite));
      at += 1;
    } else if (item) at = list(all, lines, at, item[1] !== undefined, cite);
    else at = paragraph(all, lines, at, cite);
  }
  return all;
}

const made = (name, text) => Object.assign(document.createElement(name), text === undefined ? {} : { textContent: text });

function codeBlock(all, lines, at) {
  const fence = FENCE.exec(lines[at])[1];
  const code = [];
  for (at += 1; at < lines.length && !lines[at].trim().startsWith(fence); at += 1) code.push(lines[at]);
  const block = made("pre");
  block.append(made("code", code.join("\n")));
  all.append(block);
  return at + 1; // one that has not ended yet ends with the text
}

function list(all, lines, at, ordered, cite) {
  const items = made(ordered ? "ol" : "ul");
  for (let item; at < lines.length && (item = ITEM.exec(lines[at])) && (item[1] !== undefined) === ordered; at += 1) {
    if (ordered && items.children.length === 0) items.start = Number(item[1]);
    items.append(inline(made("li"), item[2], cite));
  }
  all.append(items);
  return at;
}

function paragraph(all, lines, at, cite) {
  const text = [];
  const another = (line) => line.trim() === "" || FENCE.test(line) || HEADING.test(line) || ITEM.test(line);
  do text.push(lines[at++]);
  while (at < lines.length && !another(lines[at]));
  all.append(inline(made("p"), text.join("\n"), cite));
  return at;
}

function inline(element, text, cite) {
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, code, strong, emphasis, number] = found;
    element.append(text.slice(from, found.index));
    if (code !== undefined) element.append(made("code", code));
    else if (strong !== undefined) element.append(inline(made("strong"), strong, cite));
    else if (emphasis !== undefined) element.append(made("em", emphasis));
    else element.append(cite(Number(number)) ?? whole);
    from = found.index + whole.length;
  }
  element.append(text.slice(from));
  return element;
}
