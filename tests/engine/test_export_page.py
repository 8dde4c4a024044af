"""The page: what it knows at each frame, and that nothing in it is more than text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from swarm import frames as f
from swarm.export.html import html_page
from swarm.export.markdown import tree as markdown_tree
from swarm.export.page_data import page_data
from swarm.export.rows import all_rows, work_rows
from swarm.export.secrets import hider
from swarm.export.texts import LONGEST
from swarm.export.words import Sign, Words
from swarm.fold import apply
from swarm.models.plan import PlanModel
from swarm.spaces.builtin import builtin_space
from swarm.state import Swarm
from swarm.store.layout import frame_of
from tests.engine import kit
from tests.engine.doubles import Shelf
from tests.engine.hostile import HOSTILE, TEXT, hostile_frames
from tests.engine.kit import Stage
from tests.engine.long_run import long_run

JOURNALS = Path(__file__).parent.parent / "journals"
WORDS = Words(
    {"done": Sign("✓", "done", "success")},
    node=lambda state, node: state.nodes[node].child.name,
    proposal=lambda proposal: proposal.kind,
    frame=lambda frame: frame.kind,
)
PLAN = """\
# Two phases

## First

? colour: Which colour? [red|blue] = red

### Part A

```text a.txt
{{colour}}
```

### Part B

```text b.txt
b
```

## Second

