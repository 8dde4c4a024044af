"""The board of a run: what happens, what waits for the human, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from app import key_lines, keys
from app.attention import Attention
from app.choice import Choice, waiting
from app.desk import Desk
from app.follow import follow
from app.requests import ShowRuns
from app.screens.middle import Middle, is_form
from app.screens.notice import Notice
from app.screens.other_ways import OtherWays
from app.screens.panes import PANES
from app.screens.tabs import Tabs
from app.screens.travel import BoardTimeline
from app.screens.writing import Writing
from swarm.errors import SwarmError
from swarm.frames import Frame, GateDecided
from swarm.reversal import reversal
from swarm.session import Session
from swarm.state import Swarm
from widgets import glyphs, safe
from widgets.inbox import Inbox
from widgets.question import QuestionPanel
from widgets.receipts import Receipts
from widgets.status import KeyLine, RunHeader, StatusLine
from widgets.timeline_marks import marks
from widgets.tree import SwarmTree

TOO_SMALL = "The board needs at least 60 columns and 16 rows."


class BoardScreen(OtherWays, Writing):
    """Shows a run as it goes on.

    Args:
        session: The run.
        desk: Finishes what is in flight when the human leaves.
        clock: Tells the time, UTC.
        changed: Keys as the person bound them, by id.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.BOARD)]
    AUTO_FOCUS = None
    COMMAND_KEYS = keys.PALETTE

    def __init__(
        self, session: Session, desk: Desk, clock: Callable[[], datetime], changed: keys.Changed | None = None
    ) -> None:
        super().__init__(session, desk, clock, changed)
        self._attention = Attention()

    def compose(self) -> ComposeResult:
        """All panes; styles say which can be seen at which size."""
        yield RunHeader(id="header")
        yield Static(id="trouble")
        yield Tabs(PANES)
        with Horizontal(id="columns"):
            yield SwarmTree(id="tree")
            yield Middle(self.session, self.drafts, keys.card_keys(self._changed))
            with Vertical(id="right"):
                yield Inbox(id="inbox")
                yield QuestionPanel(id="question", drafts=self.drafts)
                yield Receipts(id="receipts")
        yield BoardTimeline(id="timeline")
        yield StatusLine(id="status")
        yield KeyLine(id="keys")
        yield Notice()
        yield Static(TOO_SMALL, id="too-small")

    def on_mount(self) -> None:
        """Begins to follow the run."""
        self.choice = Choice(node=self.newest.root or "")
        self.show_run()
        self.action_pane("middle")
        self._follow()
        self.set_interval(1, self.show_run)

    @work
    async def _follow(self) -> None:
        try:
            await follow(self.session, self._arrived)
        except SwarmError as error:
            self._broken = str(error)
            self.show_run()

    def _arrived(self, state: Swarm, frames: Sequence[Frame]) -> None:
        self.newest = state
        self.marks = marks(frames, state, self.marks)
        self.moments.add(frames)
        self.reversal = reversal(frames, self.reversal)
        if self._attention.wants_bell(state.waiting, focused=self.app.app_focus):
            self.app.bell()
        if not self.choice.node:
            self.choice = Choice(node=state.root or "")
        self.notice_closed()
        self.look_for_next(focus=self.pane in ("middle", "question"))
        self.show_run()

    # -- what is shown -------------------------------------------------------------------------------------------------

    def show_run(self) -> None:
        """Shows every pane at the moment that is looked at; cheap where nothing changed."""
        header = self.query_one_optional(RunHeader)
        if header is None:
            return  # the program is closing: panes go before their screen
        super().show_run()
        shown, last = self.shown, self.newest.frame
        now = shown.at if self.in_past else self.clock()
        waits = waiting(shown)
        header.show(shown, last)
        self._show_trouble()
        self.swarm_tree.show(shown)
        self.query_one(Inbox).show(shown, now)
        self.query_one(Receipts).show(shown, self._undoes())
        self.show_time(shown)
        self.query_one(StatusLine).show(shown, len(waits), stuck=bool(self.problem))
        self._show_question(shown, waits)
        if self.holds and not self.in_past:
            self.middle.hold(shown, now)
        else:
            self.middle.show(self.open_now, shown, now, past=self.in_past, why=self._trouble)
        self._show_keys(len(waits))

    @property
    def _trouble(self) -> str:
        return "" if self.in_past or not self.problem else "nothing can be decided here: see above"

    def _show_trouble(self) -> None:
        """Says what keeps the run from going on, for as long as it does."""
        runs = keys.first("board.runs", self._changed)
        words = f" {glyphs.glyph('failed')} {self.problem}. When that is mended, {runs} and enter open the run again."
        self.set_class(bool(self.problem), "-troubled")
        self.query_one("#trouble", Static).update(safe.text(words))

    def _undoes(self) -> str:
        """What an undo would take back, in a few words for the border of the receipts."""
        found = None if self.in_past or self.problem else self.reversal
        if found is None or found.lasting:
            return ""
        made = found.made[0]
        what = made.gate if isinstance(made, GateDecided) else made.question
        return f"{keys.first('board.undo', self._changed)} undoes {what}"

    def _show_question(self, shown: Swarm, waits: Sequence[Choice]) -> None:
        beside = [choice.question for choice in waits if choice.question and not is_form(shown, choice)]
        if self.asked not in beside:
            self.asked = beside[0] if beside else ""
        question = shown.questions[self.asked] if self.asked else None
        past = self.in_past or bool(self.problem)
        self.query_one("#question", QuestionPanel).show(question, shown, past=past)
        self.set_class(question is None, "-no-question")

    def _show_keys(self, waits: int) -> None:
        part = "files" if self.pane == "middle" and self.middle.browser.on else self.pane
        part = "past" if self.in_past and part not in ("files", "timeline") else part
        found = [*key_lines.line(part, self._changed)] if part in key_lines.LINES else []
        if part not in ("past", "files", "timeline") and self.problem:
            found = [*key_lines.line("stuck", self._changed)]
        elif part not in ("past", "files", "timeline"):
            found += key_lines.line("asked", self._changed) if self.newest.open_questions else []
            found += key_lines.line("board", self._changed)
        self.query_one(KeyLine).show(found, key_lines.line("always", self._changed))
        self.show_tabs(self._tab_words(waits))

    def _tab_words(self, waits: int) -> dict[str, str]:
        words = {"tree": "1 Tree", "middle": f"2 {self.middle.words}", "inbox": f"3 Inbox {waits or ''}".rstrip()}
        if self.asked:
            words["question"] = f"i {self.asked}"
        return {**words, "receipts": "4 Decided", "timeline": "5 Time"}

    def on_descendant_focus(self) -> None:
        """The last line says what keys do where the focus is."""
        self._show_keys(len(waiting(self.shown)))

    # -- keys ----------------------------------------------------------------------------------------------------------

    def action_back(self) -> None:
        """From the past to now, from files to what is open, from a drawer to the middle, from there to the tree."""
        if self.in_past:
            self.action_now()
        elif self.middle.browser.on:
            self.action_files()
        elif self.drawer and not self.all_at_once:
            self.action_pane("middle")
        else:
            self.swarm_tree.focus()

    def action_on_card(self, name: str) -> None:
        """Goes to the card; what decides is the key, alone and on a card that has stood."""
        self.action_pane("middle")
        self.say(f"press {keys.first(name, self._changed)} on the card: {keys.words_of(name)}")

    def action_runs(self) -> None:
        """Shows the list of runs; this one goes on."""
        self.post_message(ShowRuns())
