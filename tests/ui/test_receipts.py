"""Receipts: what was decided, by whom or by which rule, newest first, never the same twice."""

from __future__ import annotations

import pytest

from swarm import frames as f
from swarm.fold import fold
from swarm.proposals import Failure, Spawn
from swarm.values import Child
from tests.ui.harness import Harness, lines
from tests.ui.sample import MISSING_FILE, Script, wordcount_frames, wordcount_state
from widgets.receipts import Receipt, Receipts, receipts


def by_subject(subject: str) -> Receipt:
    return next(one for one in receipts(wordcount_state()) if one.subject == subject)


async def test_they_read_from_the_newest_to_the_oldest() -> None:
    widget = Receipts()
    async with Harness(widget).run(34, 40) as pilot:
        widget.show(wordcount_state())
        await pilot.pause()
        frame = by_subject("13").frame
        assert lines(widget)[:5] == [
            "┏━ Decided ━━━━━━━━━━━━━━━━━━━━━━┓",
            f"┃▌{frame} ✓ you approved 13           ┃",
            "┃▌   1 Count starts Use it       ┃",
            f"┃ {by_subject('12').frame} ✓ you approved 12           ┃",
            "┃    review ends: done           ┃",
        ]


def test_one_decision_for_several_gates_is_one_receipt() -> None:
    receipt = by_subject("7 and 8")
    assert receipt.what == "write core.py, then end"


def test_an_edit_says_what_was_changed() -> None:
    receipt = by_subject("4")
    assert (receipt.verb, receipt.what) == ("edit", "reworded 1 of 1")


def test_leaving_out_and_adding_are_named() -> None:
    script = _started()
    first, second, third = (Child(id=str(n), directive=f"part {n}") for n in (2, 3, 4))
    gate = script.open("1", 1, Spawn(children=(first, second)))
    script.decide(gate, "edit", proposal=Spawn(children=(first, third)))
    (receipt,) = receipts(fold(script.frames))
    assert receipt.what == "left out 1 · added 1 of 2"


def test_a_rejection_gives_its_reason() -> None:
    receipt = by_subject("6")
    assert (receipt.verb, receipt.what) == ("reject", "write core.py: count the bytes as well")


def test_a_rule_is_named_in_place_of_a_person() -> None:
    receipt = by_subject("9")
    assert (receipt.who, receipt.by_rule) == ("level guided", True)


def test_a_choice_at_a_failure_is_named() -> None:
    script = _started()
    gate = script.open("1", 1, Failure(error="no disk", directive=""))
    script.decide(gate, "choose", choice="retry")
    (receipt,) = receipts(fold(script.frames))
    assert (receipt.verb, receipt.what) == ("choose", "retry: goal")


@pytest.mark.parametrize(
    ("rule", "who", "verb"), [("", "you", "answer"), ("--defaults: an assumption", "--defaults", "default")]
)
def test_answers_are_receipts_too(rule: str, who: str, verb: str) -> None:
    answered = f.QuestionAnswered(frame=90, node="7", question="q1", answer="1, like wc", by="you", rule=rule)
    receipt = receipts(fold([answered], wordcount_state()))[0]
    assert (receipt.frame, receipt.who, receipt.verb, receipt.question) == (90, who, verb, "q1")
    assert receipt.what == "missing file? 1, like wc"


def test_batch_by_batch_gives_the_same_as_all_at_once() -> None:
    frames = wordcount_frames()
    kept: list[Receipt] = []
    before = None
    for end in range(5, len(frames) + 5, 5):
        state = fold(frames[:end])
        kept = [*receipts(state, before), *kept]
        before = state
    whole = receipts(wordcount_state())
    assert [gate for one in kept for gate in one.subject.split(" and ")] != []
    assert sorted(one.frame for one in whole) == sorted({one.frame for one in kept} & {one.frame for one in whole})
    assert len({one.key for one in kept}) == len(kept)


async def test_going_back_in_time_takes_later_ones_away() -> None:
    widget = Receipts()
    async with Harness(widget).run():
        widget.show(wordcount_state())
        assert widget.current
        assert widget.current.subject == "13"
        widget.show(wordcount_state(30))
        assert widget.current.frame <= 30
        widget.show(wordcount_state(3))
        assert widget.current is None


async def test_new_ones_come_on_top() -> None:
    widget = Receipts()
    async with Harness(widget).run(34, 8) as pilot:
        state = wordcount_state()
        widget.show(state)
        widget.app.set_focus(None)
        await pilot.pause()
        answered = f.QuestionAnswered(frame=90, node="7", question="q1", answer="2, like grep", by="you")
        widget.show(fold([answered], state))
        await pilot.pause()
        assert "90 i you answered q1" in lines(widget)[1]


async def test_opening_tells_the_frame_and_the_gate() -> None:
    widget = Receipts()
    app = Harness(widget, Receipts.Opened)
    async with app.run() as pilot:
        widget.show(wordcount_state())
        await pilot.press("enter")
        (message,) = app.kept
        assert (message.frame, message.gate_id, message.question_id) == (by_subject("13").frame, "13", None)


async def test_before_the_first_decision_it_says_so() -> None:
    widget = Receipts()
    async with Harness(widget).run():
        assert "Nothing has been decided yet." in lines(widget)[1]


def test_a_question_without_a_name_is_called_by_its_text() -> None:
    script = _started()
    script.add(f.StepBegun, "1", seq=1, step="ask")
    ask = MISSING_FILE.model_copy(update={"name": "", "text": "Which one?\nMore."})
    script.add(f.QuestionAsked, "1", question="q1", seq=1, ask=ask)
    script.add(f.QuestionAnswered, "1", question="q1", answer={"a": 1}, by="you")
    assert receipts(fold(script.frames))[0].what == "Which one? the form"


def _started() -> Script:
    script = Script()
    script.add(f.RunStarted, run="r", goal="goal", title="goal", model="plan", level="step")
    child = Child(action="carry_out", title="goal", directive="goal")
    script.add(f.NodeSpawned, "1", parent=None, step=0, index=0, child=child)
    return script
