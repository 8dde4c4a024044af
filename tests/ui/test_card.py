"""The card decides exactly what it shows, item by item and line by line."""

from __future__ import annotations

import pytest
from textual.widgets import TextArea

from swarm import frames as f
from swarm.cards import cards
from swarm.decide import decide
from swarm.proposals import AnyProposal, Failure, Spawn
from swarm.values import Report
from tests.ui.gates import (
    BUDGET,
    END,
    FAILURE,
    IN_DOUBT,
    MERGE,
    WRITE,
    after,
    bar,
    card_bench,
    chain,
    only,
    opened,
    siblings,
    text,
    waiting,
    written,
)
from tests.ui.sample import NOW, PROPOSED, wordcount_state
from widgets.decisions import Approve, Choose, Edit
from widgets.edits import ReportForm
from widgets.forms import NoteForm, TextEdit
from widgets.lines import Lines

# -- items --------------------------------------------------------------------


async def test_a_child_left_out_is_an_edit_without_it() -> None:
    state = wordcount_state()
    async with card_bench(state) as (bench, card):
        await bench.wait(1)
        await bench.press("j")
        await bench.wait(0.15)
        await bench.decide("x")
        assert "approve 2 of 3" in bar(card)
        await bench.decide("a")
        message = only(bench, Edit)
        assert written(state, message).proposal == Spawn(children=(PROPOSED[0], PROPOSED[2]))


async def test_a_gate_left_out_is_not_decided() -> None:
    async with card_bench(siblings()) as (bench, _):
        await bench.press("j")
        await bench.decide("x")
        await bench.decide("a")
        assert [seen.gate for seen in only(bench, Approve).seen] == ["2", "4"]


async def test_all_like_it_are_left_out_at_once() -> None:
    async with card_bench(wordcount_state()) as (bench, card):
        await bench.decide("X")
        assert "approve" not in bar(card)
        await bench.decide("a")
        assert bench.kept == []


async def test_one_key_approves_a_side_effect_with_what_follows() -> None:
    async with card_bench(chain()) as (bench, card):
        assert "then follow, if 2 goes exactly as shown:" in text(card)
        await bench.decide("a")
        assert [seen.gate for seen in only(bench, Approve).seen] == ["2", "3", "4"]


async def test_moving_never_skips_what_was_not_in_sight() -> None:
    async with card_bench(chain(), height=14) as (bench, card):
        assert card.item is not None
        await bench.press("j")
        assert card.item.gate.id == "2"
        assert card.query_one(Lines).scroll_offset.y == 1
        for _ in range(4):
            await bench.press(*"j" * 10)
        assert card.item.gate.id == "4"
        for _ in range(6):
            await bench.press(*"k" * 10)
        assert (card.item.gate.id, card.query_one(Lines).scroll_offset.y) == ("2", 0)


async def test_a_click_points_at_an_item() -> None:
    async with card_bench(wordcount_state()) as (bench, card):
        await bench.pilot.click(Lines, offset=(8, 7))
        assert card.item is not None
        assert card.item.number == "2"


# -- lines to choose from --------------------------------------------------------------------


async def test_nothing_is_chosen_beforehand_and_a_number_only_points() -> None:
    state = waiting(FAILURE)
    async with card_bench(state) as (bench, card):
        await bench.decide("a")
        assert bench.kept == []
        assert "choose a line first" in bar(card)
        await bench.decide("6")
        assert bench.kept == []
        await bench.decide("a")
        message = only(bench, Choose)
        assert written(state, message).choice == "pass"


@pytest.mark.parametrize(
    ("proposal", "number", "word"),
    [
        (FAILURE, "1", "retry"),
        (FAILURE, "3", "hand"),
        (FAILURE, "5", "skip"),
        (FAILURE, "6", "pass"),
        (IN_DOUBT, "2", "done"),
        (BUDGET, "1", "raise"),
        (MERGE, "2", "reject"),
    ],
)
async def test_each_line_leads_to_a_command_that_is_taken(proposal: AnyProposal, number: str, word: str) -> None:
    state = waiting(proposal)
    async with card_bench(state) as (bench, _):
        await bench.press(number)
        await bench.decide("a")
        message = only(bench, Choose)
        assert message.command.choice == word
        assert written(state, message)


