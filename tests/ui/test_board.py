"""The board as a person uses it: by keys, on a real session in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.screens.board import BoardScreen
from app.screens.sheet import Sheet
from app.settings import Settings
from app.tui import SwarmApp
from swarm import frames as f
from swarm.commands import Answer, Continue, Decide, Pause, SetLevel, Stop, Tell
from swarm.errors import Refused
from swarm.proposals import Spawn, Write
from swarm.values import Ask, Child
from tests.ui.harness import lines
from tests.ui.live import MemoryDesk, MemorySession
from tests.ui.sample import NOW
from widgets.card import CardView
from widgets.form import Form
from widgets.forms import ConfirmForm
from widgets.inbox import Inbox
from widgets.question import QuestionPanel
from widgets.timeline import Timeline
from widgets.tree import SwarmTree


class Board:
    """An app with a board, and what a person sees and does."""

    def __init__(self, app: SwarmApp, session: MemorySession, pilot: Pilot[tuple[str, ...]]) -> None:
        self.app, self.session, self.pilot = app, session, pilot

    @property
    def screen(self) -> BoardScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, BoardScreen)
        return screen

    @property
    def card(self) -> CardView:
        return self.screen.query_one("#card", CardView)

    @property
    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not true():
                await self.pilot.pause(0.01)

    async def decide(self, key: str) -> None:
        """Presses a decision key as a person would: once the card stands, and alone."""
        await self.until(lambda: self.card.query_one(".decision-bar").has_class("-armed"))
        await self.pilot.pause(0.13)
        await self.pilot.press(key)

    def sent(self, kind: type) -> list:  # type: ignore[type-arg]
        return [command for command in self.session.sent if isinstance(command, kind)]


@asynccontextmanager
async def board(
    session: MemorySession | None = None, size: tuple[int, int] = (120, 40), settings: Settings | None = None
) -> AsyncIterator[Board]:
    session = session or MemorySession()
    app = SwarmApp(MemoryDesk(session), session, settings, clock=lambda: NOW)
    async with app.run_test(size=size) as pilot:
        found = Board(app, session, pilot)
        await found.until(lambda: session.state.frame < 0 or len(found.screen._marks.weights) > session.state.frame)
        await pilot.pause()
        yield found


def write_gate(gate: str, path: str, seq: int = 4) -> f.GateOpened:
    write = Write(path=path, content="x\n")
    return f.GateOpened(node="7", gate=gate, seq=seq, proposal=write, digest=write.digest)


def a_question(name: str, seq: int = 2, **fields: object) -> f.QuestionAsked:
    return f.QuestionAsked(node="7", question=name, seq=seq, ask=Ask(name="version", text="Which version?", **fields))  # type: ignore[arg-type]


# -- what is shown -----------------------------------------------------------------------------------------------------


async def test_the_first_thing_that_waits_is_open_with_the_question_beside_it() -> None:
    async with board() as b:
        assert [gate.id for gate in b.card.ballot.gates] == ["14"]
        assert b.screen.focused is b.card
        question = b.screen.query_one("#question", QuestionPanel).question
        assert question is not None
        assert question.id == "q1"
        for words in ("Gate 14 · spawn", "Inbox", "Decided", "Timeline", "waiting for you (2)", "Question q1"):
            assert words in b.text
        assert b.app.title == "(2) wc-1 · swarm"


async def test_three_columns_at_120_by_40() -> None:
    async with board() as b:
        tree, card, inbox = (b.screen.query_one(name).region for name in ("#tree", "#card", "#inbox"))
        assert tree.right == card.x
        assert card.right == inbox.x
        assert inbox.right == 120
        assert card.width > tree.width
        assert b.screen.query_one("#keys").region.y == 39


async def test_a_gate_that_arrives_steals_neither_focus_nor_card() -> None:
    async with board() as b:
        assert "2 wait" in lines(b.screen.query_one(SwarmTree))[0]
        await b.session.put(write_gate("15", "a.txt"))
        await b.until(lambda: "(3)" in b.app.title)
        assert [gate.id for gate in b.card.ballot.gates] == ["14"]
        assert b.screen.focused is b.card
        assert [entry.key for entry in b.screen.query_one(Inbox).order] == ["14", "q1", "15"]


async def test_a_card_that_somebody_else_decided_gives_way_to_its_node_and_a_line_says_so() -> None:
    async with board() as b:
        gate = b.session.state.gates["14"]
        await b.session.put(
            f.GateDecided(node="7", gate="14", digest=gate.digest, decision="approve", by="somebody")
        )
        await b.until(lambda: "approve by somebody" in b.text)
        assert b.screen.middle.current == "detail"
        assert b.screen.choice.node == "7"


# -- deciding ----------------------------------------------------------------------------------------------------------


async def test_an_approval_goes_out_once_with_the_digest_that_was_seen() -> None:
    async with board() as b:
        await b.decide("a")
        await b.until(lambda: b.sent(Decide))
        command = b.sent(Decide)[0]
        assert command.verb == "approve"
        assert [(seen.gate, seen.digest) for seen in command.gates] == [("14", b.session.state.gates["14"].digest)]
        assert b.session.state.gates["14"].status == "decided"


async def test_after_a_decision_the_next_thing_that_waits_is_open() -> None:
    async with board() as b:
        await b.session.put(write_gate("15", "a.txt"), write_gate("16", "b.txt", seq=5))
        await b.until(lambda: len(b.screen.query_one(Inbox).order) == 3)
        await b.decide("a")
        await b.until(lambda: "15" in b.screen.choice.gates)
        assert b.screen.query_one(QuestionPanel) is not None


async def test_after_the_last_decision_the_node_is_shown_and_the_next_gate_opens_by_itself() -> None:
    async with board() as b:
        await b.session.do(Answer(question="q1", answer="1"))
        await b.decide("a")
        await b.until(lambda: b.screen.middle.current == "detail")
        await b.session.put(write_gate("15", "a.txt"))
        await b.until(lambda: b.screen.choice.gates == ("15",))
        assert b.screen.middle.current == "card"
        assert b.screen.focused is b.card


async def test_what_the_human_opened_meanwhile_is_not_replaced_by_the_next_gate() -> None:
    async with board() as b:
        await b.session.do(Answer(question="q1", answer="1"))
        await b.decide("a")
        await b.until(lambda: b.screen.middle.current == "detail")
        await b.press("1", "g", "enter")
        await b.session.put(write_gate("15", "a.txt"))
        await b.until(lambda: "(1)" in b.app.title)
        assert b.screen.choice.gates == ()
        assert b.screen.middle.current == "detail"


async def test_a_refused_command_is_one_calm_line() -> None:
    class Refusing(MemorySession):
        async def do(self, command: object) -> None:
            raise Refused("gate 14 is [bold]closed[/x]: nothing was changed")

    async with board(Refusing()) as b:
        await b.decide("a")
        await b.until(lambda: "gate 14 is [bold]closed[/x]: nothing was changed" in b.text)
        assert b.screen.choice.gates == ("14",)


async def test_a_second_key_for_a_decision_that_is_on_its_way_is_not_sent() -> None:
    class Slow(MemorySession):
        def __init__(self) -> None:
            super().__init__()
            self.go = asyncio.Event()

        async def do(self, command: object) -> None:
            self.sent.append(command)  # type: ignore[arg-type]
            await self.go.wait()

    session = Slow()
    async with board(session) as b:
        await b.decide("a")
        await b.until(lambda: session.sent)
        await b.decide("a")
        await b.pilot.pause(0.2)
        assert len(session.sent) == 1
        session.go.set()


async def test_an_answer_reaches_its_question_and_the_card_is_next() -> None:
    async with board() as b:
        await b.press("i")
        await b.until(lambda: b.screen.pane == "question")
        await b.press("2")
        await b.until(lambda: b.screen.query_one("#question .decision-bar").has_class("-armed"))
        await b.pilot.pause(0.13)
        await b.pilot.press("enter")
        await b.until(lambda: b.sent(Answer))
        assert b.session.state.questions["q1"].answer == "2, like grep"
        await b.until(lambda: b.screen.focused is b.card)
        assert b.screen.choice.gates == ("14",)
        assert not b.screen.query_one("#question").display


async def test_a_form_takes_the_middle_and_tab_walks_through_its_fields() -> None:
    schema = {"type": "object", "properties": {"one": {"type": "string"}, "two": {"type": "string"}}}
    async with board() as b:
        await b.session.put(a_question("q2", form=schema, prompt="Fill this in."))
        await b.until(lambda: len(b.screen.query_one(Inbox).order) == 3)
        await b.press("n", "n")
        await b.until(lambda: b.screen.middle.current == "form")
        first = b.screen.focused
        await b.press("tab")
        assert b.screen.focused is not first
        assert b.screen.pane == "middle"
        assert b.screen.query_one("#question", QuestionPanel).question.id == "q1"  # type: ignore[union-attr]


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
        seen = []
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
        receipt = b.screen.query_one("#receipts").current  # type: ignore[attr-defined]
        await b.press("enter")
        await b.until(lambda: b.screen.in_past)
        assert b.screen.shown.frame == receipt.frame - 1
        assert receipt.gate in [gate.id for gate in b.card.ballot.gates]
        await b.press(".")
        await b.until(lambda: not b.screen.in_past)
        assert [gate.id for gate in b.card.ballot.gates] == ["14"]


async def test_every_frame_can_be_looked_at() -> None:
    async with board() as b:
        for frame in range(b.session.state.frame + 1):
            b.screen.post_message(Timeline.Moved(b.screen.query_one(Timeline), frame))
            await b.until(lambda frame=frame: b.screen.shown.frame == frame)  # type: ignore[misc]
        assert not b.screen.in_past


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


async def test_the_editor_puts_its_text_on_the_card_and_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "editor"
    script.write_text("#!/bin/sh\nsed -i s/Three/Five/ \"$1\"\n")
    script.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(script))
    async with board() as b:
        monkeypatch.setattr(type(b.app._driver), "can_suspend", property(lambda _: True))
        monkeypatch.setattr(b.app._driver, "suspend_application_mode", lambda: None)
        monkeypatch.setattr(b.app._driver, "resume_application_mode", lambda: None)
        await b.decide("E")
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
        assert third.endswith("swarm resume wc-1")


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
        assert b.screen.desk.drained == ["wc-1"]  # type: ignore[attr-defined]


async def test_a_second_q_leaves_at_once_while_calls_are_finished() -> None:
    async with board(working()) as b:
        b.screen.desk.drain_ends.clear()  # type: ignore[attr-defined]
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
        await b.press("escape", "f5")
        await b.until(lambda: b.sent(Pause))


# -- sizes -------------------------------------------------------------------------------------------------------------


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
        assert b.screen.query_one("#question").region.width > 0
        await b.press("n")
        assert b.card.region.width == 80


async def test_below_80_columns_there_is_one_pane() -> None:
    async with board(size=(70, 24)) as b:
        assert b.card.region.width == 70
        await b.press("3")
        assert b.screen.query_one(Inbox).region.width == 70
        assert b.card.region.width == 0


@pytest.mark.parametrize("size", [(59, 24), (80, 15), (20, 5)])
async def test_a_screen_that_is_too_small_says_so_in_one_line(size: tuple[int, int]) -> None:
    async with board(size=size) as b:
        assert "at least 60 columns" in " ".join(b.text.split())
        assert b.card.region.width == 0
        await b.pilot.resize_terminal(120, 40)
        await b.until(lambda: b.card.region.width > 0)
        assert "at least 60 columns" not in b.text


@pytest.mark.parametrize("size", [(60, 16), (79, 20), (100, 30), (119, 40), (160, 20), (200, 50)])
async def test_every_pane_can_be_reached_at_every_size(size: tuple[int, int]) -> None:
    async with board(size=size) as b:
        for key, name in (("1", "tree"), ("2", "middle"), ("3", "inbox"), ("4", "receipts"), ("5", "timeline")):
            await b.press(key)
            region = b.screen.query_one(f"#{name}").region
            assert region.width >= 20
            assert region.height >= 3
            assert region.right <= size[0]
            assert region.bottom <= size[1]


async def test_a_run_that_has_only_begun_is_an_empty_board() -> None:
    async with board(MemorySession([])) as b:
        assert b.screen.middle.current == "card"
        for frame in MemorySession().history[:6]:
            await b.session.put(frame)
        await b.until(lambda: b.screen.newest.frame == 5)
        await b.until(lambda: b.screen.choice.node == "1" or b.screen.choice.gates)


async def test_many_frames_are_shown_without_a_picture_for_each() -> None:
    async with board() as b:
        calls = 0
        shown = b.screen.show_run

        def count() -> None:
            nonlocal calls
            calls += 1
            shown()

        b.screen.show_run = count  # type: ignore[method-assign]
        for number in range(300):
            await b.session.put(f.NodeTold(node="7", text=str(number), by="you"))
        await b.until(lambda: b.screen.newest.frame == b.session.state.frame)
        assert calls < 100
