// The run, and how its texts get on the page: as text only, with what cannot be seen made visible.

const run = JSON.parse(document.getElementById("data").textContent);
const LAST = run.log.at.length - 1;
const nodes = new Map(run.nodes.map((node) => [node.id, node]));
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const shown = (text) =>
  text.replace(HIDDEN, (sign) => `⟨${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
const text = (place) => (place < 0 ? "" : shown(run.texts[place]));

/** An element with a class, properties and children; strings become text. */
function el(tag, className = "", properties = {}, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

/** The place of the last entry with a frame up to `frame` in a list that begins with frames, or -1. */
function placeAt(list, frame, width = 1, first = (place) => list[place * width]) {
  let low = 0;
  let high = list.length / width;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (first(middle) <= frame) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** What a span (frame, value, frame, value, …) holds at a frame; null before its beginning. */
function at(span, frame) {
  const place = placeAt(span, frame, 2);
  return place < 0 ? null : span[place * 2 + 1];
}

/** The events of a list, each of which begins with its frame, up to a frame. */
const upTo = (events, frame) => events.slice(0, placeAt(events, frame, 1, (place) => events[place][0]) + 1);

const sign = (status) => run.signs[status] ?? ["·", status.replaceAll("_", " "), ""];

/** A status as its glyph and its word. */
function badge(status) {
  const [glyph, word, tone] = sign(status);
  return el("span", `badge ${tone}`, {}, el("span", "glyph", { "aria-hidden": "true" }, glyph), word);
}

const toFrame = (frame, words = `frame ${frame}`) => el("a", "frame", { href: `#f${frame}` }, words);

function toNode(id) {
  if (!nodes.has(id)) return "a node that was not started";
  return el("a", "node", { href: `#n${id}`, title: `node ${id}` }, text(nodes.get(id).title));
}

const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

function clock(frame) {
  const moment = new Date(Date.parse(run.log.start) + run.log.at[frame]);
  return `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function lasted(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = String(seconds % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** All that the page shows depends on these; `changed` draws what they say. */
const view = { frame: LAST, node: run.nodes.length ? run.nodes[0].id : "", tab: 0 };
const drawers = [];
let isDue = false;

function change(what) {
  Object.assign(view, what);
  view.frame = Math.max(0, Math.min(LAST, view.frame));
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    for (const draw of drawers) draw();
  });
}
