"""The pager: nothing is lost by wrapping, and it stays fast however much there is to read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content
from textual.pilot import Pilot

from tests.ui.harness import Harness, lines
from widgets.lines import Lines, Row


def row(text: str, **fields: object) -> Row:
    return Row(Content(text), **fields)  # type: ignore[arg-type]


def test_a_row_is_wrapped_between_words_below_its_own_beginning() -> None:
    found = row("one two three", lead=Content("1 ")).wrapped(9)
    assert [line.plain.rstrip() for line in found] == ["1 one two", "  three"]


def test_a_line_break_in_a_row_hides_nothing() -> None:
    found = row("a\nb", lead=Content("> "))
    assert [line.plain for line in found.wrapped(20)] == ["> a", "  b"]
    assert found.height(20) == 2


@given(st.text(alphabet="ab \u4e00é", max_size=60), st.integers(min_value=3, max_value=20))
def test_code_keeps_every_character(text: str, width: int) -> None:
    found = row(text, code=True)
    assert "".join(line.plain for line in found.wrapped(width)) == text
    assert found.height(width) == len(found.wrapped(width))
    assert all(line.cell_length <= width for line in found.wrapped(width))


@asynccontextmanager
async def ten_lines() -> AsyncIterator[tuple[Pilot[None], Lines]]:
    """A pager with ten lines and room for four of them."""
    pager = Lines()
    async with Harness(pager).run(12, 4) as pilot:
        pager.show([row(f"line {number}") for number in range(10)])
        await pilot.pause()
        yield pilot, pager


async def test_it_draws_what_can_be_seen_and_knows_how_much_is_below() -> None:
    async with ten_lines() as (pilot, pager):
        assert [line[:6] for line in lines(pager)] == ["line 0", "line 1", "line 2", "line 3"]
        assert pager.below == 6
        assert pager.turn("pagedown")
        await pilot.pause()
        assert lines(pager)[0].startswith("line 4")
        pager.turn("end")
        await pilot.pause()
        assert (pager.below, lines(pager)[-1][:6]) == (0, "line 9")
        assert not pager.turn("x")


async def test_the_place_where_one_reads_is_kept_while_rows_change() -> None:
    async with ten_lines() as (pilot, pager):
        pager.turn("pagedown")
        await pilot.pause()
        pager.show([row(f"LINE {number}") for number in range(12)])
        await pilot.pause()
        assert lines(pager)[0].startswith("LINE 4")
        pager.show([row("short")], top=True)
        await pilot.pause()
        assert lines(pager)[0].startswith("short")


async def test_the_cursor_stands_on_the_head_of_its_item_and_a_click_finds_it() -> None:
    pager = Lines()
    app = Harness(pager, Lines.Picked)
    rows = [
        row("head", lead=Content("  1 "), item=0, head=True),
        row("body", lead=Content("    "), item=0),
        row("head", lead=Content("  2 "), item=1, head=True),
        row("none"),
    ]
    async with app.run(20, 6) as pilot:
        pager.show(rows, cursor=1)
        await pilot.pause()
        assert [line[:2] for line in lines(pager)[:3]] == ["  ", "  ", "▌ "]
        assert pager.sees(0)
        await pilot.click(Lines, offset=(5, 1))
        await pilot.click(Lines, offset=(1, 3))
        assert [message.item for message in app.kept] == [0]


async def test_narrower_wraps_anew() -> None:
    pager = Lines([row("one two three")])
    app = Harness(pager)
    async with app.run(20, 4) as pilot:
        assert lines(pager)[0].startswith("one two three")
        await pilot.resize_terminal(9, 4)
        await pilot.pause()
        assert [line.strip() for line in lines(pager)[:2]] == ["one two", "three"]


async def test_a_hundred_thousand_rows_are_shown_within_a_second() -> None:
    pager = Lines()
    app = Harness(pager)
    async with app.run(80, 30) as pilot:
        rows = [row(f"line {number}", code=True) for number in range(100_000)]
        start = perf_counter()
        pager.show(rows)
        pager.turn("end")
        await pilot.pause()
        assert perf_counter() - start < 1.0
        assert lines(pager)[-1].startswith("line 99999")
