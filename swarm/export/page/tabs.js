// The tabs above the panels, and the one panel that they fill.

const PAGE = 100;
const panel = document.getElementById("panel");
const tabs = document.getElementById("tabs");
let kept = new Map();
let limit = PAGE;

/** Shows items; the elements of those that were there before stay, and what was opened in them stays open. */
function fill(items) {
  const next = new Map(items.slice(0, limit).map(({ key, make }) => [key, kept.get(key) ?? make()]));
  const made = [...next.values()];
  const left = items.length - limit;
  if (left > 0) made.push(moreButton(left));
  kept = next;
  const isSame =
    made.length === panel.children.length && made.every((element, place) => element === panel.children[place]);
  if (!isSame) panel.replaceChildren(...made);
}

function moreButton(left) {
  const button = el("button", "more", { type: "button" }, `Show ${Math.min(PAGE, left)} of ${left} more`);
  button.addEventListener("click", () => {
    limit += PAGE;
    change({});
  });
  return button;
}

function choose(tab) {
  limit = PAGE;
  panel.scrollTop = 0;
  change({ tab });
}

function tabKey(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const tab = (view.tab + step + PANELS.length) % PANELS.length;
  choose(tab);
  tabs.children[tab].focus();
}

function makeTabs() {
  PANELS.forEach(([name], place) => {
    const attributes = { type: "button", role: "tab", id: `tab${place}`, "aria-controls": "panel" };
    const tab = el("button", "tab", attributes, name, el("span", "count"));
    tab.addEventListener("click", () => choose(place));
    tabs.append(tab);
  });
  tabs.addEventListener("keydown", tabKey);
}

function drawPanels() {
  PANELS.forEach(([, , counted], place) => {
    const tab = tabs.children[place];
    tab.setAttribute("aria-selected", String(place === view.tab));
    tab.tabIndex = place === view.tab ? 0 : -1;
    tab.lastChild.textContent = counted?.(view.frame) || "";
  });
  panel.setAttribute("aria-labelledby", `tab${view.tab}`);
  fill(PANELS[view.tab][1](view.frame));
}

makeTabs();
drawers.push(drawPanels);
