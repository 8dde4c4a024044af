"""What is decided by way of a form: complete, on purpose, and nothing before it is sent."""

from __future__ import annotations

from textual.widgets import Input, TextArea

from swarm.proposals import Spawn, Write
from tests.ui.gates import (
    END,
    RUN,
    WRITE,
    bar,
    card_bench,
    only,
    siblings,
    text,
    waiting,
    written,
)
from tests.ui.sample import PROPOSED, wordcount_state
from widgets.decisions import Approve, Edit, EditOutside, Reject, RejectAndStop, Skip
from widgets.edits import ReportForm, SpawnEdit
from widgets.forms import ConfirmForm, NoteForm, RejectForm, StopForm, TextEdit


async def test_a_rejection_needs_a_reason_and_names_one_gate() -> None:
    state = siblings()
    async with card_bench(state) as (bench, _):
        await bench.press("j")
        await bench.decide("r")
        await bench.fill(RejectForm, "")
        await bench.fill(RejectForm, "count bytes too")
        message = only(bench, Reject)
        assert written(state, message).reason == "count bytes too"
        assert [seen.gate for seen in message.seen] == ["3"]


async def test_escape_decides_nothing_and_keeps_the_draft() -> None:
    async with card_bench(waiting(WRITE)) as (bench, _):
        await bench.decide("r")
        bench.app.screen.query_one(TextArea).insert("half a thought")
        await bench.press("escape")
        assert bench.kept == []
        await bench.decide("r")
        assert bench.app.screen.query_one(TextArea).text == "half a thought"


async def test_a_key_typed_right_after_a_form_was_closed_is_too_soon() -> None:
    async with card_bench(waiting(WRITE)) as (bench, _):
        await bench.decide("r")
        await bench.press("escape")
        await bench.press("a", gap=0.2)
        await bench.wait(0.15)
        assert bench.kept == []


async def test_reject_and_stop_says_what_ends() -> None:
    state = waiting(WRITE)
    async with card_bench(state) as (bench, _):
        await bench.decide("R")
        assert isinstance(bench.app.screen, StopForm)
        await bench.press("ctrl+s")
        message = only(bench, RejectAndStop)
        assert written(state, message).decision == "stop"


async def test_a_skip_is_sent_at_once() -> None:
    state = waiting(RUN)
    async with card_bench(state) as (bench, _):
        await bench.decide("s")
        assert written(state, only(bench, Skip)).decision == "skip"


async def test_an_end_cannot_be_skipped_and_the_bar_does_not_offer_it() -> None:
    async with card_bench(waiting(END)) as (bench, card):
        assert "skip" not in bar(card)
        await bench.decide("s")
        assert bench.kept == []


async def test_a_note_goes_with_an_approval() -> None:
    state = waiting(WRITE)
    async with card_bench(state) as (bench, _):
        await bench.decide("A")
        await bench.fill(NoteForm, "good")
        assert written(state, only(bench, Approve)).reason == "good"


async def test_an_edit_is_put_on_the_card_and_sent_only_by_an_approval() -> None:
    state = waiting(WRITE)
    async with card_bench(state) as (bench, card):
        await bench.decide("e")
        await bench.fill(TextEdit, "all new\n")
        assert bench.kept == []
        assert "edited by you; nothing is sent yet" in text(card)
        assert "+ all new" in text(card)
        assert "approve, as edited" in bar(card)
        await bench.decide("a")
        assert written(state, only(bench, Edit)).proposal == WRITE.model_copy(update={"content": "all new\n"})


async def test_an_edit_with_a_note_carries_it() -> None:
    state = waiting(WRITE)
    async with card_bench(state) as (bench, card):
        card.stage("2", WRITE.model_copy(update={"content": "x\n"}))
        await bench.pilot.pause()
        await bench.decide("A")
        await bench.fill(NoteForm, "shorter")
        assert written(state, only(bench, Edit)).reason == "shorter"


async def test_children_are_reworded_in_a_form() -> None:
    state = wordcount_state()
    async with card_bench(state) as (bench, _):
        await bench.decide("e")
        assert isinstance(bench.app.screen, SpawnEdit)
        bench.app.screen.query(TextArea)[1].text = "Cover everything."
        await bench.press("ctrl+s")
        await bench.decide("a")
        proposal = written(state, only(bench, Edit)).proposal
        assert isinstance(proposal, Spawn)
        assert [child.directive for child in proposal.children][1] == "Cover everything."
        assert proposal.children[0] == PROPOSED[0]


async def test_another_outcome_carries_its_reason() -> None:
    state = waiting(END)
    async with card_bench(state) as (bench, _):
        await bench.decide("e")
        assert isinstance(bench.app.screen, ReportForm)
        await bench.press("right")
        await bench.press("ctrl+s")
        assert isinstance(bench.app.screen, ReportForm)
        bench.app.screen.query_one(Input).value = "tests fail"
        await bench.press("ctrl+s")
        await bench.decide("a")
        decided = written(state, only(bench, Edit))
        assert decided.reason == "tests fail"
        assert decided.proposal is not None
        assert decided.proposal.report.outcome == "incomplete"  # type: ignore[union-attr]


async def test_an_editor_is_asked_for_and_its_text_comes_back_to_the_card() -> None:
    state = waiting(WRITE)
    async with card_bench(state) as (bench, card):
        await bench.decide("E")
        message = bench.kept[0]
        assert isinstance(message, EditOutside)
        assert (message.gate, message.proposal) == ("2", WRITE)
        card.stage(
            message.gate, Write(path="src/core.py", content="from outside\n", before="b10b", original=WRITE.original)
        )
        assert "+ from outside" in text(card)


async def test_a_command_without_a_sandbox_wants_a_typed_word() -> None:
    state = waiting(RUN.model_copy(update={"tier": "none"}))
    async with card_bench(state) as (bench, _):
        await bench.decide("a")
        assert isinstance(bench.app.screen, ConfirmForm)
        assert bench.kept == []
        await bench.press("enter")
        assert isinstance(bench.app.screen, ConfirmForm)
        bench.app.screen.query_one(Input).value = "run"
        await bench.press("enter")
        only(bench, Approve)
