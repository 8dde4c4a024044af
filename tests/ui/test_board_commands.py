"""Commands to nodes and to the run, leaving, help, the palette."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import OptionList

from app.screens.sheet import Sheet
from app.settings import Settings
from swarm import frames as f
from swarm.commands import Continue, OfferMerge, Pause, SetLevel, Stop, Tell
from swarm.errors import HistoryError
from swarm.proposals import Spawn
from swarm.values import Child
from tests.ui.boards import Board, board
from tests.ui.live import MemorySession
from widgets.form import Form
from widgets.forms import ConfirmForm, LevelForm

# -- nodes and the run -------------------------------------------------------------------------------------------------


async def test_pause_and_go_on_a_subtree() -> None:
    async with board() as b:
        await b.press("p")
        await b.until(lambda: b.sent(Pause))
        assert b.sent(Pause)[0].node == "7"
        await b.until(lambda: "7" in b.screen.newest.paused)
        await b.press("p")
        await b.until(lambda: b.sent(Continue))


async def test_a_capital_opens_a_sheet_and_does_not_act() -> None:
    async with board() as b:
        await b.press("P")
        assert isinstance(b.app.screen, Sheet)
        await b.press("escape")
        assert b.session.sent == []
        await b.press("P", "p")
        await b.until(lambda: b.sent(Pause))
        assert b.sent(Pause)[0].node is None


async def test_level_tell_and_stop_go_through_their_forms() -> None:
    async with board() as b:
        await b.press("M", "5", "enter")
        await b.until(lambda: b.sent(SetLevel))
        assert b.sent(SetLevel)[0].level == "auto"
        await b.press("T")
        await b.until(lambda: isinstance(b.app.screen, Form))
        await b.press("h", "i", "ctrl+s")
        await b.until(lambda: b.sent(Tell))
        assert (b.sent(Tell)[0].node, b.sent(Tell)[0].text) == ("7", "hi")
        b.screen.action_stop()
        await b.until(lambda: isinstance(b.app.screen, ConfirmForm))
        await b.press("7", "enter")
        await b.until(lambda: b.sent(Stop))
        assert b.session.state.nodes["7"].report is not None


async def test_the_level_of_the_run_says_what_it_would_approve_and_approves_that() -> None:
    async with board() as b:
        await b.press("M")
        await b.until(lambda: isinstance(b.app.screen, LevelForm))
        options = [str(option.prompt) for option in b.app.screen.query_one(OptionList).options]
        assert ["at once" in option for option in options] == [False, True, True, True, True]
        waiting = len(b.session.state.open_gates)
        await b.press("3", "enter")
        await b.until(lambda: b.sent(SetLevel))
        approved = waiting - len(b.session.state.open_gates)
        assert f"approves {approved} gate" in options[2]


async def test_a_merge_is_offered_on_demand() -> None:
    async with board() as b:
        b.screen.action_merge()
        await b.until(lambda: b.sent(OfferMerge))


@asynccontextmanager
async def edited_by(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Board]:
    """A board whose open card was just handed to an editor."""
    editor = folder / "editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    async with board() as b:
        monkeypatch.setattr(type(b.app._driver), "can_suspend", property(lambda _: True))
        monkeypatch.setattr(b.app._driver, "suspend_application_mode", lambda: None)
        monkeypatch.setattr(b.app._driver, "resume_application_mode", lambda: None)
        await b.decide("E")
        yield b


@pytest.mark.parametrize("script", [r'printf "\\351" > "$1"', 'rm "$1"'])
async def test_what_an_editor_leaves_that_is_no_text_changes_nothing(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with edited_by(script, tmp_path, monkeypatch) as b:
        await b.until(lambda: "left no text in UTF-8 behind" in b.text)
        assert not b.card.ballot.edits


async def test_the_editor_puts_its_text_on_the_card_and_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with edited_by('sed -i s/Three/Five/ "$1"', tmp_path, monkeypatch) as b:
        await b.until(lambda: b.card.ballot.edits)
        staged = b.card.ballot.edits["14"]
        assert isinstance(staged, Spawn)
        assert staged.children[2].directive == "Five examples that can be copied."
        assert b.session.sent == []


# -- leaving, help, palette --------------------------------------------------------------------------------------------


async def test_leaving_a_run_that_waits_returns_three_lines() -> None:
    async with board() as b:
        await b.press("q")
        await b.until(lambda: b.app.return_value is not None)
        first, second, third = b.app.return_value or ()
        assert "2 waiting for you" in first
        assert "swarm/wc-1" in second
        assert third.endswith("swarm resume wc-1 --root /tmp/elsewhere")


def working() -> MemorySession:
    session = MemorySession()
    history = session.history[: session.state.gates["14"].opened - 3]
    return MemorySession(history)


async def test_leaving_a_run_at_work_offers_to_finish_what_is_in_flight() -> None:
    async with board(working()) as b:
        assert b.session.state.status == "running"
        await b.press("q")
        assert isinstance(b.app.screen, Sheet)
        await b.press("escape")
        assert b.app.return_value is None
        await b.press("q", "f")
        await b.until(lambda: b.app.return_value is not None)
        assert b.desk.drained == ["wc-1"]


async def test_who_is_asked_how_to_leave_is_not_asked_twice() -> None:
    async with board(working()) as b:
        await b.press("ctrl+q", "ctrl+q")
        assert [type(screen) for screen in b.app.screen_stack].count(Sheet) == 1
        await b.press("l")
        await b.until(lambda: b.app.return_value is not None)


class _Broken(MemorySession):
    """A run that cannot go on once it has been followed so far."""

    async def follow(self, since: int = -1) -> AsyncIterator[list[f.Frame]]:
        yield self.history
        raise HistoryError("history.jsonl: cannot be written (No space left on device); make room")


async def test_a_run_that_cannot_go_on_says_so_at_once_for_as_long_as_that_is_so() -> None:
    async with board(_Broken()) as b:
        await b.until(lambda: "cannot be written (No space left on device); make room" in b.text)
        await b.press("j", "j")
        assert "When that is mended, o and enter open the run" in b.text
        assert "✗ cannot go on" in b.text


async def test_where_a_run_cannot_go_on_nothing_is_offered_and_nothing_is_sent() -> None:
    session = _Broken()
    async with board(session) as b:
        await b.until(lambda: "nothing can be decided here: see above" in b.text)
        assert "approve all" not in b.text
        for key in ("a", "P", "T", "u"):
            await b.press(key)
        await b.until(lambda: "nothing can be decided here: history.jsonl" in b.text)
        assert session.sent == []
        assert b.app.screen is b.screen


async def test_a_damaged_run_is_shown_as_far_as_it_goes_and_can_be_travelled() -> None:
    session = MemorySession()
    session.problem = "history.jsonl, line 23: damaged from frame 21 on"
    async with board(session) as b:
        await b.until(lambda: "damaged from frame 21 on" in b.text)
        assert session.state.title in b.text
        await b.press("less_than_sign")
        await b.until(lambda: b.screen.in_past)
        assert "esc returns to now" in b.text
        await b.press("full_stop")
        await b.until(lambda: not b.screen.in_past)


async def test_leaving_a_run_that_cannot_go_on_asks_nothing_and_says_why() -> None:
    session = working()
    session.problem = "history.jsonl: cannot be written"
    async with board(session) as b:
        await b.press("q")
        await b.until(lambda: b.app.return_value is not None)
        assert b.app.return_value[0] == session.problem


async def test_a_second_q_leaves_at_once_while_calls_are_finished() -> None:
    async with board(working()) as b:
        b.desk.drain_ends.clear()
        await b.press("q", "f")
        await b.until(lambda: "q leaves at once" in b.text)
        assert b.app.return_value is None
        await b.press("q")
        await b.until(lambda: b.app.return_value is not None)


async def test_the_palette_has_every_command_and_shows_markup_in_titles_as_text() -> None:
    session = MemorySession()
    evil = Child(id="20", directive="[@click=app.quit]x[/] [/y] \x1b]0;t\x07", title="[/x] evil")
    spawn = Spawn(children=(evil,))
    await session.put(f.GateOpened(node="7", gate="15", seq=4, proposal=spawn, digest=spawn.digest))
    async with board(session) as b:
        await b.press("n")
        await b.press(":")
        await b.until(lambda: "open 14 spawn 3" in b.text or "spawn" in b.text)
        await b.pilot.press(*"pause the subtree")
        await b.until(lambda: "pause the subtree, or go on" in b.text)
        await b.pilot.pause(0.2)
        await b.press("enter")
        await b.until(lambda: b.sent(Pause))


async def test_help_lists_the_keys_as_they_are_bound() -> None:
    async with board(settings=Settings(keys={"board.pause": "f5"}), size=(120, 60)) as b:
        await b.press("?")
        await b.until(lambda: "pause the subtree" in b.text)
        line = next(line for line in b.text.splitlines() if "pause the subtree" in line)
        assert "f5" in line
        await b.press("escape", ":")
        await b.until(lambda: "f5  pause the subtree" in b.text)
        await b.press("escape", "f5")
        await b.until(lambda: b.sent(Pause))
