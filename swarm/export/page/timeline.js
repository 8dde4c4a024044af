// The timeline: what happened when, and the ways to go through it.

const slider = document.getElementById("slider");
const marks = document.getElementById("marks");
const moment = document.getElementById("moment");
const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 34;
const COLUMNS = 240;
const STEP = 120; // milliseconds of a frame while it plays
const PLAYS = 30_000; // milliseconds that the longest run takes
let playing = 0;

const waits = [
  ...run.gates.filter((gate) => gate.status.includes(WAITING) && lastsOpen(gate)).map((gate) => gate.opened),
  ...run.questions.map((question) => question.opened),
];
const stops = [...new Set(waits)].sort((one, other) => one - other);
const hasFailed = (node) => node.status.at(-1) === "failed";
const ended = run.nodes.filter((node) => node.ended >= 0);
const framesOf = (list) => list.map((node) => node.ended);
const KINDS = [
  ["gate", "wait", stops],
  ["commit", "commit", run.commits.map(([frame]) => frame)],
  ["end", "end", framesOf(ended.filter((node) => !hasFailed(node)))],
  ["failure", "failure", framesOf(ended.filter(hasFailed))],
];

/** Whether a gate waited for a human; one that a rule decided at once did not. */
function lastsOpen(gate) {
  return gate.decision === null || text(gate.decision.by) !== "rule";
}

function path(className, d) {
  const made = document.createElementNS(SVG, "path");
  made.setAttribute("class", className);
  made.setAttribute("d", d);
  return made;
}

/** How much happened, as bars; what one may look for, as marks above them. */
function drawMarks() {
  const width = Math.max(LAST, 1);
  marks.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  marks.append(path("busy", busy(width)));
  KINDS.forEach(([kind, noun, frames], place) => {
    marks.append(path(kind, frames.map((frame) => `M${frame} ${place * 5}v4`).join("")));
    if (!frames.length) return;
    const [glyph, , tone] = sign(kind);
    const entry = el("li", tone, {}, el("span", "glyph", { "aria-hidden": "true" }, glyph), count(frames.length, noun));
    document.getElementById("legend").append(entry);
  });
}

/** Bars by time within equal stretches of frames: short where a stretch took long, as it did while it waited. */
function busy(width) {
  const size = Math.max(1, Math.ceil(width / COLUMNS));
  const rates = [];
  for (let first = 0; first < width; first += size) {
    const last = Math.min(width, first + size);
    rates.push((last - first) / (run.log.at[last] - run.log.at[first] + 1));
  }
  const most = Math.max(...rates);
  const bars = rates.map(
    (rate, place) => `M${place * size} ${HEIGHT}v${-(1 + 13 * Math.sqrt(rate / most)).toFixed(2)}h${size}V${HEIGHT}z`,
  );
  return bars.join("");
}

function drawMoment() {
  const { frame } = view;
  slider.value = frame;
  const words = `${frame} of ${LAST}: ${text(run.log.what[frame])}`;
  slider.setAttribute("aria-valuetext", words);
  const now = frame === LAST ? "the end of this record" : "the past";
  const place = [
    el("strong", "", {}, `Frame ${frame}`),
    ` of ${LAST}, ${now} · ${clock(frame)} · +${lasted(run.log.at[frame])}`,
  ];
  const node = run.log.node[frame];
  moment.replaceChildren(
    el("span", "where", {}, ...place),
    el("span", "what", {}, node === null ? "" : toNode(node), node === null ? "" : ": ", text(run.log.what[frame])),
  );
  document.body.classList.toggle("past", frame !== LAST);
  const [calls, sent, received, cost] = costAt(frame);
  const tokens = calls ? `${(sent + received).toLocaleString("en")} tokens, ${money(cost)}` : "";
  const { run: name, model, level, branch } = run.about;
  const said = [`run ${text(name)}`, `model ${text(model)}`, `level ${text(level)}`, text(branch), tokens]
    .filter(Boolean)
    .join(" · ");
  document.getElementById("facts").replaceChildren(badge(at(run.status, frame)), said);
}

const go = (frame) => change({ frame });
const nextStop = () => stops.find((frame) => frame > view.frame) ?? LAST;
const lastStop = () => stops.findLast((frame) => frame < view.frame) ?? 0;

function play() {
  const button = document.getElementById("play");
  if (playing) {
    clearInterval(playing);
    playing = 0;
  } else {
    if (view.frame === LAST) go(0);
    const step = Math.max(1, Math.ceil((LAST * STEP) / PLAYS));
    playing = setInterval(() => (view.frame >= LAST ? play() : go(view.frame + step)), STEP);
  }
  button.textContent = playing ? "❙❙" : "▶";
  button.setAttribute("aria-pressed", String(Boolean(playing)));
  moment.setAttribute("aria-live", playing ? "off" : "polite");
}

const MOVES = {
  first: () => go(0),
  earlier: () => go(lastStop()),
  back: () => go(view.frame - 1),
  play,
  forward: () => go(view.frame + 1),
  later: () => go(nextStop()),
  last: () => go(LAST),
};

for (const [name, move] of Object.entries(MOVES)) document.getElementById(name).addEventListener("click", move);
slider.max = LAST;
slider.addEventListener("input", () => go(Number(slider.value)));
drawMarks();
drawers.push(drawMoment);
