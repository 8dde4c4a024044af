"""What a person marks on a card, and the decision that it makes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from swarm.cards import cards
from swarm.commands import Seen
from swarm.proposals import Spawn
from swarm.state import Swarm
from swarm.values import Child
from tests.ui.gates import FAILURE, WRITE, chain, siblings, waiting
from tests.ui.sample import PROPOSED, wordcount_state
from widgets.ballot import Ballot, Item


def ballot(state: Swarm) -> Ballot:
    return Ballot(cards(state)[0].gates)


def numbers(found: Ballot) -> list[str]:
    return [item.number for item in found.items]


def at(found: Ballot, number: str) -> Item:
    return next(item for item in found.items if item.number == number)


def test_a_spawn_alone_has_its_children_as_items_and_is_approved_as_it_is() -> None:
    found = ballot(wordcount_state())
    assert numbers(found) == ["1", "2", "3"]
    assert found.approved == (Seen(gate="14", digest=found.gates[0].digest),)
    assert found.changed == ()


def test_a_child_that_is_left_out_makes_the_approval_an_edit_and_can_come_back() -> None:
    found = ballot(wordcount_state())
    without = found.toggle(at(found, "2"))
    assert without.approved == ()
    gate = without.changed[0]
    assert without.proposal(gate) == Spawn(children=(PROPOSED[0], PROPOSED[2]))
    assert without.toggle(at(without, "2")).approved == found.approved


def test_a_spawn_with_no_child_left_decides_nothing() -> None:
    found = ballot(wordcount_state())
    for number in "123":
        found = found.toggle(at(found, number))
    assert found.counted == ()


def test_all_alike_are_left_out_and_taken_in_together() -> None:
    found = ballot(wordcount_state())
    out = found.toggle_like(at(found, "1"))
    assert not any(out.keeps(item) for item in out.items)
    back = out.toggle_like(at(out, "3"))
    assert all(back.keeps(item) for item in back.items)


def test_like_leaves_gates_of_another_kind_alone() -> None:
    found = ballot(chain())
    out = found.toggle_like(at(found, "3"))
    assert out.left == {"3", "4"}
    assert [gate.id for gate in out.counted] == ["2"]


def test_several_gates_are_items_by_their_own_numbers() -> None:
    found = ballot(siblings())
    assert numbers(found) == ["2", "3", "4"]
    assert [seen.gate for seen in found.toggle(at(found, "3")).approved] == ["2", "4"]


def test_what_follows_from_a_gate_that_is_left_out_is_not_decided() -> None:
    found = ballot(chain())
    assert [seen.gate for seen in found.approved] == ["2", "3", "4"]
    assert found.toggle(at(found, "2")).counted == ()
    assert [gate.id for gate in found.toggle(at(found, "3")).counted] == ["2"]


def test_what_follows_from_a_gate_that_is_edited_is_not_decided() -> None:
    found = ballot(chain())
    edited = found.stage(found.gates[0], WRITE.model_copy(update={"content": "other\n"}))
    assert [gate.id for gate in edited.changed] == ["2"]
    assert edited.approved == ()


def test_an_edit_that_changes_nothing_is_an_approval() -> None:
    found = ballot(waiting(WRITE))
    same = found.stage(found.gates[0], WRITE.model_copy())
    assert same.approved == found.approved
    assert same.edits == {}


def test_a_gate_that_was_decided_elsewhere_is_not_decided_again() -> None:
    found = ballot(siblings())
    closed = {"2": replace(found.gates[0], status="decided")}
    assert [seen.gate for seen in found.follow(closed).approved] == ["3", "4"]


def test_an_edit_keeps_children_that_are_left_out_beside_those_that_were_added() -> None:
    found = ballot(wordcount_state())
    added = Child(directive="Write a changelog.")
    staged = found.stage(found.gates[0], Spawn(children=(*PROPOSED, added)), frozenset({0}))
    assert numbers(staged) == ["1", "2", "3", "4"]
    assert staged.proposal(staged.gates[0]) == Spawn(children=(PROPOSED[1], PROPOSED[2], added))


@pytest.mark.parametrize(("proposal", "choosing"), [(FAILURE, True), (WRITE, False)])
def test_failures_are_decided_by_lines_and_effects_by_approval(proposal: object, choosing: bool) -> None:
    assert ballot(waiting(proposal)).choosing is choosing  # type: ignore[arg-type]


def test_the_lines_of_a_failure_are_its_choices_in_their_order() -> None:
    found = ballot(waiting(FAILURE))
    assert [item.choice for item in found.items] == ["retry", "edit", "hand", "report", "skip", "pass", "stop"]
    assert numbers(found) == list("1234567")


def test_a_gate_that_is_only_foreseen_has_no_items_for_its_children() -> None:
    found = ballot(wordcount_state())
    foreseen = replace(found.gates[0], seq=None)
    assert [item.child for item in Ballot((foreseen,)).items] == [-1]