async def test_v_tries_again() -> None:
    state = waiting(FAILURE)
    async with card_bench(state) as (bench, _):
        await bench.decide("v")
        assert written(state, only(bench, Choose)).choice == "retry"


async def test_a_failure_is_retried_with_another_directive() -> None:
    state = waiting(FAILURE)
    async with card_bench(state) as (bench, _):
        await bench.decide("e")
        await bench.fill(TextEdit, "Write less")
        decided = written(state, only(bench, Edit))
        assert decided.proposal == Failure(error=FAILURE.error, directive="Write less")


async def test_a_report_by_hand_ends_a_failed_node() -> None:
    state = waiting(FAILURE)
    async with card_bench(state) as (bench, _):
        await bench.press("4")
        await bench.decide("a")
        form = bench.app.screen
        assert isinstance(form, ReportForm)
        await bench.press("ctrl+s")
        assert isinstance(bench.app.screen, ReportForm)
        await bench.press("right")
        form.query_one(TextArea).text = "Did it myself."
        await bench.press("ctrl+s")
        message = only(bench, Choose)
        frames = decide(state, message.command)
        ended = next(frame for frame in frames if isinstance(frame, f.NodeEnded))
        assert ended.report == Report(outcome="done", summary="Did it myself.", edited="by hand")


async def test_no_key_alone_merges_or_takes_a_line_that_nobody_pointed_at() -> None:
    for proposal in (IN_DOUBT, BUDGET, MERGE):
        async with card_bench(waiting(proposal)) as (bench, card):
            await bench.decide("a")
            assert bench.kept == []
            assert "choose a line first" in bar(card)


async def test_a_number_does_nothing_on_a_card_that_has_no_lines() -> None:
    async with card_bench(wordcount_state()) as (bench, card):
        await bench.press("3", gap=1)
        assert card.item is not None
        assert card.item.number == "1"


# -- beside the decision --------------------------------------------------------------------


async def test_w_tells_the_rule_in_more_words() -> None:
    async with card_bench(wordcount_state()) as (bench, card):
        assert "w for more" in text(card)
        await bench.decide("w")
        assert "Level step is in force for the whole run" in text(card)
        assert "It asks at step; it would go through at guided, effects, questions, auto." in text(card)
        await bench.decide("w")
        assert "in force" not in text(card)


async def test_y_copies_what_the_cursor_stands_on() -> None:
    async with card_bench(wordcount_state()) as (bench, card):
        await bench.press("j")
        await bench.decide("y")
        assert bench.app.clipboard == PROPOSED[1].directive
        assert "copied" in bar(card)


async def test_other_keys_can_be_bound() -> None:
    async with card_bench(wordcount_state(), keys={"f2": "approve"}) as (bench, card):
        assert bar(card).startswith("f2 approve all 3")
        await bench.decide("a")
        assert bench.kept == []
        await bench.decide("f2")
        only(bench, Approve)


async def test_a_capital_may_come_as_shift_and_its_letter() -> None:
    async with card_bench(waiting(WRITE)) as (bench, _):
        await bench.decide("shift+a")
        assert isinstance(bench.app.screen, NoteForm)


async def test_markup_and_escape_sequences_in_a_proposal_are_shown_and_harmless() -> None:
    evil = "[@click=app.quit]x[/] \x1b]0;pwned\x07 [/nope]"
    state = after(waiting(END), opened("1", "3", Spawn(children=(PROPOSED[0].model_copy(update={"directive": evil}),))))
    spawn = next(card for card in cards(state) if card.kind == "spawn")
    async with card_bench(state) as (bench, card):
        card.show(spawn, state, NOW)
        await bench.pilot.pause()
        assert "[@click=app.quit]x[/] ␛]0;pwned␇ [/nope]" in text(card)
        drawn = "".join(strip.text for strip in bench.app.screen._compositor.render_strips())
        assert "[@click=app.quit]x[/] ␛]0;pwned␇ [/nope]" in drawn
