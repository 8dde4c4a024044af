// Blocks: proposals, reports, diffs, Markdown. Elements are made one by one; nothing is read as HTML.

const TAGS = new Set(
  "p h4 h5 h6 ul ol li pre code blockquote table thead tbody tr th td strong em s br hr".split(" "),
);
const SAFE = /^(https?:\/\/|mailto:)/i;
const LINES = 2000;

/** The elements of a tree of Markdown. */
function grown(tree) {
  return tree.map((item) => {
    if (typeof item === "string") return document.createTextNode(shown(item));
    const [tag, ...rest] = item;
    if (tag === "a" && SAFE.test(rest[0])) {
      const link = { href: rest[0], rel: "noopener noreferrer nofollow", target: "_blank", title: shown(rest[0]) };
      return el("a", "out", link, ...grown(rest.slice(1)));
    }
    const made = el(TAGS.has(tag) ? tag : "span", "", {}, ...grown(tag === "a" ? rest.slice(1) : rest));
    if (tag === "pre" || tag === "table") made.tabIndex = 0;
    return made;
  });
}

const markdown = (place) => el("div", "markdown", {}, ...grown(run.trees[place]));
const code = (place) => el("pre", "code", { tabIndex: 0 }, text(place));

function lineKind(line) {
  if (/^(diff |index |new file|deleted file|old mode|new mode|similarity|rename |Binary )/.test(line)) return "file";
  if (/^(\+\+\+|---) /.test(line)) return "file";
  return { "+": "added", "-": "removed", "@": "hunk" }[line[0]] ?? "";
}

/** A unified diff; the signs at the beginning of its lines stay, so that it is not told by colour alone. */
function diff(place) {
  const lines = text(place).replace(/\n$/, "").split("\n");
  const made = el("pre", "code diff", { tabIndex: 0 });
  for (const line of lines.slice(0, LINES)) made.append(el("span", lineKind(line), {}, `${line}\n`));
  if (lines.length > LINES) made.append(el("span", "file", {}, `… ${count(lines.length - LINES, "line")} more\n`));
  return made;
}

function facts(pairs) {
  const list = el("dl", "facts");
  for (const [label, value] of pairs) {
    const content = typeof value === "number" ? text(value) : value;
    list.append(el("dt", "", {}, label), el("dd", "", {}, ...(Array.isArray(content) ? content : [content])));
  }
  return list;
}

function childBlock(title, action, directive) {
  const label = text(action) || "to be routed";
  const summary = el("summary", "", {}, el("strong", "", {}, text(title)), " ", el("span", "muted", {}, label));
  return el("details", "child", {}, summary, code(directive));
}

const MAKERS = {
  facts: (...pairs) => (pairs.length ? facts(pairs) : null),
  markdown,
  code,
  diff,
  child: childBlock,
};

const blocks = (list) => list.map(([kind, ...rest]) => MAKERS[kind](...rest)).filter(Boolean);
