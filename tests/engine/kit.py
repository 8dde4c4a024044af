"""What the tests of the engine share: runs in memory with scripted actions and models, and a driver that decides."""

from __future__ import annotations

import asyncio
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from swarm import commands as c
from swarm import frames as f
from swarm.actions.base import Action, Entry, Space
from swarm.asks import RecallDraft
from swarm.context import NodeContext
from swarm.effects import Effect, Mark
from swarm.engine import Engine
from swarm.errors import WriteFailed
from swarm.fold import fold
from swarm.ledger import Ledger
from swarm.models.base import Model, Reply, Request
from swarm.proposals import AnyProposal, Run, Write
from swarm.spaces.memory import Memory
from swarm.state import Gate, Node, Question, Swarm
from swarm.store.blobs import digest_of
from swarm.store.log import Log, MemoryLog
from swarm.values import Child, Evidence, Report, Usage, looser
from swarm.workspace.turns import Turns
from swarm.world import NoWorld

RUN = "kit-1"
PATIENCE = 20.0
"""Seconds after which a run that does not settle counts as hanging."""

Body = Callable[[NodeContext], Awaitable[Report]]
Chooser = Callable[[Swarm, Gate], c.Decide]
Replier = Callable[[Question], Any]


def done(summary: str = "done", **fields: Any) -> Report:
    return Report(outcome="done", summary=summary, **fields)


async def leaf(node: NodeContext) -> Report:
    return done(node.directive)


async def keep(node: NodeContext, report: Report, reason: str) -> Report:
    """The revision of an action that says why its report was rejected."""
    return report.model_copy(update={"summary": f"{report.summary}, revised: {reason}"})


def action(name: str, body: Body, **fields: Any) -> Action:
    return Action(name, body, fields.pop("revise", keep), **fields)


def child(name: str, directive: str = "", **fields: Any) -> Child:
    return Child(action=name, directive=directive or name, **fields)


def write_child(path: str) -> Child:
    return child("write", path)


async def write(node: NodeContext) -> Report:
    """Writes one file that is named like the directive; the end that follows is foreseen."""
    report = done(f"wrote {node.directive}")
    result = await node.write(node.directive, f"text of {node.directive}", then=lambda _: report)
    return report if result.ok else Report(outcome="incomplete", summary=result.outcome)


async def query(node: NodeContext, **options: Any) -> str:
    """One thought, of the simplest schema that there is."""
    return (await node.think(RecallDraft, **options)).query


class Clock:
    """One second later each time it is asked."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


class Scripted:
    """A model that answers by a function and remembers what it was asked.

    Args:
        answer: The value for a request, or an exception to raise; the default answers a `RecallDraft`.
    """

    name = "scripted"

    def __init__(self, answer: Callable[[Request], Any] | None = None) -> None:
        self._answer = answer or (lambda request: {"query": f"about {request.directive}"})
        self.asked: list[Request] = []

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        self.asked.append(request)
        value = self._answer(request)
        if isinstance(value, BaseException):
            raise value
        return Reply(value=value, usage=Usage(calls=1, input_tokens=10, output_tokens=5))

    def foresee(self, request: Request) -> Any:
        return None


class OneModel:
    """Finds the same model under every name."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def find(self, spec: str) -> Model:
        return self._model


