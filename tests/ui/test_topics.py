"""What can be different in a fork, of what a person has chosen."""

from __future__ import annotations

import pytest

from app.topics import Topic, failure_of, topics, with_replies
from swarm import frames as f
from swarm.commands import Answer, Decide
from swarm.errors import UsageError
from swarm.fold import fold
from swarm.forking import Directive, Thought
from swarm.proposals import Failure
from tests.ui.sample import wordcount_frames, wordcount_state


def _one(found: list[Topic], kind: str) -> Topic:
    return next(topic for topic in found if topic.kind == kind)


def test_a_decided_gate_is_forked_right_before_its_decision() -> None:
    state = wordcount_state()
    decided = next(x for x in wordcount_frames() if isinstance(x, f.GateDecided) and x.gate == "6")
    found = topics(state, "5", "6")
    assert found[0].frame == _one(found, "decision").frame == decided.frame - 1
    topic = _one(found, "decision")
    assert topic.picks == ("approve", "reject", "skip", "stop"), "an edit is made on the card of a fork"
    assert "it was reject" in topic.words
    change = topic.change("skip", "")
    assert isinstance(change, Decide)
    assert (change.gates[0].gate, change.choice) == ("6", "skip")
    with pytest.raises(UsageError, match="choose what is decided"):
        topic.change("", "")


def test_what_still_waits_is_forked_now() -> None:
    state = wordcount_state()
    found = topics(state, "7", "14")
    assert {found[0].frame, _one(found, "decision").frame} == {state.frame}
    topic = _one(topics(state, "7", question="q1"), "answer")
    assert (topic.frame, topic.picks, topic.label) == (
        state.frame,
        ("1, like wc", "2, like grep", "0, and a warning"),
        "",
    )
    change = topic.change("2, like grep", "")
    assert isinstance(change, Answer)
    assert change.answer == "2, like grep"
    with pytest.raises(UsageError, match="needs an answer"):
        topic.change("", "  ")


def test_a_node_is_forked_where_it_came_into_the_tree_and_needs_another_directive() -> None:
    state = wordcount_state()
    found = topics(state, "3")
    assert {found[0].frame, _one(found, "directive").frame} == {state.nodes["3"].spawned}
    topic = _one(found, "directive")
    with pytest.raises(UsageError, match="the same as before"):
        topic.change("", topic.text)
    assert topic.change("", "Count bytes.") == Directive(node="3", directive="Count bytes.")


def test_a_reply_is_changed_right_before_it_came_as_json() -> None:
    state = wordcount_state()
    found = with_replies(topics(state, "3"), {("3", 1): {"title": "Count"}})
    topic = _one(found, "reply")
    assert topic.frame == state.steps["3", 1].ended - 1
    assert topic.text == '{\n  "title": "Count"\n}'
    assert topic.change("", '{"title": "All"}') == Thought(node="3", step=1, value={"title": "All"})
    with pytest.raises(UsageError, match="the reply is no JSON"):
        topic.change("", "{")


def test_in_the_past_that_very_frame_is_forked() -> None:
    state = wordcount_state(20)
    node = next(node for node in state.nodes.values() if node.report is None and node.id != "1")
    found = topics(state, node.id, past=True)
    assert {found[0].frame, _one(found, "directive").frame} == {20}


def test_a_failure_is_taken_anew_with_a_retry() -> None:
    frames = wordcount_frames()
    failure = Failure(error="no disk", directive="x")
    last = frames[-1]
    frames.append(f.GateOpened(frame=last.frame + 1, node="7", gate="15", seq=4, proposal=failure,
                               digest=failure.digest, at=last.at))  # fmt: skip
    state = fold(frames)
    gate = failure_of(state, state.nodes["7"])
    assert gate is not None
    topic = _one(topics(state, "7", gate.id, retry=True), "decision")
    assert (topic.pick, "edit" in topic.picks, "report" in topic.picks) == ("retry", False, False)
    assert failure_of(state, state.nodes["1"]) is None
