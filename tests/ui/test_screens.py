"""The screens around a run: first screen, list of runs, new run, endpoint, plan."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace

from textual.widgets import DataTable, Input, Select, TextArea

from app.desk import RunRow
from app.screens.board import BoardScreen
from app.screens.connect import ConnectScreen
from app.screens.new_run import NewRunScreen
from app.screens.notice import Notice
from app.screens.plan import PlanScreen
from app.screens.runs import RunsScreen
from app.screens.welcome import WelcomeScreen
from app.settings import Settings
from app.themes import THEMES
from app.tui import SwarmApp
from swarm.session import Session
from swarm.values import Level
from tests.ui.boards import program
from tests.ui.live import MemoryDesk, MemorySession, row
from widgets.forms import ConfirmForm

# -- the list of runs --------------------------------------------------------------------------------------------------


async def test_runs_say_what_they_do_what_waits_what_they_cost_and_how_old_they_are() -> None:
    async with program("runs", MemorySession()) as p:
        await p.until(lambda: "wc-1" in p.text)
        line = next(line for line in p.text.splitlines() if "wc-1" in line)
        assert line.split()[1:] == ["?", "waiting", "wc-1", "2", "wordcount", "$0.00", "1", "d", "swarm/wc-1", "┃"]


async def test_enter_opens_the_board_and_o_leads_back() -> None:
    async with program("runs", MemorySession()) as p:
        await p.until(lambda: "wc-1" in p.text)
        await p.press("enter")
        await p.on(BoardScreen)
        board = p.app.screen
        await p.press("o")
        await p.on(RunsScreen)
        await p.until(lambda: "swarm/wc-1" in p.text)
        await p.press("enter")
        await p.on(BoardScreen)
        assert p.app.screen is board, "the run that is open already is shown as it was left"
        await p.press("o")
        await p.on(RunsScreen)
        await p.press("escape")
        assert p.app.screen is board


async def test_a_damaged_run_says_why_and_does_not_open() -> None:
    desk = MemoryDesk()
    desk.damaged = [row(MemorySession(), "history.jsonl is damaged at line 7: see swarm doctor")]
    async with program("runs", desk=desk) as p:
        await p.until(lambda: "damaged" in p.text)
        await p.press("enter")
        await p.until(lambda: "damaged at line 7" in p.text)
        assert isinstance(p.app.screen, RunsScreen)


async def test_a_run_is_deleted_only_once_its_id_was_typed() -> None:
    async with program("runs", MemorySession()) as p:
        await p.until(lambda: "wc-1" in p.text)
        await p.press("d")
        await p.on(ConfirmForm)
        await p.press("w", "enter")
        assert isinstance(p.app.screen, ConfirmForm)
        await p.press("escape")
        assert "wc-1" in p.desk.runs
        await p.press("d")
        await p.on(ConfirmForm)
        await p.press(*"wc-1", "enter")
        await p.until(lambda: "No runs yet" in p.text)
        assert p.desk.runs == {}


async def test_deleting_a_run_at_work_says_that_something_is_broken_off() -> None:
    desk = MemoryDesk()
    desk.damaged = [replace(row(MemorySession()), status="running")]
    async with program("runs", desk=desk) as p:
        await p.until(lambda: "wc-1" in p.text)
        await p.press("d")
        await p.on(ConfirmForm)
        assert "what is in flight is broken off" in p.text


async def test_a_run_whose_board_is_open_is_not_deleted_under_it() -> None:
    async with program("runs", MemorySession()) as p:
        await p.until(lambda: "wc-1" in p.text)
        await p.press("enter")
        await p.on(BoardScreen)
        await p.press("o")
        await p.on(RunsScreen)
        await p.until(lambda: "swarm/wc-1" in p.text)
        await p.press("d")
        await p.until(lambda: "open on the board" in p.text)
        assert isinstance(p.app.screen, RunsScreen)
        assert "wc-1" in p.desk.runs


async def test_the_cursor_stays_on_its_run_while_the_list_is_read_anew() -> None:
    async with program("runs", MemorySession()) as p:
        await p.until(lambda: "wc-1" in p.text)
        screen = p.app.screen
        assert isinstance(screen, RunsScreen)
        newer = row(p.desk.runs["wc-1"])
        p.desk.damaged = [RunRow("aa-2", newer.title, "done", 0, None, newer.started)]
        screen.reload()
        await p.until(lambda: "aa-2" in p.text)
        await p.press("down")
        p.desk.damaged = [RunRow("zz-3", newer.title, "done", 0, None, newer.started), *p.desk.damaged]
        screen.reload()
        await p.until(lambda: "zz-3" in p.text)
        table = screen.query_one(DataTable)
        assert table.get_row_at(table.cursor_row)[1].plain == "aa-2"
        assert "—" in p.text, "an unknown cost"


async def test_untrusted_titles_are_shown_as_they_are() -> None:
    session = MemorySession()
    evil = RunRow("wc-9", "[/x] [@click=app.quit]t[/]\x1b]0;gone\x07\x1b[31m", "done", 0, 0.0, session.state.started_at)
    desk = MemoryDesk()
    desk.damaged = [evil]
    async with program("runs", desk=desk) as p:
        await p.until(lambda: "wc-9" in p.text)
        assert "[/x] [@click=app.quit]t[/]" in p.text
        assert "\x1b" not in p.text


async def test_forks_stand_below_their_origin_and_what_was_undone_says_what_took_its_place() -> None:
    first = row(MemorySession())
    family = [
        replace(first, instead="wc-2"),
        replace(first, run="wc-2", origin="wc-1@12", depth=1),
        replace(first, run="wc-3", origin="wc-2@20", depth=2, status=None, problem="damaged at line 7"),
        replace(first, run="wc-9", origin="wc-7@4"),
    ]
    desk = MemoryDesk()
    desk.damaged = family
    async with program("runs", desk=desk) as p:
        await p.until(lambda: "wc-9" in p.text)
        lines = {line.split()[3]: line for line in p.text.splitlines() if "swarm/wc-1" in line}
        assert "↶ undone   wc-1  2      wordcount · undone, see wc-2" in lines["wc-1"]
        assert "? waiting  wc-2  2      └ from frame 12 " in lines["wc-2"]
        assert "✗ damaged  wc-3  2        └ from frame 20 " in lines["wc-3"]
        assert "wordcount · from frame 4 of wc-7 (gone)" in p.text
        table = p.app.screen.query_one(DataTable)
        assert {str(cell.style) for cell in table.get_row_at(0)} == {"dim"}


# -- the first screen --------------------------------------------------------------------------------------------------


async def test_the_four_ways_are_offered_and_each_leads_somewhere() -> None:
    ways = (("1", BoardScreen), ("2", ConnectScreen), ("3", PlanScreen), ("4", NewRunScreen))
    for key, screen in ways:
        async with program("welcome") as p:
            for words in ("Run the example", "Connect a model", "Write a plan", "Be the model yourself"):
                assert words in p.text
            await p.press(key)
            await p.on(screen)


async def test_j_k_and_enter_take_a_way_as_well() -> None:
    async with program("welcome") as p:
        await p.press("j", "j", "k", "enter")
        await p.on(ConnectScreen)
        await p.press("escape")
        await p.on(WelcomeScreen)


async def test_leaving_the_first_screen_leaves_no_lines() -> None:
    async with program("welcome") as p:
        await p.press("q")
        await p.until(lambda: p.app.return_value is not None)
        assert p.app.return_value == ()


# -- a new run ---------------------------------------------------------------------------------------------------------


async def test_a_new_run_shows_what_would_start_and_starts_it() -> None:
    async with program("runs") as p:
        await p.press("n")
        await p.on(NewRunScreen)
        await p.until(lambda: p.app.screen.query_one(Select).value == "human")
        await p.press(*"Go")
        await p.until(lambda: "one node: Go" in p.text)
        await p.press("tab", "tab", "down", "enter")
        await p.until(lambda: "model human · guided" in p.text)
        await p.press("ctrl+s")
        await p.on(BoardScreen)
        state = p.desk.runs["run-1"].state
        assert (state.goal, state.model, state.level) == ("Go", "human", "guided")


async def test_a_run_that_is_being_started_is_started_once_however_often_it_is_asked_for() -> None:
    class Slow(MemoryDesk):
        asked, ready = 0, asyncio.Event()

        async def start(self, goal: str, model: str, level: Level) -> Session:
            self.asked += 1
            await self.ready.wait()
            return await super().start(goal, model, level)

    desk = Slow()
    async with program("runs", desk=desk) as p:
        await p.press("n")
        await p.on(NewRunScreen)
        await p.press("G", "ctrl+s", "ctrl+s")
        await p.until(lambda: desk.asked)
        desk.ready.set()
        await p.on(BoardScreen)
        assert desk.asked == 1


async def test_what_is_in_the_way_of_a_new_run_is_said_before_it_starts() -> None:
    async with program("runs") as p:
        await p.press("n")
        await p.on(NewRunScreen)
        await p.press("ctrl+s")
        assert "a run needs a goal" in p.text
        await p.press(*"missing", ".", *"md")
        await p.until(lambda: "no such file" in p.text)
        await p.press("ctrl+s")
        await p.pilot.pause(0.1)
        assert isinstance(p.app.screen, NewRunScreen)
        assert p.desk.runs == {}


async def test_a_goal_that_was_begun_survives() -> None:
    async with program("runs") as p:
        await p.press("n")
        await p.on(NewRunScreen)
        await p.press(*"Half")
        await p.press("escape")
        await p.on(RunsScreen)
        await p.press("n")
        await p.on(NewRunScreen)
        assert p.app.screen.query_one("#goal", TextArea).text == "Half"


# -- an endpoint -------------------------------------------------------------------------------------------------------


async def test_an_endpoint_is_tried_out_kept_and_used() -> None:
    async with program("welcome") as p:
        await p.press("2")
        await p.on(ConnectScreen)
        screen = p.app.screen
        for name, value in (("url", "http://nobody/v1"), ("key", "s3cret"), ("model", "tiny"), ("name", "home")):
            screen.query_one(f"#{name}", Input).value = value
        await p.press("ctrl+t")
        await p.until(lambda: "http://nobody/v1 does not answer" in p.text)
        assert "s3cret" not in p.text
        screen.query_one("#url", Input).value = "http://local/v1"
        await p.press("ctrl+t")
        await p.until(lambda: "tiny answered" in p.text)
        await p.press("ctrl+s")
        await p.on(NewRunScreen)
        url, key, model = p.desk.profiles["openai:home"]
        assert (url, key.get_secret_value(), model) == ("http://local/v1", "s3cret", "tiny")
        await p.until(lambda: p.app.screen.query_one(Select).value == "openai:home")


# -- a plan ------------------------------------------------------------------------------------------------------------


async def test_a_plan_is_outlined_as_it_is_written_and_becomes_a_run() -> None:
    async with program("welcome") as p:
        await p.press("3")
        await p.on(PlanScreen)
        await p.until(lambda: "→ First phase" in p.text)
        plan = p.app.screen.query_one("#plan", TextArea)
        plan.text = "# Goal\n\n## One\n\n## Two\n"
        await p.until(lambda: "→ Two" in p.text)
        plan.text += "```\n"
        await p.until(lambda: "the fence is not closed" in p.text)
        await p.press("ctrl+s")
        await p.until(lambda: "not closed" in p.app.screen.query_one(Notice).said)
        assert p.desk.plans == {}
        await p.press("escape")
        await p.on(WelcomeScreen)
        await p.press("3")
        await p.on(PlanScreen)
        plan = p.app.screen.query_one("#plan", TextArea)
        assert plan.text.endswith("```\n"), "the draft survives"
        plan.text = "# Goal\n\n## One\n"
        await p.press("ctrl+s")
        await p.on(NewRunScreen)
        assert p.desk.plans == {"plan.md": "# Goal\n\n## One\n"}
        assert p.app.screen.query_one("#goal", TextArea).text == "plan.md"


# -- the program -------------------------------------------------------------------------------------------------------


async def test_every_screen_fits() -> None:
    for key in "1234":
        async with program("welcome") as p:
            await p.press(key)
            for size in ((60, 16), (130, 30)):
                await p.pilot.resize_terminal(*size)
                await p.pilot.pause()
                for widget in p.app.screen.query("Input, TextArea, Select, Static"):
                    assert not widget.display or widget.region.right <= size[0]


def test_every_theme_can_be_used() -> None:
    for theme in THEMES:
        assert SwarmApp(MemoryDesk(), "welcome", Settings(theme=theme.name)).theme == theme.name
    assert SwarmApp(MemoryDesk(), "welcome", Settings(theme="none such")).theme == THEMES[0].name


def test_nothing_outside_of_the_screen_modules_imports_textual() -> None:
    modules = "app.attention, app.desk, app.editing, app.editor, app.farewell, app.follow, app.scrub, app.settings"
    code = f"import sys, {modules}; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