class Shelf(NoWorld):
    """A world of files in memory. What was performed is kept by the frame of its intent, as commits would.

    Attributes:
        files: Text by path.
        performed: Frame of the intent and proposal, in order.
        provable: Whether a command that was performed leaves a proof.
        before: Called before each effect is performed; may raise, or wait.
    """

    tier = "full"

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.performed: list[tuple[int, AnyProposal]] = []
        self.provable = True
        self.before: Callable[[AnyProposal], Awaitable[None]] | None = None
        self._turns = Turns()

    @property
    def head(self) -> str:  # type: ignore[override]
        return f"c{len(self.performed)}"

    def reopened(self) -> Shelf:
        """The same world as the next process finds it."""
        self._turns = Turns()
        return self

    async def write(self, path: str, content: str) -> Write:
        before = self.files.get(path)
        known = digest_of(before.encode()) if before is not None else ""
        return Write(path=path, content=content, before=known, original=before)

    async def command(self, command: Run) -> Run:
        named = [word for word in command.script.split() if word in self.files]
        return command.model_copy(update={"inputs": {word: digest_of(self.files[word].encode()) for word in named}})

    async def refreshed(self, proposal: AnyProposal) -> AnyProposal:
        if isinstance(proposal, Write):
            return await self.write(proposal.path, proposal.content)
        return await self.command(proposal) if isinstance(proposal, Run) else proposal

    async def read(self, path: str) -> str:
        return self.files[path]

    def turn(self, proposal: AnyProposal, owner: tuple[str, int]) -> Any:
        return self._turns.take(owner, shared=False)

    def doubt(self, owners: Any) -> None:
        self._turns.doubt(owners)

    def certain(self, owner: tuple[str, int]) -> None:
        self._turns.certain(owner)

    async def perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        if self.before:
            await self.before(proposal)
        if isinstance(proposal, Write):
            self.files[proposal.path] = proposal.content
        self.performed.append((mark.frame, proposal))
        return self.effect_of(proposal)

    def effect_of(self, proposal: AnyProposal) -> Effect:
        value: dict[str, Any] = {"exit_code": 0, "output": ""}
        if isinstance(proposal, Write | Run):
            evidence = _evidence(proposal)
            value["evidence"] = [evidence.model_dump(exclude_defaults=True)]
        return Effect(value=value, commit=self.head)

    async def prove(self, proposal: AnyProposal, mark: Mark) -> Effect | None:
        was_done = any(frame == mark.frame for frame, _ in self.performed)
        if isinstance(proposal, Run) and not (was_done and self.provable):
            return None
        return self.effect_of(proposal) if was_done else await self.perform(proposal, mark)

    async def take(self, proposal: AnyProposal, mark: Mark) -> Effect:
        return self.effect_of(proposal)


def _evidence(proposal: Write | Run) -> Evidence:
    if isinstance(proposal, Write):
        return Evidence(kind="commit", text=proposal.path, path=proposal.path)
    return Evidence(kind="exit", text=f"{proposal.title}: exit 0", passed=True, exit_code=0)


class Mortal(MemoryLog):
    """A log whose disk fails after a frame: the rest of that group, and all that comes, is lost.

    Args:
        frames: What it holds at first.
        last: Number of the last frame that it takes; None for no end.
        lag: How often the event loop goes round before a group counts as written.
    """

    def __init__(self, frames: Sequence[bytes] = (), last: int | None = None, lag: int = 0) -> None:
        super().__init__()
        self._frames[RUN] = list(frames)
        self.last, self._lag = last, lag

    async def append(self, run: str, expected: int, frames: Sequence[bytes]) -> int:
        for _ in range(self._lag):
            await asyncio.sleep(0)
        room = len(frames) if self.last is None else max(0, self.last - expected)
        if room:
            await super().append(run, expected, frames[:room])
        if room < len(frames):
            raise WriteFailed("the disk is full: make room, then open the run again")
        return expected + len(frames)

    @property
    def lines(self) -> list[bytes]:
        return self._frames[RUN]

    @property
    def frames(self) -> list[f.Frame]:
        return [f.decode(line) for line in self.lines]


