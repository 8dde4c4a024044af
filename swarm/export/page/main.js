// Keys and addresses: `#f12` goes to a frame, `#n4` to a node.

const KEYS = {
  "<": MOVES.back,
  ",": MOVES.back,
  ">": MOVES.forward,
  ".": MOVES.forward,
  "[": MOVES.earlier,
  "]": MOVES.later,
  Home: MOVES.first,
  End: MOVES.last,
  p: MOVES.play,
  t: () => rows.find((item) => item.row.tabIndex === 0)?.row.focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const tab = Number(event.key) - 1;
  const move =
    KEYS[event.key] ?? (tab >= 0 && tab < PANELS.length && event.key.length === 1 ? () => choose(tab) : null);
  if (!move) return;
  event.preventDefault();
  move();
});

function follow() {
  const [, kind, name] = location.hash.match(/^#([fn])(\d+)$/) ?? [];
  if (kind === "f") go(Number(name));
  else if (kind === "n" && nodes.has(name)) change({ node: name, tab: 0 });
}

window.addEventListener("hashchange", follow);
document.getElementById("title").textContent = text(run.about.title);
change({});
follow();
