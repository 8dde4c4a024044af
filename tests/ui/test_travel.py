"""Through time on the board: jumps, playing, files of a moment, two frames compared; nothing is decided on the way."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from app.palette import SwarmCommands
from app.screens.board import BoardScreen
from app.screens.compare import CompareScreen
from app.settings import Settings
from swarm import frames as f
from tests.ui.boards import Board, board
from tests.ui.live import MemorySession, written
from tests.ui.sample import COMMIT, wordcount_frames
from widgets.comparison import Comparison
from widgets.files import FileList
from widgets.moment_form import MomentForm
from widgets.reader import Reader
from widgets.timeline import Timeline

LAST = wordcount_frames()[-1].frame
WRITTEN = next(frame.frame for frame in wordcount_frames() if isinstance(frame, f.StepEnded) and frame.commit)


def with_files() -> MemorySession:
    session = MemorySession()
    session.kept = written(session.history)
    return session


async def arrived(b: Board, frame: int) -> None:
    await b.until(lambda: b.screen.scrubber.arrived and b.screen.shown.frame == frame)
    await b.pilot.pause()


async def test_steps_and_jumps_go_through_the_run() -> None:
    async with board() as b:
        await b.press("t", "left")
        await arrived(b, LAST - 1)
        await b.press("pageup")
        await arrived(b, LAST - 11)
        await b.press("home")
        await arrived(b, 0)
        await b.press("c")
        await arrived(b, WRITTEN)
        assert COMMIT[:7] in b.text
        await b.press("end")
        await b.until(lambda: not b.screen.in_past)


async def test_a_jump_to_a_gate_opens_its_card_as_it_was_and_takes_no_decision() -> None:
    async with board() as b:
        await b.press("t", "D", "D")
        gate = next(gate for gate in b.session.state.gates.values() if gate.opened == b.screen.scrubber.wanted)
        await arrived(b, gate.opened)
        assert gate.id in [shown.id for shown in b.card.ballot.gates]
        await b.press("2")
        await b.pilot.pause(0.5)
        await b.press("a")
        await b.pilot.pause(0.2)
        assert b.session.sent == []
        assert "esc returns to now" in b.text


async def test_frames_of_the_node_that_is_open_follow_one_another() -> None:
    async with board() as b:
        await b.press("t", "home", "c")
        await arrived(b, WRITTEN)
        await b.press("J")
        frame = next(frame.frame for frame in wordcount_frames()[WRITTEN + 1 :] if frame.node == "5")
        await arrived(b, frame)
        await b.press("K")
        await arrived(b, WRITTEN)


async def test_where_there_is_nothing_to_go_to_a_line_says_so() -> None:
    async with board() as b:
        await b.press("t", "e")
        assert f"there is no failure after frame {LAST}" in b.text
        assert not b.screen.in_past


@pytest.mark.parametrize(("words", "frame"), [("frame 12", 12), ("-70s", LAST - 10), ("10:01:24", 12)])
async def test_the_form_goes_to_a_frame_or_a_time(words: str, frame: int) -> None:
    async with board() as b:
        await b.press("t", "/")
        await b.until(lambda: isinstance(b.app.screen, MomentForm))
        b.app.screen.query_one(Input).value = words
        await b.press("enter")
        await b.until(lambda: isinstance(b.app.screen, BoardScreen))
        await arrived(b, frame)


async def test_playing_goes_on_until_now_and_stops_there() -> None:
    async with board() as b:
        await b.press("t", "<", "<", "<")
        await arrived(b, LAST - 3)
        await b.press("-", "-", "space")
        assert b.screen.player.playing
        assert "play 1/s" in b.text
        await b.press("+", "+", "+", "+", "+")
        await b.until(lambda: not b.screen.player.playing)
        assert not b.screen.in_past


async def test_playing_from_now_begins_at_the_first_frame_and_any_key_stops_it() -> None:
    async with board() as b:
        await b.press("t", "space")
        await b.until(lambda: b.screen.in_past and b.screen.shown.frame >= 1)
        await b.press("1")
        assert not b.screen.player.playing
        assert b.screen.in_past
        assert b.screen.pane == "tree"


async def test_the_files_of_a_moment_follow_the_moment() -> None:
    async with board(with_files()) as b:
        await b.press("t", "home", "c", "F")
        files = b.screen.query_one(FileList)
        await b.until(lambda: any(entry.path == "wordcount/core.py" for entry in files._entries))
        assert "files that git ignores" in b.text
        assert f"frame {WRITTEN}" in b.text
        await b.until(lambda: files.has_focus)
        await b.press("enter")
        await b.until(lambda: "Counts lines, words and bytes" in b.text)
        await b.press("<")
        await b.until(lambda: f"It was not there at frame {WRITTEN - 1}" in b.text)
        await b.press("escape")
        await b.until(lambda: files.has_focus)
        assert b.screen.in_past
        await b.press("escape")
        await b.until(lambda: not b.screen.in_past)
        assert b.screen.middle.current == "card"


async def test_files_that_cannot_be_read_say_why() -> None:
    session = with_files()
    session.kept.commits.pop(COMMIT)
    async with board(session) as b:
        await b.press("F")
        await b.until(lambda: "commit of this repository" in b.text)


async def test_two_frames_are_compared_and_esc_goes_back() -> None:
    async with board(with_files()) as b:
        await b.press("t", "=")
        assert f"frame {LAST} is marked" in b.text
        await b.press("home", "=")
        await b.on(CompareScreen)
        listed = b.app.screen.query_one(Comparison)
        await b.until(lambda: listed.current)
        assert f"frame 0 → frame {LAST}" in b.text
        reader = b.app.screen.query_one(Reader)
        await b.until(lambda: "Directive" in reader.plain)
        await b.press("G")
        await b.until(lambda: "len(data.split()), len(data)" in reader.plain)
        await b.press("tab", "j", "tab", "escape")
        await b.on(BoardScreen)
        assert b.screen.marked is None
        assert b.session.sent == []


async def test_the_same_frame_twice_takes_the_mark_away() -> None:
    async with board() as b:
        await b.press("t", "<", "=")
        assert f"{LAST - 1} marked" in b.text
        await b.press("=")
        assert b.screen.marked is None
        assert isinstance(b.app.screen, BoardScreen)


async def test_the_palette_and_the_key_line_know_the_keys_as_they_are_bound() -> None:
    async with board(settings=Settings(keys={"time.gate-on": "ctrl+g", "time.play": "ctrl+p"})) as b:
        await b.press("t")
        assert "ctrl+g D gate" in b.text
        words = [words for words, _, _ in SwarmCommands(b.screen)._commands()]
        assert {"next gate or question", "play the run, or stop", "go to a time or a frame"} <= set(words)
        await b.press("home")
        await arrived(b, 0)
        await b.press("ctrl+g")
        first = min(gate.opened for gate in b.session.state.gates.values())
        await arrived(b, first)
        await b.screen.run_action("jump('gate', 1)")
        await b.until(lambda: b.screen.shown.frame > first)


async def test_a_drag_shows_the_moments_under_the_pointer() -> None:
    async with board(size=(120, 40)) as b:
        timeline = b.screen.query_one(Timeline)
        await b.pilot.mouse_down(timeline, offset=(14 + 40, 1))
        await arrived(b, 40)
        await b.pilot.hover(timeline, offset=(14 + 12, 1))
        await arrived(b, 12)
        await b.pilot.mouse_up(timeline, offset=(14 + 12, 1))
        assert b.screen.in_past
