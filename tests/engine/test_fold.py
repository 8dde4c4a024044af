"""State is a fold of the history: its counters never drift, whatever is decided and in whatever order."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarm import commands as c
from swarm import frames as f
from swarm.context import NodeContext
from swarm.effects import Effect, Mark
from swarm.engine import Engine
from swarm.errors import HistoryError, Refused
from swarm.fold import fold
from swarm.folding.base import HANDLERS
from swarm.proposals import (
    AnyProposal,
    Budget,
    Failure,
    InDoubt,
    Merge,
    Run,
    Save,
    Spawn,
    Tag,
    Terminate,
    Write,
)
from swarm.state import Gate, Swarm
from swarm.values import LEVELS, Ask, Child, Evidence, Limits, Report
from tests.engine import kit
from tests.engine.kit import Mortal, Shelf, Stage, child, done, write_child

# A tree of all kinds of steps, and random decisions on it


async def _root(node: NodeContext) -> Report:
    await node.spawn([child("mixed", "one"), child("mixed", "two"), child("asks", "three")], key="first")
    await node.spawn([write_child("a"), child("breaks", "four")], key="second")
    return done("all")


async def _mixed(node: NodeContext) -> Report:
    await kit.query(node)
    result, pairs = await node.spawn([child("leaf", f"{node.directive}.{index}") for index in range(2)])
    await node.run(Run(title=f"run {node.directive}", script="true"))
    return done(f"{result.outcome} {len(pairs)}")


async def _asks(node: NodeContext) -> Report:
    answers = await node.ask([Ask(name="a", text="a?", choices=("x", "y")), Ask(name="b", text="b?", default="z")])
    await node.together(
        *(node.run(Run(title=name, script=name, readonly=True), key=name) for name in answers),
    )
    return done(str(answers))


async def _breaks(node: NodeContext) -> Report:
    if node.node.attempt == 1:
        raise ValueError("broken\nbadly")
    return done("mended")


_ACTIONS = {"root": _root, "mixed": _mixed, "asks": _asks, "breaks": _breaks, "write": kit.write, "leaf": kit.leaf}


def _edited(gate: Gate) -> Any:
    match gate.proposal:
        case Spawn(children=children):
            return Spawn(children=(*children[1:], child("leaf", "added")))
        case Terminate(report=report):
            return Terminate(report=report.model_copy(update={"summary": "edited"}))
        case Write() as write:
            return write.model_copy(update={"content": "edited"})
        case Run() as run:
            return run.model_copy(update={"script": "edited"})
        case Failure() as failure:
            return failure.model_copy(update={"directive": "edited"})
    return None


def _decision(pick: Random, state: Swarm) -> c.Command:
    gates = [state.gates[name] for name in sorted(state.open_gates, key=int)]
    first = pick.choice(gates)
    verb = pick.choice(first.proposal.choices)
    if verb == "edit":
        return kit.edit(first, _edited(first), "because")
    some = [first] if verb == "report" else [first, *pick.choices(gates, k=pick.randint(0, 2))]
    report = done("by hand") if verb == "report" else None
    return c.Decide(gates=kit.seen(*some), verb="choose", choice=verb, reason="because", report=report)


def _command(pick: Random, state: Swarm) -> c.Command:
    live = sorted((node.id for node in state.nodes.values() if node.report is None), key=int)
    node = pick.choice(live)
    kinds = ["decide"] * 12 * bool(state.open_gates) + ["answer"] * 6 * bool(state.open_questions)
    kinds += ["continue"] * 3 * bool(state.paused_run or state.paused) + ["pause", "level", "tell", "retry", "stop"]
    match pick.choice(kinds):
        case "decide":
            return _decision(pick, state)
        case "answer":
            return c.Answer(question=pick.choice(sorted(state.open_questions)), answer="x")
        case "continue":
            return c.Continue(node=pick.choice([None, *sorted(state.paused)]))
        case "pause":
            return c.Pause(node=pick.choice([None, node]))
        case "level":
            return c.SetLevel(node=pick.choice([None, node]), level=pick.choice(LEVELS))
        case "tell":
            return c.Tell(node=node, text="a note")
        case "retry":
            return c.Retry(node=node, keep=bool(pick.getrandbits(1)))
    return c.Stop(node=node, reason="enough") if node != "1" or bool(pick.getrandbits(1)) else c.Pause()


async def _random_commands(pick: Random, engine: Engine) -> None:
    for _ in range(pick.randint(5, 40)):
        if bool(pick.getrandbits(1)):
            await kit.settled(engine)
        if engine.ledger.head.ended:
            return
        try:
            await engine.do(_command(pick, engine.ledger.head))
        except Refused:
            continue


async def _unpause(engine: Engine) -> None:
    for node in (None, *sorted(engine.ledger.head.paused)):
        with suppress(Refused):
            await engine.do(c.Continue(node=node))


class _Fragile(Shelf):
    """Effects fail now and then."""

    def __init__(self, pick: Random) -> None:
        super().__init__()
        self._pick = pick
        self.provable = bool(pick.getrandbits(1))

    async def perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        await asyncio.sleep(0)
        if self._pick.random() < 0.1:
            raise OSError("the disk is\nfull")
        return await super().perform(proposal, mark)


async def _interleaved(pick: Random) -> Stage:
    """A run in a few sessions, some of which end with a crash, and a last one that drives it to its end."""
    level = pick.choice(LEVELS[:4])
    stage = Stage(_ACTIONS, world=_Fragile(pick), level=level, limits=Limits(nodes=pick.choice([8, 200])))
    for _ in range(pick.randint(1, 3)):
        last = len(stage.log.lines) + pick.randint(3, 60)
        log = Mortal(stage.log.lines, pick.choice([None, last]), lag=pick.randint(0, 5))
        with suppress(HistoryError):
            async with stage.open(log) as engine:
                await _random_commands(pick, engine)
        stage.log = Mortal(log.lines)
        if stage.state.ended:
            return stage
    async with stage.open() as engine:
        await _unpause(engine)
        await kit.drive(engine)
    return stage


_CAMPAIGN = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


@settings(max_examples=25, derandomize=True, **_CAMPAIGN)
@given(st.randoms(use_true_random=False))
def test_counters_hold_under_any_interleaving_of_decisions_and_crashes_and_every_node_ends_once(pick: Random) -> None:
    stage = asyncio.run(_interleaved(pick))
    assert kit.check_history(stage.frames).ended


@pytest.mark.soak
@settings(max_examples=3000, **_CAMPAIGN)
@given(st.integers(0, 10**12))
def test_counters_hold_in_a_long_campaign(seed: int) -> None:
    stage = asyncio.run(_interleaved(Random(seed)))
    assert kit.check_history(stage.frames).ended


# What a fold is


async def _history() -> list[f.Frame]:
    stage = Stage(_ACTIONS, world=Shelf())
    await stage.finish()
    return stage.frames


async def test_frames_are_numbered_without_gaps_and_every_kind_has_its_fold() -> None:
    frames = await _history()
    assert [frame.frame for frame in frames] == list(range(len(frames)))
    assert set(HANDLERS) == set(get_args(f.Frame))


async def test_folding_in_pieces_gives_the_same_state_and_changes_no_earlier_one() -> None:
    frames = await _history()
    whole = fold(frames)
    for cut in range(0, len(frames), 7):
        half = fold(frames[:cut])
        before = repr(half)
        assert fold(frames[cut:], half) == whole
        assert repr(half) == before


async def test_a_frame_reads_back_as_it_was_written_and_its_digest_too() -> None:
    for frame in await _history():
        again = f.decode(f.encode(frame))
        assert again == frame
        if isinstance(frame, f.GateOpened) and isinstance(again, f.GateOpened):
            assert again.proposal.digest == frame.digest == frame.proposal.digest


_PROPOSALS = [
    Spawn(children=(Child(directive="a", arguments={"n": None, "x": 1.0, "deep": [None, {"k": None}]}),)),
    Terminate(
        report=Report(outcome="done", summary="s", value={"n": None}, evidence=(Evidence(kind="note", text="t"),))
    ),
    Write(path="ä", content="\r\n\x00", before="b", original="o"),
    Run(title="t", script="s", argv=("a",), environment={"A": "b"}, inputs={"f": "h"}),
    Tag(name="v1", message="m"),
    Save(name="n", text="t"),
    Budget(why="w", limits=Limits()),
    Failure(error="e", directive="d"),
    InDoubt(what="w", step=1, changed=("a",)),
    Merge(branch="b", into="m", commits=1, files=("a",), conflicts=("b",)),
]


@pytest.mark.parametrize("proposal", _PROPOSALS, ids=lambda proposal: proposal.kind)
def test_a_digest_survives_the_way_to_disk_and_back(proposal: AnyProposal) -> None:
    opened = f.GateOpened(frame=3, node="1", gate="1", proposal=proposal, digest=proposal.digest)
    again = f.decode(f.encode(opened))
    assert again == opened
    assert isinstance(again, f.GateOpened)
    assert again.proposal.digest == proposal.digest


def test_a_digest_covers_what_would_happen_and_neither_ids_nor_commits() -> None:
    evidence = Evidence(kind="commit", text="a", path="a", commit="1234")
    spawn = Spawn(children=(child("leaf", "x", id="7"),))
    assert spawn.digest == Spawn(children=(child("leaf", "x", id="8"),)).digest
    assert spawn.digest != Spawn(children=(child("leaf", "y", id="7"),)).digest
    end = Terminate(report=done(evidence=(evidence,)))
    moved = Terminate(report=done(evidence=(evidence.model_copy(update={"commit": "5678"}),)))
    other = Terminate(report=done(evidence=(evidence.model_copy(update={"path": "b"}),)))
    assert (end.digest == moved.digest, end.digest == other.digest) == (True, False)
    write = Write(path="a", content="x", before="1", original="old")
    assert write.digest == write.model_copy(update={"original": None}).digest
    assert write.digest != write.model_copy(update={"before": "2"}).digest


_STARTED = [
    f.RunStarted(frame=0, run="r-1", goal="g", title="t", model="m", level="auto"),
    f.NodeSpawned(frame=1, node="1", step=0, index=0, child=child("manager", "g")),
]


@pytest.mark.parametrize(
    ("action", "arguments", "depth"),
    [
        ("manager", {"round": 2}, 0),
        ("manager", {"round": 1}, 1),
        ("manager", {}, 1),
        ("manager", {"round": "2"}, 1),
        ("manager", {"round": None}, 1),
        ("other", {"round": 2}, 1),
    ],
)
def test_a_successor_is_no_deeper_than_the_manager_before_it(action: str, arguments: Any, depth: int) -> None:
    spawned = f.NodeSpawned(frame=2, node="2", parent="1", step=1, index=0, child=child(action, arguments=arguments))
    assert fold([*_STARTED, spawned]).nodes["2"].depth == depth


def test_children_of_an_earlier_attempt_do_not_count_for_the_next_one() -> None:
    def spawned(frame: int, *nodes: str) -> list[f.Frame]:
        ends = [f.NodeSpawned(frame=frame, node=node, parent="1", step=1, index=index, child=child("leaf"))
                for index, node in enumerate(nodes)]  # fmt: skip
        return [*ends, f.StepBegun(frame=frame, node="1", seq=1, step="spawn", children=nodes)]

    retried = f.NodeRetried(frame=9, node="1", attempt=2, keep=False)
    state = fold([*_STARTED, *spawned(2, "2", "3"), retried, *spawned(10, "4", "5")])
    late = fold([f.NodeEnded(frame=11, node="2", report=done()), f.NodeEnded(frame=12, node="3", report=done())], state)
    assert late.steps["1", 1].remaining == 2
    own = fold([f.NodeEnded(frame=13, node="4", report=done()), f.NodeEnded(frame=14, node="5", report=done())], late)
    assert own.steps["1", 1].remaining == 0


def _tree(levels: dict[str, str]) -> Swarm:
    """The run (node `run`), 1 below it, 2 below 1, 3 below 2, with these levels."""
    nodes = [
        f.NodeSpawned(node=node, parent=parent, step=1, index=0, child=child("leaf"))
        for node, parent in (("2", "1"), ("3", "2"))
    ]
    sets = [f.LevelSet(node=None if node == "run" else node, level=level, by="you") for node, level in levels.items()]
    return fold([*_STARTED, *nodes, *sets])


@pytest.mark.parametrize(
    ("node", "level", "expected"),
    [
        ("run", "step", ["step", "step", "step", "step"]),
        ("run", "guided", ["guided", "guided", "guided", "step"]),
        ("1", "step", ["auto", "step", "step", "step"]),
        ("2", "auto", ["auto", "auto", "auto", "step"]),
        ("2", "step", ["auto", "auto", "step", "step"]),
    ],
)
def test_a_level_holds_for_the_subtree_and_loosens_nothing_that_was_set_tighter(
    node: str, level: str, expected: list[str]
) -> None:
    state = _tree({"2": "effects", "3": "step", node: level})
    assert [state.level, *(state.nodes[name].level for name in ("1", "2", "3"))] == expected
