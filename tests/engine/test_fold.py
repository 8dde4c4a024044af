"""State is a fold of the history: pure, the same in pieces as in one, and what is written reads back the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from swarm import frames as f
from swarm.errors import Damaged
from swarm.fold import fold
from swarm.folding.base import HANDLERS
from swarm.follower import Follower
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
from swarm.state import Swarm
from swarm.store.filelog import FileLog
from swarm.timeline import Timeline
from swarm.values import Child, Evidence, Limits, Report
from tests.engine.doubles import Shelf
from tests.engine.kit import Stage, child, done
from tests.engine.real import begun
from tests.engine.test_interleavings import ACTIONS


async def _history() -> list[f.Frame]:
    stage = Stage(ACTIONS, world=Shelf())
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


@pytest.mark.parametrize(
    "frame",
    [
        f.NodeTold(frame=2, node="7", text="hm", by="you"),
        f.NodeEnded(frame=2, node="7", report=done()),
        f.GateDecided(frame=2, node="1", gate="7", digest="", decision="approve", by="you"),
        f.GateOpened(frame=2, node="1", gate="x", proposal=Tag(name="v1"), digest=""),
        f.QuestionAnswered(frame=2, node="1", question="q7", answer="a", by="you"),
        f.LevelSet(frame=2, node="7", level="auto", by="you"),
    ],
)
def test_a_frame_about_something_that_is_not_there_is_damage_that_is_named(frame: f.Frame) -> None:
    with pytest.raises(Damaged, match=f"frame 2 \\({frame.kind}\\) does not follow from those before it: \\w+Error"):
        fold([*_STARTED, frame])


async def test_a_history_with_such_a_frame_is_seen_up_to_it_where_that_is_wanted(tmp_path: Path) -> None:
    home, run = await begun(tmp_path / "work", "# F\n\n## Part\n\n```txt a.txt\nonce\n```\n")
    last = home.state(run).frame
    log = FileLog(home.folder)
    await log.claim(run)
    await log.append(run, last, [f.encode(f.NodeTold(frame=last + 1, node="99", text="hm", by="you"))])
    await log.close()
    words = f"frame {last + 1} \\(node.told\\) does not follow"
    with pytest.raises(Damaged, match=words):
        home.state(run)
    tolerant = home.tolerant()
    assert (tolerant.state(run).frame, tolerant.row(run).status) == (last, "damaged")
    assert re.search(words, tolerant.damage[run])
    async with Follower(home, run) as follower:
        assert follower.state.frame == last
        assert re.search(words, follower.problem)
        with pytest.raises(Damaged, match=words):
            await Timeline(follower.frames).at(last + 1)


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
