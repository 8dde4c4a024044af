"""Moving about on the board, and in time."""

from __future__ import annotations

from swarm import frames as f
from tests.ui.boards import board, write_gate
from widgets.inbox import Inbox
from widgets.timeline import Timeline
from widgets.tree import SwarmTree

# -- moving about ------------------------------------------------------------------------------------------------------


async def test_next_and_previous_go_through_what_waits() -> None:
    async with board() as b:
        await b.press("n")
        assert b.screen.pane == "question"
        await b.press("n")
        assert b.screen.focused is b.card
        await b.press("[")
        assert b.screen.pane == "question"


async def test_numbers_and_tab_go_to_panes() -> None:
    async with board() as b:
        for key, pane in (("1", "tree"), ("2", "middle"), ("3", "inbox"), ("4", "receipts"), ("5", "timeline")):
            await b.press(key)
            assert b.screen.pane == pane
        seen: list[str] = []
        for _ in range(6):
            await b.press("tab")
            seen.append(b.screen.pane)
        assert seen == ["tree", "middle", "inbox", "question", "receipts", "timeline"]
        await b.press("shift+tab")
        assert b.screen.pane == "receipts"


async def test_enter_in_the_tree_opens_and_approves_nothing() -> None:
    async with board() as b:
        await b.press("1", "g", "enter")
        await b.until(lambda: b.screen.middle.current == "detail")
        assert b.screen.choice.node == "1"
        b.screen.query_one(SwarmTree).go_to(gate="14")
        await b.press("1", "enter")
        assert b.screen.choice.gates == ("14",)
        assert b.session.sent == []


# -- time --------------------------------------------------------------------------------------------------------------


async def test_the_past_shows_that_moment_in_every_pane_and_decides_nothing() -> None:
    async with board() as b:
        opened = b.session.state.gates["14"].opened
        await b.press("<")
        await b.until(lambda: b.screen.in_past)
        assert b.screen.shown.frame == opened - 1
        assert [entry.key for entry in b.screen.query_one(Inbox).order] == ["q1"]
        assert f"frame {opened - 1} of {opened}" in b.text
        await b.press("p")
        assert "nothing can be decided in the past" in b.text
        assert b.session.sent == []
        await b.press("escape")
        await b.until(lambda: not b.screen.in_past)
        assert b.screen.choice.gates == ("14",)
        assert "now, frame" in b.text


async def test_a_card_of_the_past_takes_no_decision() -> None:
    async with board() as b:
        await b.session.put(f.NodeTold(node="7", text="note", by="you"))
        await b.press("<")
        await b.until(lambda: b.screen.in_past)
        assert [gate.id for gate in b.card.ballot.gates] == ["14"]
        await b.pilot.pause(0.5)
        await b.pilot.press("a")
        await b.pilot.pause(0.2)
        assert b.session.sent == []


async def test_what_arrives_while_one_looks_at_the_past_changes_only_the_numbers() -> None:
    async with board() as b:
        await b.press("<", "<")
        await b.until(lambda: b.screen.in_past)
        frame = b.screen.shown.frame
        await b.session.put(write_gate("15", "a.txt"))
        await b.until(lambda: "(3)" in b.app.title)
        assert b.screen.shown.frame == frame
        assert f"of {b.session.state.frame}" in b.text


async def test_a_receipt_leads_back_to_the_card_as_it_was_decided() -> None:
    async with board() as b:
        await b.press("4", "g")
        receipt = b.screen.query_one("#receipts").current
        await b.press("enter")
        await b.until(lambda: b.screen.in_past)
        assert b.screen.shown.frame == receipt.frame - 1
        assert receipt.gate in [gate.id for gate in b.card.ballot.gates]
        await b.press(".")
        await b.until(lambda: not b.screen.in_past)
        assert [gate.id for gate in b.card.ballot.gates] == ["14"]


async def test_every_frame_can_be_looked_at() -> None:
    async with board() as b:
        for frame in range(0, b.session.state.frame + 1, 5):
            b.screen.post_message(Timeline.Moved(b.screen.query_one(Timeline), frame))
            await b.until(lambda frame=frame: b.screen.shown.frame == frame)  # type: ignore[misc]
