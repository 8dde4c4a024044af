"""Two ways in which a question is answered: a choice, or a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static, TextArea

from swarm.errors import SwarmError
from swarm.state import Question
from widgets import safe
from widgets.armed import Armed
from widgets.decision_bar import DecisionBar
from widgets.form import Drafts
from widgets.lines import Lines, Row
from widgets.offers import Offer
from widgets.proposed import MUTED, flat, prose

Send = Callable[[Any], None]
"""Takes an answer; raises `SwarmError` if it does not fit."""

ELSE = "something else…"

SENDS = "ctrl+s sends   esc leaves it open"


class Body(Vertical):
    """What stands below the title of a question.

    Args:
        question: That is asked.
        name: Of the node that asks.
        send: Takes the answer.
        drafts: Where answers are kept that were begun and not sent.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "submit", show=False)]

    def __init__(self, question: Question, asker: str, send: Send, drafts: Drafts) -> None:
        super().__init__(classes="question-body")
        self.question, self._asker, self._send, self._drafts = question, asker, send, drafts
        self._key = f"question {question.id}"
        self._started = False

    def head(self) -> Iterator[Row]:
        """The question, and who asks."""
        yield from prose(self.question.ask.text, 0, "bold")
        yield Row(flat(f"for {self._asker}").stylize(MUTED))
        yield Row()

    def start(self) -> None:
        """Puts the focus where one begins, as soon as there is something to put it on."""
        self._started = True
        if self.is_mounted:
            self.begin()

    def on_mount(self) -> None:
        """All fields are there now."""
        if self._started:
            self.begin()

    def begin(self) -> None:
        """Puts the focus where one begins."""

    def action_submit(self) -> None:
        """Sends what was filled in, where there are fields."""

    def send(self, answer: Any) -> None:
        """Hands an answer over, or says why it does not fit."""
        try:
            self._send(answer)
        except SwarmError as error:
            self.complain(str(error))
        else:
            self._drafts.pop(self._key, None)

    def complain(self, words: str) -> None:
        """Shows why it cannot be sent."""
        for error in self.query(".question-error").results(Static):
            error.update(safe.text(words))


class ChoiceBody(Body, Armed, can_focus=True):
    """Numbered choices: a number points at one, enter sends it, alone and only once the question has stood.

    Args:
        more: Called where the person wants to write something else; None if only the choices are allowed.
        clock: Tells seconds, on the axis of the time of events.
    """

    def __init__(
        self,
        question: Question,
        asker: str,
        send: Send,
        drafts: Drafts,
        *,
        more: Callable[[], None] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__(question, asker, send, drafts)
        ask = question.ask
        self._more = more
        self._choices = ask.choices or ((ask.default,) if ask.default is not None else ())
        self.bar = DecisionBar(self._take, {"enter": "send"}, clock)

    def compose(self) -> ComposeResult:
        """The question with its choices, and the bar."""
        yield (lines := Lines([*self.head(), *self._rows()], classes="question-text"))
        lines.can_focus = False
        yield self.bar

    def _rows(self) -> Iterator[Row]:
        for place, choice in enumerate(self._choices):
            default = Content.styled("  default" if choice == self.question.ask.default else "", MUTED)
            yield Row(flat(choice) + default, Content(f"  {place + 1}  "), place, head=True)
        if self._more:
            place = len(self._choices)
            yield Row(Content(ELSE), Content(f"  {place + 1}  "), place, head=True)

    def on_mount(self) -> None:
        """It stands from when it is painted."""
        self.bar.stand()
        self.draw_bar()

    def begin(self) -> None:
        """Keys arrive here."""
        self.focus()

    def draw_bar(self) -> None:
        """Offers to send what the cursor points at."""
        offers = [Offer("send", f"send {self.cursor + 1}")] if self.cursor >= 0 else []
        last = min(9, len(self._choices) + bool(self._more))
        self.bar.offer(offers, "" if offers else f"1–{last} points, enter sends")

    def moves(self, key: str) -> bool:
        """A number points, or a move does."""
        total = len(self._choices) + bool(self._more)
        if key.isdecimal() and 1 <= int(key) <= total:
            self.point(int(key) - 1)
        elif key in ("j", "down", "k", "up"):
            self.point(max(0, min(total - 1, self.cursor + (1 if key in ("j", "down") else -1))))
        else:
            return self.lines.turn(key)
        return True

    def complain(self, words: str) -> None:
        """Says in the bar why it cannot be sent."""
        self.bar.say(words)

    def _take(self, _: str) -> None:
        if self.cursor < len(self._choices):
            self.send(self._choices[self.cursor])
            self.bar.stand()
        elif self._more:
            self._more()


class TextBody(Body):
    """Free text; ctrl+s sends it."""

    def compose(self) -> ComposeResult:
        """The question, and where to write."""
        yield (lines := Lines(list(self.head()), classes="question-text"))
        lines.can_focus = False
        yield TextArea(self._drafts.get(self._key, ""), highlight_cursor_line=False, classes="question-area")
        yield Static(classes="question-error")
        yield Static(SENDS, classes="question-keys")

    def begin(self) -> None:
        """One writes at once."""
        self.query_one(TextArea).focus()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keeps the draft."""
        self._drafts[self._key] = event.text_area.text

    def action_submit(self) -> None:
        """Sends the text."""
        self.send(self.query_one(TextArea).text)
