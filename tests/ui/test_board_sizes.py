"""The board at every size: three columns, drawers, one pane, one line."""

from __future__ import annotations

from tests.ui.boards import board
from widgets.inbox import Inbox
from widgets.tree import SwarmTree

SIZES = [(60, 16), (79, 20), (100, 30), (120, 16), (200, 50)]


async def test_at_80_columns_the_card_has_the_width_and_panes_are_drawers() -> None:
    async with board(size=(80, 24)) as b:
        assert b.card.region.width == 80
        assert "1 Tree" in b.text
        await b.press("1")
        tree = b.screen.query_one(SwarmTree)
        assert tree.has_focus
        assert tree.region.width < 80
        assert b.card.region.x == tree.region.right
        await b.press("escape")
        assert b.card.region.width == 80
        assert b.screen.focused is b.card
        await b.press("i")
        assert b.screen.query_one("#question").has_focus_within
        assert b.screen.query_one("#question").region.width > 0
        await b.press("n")
        assert b.card.region.width == 80


async def test_below_80_columns_there_is_one_pane() -> None:
    async with board(size=(70, 24)) as b:
        assert b.card.region.width == 70
        await b.press("3")
        assert b.screen.query_one(Inbox).region.width == 70
        assert b.card.region.width == 0


async def test_a_screen_that_is_too_small_says_so_in_one_line() -> None:
    async with board(size=(120, 40)) as b:
        for size in ((59, 24), (80, 15), (20, 5)):
            await b.pilot.resize_terminal(*size)
            await b.until(lambda: "at least 60 columns" in " ".join(b.text.split()))
            assert b.card.region.width == 0
        await b.pilot.resize_terminal(120, 40)
        await b.until(lambda: b.card.region.width > 0)
        assert "at least 60 columns" not in b.text
        await b.until(lambda: b.screen.focused is b.card)


async def test_every_pane_can_be_reached_at_every_size() -> None:
    async with board() as b:
        for size in SIZES:
            await b.pilot.resize_terminal(*size)
            for key, name in (("1", "tree"), ("2", "middle"), ("3", "inbox"), ("4", "receipts"), ("5", "timeline")):
                await b.press(key)
                region = b.screen.query_one(f"#{name}").region
                assert region.width >= 20, (size, name)
                assert region.height >= 3, (size, name)
                assert region.right <= size[0], (size, name)
                assert region.bottom <= size[1], (size, name)
