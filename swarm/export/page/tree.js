// The tree: one row for each node, made once; a frame only changes which are there and what they say.

const tree = document.getElementById("tree");
const raw = document.getElementById("raw");
const folded = new Set();
const DEEPEST = 14;
let rows = [];

function makeRows() {
  rows = (raw.checked ? run.all : run.work).map(([id, depth, until, followed]) => {
    const node = nodes.get(id);
    const twist = el("span", "twist", { "aria-hidden": "true" });
    const state = el("span", "state");
    const waits = el("span", "waits");
    const name = raw.checked ? `${id} ${text(node.action) || "route it"} · ${text(node.title)}` : text(node.title);
    const row = el("div", "row", { role: "treeitem", tabIndex: -1, "aria-level": depth + 1 });
    row.append(twist, state, el("span", "name", { title: name }, name), waits);
    row.style.setProperty("--depth", Math.min(depth, DEEPEST));
    row.dataset.node = id;
    return { id, depth, until, followed, node, row, twist, state, waits, count: 0 };
  });
  tree.replaceChildren(...rows.map((item) => item.row));
}

/** Counts what waits at a frame, on each row that is there and all rows above it. */
function countWaits(frame) {
  const own = new Map();
  for (const item of waitingItems(frame)) own.set(item.node, (own.get(item.node) ?? 0) + 1);
  let replaced = 0; // what waits at nodes in whose place the next row stands
  const there = [];
  for (const row of rows) {
    if (row.node.spawned > frame) continue;
    row.count = (own.get(row.id) ?? 0) + replaced;
    const stays = isThere(row, frame);
    replaced = stays ? 0 : row.count;
    if (stays) there.push(row);
  }
  const below = [];
  for (const row of there.toReversed()) {
    while (below.length && below.at(-1).depth > row.depth) row.count += below.pop().count;
    below.push(row);
  }
}

const isThere = (item, frame) => item.node.spawned <= frame && !(item.until >= 0 && item.until <= frame);

function statusOf(item, frame) {
  const status = at(item.node.status, frame);
  const isFollowed = item.followed >= 0 && item.followed <= frame;
  return isFollowed && status === "waiting_children" ? "done" : status;
}

/** Does something only where a value of a row has changed. */
function onChange(item, name, value, apply) {
  if (item[name] === value) return;
  item[name] = value;
  apply(value);
}

function drawTree() {
  countWaits(view.frame);
  const there = rows.filter((item) => isThere(item, view.frame));
  const seen = new Set();
  let hiddenBelow = Infinity;
  there.forEach((item, place) => {
    if (item.depth <= hiddenBelow) {
      hiddenBelow = folded.has(item.id) ? item.depth : Infinity;
      seen.add(item);
    }
    item.hasBelow = place + 1 < there.length && there[place + 1].depth > item.depth;
  });
  const chosen = there.find((item) => item.id === view.node && seen.has(item)) ?? there[0];
  for (const item of rows) drawRow(item, seen.has(item), item === chosen);
}

function drawRow(item, isSeen, isStop) {
  const { row } = item;
  onChange(item, "isSeen", isSeen, () => (row.hidden = !isSeen));
  if (!isSeen) return;
  onChange(item, "status", statusOf(item, view.frame), (status) => item.state.replaceChildren(badge(status)));
  onChange(item, "shownCount", item.count, (number) => {
    item.waits.textContent = number || "";
    item.waits.title = number ? `${count(number, "decision")} waited here or below` : "";
  });
  onChange(item, "fold", item.hasBelow ? (folded.has(item.id) ? "▸" : "▾") : "", (mark) => {
    item.twist.textContent = mark;
    if (mark) row.setAttribute("aria-expanded", String(mark === "▾"));
    else row.removeAttribute("aria-expanded");
  });
  onChange(item, "isChosen", item.id === view.node, (is) => row.setAttribute("aria-selected", String(is)));
  onChange(item, "isStop", isStop, (is) => (row.tabIndex = is ? 0 : -1));
}

function fold(item, close) {
  if (close) folded.add(item.id);
  else folded.delete(item.id);
  change({});
}

const visible = () => rows.filter((item) => !item.row.hidden);

function goTo(item) {
  if (!item) return;
  change({ node: item.id, tab: 0 });
  item.row.focus({ preventScroll: true });
  item.row.scrollIntoView({ block: "nearest" });
}

function treeKey(event) {
  const list = visible();
  const place = list.findIndex((item) => item.row === document.activeElement);
  const item = list[place];
  const moves = {
    ArrowDown: () => goTo(list[place + 1]),
    ArrowUp: () => goTo(list[Math.max(0, place - 1)]),
    Home: () => goTo(list[0]),
    End: () => goTo(list[list.length - 1]),
    Enter: () => goTo(item),
    " ": () => goTo(item),
    ArrowRight: () =>
      item && (item.hasBelow && folded.has(item.id) ? fold(item, false) : item.hasBelow && goTo(list[place + 1])),
    ArrowLeft: () => item && (item.hasBelow && !folded.has(item.id) ? fold(item, true) : goTo(above(list, place))),
  };
  if (!moves[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  moves[event.key]();
}

const above = (list, place) => list.slice(0, place).findLast((item) => item.depth < list[place].depth);

tree.addEventListener("keydown", treeKey);
tree.addEventListener("click", (event) => {
  const item = rows.find((one) => one.row.contains(event.target));
  if (!item) return;
  if (event.target === item.twist && item.hasBelow) fold(item, !folded.has(item.id));
  else goTo(item);
});
raw.addEventListener("change", () => {
  makeRows();
  change({});
});
makeRows();
drawers.push(drawTree);
