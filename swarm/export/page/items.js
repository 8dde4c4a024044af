// Gates, questions, commits, outputs as cards, as they were at a frame.

const WAITING = "open";

/** What waited for a human at a frame: gates that were due, then questions. */
function waitingItems(frame) {
  const gates = run.gates.filter((gate) => gate.opened <= frame && at(gate.status, frame) === WAITING);
  return [...gates, ...run.questions.filter((question) => isOpen(question, frame))];
}

const isOpen = (question, frame) =>
  question.opened <= frame &&
  !(question.answered >= 0 && question.answered <= frame) &&
  !(question.withdrawn >= 0 && question.withdrawn <= frame);

const isDecided = (gate, frame) => gate.decision !== null && gate.decision.frame <= frame;

/** An item of a panel: its key says all that it shows, so that one with the same key need not be made anew. */
const keyed = (key, make) => ({ key, make });

/** A card that opens; what is in it is made when it is opened for the first time. */
function card(key, head, body, open = false) {
  return keyed(key, () => {
    const details = el("details", "card", {}, el("summary", "", {}, ...head().filter(Boolean)));
    const reveal = () => details.open && details.childElementCount === 1 && details.append(...body().filter(Boolean));
    details.addEventListener("toggle", reveal);
    details.open = open;
    reveal();
    return details;
  });
}

const says = (...parts) => el("p", "says", {}, ...parts);
const why = (label, place) =>
  place >= 0 && text(place) ? says(el("span", "muted", {}, `${label} `), text(place)) : null;

/** By whom, and by which rule: `rule` is not a name but how the record says that nobody had to be asked. */
function who(decision) {
  const rule = text(decision.rule);
  const name = text(decision.by);
  if (name === "rule" || !name) return rule ? `by rule: ${rule}` : "by rule";
  return rule ? `by ${name}, ${rule}` : `by ${name}`;
}

function gateCard(gate, frame, open) {
  const decided = isDecided(gate, frame);
  const status = at(gate.status, frame);
  const head = () => [
    decided ? badge(gate.decision.verb) : status === WAITING ? badge("waiting_gate") : plain(status),
    el("strong", "", {}, text(gate.what)),
    el("span", "owner", {}, nodes.has(gate.node) ? text(nodes.get(gate.node).title) : ""),
    decided ? el("span", "muted", {}, who(gate.decision)) : null,
    el("span", "number", {}, `gate ${gate.id}`),
  ];
  return card(`g${gate.id}:${decided || status}`, head, () => gateBody(gate, status, decided), open);
}

const plain = (status) => el("span", "badge muted", {}, status);

function gateBody(gate, status, decided) {
  const { decision } = gate;
  const again = gate.revision > 1 ? `, revision ${gate.revision}` : "";
  const asked = says("Asked by ", toNode(gate.node), " in ", toFrame(gate.opened), again);
  if (!decided) return [asked, status === WAITING ? null : why("Closed:", gate.why), ...blocks(gate.blocks)];
  const edited = decision.blocks.length > 0;
  return [
    asked,
    says(
      el("strong", "", {}, text(decision.word)),
      ` ${who(decision)} in `,
      toFrame(decision.frame),
      `, ${clock(decision.frame)}`,
    ),
    why("Because:", decision.reason),
    why("Then:", gate.why),
    edited ? el("h4", "", {}, "As a human changed it") : null,
    ...blocks(decision.blocks),
    edited ? el("h4", "", {}, "As it was proposed") : null,
    ...blocks(gate.blocks),
  ];
}

function questionCard(question, frame, open) {
  const answered = question.answered >= 0 && question.answered <= frame;
  const gone = question.withdrawn >= 0 && question.withdrawn <= frame;
  const state = () => (gone ? plain("withdrawn") : badge("waiting_answer"));
  const first = (place) => text(place).split("\n")[0];
  const head = () => [
    answered ? badge(text(question.by) === "rule" ? "default" : "answer") : state(),
    el("strong", "", {}, first(question.text)),
    answered ? el("span", "answer", {}, first(question.answer).slice(0, 80)) : null,
    el("span", "number", {}, question.id),
  ];
  const name = el("code", "", {}, text(question.name));
  const body = () => [
    says("Asked by ", toNode(question.node), " in ", toFrame(question.opened), " as ", name),
    text(question.text).includes("\n") ? code(question.text) : null,
    question.choices.length ? facts([["Choices", question.choices.map(text).join(" · ")]]) : null,
    question.default >= 0 ? facts([["Default", question.default]]) : null,
    answered ? says(el("strong", "", {}, "Answered "), who(question), " in ", toFrame(question.answered), ":") : null,
    answered ? code(question.answer) : null,
  ];
  return card(`q${question.id}:${answered}${gone}`, head, body, open);
}

function commitCard([frame, node, id, by, patch], open) {
  const head = () => [
    badge("commit"),
    el("strong", "", {}, node === null ? `edited by ${text(by)}` : text(nodes.get(node).title)),
    el("span", "muted", {}, patch < 0 ? "" : totals(run.texts[patch])),
    el("span", "number", {}, id.slice(0, 10)),
  ];
  const maker = node === null ? [] : [" by ", toNode(node)];
  const body = () => [
    says("In ", toFrame(frame), ...maker, ", ", el("code", "", {}, id)),
    patch < 0 ? says(el("span", "muted", {}, "The repository no longer has this commit.")) : diff(patch),
  ];
  return card(`c${frame}`, head, body, open);
}

/** The files of a diff, and how many lines came and went. */
function totals(patch) {
  const lines = patch.split("\n");
  const added = lines.filter((line) => /^\+(?!\+\+ )/.test(line)).length;
  const removed = lines.filter((line) => /^-(?!-- )/.test(line)).length;
  const heads = lines.filter((line) => line.startsWith("diff --git "));
  const files = heads.map((line) => shown(line.slice(line.lastIndexOf(" b/") + 3)));
  const names = files.length > 2 ? count(files.length, "file") : files.join(", ");
  return `${names} +${added} −${removed}`;
}

function outputCard([frame, node, title, exit, seconds, output], open) {
  const took = typeof seconds === "number" ? `, ${seconds} s` : "";
  const head = () => [
    badge(exit === 0 ? "done" : "failed"),
    el("strong", "", {}, text(title)),
    el("span", "muted", {}, `exit ${exit ?? "unknown"}${took}`),
  ];
  const body = () => [
    says("In ", toFrame(frame), " by ", toNode(node)),
    text(output) ? code(output) : says("It printed nothing."),
  ];
  return card(`o${frame}`, head, body, open);
}