```sh run
echo "$COLOUR"
```
"""


class Tags(HTMLParser):
    """All tags with their attributes, and the text in each script and style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self._open = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag
        if tag in self.inside:
            self.inside[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open in self.inside:
            self.inside[self._open][-1] += data


def data_of(page: str) -> Any:
    return json.loads(Tags(page).inside["script"][0])


async def plan_frames() -> list[f.Frame]:
    space = builtin_space()
    actions = {**space.actions, "root": space.actions["organise_context"]}
    stage = Stage(actions, goal=PLAN, title="Two phases", world=Shelf(), model=PlanModel(space.root), model_name="plan")
    stage.space = type(space)(space.root, stage.space.actions)
    await stage.finish()
    return stage.frames


def at(span: Sequence[Any], frame: int) -> Any:
    """What a span holds at a frame, as the page finds it out."""
    place = bisect_right(span[::2], frame) - 1
    return span[2 * place + 1] if place >= 0 else None


def recorded(name: str) -> list[f.Frame]:
    lines = (JOURNALS / f"{name}.jsonl").read_bytes().splitlines(keepends=True)[1:]
    return [f.decode(frame_of(line)) for line in lines]


@pytest.mark.parametrize("name", ["done", "failure", "question", "writes"])
def test_at_every_frame_the_page_knows_every_status(name: str) -> None:
    frames = recorded(name)
    data = page_data(frames, WORDS, {})
    gates = {gate["id"]: gate for gate in data["gates"]}
    nodes = {node["id"]: node for node in data["nodes"]}
    state = Swarm()
    for frame in frames:
        state = apply(state, frame)
        number = frame.frame
        assert at(data["status"], number) == state.status
        there = {name: at(node["status"], number) for name, node in nodes.items() if node["spawned"] <= number}
        assert there == {node.id: node.status for node in state.nodes.values()}
        waiting = {name for name, gate in gates.items() if at(gate["status"], number) == "open"}
        assert waiting == {name for name in state.open_gates if state.gates[name].seq is not None}
        asked = {item["id"] for item in data["questions"] if is_asked(item, number)}
        assert asked == set(state.open_questions)
    assert {status for node in nodes.values() for status in node["status"][1::2]} >= {"queued", "waiting_gate", "done"}


def is_asked(question: dict[str, Any], frame: int) -> bool:
    return question["opened"] <= frame and not 0 <= question["answered"] <= frame


async def test_reports_decisions_answers_commits_and_outputs_carry_the_frame_of_their_coming() -> None:
    frames = await plan_frames()
    commit = next(frame.commit for frame in frames if isinstance(frame, f.StepEnded) and frame.commit)
    data = page_data(frames, WORDS, {commit: "diff --git a/a.txt b/a.txt\n+red\n"})
    texts = data["texts"]
    for node in data["nodes"]:
        ended = frames[node["ended"]]
        assert isinstance(ended, f.NodeEnded)
        assert ended.node == node["id"]
        assert node["report"][0][0] == "markdown"
    for gate in data["gates"]:
        decided = frames[gate["decision"]["frame"]]
        assert isinstance(decided, f.GateDecided)
        assert (decided.gate, texts[gate["decision"]["by"]]) == (gate["id"], decided.by)
    [question] = data["questions"]
    assert (texts[question["answer"]], frames[question["answered"]].kind) == ("red", "question.answered")
    number, _, made, _, patch = data["commits"][0]
    assert (frames[number].kind, made, texts[patch]) == ("step.ended", commit, "diff --git a/a.txt b/a.txt\n+red\n")
    assert {frames[output[0]].kind for output in data["outputs"]} == {"step.ended"}
    assert data["log"]["at"] == sorted(data["log"]["at"])


async def test_the_work_shows_an_action_in_the_place_of_its_router_and_rounds_side_by_side() -> None:
    frames = await plan_frames()
    state = Swarm()
    for frame in frames:
        state = apply(state, frame)
    rows = {row.node: row for row in work_rows(state)}
    nodes = sorted(state.nodes.values(), key=lambda node: int(node.id))
    managers = [node for node in nodes if node.action == "decompose_directive"]
    routers = [node for node in nodes if node.action == "route_action"]
    assert {rows[node.id].depth for node in managers} == {1}
    assert rows[managers[0].id].followed == managers[1].spawned
    for router in routers:
        [action] = state.children(router.id)
        assert (rows[router.id].until, rows[router.id].depth) == (action.spawned, rows[action.id].depth)
    assert [row.depth for row in all_rows(state)] == [len(list(state.ancestors(row.node))) for row in all_rows(state)]
    assert sorted(rows, key=int) == sorted(state.nodes, key=int)


async def test_a_page_is_one_script_one_style_and_no_address() -> None:
    page = html_page(page_data(await plan_frames(), WORDS, {}), "Two phases")
    tags = Tags(page)
    names = [name for name, _ in tags.tags]
    assert (names.count("script"), names.count("style"), names.count("title")) == (2, 1, 1)
    assert not {"link", "img", "iframe", "object", "embed", "base", "form", "audio", "video"} & set(names)
    for name, attributes in tags.tags:
        assert not [key for key in attributes if key.startswith("on") or key in ("src", "style", "action")], name
        assert (attributes.get("href") or "#").startswith("#")
    code = tags.inside["script"][1] + tags.inside["style"][0]
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|fetch|@import|import\(|url\(", code
    )
    assert re.findall(r"https?://[\w.]+", code) == ["http://www.w3.org"]
    assert "localStorage" not in code


async def test_the_policy_allows_nothing_but_this_script_and_this_style() -> None:
    page = html_page(page_data(await plan_frames(), WORDS, {}), "Two phases")
    tags = Tags(page)
    [policy] = [
        attributes["content"] or ""
        for name, attributes in tags.tags
        if name == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]

    def allowed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert dict(rule.split(" ", 1) for rule in policy.split("; ")) == {
        "default-src": "'none'",
        "script-src": allowed(tags.inside["script"][1]),
        "style-src": allowed(tags.inside["style"][0]),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


async def test_hostile_text_stays_in_the_data_and_changes_nothing_around_it() -> None:
    data = page_data(await hostile_frames(), WORDS, {}, str)
    hostile = html_page(data, TEXT)
    tags = Tags(hostile)
    usual = Tags(html_page(page_data(list(long_run(30)), WORDS, {}), "usual"))
    assert [name for name, _ in tags.tags] == [name for name, _ in usual.tags]
    assert tags.inside["script"][1] == usual.inside["script"][1]
    assert data_of(hostile) == json.loads(json.dumps(data))
    block = hostile.partition('id="data">')[2].partition("</script>")[0]
    assert not re.search(r"[<>&\x00-\x1f\x7f-\uffff]", block)
    assert TEXT in data["texts"]
    assert all(text in data["texts"] for text in HOSTILE[:3])


@pytest.mark.parametrize(
    ("markdown", "tree"),
    [
        ("a *b* `c`", [["p", "a ", ["em", "b"], " ", ["code", "c"]]]),
        ("# x\n\n- y\n\n```py\nz\n```", [["h4", "x"], ["ul", ["li", "y"]], ["pre", "z\n"]]),
        ("## x\n\n#### y\n\n###### z", [["h4", "x"], ["h6", "y"], ["h6", "z"]]),
        ("<script>x</script>", [["p", "<script>x</script>"]]),
        ("a <b onclick=x>c</b>", [["p", "a <b onclick=x>c</b>"]]),
        ("[a](https://example.org/)", [["p", ["a", "https://example.org/", "a"]]]),
        ("[a](javascript:x)", [["p", "[a](javascript:x)"]]),
        ("[a](data:text/html,x)", [["p", "[a](data:text/html,x)"]]),
        ("[a](file:///etc/passwd)", [["p", "[a](file:///etc/passwd)"]]),
        ("[a](notes.md)", [["p", "a", " (notes.md)"]]),
        ("![a](https://example.org/x.png)", [["p", "a"]]),
        ("|a|\n|-|\n|b|", [["table", ["thead", ["tr", ["th", "a"]]], ["tbody", ["tr", ["td", "b"]]]]]),
    ],
)
def test_markdown_is_a_tree_of_harmless_elements(markdown: str, tree: list[Any]) -> None:
    assert markdown_tree(markdown) == tree


def test_markdown_that_is_nested_without_end_is_cut_not_followed() -> None:
    deep = markdown_tree("> " * 5000 + "x\n\n" + "*" * 5000 + "y" + "[" * 5000)
    assert json.dumps(deep).count('"blockquote"') < 50


async def test_secrets_of_the_environment_and_values_of_variables_are_not_in_the_page() -> None:
    hide = hider({"OPENAI_API_KEY": "<img src=x", "GITHUB_TOKEN": "gnp.exe \ufeff", "LANG": "alert(1)", "A_KEY": "x"})
    page = html_page(page_data(await hostile_frames(), WORDS, {}, hide), "t")
    texts = json.dumps(data_of(page), ensure_ascii=False)
    assert "<img src=x" not in texts
    assert "gnp.exe \ufeff" not in texts
    assert "[OPENAI_API_KEY hidden]" in texts
    assert "alert(1)" in texts
    assert "a value to hide" not in texts
    assert "ANSWER" in texts


def test_the_longest_of_two_secrets_that_begin_alike_is_hidden_whole() -> None:
    hide = hider({"SHORT_TOKEN": "abcdefgh", "LONG_TOKEN": "abcdefghij"})
    assert hide("abcdefghij abcdefgh") == "[LONG_TOKEN hidden] [SHORT_TOKEN hidden]"


def test_a_run_of_ten_thousand_frames_is_a_page_that_grows_with_what_happened_only() -> None:
    half, whole = (html_page(page_data(long_run(count), WORDS, {}), "t") for count in (5_000, 10_000))
    assert len(whole) < 2.2 * len(half)
    assert len(whole) < 250 * 10_000
    data = data_of(whole)
    assert len(data["log"]["at"]) == 10_000
    assert sum(len(node["status"]) for node in data["nodes"]) < 2 * 10_000


def test_a_very_long_text_is_cut_and_says_so() -> None:
    frames = [*long_run(11)]
    output = next(frame for frame in frames if isinstance(frame, f.StepEnded) and frame.step == "write")
    frames[frames.index(output)] = output.model_copy(update={"step": "run", "value": {"output": "x" * (LONGEST + 7)}})
    texts = page_data(frames, WORDS, {})["texts"]
    assert max(map(len, texts)) < LONGEST + 100
    assert any(text.endswith("… 7 characters more: the JSON export has them") for text in texts)


async def test_what_a_human_told_changed_and_withdrew_is_there() -> None:
    async def root(node: Any) -> Any:
        await node.write("a.txt", "as proposed\n")
        return kit.done()

    stage = Stage({"root": root}, world=Shelf())
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "write")
        changed = gate.proposal.model_copy(update={"content": "as changed\n"})
        await engine.do(kit.edit(gate, changed, "it reads better"))
        await kit.drive(engine)
    data = page_data(stage.frames, WORDS, {})
    decision = data["gates"][0]["decision"]
    assert (decision["verb"], data["texts"][decision["reason"]]) == ("edit", "it reads better")
    assert "+as proposed" in data["texts"][data["gates"][0]["blocks"][0][1]]
    assert "+as changed" in data["texts"][decision["blocks"][0][1]]