class Stage:
    """A run in memory, which can be opened as often as one likes.

    Args:
        actions: Bodies or whole actions by name; `root` is the one that the run begins with.
        model: Who thinks.
        world: What effects touch; none by default.
        start: Further fields of the first frame, such as `level` or `limits`.
    """

    def __init__(
        self,
        actions: Mapping[str, Body | Action],
        *,
        model: Model | None = None,
        world: NoWorld | None = None,
        model_name: str = "scripted",
        **start: Any,
    ) -> None:
        found = {name: item if isinstance(item, Action) else action(name, item) for name, item in actions.items()}
        self.space = Space(Entry("none", "", entries=()), found)
        self.model: Any = model or Scripted()
        self.world = world or NoWorld()
        self.clock = Clock()
        fields = {"level": "step", "goal": "the goal", "title": "kit", **start}
        started = f.RunStarted(run=RUN, model=model_name, **fields)
        root = f.NodeSpawned(node="1", parent=None, step=0, index=0, child=child("root", fields["goal"]))
        first = [frame.model_copy(update={"frame": number}) for number, frame in enumerate((started, root))]
        self.log = Mortal([f.encode(frame) for frame in first])

    @property
    def frames(self) -> list[f.Frame]:
        return self.log.frames

    @property
    def state(self) -> Swarm:
        return fold(self.frames)

    @asynccontextmanager
    async def open(self, log: Log | None = None) -> AsyncIterator[Engine]:
        """Drives the run as a new process would."""
        if isinstance(self.world, Shelf):
            self.world.reopened()
        log = log or self.log
        state = fold(f.decode(line) for line in await log.read(RUN))
        ledger = Ledger(log, RUN, state, self.clock)
        async with Engine(ledger, self.space, OneModel(self.model), self.world, Memory()) as engine:  # type: ignore[arg-type]
            yield engine

    async def finish(self, choose: Chooser | None = None, reply: Replier | None = None) -> Swarm:
        """Opens the run and drives it to its end."""
        async with self.open() as engine:
            return await drive(engine, choose, reply)


def seen(*gates: Gate) -> tuple[c.Seen, ...]:
    return tuple(c.Seen(gate=gate.id, digest=gate.digest) for gate in gates)


def approve(*gates: Gate) -> c.Decide:
    return c.Decide(gates=seen(*gates), verb="approve")


def edit(gate: Gate, proposal: AnyProposal, reason: str = "") -> c.Decide:
    return c.Decide(gates=seen(gate), verb="edit", proposal=proposal, reason=reason)


def reject(gate: Gate, reason: str = "not like this") -> c.Decide:
    return c.Decide(gates=seen(gate), verb="reject", reason=reason)


def choose(gate: Gate, choice: str, **fields: Any) -> c.Decide:
    return c.Decide(gates=seen(gate), verb="choose", choice=choice, **fields)


_ASIDE = {"failure": "pass", "budget": "raise", "in_doubt": "again"}


def yes(_: Swarm, gate: Gate) -> c.Decide:
    """Approves everything, passes failures up, raises limits, runs again what is in doubt."""
    return choose(gate, _ASIDE[gate.kind]) if gate.kind in _ASIDE else approve(gate)


def any_answer(question: Question) -> Any:
    ask = question.ask
    return ask.default or (ask.choices[0] if ask.choices else "an answer")


async def settled(engine: Engine) -> Swarm:
    """The state once nothing can go on; fails instead of hanging."""
    async with asyncio.timeout(PATIENCE):
        return await engine.settled()


async def until(engine: Engine, found: Callable[[Swarm], bool]) -> Swarm:
    """The state once it is as wanted, whether anything can go on or not; fails instead of hanging."""
    async with asyncio.timeout(PATIENCE):
        async for _ in engine.follow(engine.state.frame - 1):
            if found(engine.state):
                return engine.state
    raise AssertionError("the history ended")


def waits_at(kind: str) -> Callable[[Swarm], bool]:
    return lambda state: any(state.gates[gate].kind == kind for gate in state.open_gates)


async def drive(engine: Engine, decide: Chooser | None = None, reply: Replier | None = None) -> Swarm:
    """Answers everything and decides every gate that is due, one at a time, until the run has ended."""
    while not (state := await settled(engine)).ended:
        waiting = [state.gates[gate] for gate in sorted(state.open_gates, key=int)]
        due = [gate for gate in waiting if gate.seq is not None]
        if state.open_questions:
            question = state.questions[min(state.open_questions, key=lambda name: int(name[1:]))]
            await engine.do(c.Answer(question=question.id, answer=(reply or any_answer)(question)))
        else:
            assert due, f"{state.status} at frame {state.frame}, and nothing to decide: {waiting}"
            await engine.do((decide or yes)(state, due[0]))
    return state


def gate_of(state: Swarm, kind: str, node: str | None = None) -> Gate:
    """The one open gate of a kind that is due (of a node)."""
    found = [state.gates[gate] for gate in state.open_gates]
    found = [gate for gate in found if gate.kind == kind and gate.seq is not None and node in (None, gate.node)]
    assert len(found) == 1, f"{len(found)} gates of kind {kind}: {found}"
    return found[0]


