"""A run that looks like the board in the design: a word counter, half done, with a spawn and a question that wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from swarm import frames as f
from swarm.fold import fold
from swarm.proposals import AnyProposal, Run, Spawn, Terminate, Write
from swarm.state import Swarm
from swarm.values import Ask, Child, Evidence, Limits, Report, Usage

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
TICK = timedelta(seconds=7)
CORE = '"""Counts lines, words and bytes."""\n\n\ndef count(data: bytes) -> tuple[int, int, int]:\n'
CORE_1 = CORE + "    return data.count(b'\\n'), len(data.split())\n"
CORE_2 = CORE + "    return data.count(b'\\n'), len(data.split()), len(data)\n"
COMMIT = "4f0c2ad9e1b35f7788aa90c1d2e3f4a5b6c7d8e9"


class Script:
    """Writes frames one after another, 7 seconds apart, as a ledger would number them."""

    def __init__(self) -> None:
        self.frames: list[f.Frame] = []
        self.gates = 0

    def add(self, kind: type[f.Base], node: str | None = None, **fields: Any) -> None:
        number = len(self.frames)
        at = {"at": START + TICK * number} | fields
        self.frames.append(kind(frame=number, node=node, **at))  # type: ignore[arg-type]

    def think(self, node: str, seq: int, schema: str) -> None:
        self.add(f.StepBegun, node, seq=seq, step="think", schema_name=schema)
        self.add(f.StepEnded, node, seq=seq, step="think", schema_name=schema, value={}, usage=Usage(calls=1))

    def open(self, node: str, seq: int | None, proposal: AnyProposal, **fields: Any) -> str:
        self.gates += 1
        gate = str(self.gates)
        self.add(f.GateOpened, node, gate=gate, seq=seq, proposal=proposal, digest=proposal.digest, **fields)
        return gate

    def decide(self, gate: str, decision: str = "approve", by: str = "you", **fields: Any) -> None:
        opened = next(x for x in self.frames if isinstance(x, f.GateOpened) and x.gate == gate)
        self.add(f.GateDecided, opened.node, gate=gate, digest=opened.digest, decision=decision, by=by, **fields)

    def spawn(self, node: str, seq: int, *children: Child) -> None:
        """A spawn that a human approves, and the children that it starts."""
        gate = self.open(node, seq, Spawn(children=children))
        self.decide(gate)
        self.start(node, seq, gate, *children)

    def start(self, node: str, seq: int, gate: str, *children: Child) -> None:
        ids = tuple(child.id for child in children)
        for index, child in enumerate(children):
            self.add(f.NodeSpawned, child.id, parent=node, step=seq, index=index, child=child)
        self.add(f.StepBegun, node, seq=seq, step="spawn", children=ids, gate=gate)
        for child in children:
            self.add(f.NodeStarted, child.id, action=child.action, version="1", attempt=1)

    def end(self, node: str, seq: int, report: Report, **decided: Any) -> None:
        """An end that a human approves."""
        gate = self.open(node, seq, Terminate(report=report))
        self.decide(gate, **decided)
        self.add(f.NodeEnded, node, report=report, gate=gate)

    def joined(self, node: str, seq: int) -> None:
        self.add(f.StepEnded, node, seq=seq, step="spawn", value=[])


PHASES = "## Count\n\nCount lines, words and bytes.\n\n## Use it\n\nMake the counter usable from a shell.\n"
USE_IT = "Make the counter usable from a shell."
KEEP = Child(id="2", action="remember", title="keep context", directive="Keep the notes on wc(1).")
COUNT = Child(id="3", action="decompose_directive", title="Count", directive=PHASES, arguments={"round": 1})
CORE_ROUTER = Child(id="4", action="route_action", title="write core.py", directive="Count lines, words and bytes.")
CORE_ACTION = Child(id="5", action="carry_out", title="write core.py", directive="Count lines, words and bytes.")
REVIEW = Child(id="6", action="review_directive", title="review", directive="Is the counting done and right?")
SUCCESSOR = Child(
    id="7",
    action="decompose_directive",
    title="Use it",
    directive=USE_IT,
    arguments={"round": 2, "done": [{"title": "Count", "summary": "Counting works."}]},
)
PROPOSED = (
    Child(
        id="8",
        action="route_action",
        title="Command line",
        directive="Read files or standard input; print lines, words, bytes and a total.",
    ),
    Child(
        id="9",
        action="route_action",
        title="Tests",
        directive="Cover an empty file, no final newline, two files.",
    ),
    Child(id="10", action="route_action", title="README", directive="Three examples that can be copied."),
)
MISSING_FILE = Ask(
    name="missing_file",
    text="Exit code when a file is missing?",
    choices=("1, like wc", "2, like grep", "0, and a warning"),
    default="1, like wc",
)


def wordcount_frames() -> list[f.Frame]:
    """The frames of the run, numbered from 0; gate 14 (spawn of 3) and question q1 are open at the end."""
    script = Script()
    _start(script)
    _count(script)
    _review(script)
    _use_it(script)
    return script.frames


def _start(script: Script) -> None:
    script.add(
        f.RunStarted,
        run="wc-1",
        goal="Build a word counter with tests",
        title="wordcount",
        model="plan",
        level="step",
        limits=Limits(nodes=50),
        branch="swarm/wc-1",
        commit="a" * 40,
        by="you",
    )
    script.add(f.RunOpened, tier="full")
    root = Child(action="organise_context", title="wordcount", directive="Build a word counter with tests")
    script.add(f.NodeSpawned, "1", parent=None, step=0, index=0, child=root)
    script.add(f.NodeStarted, "1", action="organise_context", version="1", attempt=1)
    script.spawn("1", 1, KEEP)
    script.end("2", 1, Report(outcome="done", summary="Kept 1 document."))
    script.joined("1", 1)
    script.spawn("1", 2, COUNT)


def _count(script: Script) -> None:
    """Manager 3: its router, a write that is rejected once, and the end that was approved together with it."""
    script.think("3", 1, "Decomposition")
    vague = CORE_ROUTER.model_copy(update={"directive": "Count things."})
    gate = script.open("3", 2, Spawn(children=(vague,)))
    script.decide(gate, "edit", proposal=Spawn(children=(CORE_ROUTER,)))
    script.start("3", 2, gate, CORE_ROUTER)
    script.think("4", 1, "Choice")
    script.spawn("4", 2, CORE_ACTION)
    first = script.open("5", 1, Write(path="wordcount/core.py", content=CORE_1))
    script.decide(first, "reject", reason="count the bytes as well")
    write = script.open("5", 1, Write(path="wordcount/core.py", content=CORE_2), revision=2)
    evidence = (Evidence(kind="commit", text="wrote wordcount/core.py", path="wordcount/core.py"),)
    report = Report(outcome="done", summary="Wrote `wordcount/core.py`.", evidence=evidence)
    end = script.open("5", None, Terminate(report=report), after=write)
    script.decide(write)
    script.decide(end, at=script.frames[-1].at)
    script.add(f.StepBegun, "5", seq=1, step="write", gate=write, intent={"path": "wordcount/core.py"})
    script.add(f.StepEnded, "5", seq=1, step="write", commit=COMMIT, gate=write)
    script.add(f.GateDue, "5", gate=end, seq=2)
    script.add(f.NodeEnded, "5", report=report, gate=end)
    script.joined("4", 2)
    script.add(f.LevelSet, "4", level="guided", by="you")
    script.end("4", 3, report, by="rule", rule="level guided: routers and reviewers")
    script.joined("3", 2)


def _review(script: Script) -> None:
    script.spawn("3", 3, REVIEW)
    check = Run(title="counts", interpreter="python", script="import wordcount.core\n", readonly=True, check=True)
    gate = script.open("6", 1, check)
    script.decide(gate)
    script.add(f.StepBegun, "6", seq=1, step="run", gate=gate, intent={"title": "counts"})
    script.add(f.StepEnded, "6", seq=1, step="run", value={"exit_code": 0, "output": "ok\n"}, gate=gate)
    passed = Evidence(kind="check", text="counts", passed=True, exit_code=0)
    verdict = {"outcome": "continue", "missing": USE_IT, "next": "Use it"}
    summary = "Counting works; it is not usable from a shell yet."
    script.end("6", 2, Report(outcome="done", summary=summary, value=verdict, evidence=(passed,)))
    script.joined("3", 3)


def _use_it(script: Script) -> None:
    script.spawn("3", 4, SUCCESSOR)
    script.think("7", 1, "Decomposition")
    script.add(f.StepBegun, "7", seq=2, step="ask", key="questions")
    script.add(f.QuestionAsked, "7", question="q1", seq=2, ask=MISSING_FILE)
    script.open("7", 3, Spawn(children=PROPOSED))


def wordcount_state(upto: int | None = None) -> Swarm:
    """The state at the end of the run, or after frame `upto`."""
    frames = wordcount_frames()
    return fold(frames if upto is None else frames[: upto + 1])


NOW = wordcount_frames()[-1].at + timedelta(seconds=41)
"""A moment at which gate 14 has been open for 41 seconds."""
