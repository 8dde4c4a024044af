// The panels: what one chooses to look at, always as it was at the chosen frame.

const newest = (list) => list.toReversed();
const of = (events, frame, node) => upTo(events, frame).filter((event) => event[1] === node);
const heading = (title) => keyed(`h:${title}`, () => el("h3", "", {}, title));
const group = (title, items) => (items.length ? [heading(title), ...items] : []);
const none = (words) => [keyed(words, () => says(el("span", "muted", {}, words)))];
const orNone = (items, words) => (items.length ? items : none(words));

function nodePanel(frame) {
  const node = nodes.get(view.node);
  if (!node) return none("There is no node yet.");
  if (node.spawned > frame) {
    const make = () => says(toNode(node.id), " is not there yet: it begins in ", toFrame(node.spawned), ".");
    return [keyed(`not yet ${node.id}`, make)];
  }
  const gates = run.gates.filter((gate) => gate.node === node.id && gate.opened <= frame);
  const questions = run.questions.filter((question) => question.node === node.id && question.opened <= frame);
  const directive = at(node.directive, frame);
  const ended = node.report && node.ended <= frame;
  return [
    keyed(`node ${node.id}:${at(node.status, frame)}`, () => nodeHead(node, frame)),
    ...group("Report", ended ? [keyed(`r${node.id}`, () => el("div", "report", {}, ...blocks(node.report)))] : []),
    ...group("Directive", [keyed(`d${node.id}:${directive}`, () => el("div", "short", {}, code(directive)))]),
    ...group(
      "Changes",
      of(run.commits, frame, node.id).map((commit) => commitCard(commit, true)),
    ),
    ...group(
      "Output",
      of(run.outputs, frame, node.id).map((output) => outputCard(output, true)),
    ),
    ...group(
      "Questions",
      questions.map((question) => questionCard(question, frame, isOpen(question, frame))),
    ),
    ...group("Gates", newest(gates.map((gate) => gateCard(gate, frame, at(gate.status, frame) === WAITING)))),
    ...group("Messages", of(run.notes, frame, node.id).map(message)),
    ...group("Steps", steps(node, frame)),
  ];
}

function nodeHead(node, frame) {
  const ended = node.ended >= 0 && node.ended <= frame;
  const model = text(node.model);
  const names = [text(node.action) || "to be routed", `node ${node.id}`, ...(model ? [`model ${model}`] : [])];
  return el(
    "div",
    "node-head",
    {},
    el("h2", "", {}, text(node.title)),
    badge(at(node.status, frame)),
    el("span", "muted", {}, names.join(" · ")),
    says("From ", toFrame(node.spawned), ...(ended ? [" to ", toFrame(node.ended)] : [])),
  );
}

const message = ([frame, , note, by]) => keyed(`m${frame}`, () => says(`${text(by)}: `, text(note)));

function steps(node, frame) {
  const found = of(run.steps, frame, node.id);
  const cells = ([ended, , begun, what, how]) => [
    el("td", "", {}, text(what)),
    el("td", "", {}, text(how)),
    el("td", "", {}, toFrame(begun), ...(begun === ended ? [] : [" to ", toFrame(ended)])),
  ];
  const make = () =>
    table(
      [],
      found.map((step) => el("tr", "", {}, ...cells(step))),
    );
  return found.length ? [keyed(`s${node.id}:${found.length}`, make)] : [];
}

function table(names, lines) {
  const head = names.map((name) => el("th", "", { scope: "col" }, name));
  const made = el("table", "", {}, el("thead", "", {}, el("tr", "", {}, ...head)), el("tbody", "", {}, ...lines));
  return el("div", "scroll", { tabIndex: 0 }, made);
}

const NOTHING = [0, 0, 0, 0];
const plus = (sum, usage) =>
  sum.map((value, place) => (value === null || usage[place] === null ? null : value + usage[place]));
const costAt = (frame) => upTo(run.costs, frame).reduce((sum, [, , ...usage]) => plus(sum, usage), NOTHING);
const MOST = 60;
const others = (sums, without) => {
  const named = new Set(without.map(([node]) => node));
  return [...sums].filter(([node]) => !named.has(node)).reduce((sum, [, usage]) => plus(sum, usage), NOTHING);
};
const money = (cost) => (cost === null ? "—" : `$${cost.toFixed(cost && cost < 1 ? 4 : 2)}`);

function costPanel(frame) {
  const sums = new Map();
  for (const [, node, ...usage] of upTo(run.costs, frame)) sums.set(node, plus(sums.get(node) ?? NOTHING, usage));
  if (!sums.size) return none("No model was called: a plan and people cost nothing.");
  const row = (name, [calls, sent, received, cost]) => {
    const numbers = [...[calls, sent, received].map((value) => value.toLocaleString("en")), money(cost)];
    return el("tr", "", {}, el("td", "", {}, name), ...numbers.map((number) => el("td", "number", {}, number)));
  };
  const tokens = ([, [, sent, received]]) => sent + received;
  const make = () => {
    const dearest = [...sums].sort((one, other) => tokens(other) - tokens(one)).slice(0, MOST);
    const lines = [row(el("strong", "", {}, "All"), costAt(frame))];
    lines.push(...dearest.map(([node, sum]) => row(toNode(node), sum)));
    if (sums.size > MOST) lines.push(row(`${sums.size - MOST} more`, others(sums, dearest)));
    return table(["Node", "Calls", "Tokens in", "Tokens out", "Cost"], lines);
  };
  return [keyed(`costs ${costAt(frame)}`, make)];
}

const BEFORE = 80;
const AFTER = 8;

function framePanel(frame) {
  const items = [];
  for (let number = Math.min(LAST, frame + AFTER); number >= Math.max(0, frame - BEFORE); number--) {
    const when = ["", " now", " later"][(number >= frame) + (number > frame)];
    const make = () =>
      el("p", `line${when}`, {}, toFrame(number, String(number)), el("span", "", {}, text(run.log.what[number])));
    items.push(keyed(`f${number}${when}`, make));
  }
  return items;
}

const asked = (frame) => run.questions.filter((question) => question.opened <= frame);
const decided = (frame) =>
  run.gates.filter((gate) => isDecided(gate, frame)).sort((one, other) => other.decision.frame - one.decision.frame);
const waitingCard = (frame) => (found) =>
  found.blocks ? gateCard(found, frame, true) : questionCard(found, frame, true);

/** Name, items at a frame, and how many there are. */
const PANELS = [
  ["Node", nodePanel],
  [
    "Waiting",
    (frame) => orNone(waitingItems(frame).map(waitingCard(frame)), "Nothing waited for anybody at this frame."),
    (frame) => waitingItems(frame).length,
  ],
  [
    "Decisions",
    (frame) =>
      orNone(
        decided(frame).map((gate) => gateCard(gate, frame)),
        "Nothing was decided yet.",
      ),
    (frame) => decided(frame).length,
  ],
  [
    "Questions",
    (frame) =>
      orNone(
        asked(frame).map((question) => questionCard(question, frame, true)),
        "Nothing was asked yet.",
      ),
    (frame) => asked(frame).length,
  ],
  [
    "Changes",
    (frame) => orNone(newest(upTo(run.commits, frame).map((one) => commitCard(one))), "No file was changed yet."),
    (frame) => upTo(run.commits, frame).length,
  ],
  [
    "Output",
    (frame) => orNone(newest(upTo(run.outputs, frame).map((one) => outputCard(one))), "No command was run yet."),
    (frame) => upTo(run.outputs, frame).length,
  ],
  ["Costs", costPanel],
  ["Frames", framePanel],
];