def foreseen(state: Swarm) -> list[Gate]:
    """The open gates that are not due yet, in their order."""
    found = [state.gates[gate] for gate in sorted(state.open_gates, key=int)]
    return [gate for gate in found if gate.seq is None]


def kinds(frames: Sequence[f.Frame], node: str | None = None) -> list[str]:
    return [frame.kind for frame in frames if node is None or frame.node == node]


def named(state: Swarm) -> dict[str, str]:
    """Outcome or status by directive."""
    return {node.directive: node.status for node in state.nodes.values()}


def repository(path: Path) -> Path:
    """A real git repository with one commit."""
    path.mkdir(parents=True)
    (path / "README.md").write_text("# Word count\n")
    for line in (
        "init -q -b main",
        "config user.name Kit",
        "config user.email kit@example.org",
        "add .",
        "commit -qm x",
    ):
        subprocess.run(["git", "-C", str(path), *line.split()], check=True, timeout=PATIENCE)
    return path


def recount(state: Swarm) -> None:
    """Fails unless every counter of the state is what a count of the whole state gives."""
    gates = list(state.gates.values())
    assert set(state.open_gates) == {gate.id for gate in gates if gate.status == "open"}
    assert set(state.open_questions) == {question.id for question in state.questions.values() if question.open}
    assert state.live == sum(node.live for node in state.nodes.values())
    assert state.doubts == sum(gate.kind == "in_doubt" for gate in gates if gate.status == "open")
    assert {gate for ids in state.foreseen.values() for gate in ids} == {
        gate.id for gate in gates if gate.seq is None and gate.status in ("open", "decided", "applied")
    }
    assert all(state.gates[gate].node == node for node, ids in state.foreseen.items() for gate in ids)
    assert set(state.queued) == {node.id for node in state.nodes.values() if not (node.started or node.report)}
    assert set(state.paused) == {node.id for node in state.nodes.values() if node.paused and not node.report}
    for node in state.nodes.values():
        _recount_node(state, node)


_ASIDES = ("failure", "budget", "in_doubt")


def _recount_node(state: Swarm, node: Node) -> None:
    counters = (node.gates, node.asks, node.joins, node.pending)
    assert node.children == sum(other.parent == node.id for other in state.nodes.values())
    if node.report:
        assert counters == (0, 0, 0, 0), node
        return
    gates = [gate for gate in state.gates.values() if gate.node == node.id and gate.status == "open"]
    due = [gate for gate in gates if gate.seq is not None and gate.kind != "merge"]
    steps = [step for step in state.steps.values() if step.node == node.id and step.ended < 0]
    asks = [step for step in steps if any(state.questions[name].open for name in step.questions)]
    joins = [step for step in steps if any(state.nodes[name].report is None for name in step.children)]
    beside = [gate for gate in due if gate.kind in _ASIDES and not gate.seq]
    assert counters == (len(due), len(asks), len(joins), len(steps) + len(beside)), (node, due, steps)
    if node.parent:
        assert not looser(node.level, state.nodes[node.parent].level) or state.nodes[node.parent].report


def check_history(frames: Sequence[f.Frame]) -> Swarm:
    """Folds a history and recounts at every frame; fails unless what may happen once happened once."""
    state = Swarm()
    for number, frame in enumerate(frames):
        assert frame.frame == number
        state = fold([frame], state)
        recount(state)
    ends = Counter(frame.node for frame in frames if isinstance(frame, f.NodeEnded))
    assert set(ends.values()) <= {1}, ends
    assert sum(isinstance(frame, f.RunEnded) for frame in frames) <= 1
    closed = Counter(frame.gate for frame in frames if isinstance(frame, f.GateClosed))
    assert set(closed.values()) <= {1}, closed
    decided = Counter(frame.gate for frame in frames if isinstance(frame, f.GateDecided))
    assert set(decided.values()) <= {1}, decided
    if state.ended:
        assert all(node.report for node in state.nodes.values()), named(state)
        assert not state.waiting, (dict(state.open_gates), dict(state.open_questions))
    return state
