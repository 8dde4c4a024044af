"""A card decides nothing by accident: not by held keys, pastes and typed words, not by what comes while one reads."""

from __future__ import annotations

from textual import events

from swarm import frames as f
from swarm.cards import Card, cards
from swarm.commands import Seen
from tests.ui.gates import after, approved, bar, card_bench, chain, only, siblings, text, written
from tests.ui.sample import NOW, wordcount_state
from widgets.decision_bar import TOO_SOON
from widgets.decisions import Approve
from widgets.form import Form
from widgets.lines import Lines

# -- accidents --------------------------------------------------------------------


async def test_a_lone_key_on_a_card_that_has_stood_approves_what_was_seen() -> None:
    state = wordcount_state()
    async with card_bench(state) as (bench, _):
        await bench.decide("a")
        message = only(bench, Approve)
        assert message.seen == (Seen(gate="14", digest=state.gates["14"].digest),)
        assert written(state, message).decision == "approve"


async def test_a_key_before_the_card_has_stood_says_so_and_decides_nothing() -> None:
    async with card_bench(wordcount_state()) as (bench, card):
        await bench.press("a", gap=0.39)
        assert TOO_SOON in bar(card)
        await bench.wait(1)
        assert bench.kept == []


async def test_a_held_key_decides_nothing() -> None:
    async with card_bench(wordcount_state()) as (bench, card):
        await bench.wait(1)
        await bench.press(*"a" * 20, gap=0.03)
        assert TOO_SOON in bar(card)
        await bench.wait(1)
        assert bench.kept == []


async def test_typed_words_decide_nothing() -> None:
    async with card_bench(wordcount_state()) as (bench, _):
        await bench.wait(1)
        await bench.press(*"save as a draft, skip all", gap=0.09)
        await bench.wait(1)
        assert bench.kept == []
        assert not isinstance(bench.app.screen, Form)


async def test_a_paste_decides_nothing() -> None:
    async with card_bench(wordcount_state()) as (bench, _):
        await bench.wait(1)
        await bench.press("a")
        bench.app.post_message(events.Paste("aaa"))
        await bench.pilot.pause()
        await bench.wait(0.15)
        await bench.press(*"aaa", gap=0)
        await bench.wait(1)
        assert bench.kept == []


async def test_enter_never_approves() -> None:
    async with card_bench(wordcount_state()) as (bench, _):
        await bench.decide("enter")
        assert bench.kept == []


async def test_no_key_decides_while_the_focus_is_elsewhere() -> None:
    async with card_bench(wordcount_state()) as (bench, _card):
        await bench.wait(1)
        await bench.press("a")
        bench.app.screen.set_focus(None)
        await bench.wait(0.15)
        assert bench.kept == []


async def test_two_seconds_pass_after_the_app_took_a_field_away() -> None:
    async with card_bench(wordcount_state()) as (bench, card):
        card.stand(field_taken=True)
        await bench.pilot.pause()
        await bench.press("a", gap=1.9)
        await bench.wait(0.15)
        assert bench.kept == []
        await bench.wait(0.2)
        await bench.press("a")
        await bench.wait(0.15)
        only(bench, Approve)


async def test_the_bar_is_dim_until_it_is_armed() -> None:
    async with card_bench(wordcount_state()) as (bench, card):
        found = card.query_one("DecisionBar")
        assert not found.has_class("-armed")
        await bench.wait(0.41)
        assert found.has_class("-armed")
        bench.app.screen.set_focus(None)
        await bench.pilot.pause()
        assert not found.has_class("-armed")


async def test_a_second_press_right_after_a_decision_is_too_soon() -> None:
    async with card_bench(wordcount_state()) as (bench, _card):
        await bench.decide("a")
        await bench.press("a", gap=0.3)
        await bench.wait(1)
        assert len(bench.kept) == 1


async def test_the_next_card_must_stand_before_the_key_that_decided_the_last_one_counts() -> None:
    state = siblings()
    async with card_bench(state) as (bench, card):
        await bench.decide("a")
        card.show(Card("9", (wordcount_state().gates["14"],), 1), wordcount_state(), NOW)
        await bench.pilot.pause()
        await bench.press("a", gap=0.3)
        await bench.wait(1)
        assert len(bench.kept) == 1


async def test_the_bar_says_how_much_is_out_of_sight() -> None:
    async with card_bench(wordcount_state(), height=14) as (bench, card):
        assert f"{card.query_one(Lines).below} lines below" in bar(card)
        await bench.press("G", gap=1)
        assert "below" not in bar(card)


# -- what comes while one reads --------------------------------------------------------------------


async def test_a_new_gate_never_joins_the_card_that_is_read() -> None:
    state = siblings(2)
    async with card_bench(state) as (bench, card):
        grown = siblings(3)
        card.show(cards(grown)[0], grown, NOW)
        await bench.decide("a")
        assert [seen.gate for seen in only(bench, Approve).seen] == ["2", "3"]
        assert "1 more gate of this kind came since: enter adds it" in text(card)


async def test_enter_takes_in_what_came_and_the_card_stands_anew() -> None:
    async with card_bench(siblings(2)) as (bench, card):
        grown = siblings(3)
        card.show(cards(grown)[0], grown, NOW)
        await bench.wait(1)
        await bench.press("enter")
        await bench.press("a", gap=0.3)
        await bench.wait(0.15)
        assert bench.kept == []
        await bench.decide("a")
        assert [seen.gate for seen in only(bench, Approve).seen] == ["2", "3", "4"]


async def test_the_place_where_one_reads_and_the_marks_stay_while_the_run_goes_on() -> None:
    state = chain()
    async with card_bench(state, height=16) as (bench, card):
        await bench.wait(1)
        await bench.press("pagedown")
        place = card.query_one(Lines).scroll_offset
        moved = after(state, f.WorkspaceEdited(commit="c" * 40, paths=("x",), by="you"))
        card.show(cards(moved)[0], moved, NOW)
        await bench.pilot.pause()
        assert card.query_one(Lines).scroll_offset == place
        assert place.y > 0
        assert "other files, since frame 9" in text(card)


async def test_a_gate_that_is_decided_elsewhere_stays_in_sight_and_the_rest_must_stand_anew() -> None:
    state = siblings()
    async with card_bench(state) as (bench, card):
        await bench.wait(1)
        less = after(state, approved(state, "2"))
        card.show(cards(less)[0], less, NOW)
        await bench.pilot.pause()
        assert "no longer open: approved by you" in text(card)
        await bench.press("a", gap=0.2)
        await bench.wait(0.15)
        assert bench.kept == []
        await bench.decide("a")
        assert [seen.gate for seen in only(bench, Approve).seen] == ["3", "4"]


async def test_nothing_can_be_decided_in_the_past() -> None:
    state = wordcount_state()
    async with card_bench(state) as (bench, card):
        card.show(cards(state)[0], state, NOW, past=True)
        await bench.decide("a")
        assert bench.kept == []
        assert "as it was in frame 70" in bar(card)


async def test_a_card_that_comes_back_from_the_past_must_stand() -> None:
    state = wordcount_state()
    async with card_bench(state) as (bench, card):
        await bench.wait(1)
        card.show(cards(state)[0], state, NOW, past=True)
        card.show(cards(state)[0], state, NOW)
        await bench.pilot.pause()
        await bench.press("a", gap=0.1)
        await bench.wait(0.15)
        assert bench.kept == []


async def test_without_a_card_no_key_does_anything() -> None:
    state = wordcount_state()
    async with card_bench(state) as (bench, card):
        card.show(None, state, NOW)
        await bench.decide("a")
        assert bench.kept == []
        assert bar(card) == ""
