"""What the board opens: cards stay as they were opened, the next one is found in the order of the inbox."""

from __future__ import annotations

from app.choice import Choice, at_that_moment, card_of, neighbour, of_gate, waiting
from swarm import frames as f
from swarm.cards import cards
from swarm.fold import apply
from swarm.proposals import Spawn, Write
from swarm.state import Swarm
from swarm.values import Child
from tests.ui.sample import wordcount_state


def after(state: Swarm, *frames: f.Frame) -> Swarm:
    for frame in frames:
        state = apply(state, frame.model_copy(update={"frame": state.frame + 1}))
    return state


def opened(node: str, gate: str, seq: int, path: str) -> f.GateOpened:
    write = Write(path=path, content="x\n")
    return f.GateOpened(node=node, gate=gate, seq=seq, proposal=write, digest=write.digest)


def two_siblings() -> Swarm:
    """Nodes 8 and 9 run below manager 7; each may ask to write."""
    state = wordcount_state()
    gate = state.gates["14"]
    assert isinstance(gate.proposal, Spawn)
    decided = f.GateDecided(node="7", gate="14", digest=gate.digest, decision="approve", by="you")
    begun = f.StepBegun(node="7", seq=3, step="spawn", children=("8", "9"), gate="14")
    state = after(state, decided, begun)
    for index, name in enumerate(("8", "9")):
        child = Child(id=name, action="write_file", directive=f"write {name}")
        state = after(
            state,
            f.NodeSpawned(node=name, parent="7", step=3, index=index, child=child),
            f.NodeStarted(node=name, action="write_file", version="1", attempt=1),
        )
    return state


def test_what_holds_up_most_comes_first() -> None:
    state = wordcount_state()
    assert waiting(state) == [Choice(gates=("14",), node="7"), Choice(question="q1", node="7")]


def test_next_and_previous_go_round_and_start_at_an_end() -> None:
    found = waiting(wordcount_state())
    assert neighbour(found, found[0], 1) == found[1]
    assert neighbour(found, found[1], 1) == found[0]
    assert neighbour(found, found[0], -1) == found[1]
    assert neighbour(found, Choice(node="3"), 1) == found[0]
    assert neighbour(found, Choice(node="3"), -1) == found[1]
    assert neighbour([], found[0], 1) is None


def test_an_open_card_keeps_to_its_gates_while_siblings_join_it() -> None:
    state = after(two_siblings(), opened("8", "15", 1, "a.txt"))
    choice = of_gate(state, "15")
    state = after(state, opened("9", "16", 1, "b.txt"))
    assert [gate.id for gate in cards(state)[0].gates] == ["15", "16"]
    card = card_of(state, choice)
    assert card is not None
    assert [gate.id for gate in card.gates] == ["15"]
    assert choice.same_as(of_gate(state, "16")), "the inbox has them on one card"


def test_a_card_of_two_goes_on_with_the_gate_that_is_left() -> None:
    state = after(two_siblings(), opened("8", "15", 1, "a.txt"), opened("9", "16", 1, "b.txt"))
    choice = of_gate(state, "15")
    digest = state.gates["15"].digest
    state = after(state, f.GateDecided(node="8", gate="15", digest=digest, decision="approve", by="else"))
    card = card_of(state, choice)
    assert card is not None
    assert (card.id, card.blocks) == ("16", 1)
    assert choice.waits(state)


def test_a_gate_that_waits_no_more_leads_to_its_node() -> None:
    state = wordcount_state()
    assert of_gate(state, "8") == Choice(node=state.gates["8"].node)
    assert card_of(state, Choice(gates=("8",), node="5")) is None


def test_another_moment_shows_the_same_node_or_what_it_asked_then() -> None:
    now = wordcount_state()
    here = Choice(gates=("14",), node="7")
    assert at_that_moment(now, here) == here
    before = wordcount_state(upto=now.gates["14"].opened - 1)
    assert at_that_moment(before, here) == Choice(question="q1", node="7")
    assert at_that_moment(wordcount_state(upto=3), here) == Choice(node="1")
    assert at_that_moment(Swarm(), here) == Choice(node="")
