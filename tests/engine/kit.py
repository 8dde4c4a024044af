"""What the tests of the engine share: runs in memory with scripted actions and models, and a driver that decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from swarm import commands as c
from swarm import frames as f
from swarm.actions.base import Action, Entry, Space
from swarm.asks import RecallDraft
from swarm.context import NodeContext
from swarm.engine import Engine
from swarm.fold import fold
from swarm.ledger import Ledger
from swarm.models.base import Model
from swarm.proposals import AnyProposal
from swarm.spaces.memory import Memory
from swarm.state import Gate, Question, Swarm
from swarm.store.log import Log
from swarm.values import Child, Report
from swarm.world import NoWorld
from tests.engine.doubles import RUN, Clock, Mortal, OneModel, Scripted, Shelf

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


async def fan(node: NodeContext) -> Report:
    """As many leaves at once as its directive says."""
    count = int(node.directive)
    _, pairs = await node.spawn([child("leaf", str(number)) for number in range(count)])
    return done(f"{len(pairs)} of {count}")


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
        started = f.RunStarted(frame=0, run=RUN, model=model_name, **fields)
        root = f.NodeSpawned(frame=1, node="1", parent=None, step=0, index=0, child=child("root", fields["goal"]))
        self.log = Mortal([f.encode(started), f.encode(root)])

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
    if ask.form:
        return {"query": "by hand"}
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
