"""The last decision of a human, and what it has led to."""

from __future__ import annotations

import pytest

from swarm import frames as f
from swarm.errors import Refused
from swarm.reversal import may_be_taken_back, redo_of, reversal
from swarm.state import Swarm
from swarm.values import Child, Usage


def decided(number: int, gate: str, command: str | None = None, by: str = "you") -> f.GateDecided:
    return f.GateDecided(frame=number, node="1", gate=gate, digest="d", decision="approve", by=by, command=command)


def ended(number: int, step: f.StepKind, **fields: object) -> f.StepEnded:
    return f.StepEnded.model_validate({"frame": number, "node": "1", "seq": 1, "step": step, **fields})


def test_without_a_decision_of_a_human_there_is_none() -> None:
    assert reversal([f.RunOpened(frame=0, tier="full"), decided(1, "1", by="rule")]) is None
    with pytest.raises(Refused, match="no decision"):
        may_be_taken_back("wc-1", None)


def test_what_has_followed_is_counted_whole_or_bit_by_bit() -> None:
    history: list[f.Frame] = [
        decided(4, "1"),
        decided(5, "2", "c"),
        decided(6, "3", "c"),
        decided(7, "4", by="rule"),
        f.NodeSpawned(frame=8, node="2", parent="1", step=1, index=0, child=Child(id="2", directive="x")),
        ended(9, "think", usage=Usage(calls=1, input_tokens=5, output_tokens=7)),
        ended(10, "run", commit="c1"),
        f.WorkspaceEdited(frame=11, commit="c2", by="you", paths=("a",)),
    ]
    found = may_be_taken_back("wc-1", reversal(history))
    assert (found.frame, [frame.frame for frame in found.made]) == (5, [5, 6])
    assert (found.frames, found.nodes, found.commits, found.edits, found.runs, found.tokens) == (5, 1, 2, 1, 1, 12)
    again = None
    for frame in history:
        again = reversal([frame], again)
    assert again == found


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (ended(5, "tag"), "made a tag"),
        (ended(5, "save"), "saved to the workspace"),
        (f.RunMerged(frame=5, gate="9", commit="c", into="main"), "merged into main"),
    ],
)
def test_what_stays_is_never_taken_back_whatever_follows(frame: f.Frame, words: str) -> None:
    found = reversal([decided(4, "1"), frame, ended(6, "read")])
    with pytest.raises(Refused, match=words):
        may_be_taken_back("wc-1", found)
    later = reversal([decided(7, "2")], found)
    assert may_be_taken_back("wc-1", later).frame == 7, "what came before the decision does not matter"


def test_a_tag_that_failed_is_no_tag() -> None:
    assert may_be_taken_back("wc-1", reversal([decided(4, "1"), ended(5, "tag", outcome="failed", error="x")]))


def test_redo_leads_to_where_an_undo_came_from() -> None:
    assert redo_of(Swarm(run="wc-2", undo=True, origin="wc-1@12")) == "wc-1"
    with pytest.raises(Refused, match="nothing undone"):
        redo_of(Swarm(run="wc-2", origin="wc-1@12"))
