"""The lines above and below the panes: short, true, and with the important part whole at every width."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from swarm.values import Usage
from tests.ui.harness import Harness, lines
from tests.ui.sample import wordcount_state
from widgets.status import KeyLine, RunHeader, StatusLine, used

KEYS = (("j k", "move"), ("tab", "pane"), ("n N", "next waiting"))
LAST = (("?", "keys"), ("q", "leave"))


async def header(width: int, upto: int | None = None, last: int | None = None) -> str:
    widget = RunHeader()
    async with Harness(widget).run(width, 1) as pilot:
        widget.show(wordcount_state(upto), last)
        await pilot.pause()
        return lines(widget)[0]


async def status(width: int = 100, waiting: int | None = None, upto: int | None = None, **fields: object) -> str:
    widget = StatusLine()
    async with Harness(widget).run(width, 1) as pilot:
        widget.show(replace(wordcount_state(upto), **fields), waiting)  # type: ignore[arg-type]
        await pilot.pause()
        return lines(widget)[0]


async def test_the_header_says_what_the_run_is_and_that_it_shows_the_present() -> None:
    shown = await header(80)
    assert shown.startswith(" wordcount · Build a word counter with tests  ")
    assert shown.endswith(" run wc-1 · now, frame 70")


async def test_the_header_says_that_it_shows_the_past_and_how_to_return() -> None:
    assert (await header(80, 12, 70)).endswith("run wc-1 · frame 12 of 70 · esc returns to now")


@pytest.mark.parametrize("width", [20, 30, 40, 60])
async def test_in_a_narrow_terminal_the_title_stays(width: int) -> None:
    shown = await header(width, 12, 70)
    assert shown.startswith(" wordcount")
    assert len(shown) <= width


async def test_it_says_what_waits_what_is_asked_and_what_was_used() -> None:
    shown = await status(waiting=2)
    assert shown == " ? waiting for you (2)   asks at: every step   0 tokens · $0.00   sandbox full"


async def test_a_run_that_goes_on_while_something_waits_says_both() -> None:
    shown = await status(live=1)
    assert shown.startswith(" ● running   ? 2 for you   asks at")


async def test_an_ended_or_paused_run_says_so() -> None:
    assert (await status(ended="failed", open_gates={}, open_questions={})).startswith(" ✗ failed   asks")
    assert (await status(paused_run=True)).startswith(" ‖ paused   ? 2 for you")


@pytest.mark.parametrize("width", [40, 60, 120])
async def test_a_missing_sandbox_is_said_at_every_width(width: int) -> None:
    assert "✗ no sandbox" in await status(width, tier="none")


async def test_a_partial_sandbox_is_said_before_the_calm_things() -> None:
    shown = await status(tier="partial")
    assert shown.index("sandbox partial") < shown.index("asks at")


@pytest.mark.parametrize(
    ("usage", "words"),
    [
        (Usage(), "0 tokens · $0.00"),
        (Usage(input_tokens=900, output_tokens=99, cost=0.126), "999 tokens · $0.13"),
        (Usage(input_tokens=12_345, cost=None), "12.3k tokens · cost unknown"),
    ],
)
def test_usage_in_words(usage: Usage, words: str) -> None:
    assert used(usage) == words


async def test_keys_that_do_not_fit_are_left_out_whole_and_the_last_stay() -> None:
    widget = KeyLine()
    async with Harness(widget).run(60, 1) as pilot:
        widget.show(KEYS, LAST)
        await pilot.pause()
        assert lines(widget)[0] == " j k move  tab pane  n N next waiting       ? keys  q leave"
        await pilot.resize_terminal(40, 1)
        assert lines(widget)[0] == " j k move  tab pane     ? keys  q leave"
        await pilot.resize_terminal(20, 1)
        assert lines(widget)[0] == "    ? keys  q leave"
