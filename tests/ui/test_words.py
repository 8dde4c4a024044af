"""Short words: the same thing is called the same in every pane, and fits where it is put."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

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
from swarm.values import Child, Limits, Report
from tests.ui.sample import COUNT, SUCCESSOR, wordcount_state
from widgets.words import ago, count, fit, name_of, round_name, summary


@given(st.text(alphabet="aé表👍 "), st.integers(0, 20))
def test_what_is_fitted_never_takes_more_cells(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) <= width
    if cell_len(text) <= width:
        assert fit(text, width) == text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0:00"), (41.9, "0:41"), (723, "12:03"), (3730, "1:02:10"), (3 * 86400, "3 days"), (-5, "0:00")],
)
def test_how_long(seconds: float, words: str) -> None:
    assert ago(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("proposal", "words"),
    [
        (Spawn(children=(Child(directive="a"), Child(directive="b"))), "spawn 2"),
        (Terminate(report=Report(outcome="incomplete", summary="")), "end: incomplete"),
        (Write(path="src/deep/a.py", content=""), "write a.py"),
        (Run(title="tests", script="pytest"), "run tests"),
        (Run(argv=("git", "status")), "run git status"),
        (Run(script="\n\nmake\nmake install"), "run make"),
        (Tag(name="v1"), "tag v1"),
        (Save(name="notes", text=""), "save notes"),
        (Budget(why="21 of 20 nodes", limits=Limits()), "budget: 21 of 20 nodes"),
        (Failure(error="no disk", directive=""), "failure: no disk"),
        (InDoubt(what="make install", step=1), "in doubt: make install"),
        (Merge(branch="swarm/a", into="main", commits=1, files=()), "merge into main"),
    ],
)
def test_proposals_in_a_few_words(proposal: AnyProposal, words: str) -> None:
    assert summary(proposal) == words


def test_managers_of_several_rounds_are_numbered_and_called_as_their_successors_call_them() -> None:
    state = wordcount_state()
    assert name_of(state, "3") == "1 Count"
    assert name_of(state, "7") == "2 Use it"
    assert name_of(state, "5") == "write core.py"
    untitled = COUNT.model_copy(update={"title": "wordcount"})
    assert round_name(untitled, state.nodes["7"]) == "1 Count"
    assert round_name(untitled) == "wordcount"


def test_a_number_is_not_put_before_a_name_twice() -> None:
    assert round_name(SUCCESSOR.model_copy(update={"title": "2 Use it"})) == "2 Use it"


def test_arguments_that_a_model_made_up_do_no_harm() -> None:
    odd = SUCCESSOR.model_copy(update={"arguments": {"round": "many", "done": "no list"}})
    assert round_name(odd) == "Use it"


def test_counts_agree_with_their_noun() -> None:
    assert [count(n, "node") for n in (0, 1, 2)] == ["0 nodes", "1 node", "2 nodes"]
