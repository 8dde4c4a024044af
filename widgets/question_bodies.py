"""The three ways in which a question is answered: a choice, a text, a form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key, Paste
from textual.widgets import Button, Input, Static, TextArea

from swarm.errors import SwarmError, UsageError
from swarm.state import Question
from widgets import diff, safe
from widgets.answer_form import FieldBox, values
from widgets.decision_bar import DecisionBar, spelled
from widgets.form import Drafts
from widgets.forms import TextEdit
from widgets.lines import Lines, Row
from widgets.offers import Offer
from widgets.proposed import MUTED, flat, prose
from widgets.schema import fields_of

Send = Callable[[Any], None]
"""Takes an answer; raises `SwarmError` if it does not fit."""

ELSE = "something else…"

_SENDS = "ctrl+s sends   esc leaves it open"


class Body(Vertical):
    """What stands below the title of a question.

    Args:
        question: That is asked.
        name: Of the node that asks.
        send: Takes the answer.
        drafts: Where answers are kept that were begun and not sent.
    """

    def __init__(self, question: Question, asker: str, send: Send, drafts: Drafts) -> None:
        super().__init__(classes="question-body")
        self.question, self._asker, self._send, self._drafts = question, asker, send, drafts
        self._key = f"question {question.id}"

    def head(self) -> Iterator[Row]:
        """The question, and who asks."""
        yield from prose(self.question.ask.text, 0, "bold")
        yield Row(flat(f"for {self._asker}").stylize(MUTED))
        yield Row()

    def start(self) -> None:
        """Puts the focus where one begins."""

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


class ChoiceBody(Body, can_focus=True):
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
        self._cursor = -1
        self._bar = DecisionBar(self._take, {"enter": "send"}, clock)

    def compose(self) -> ComposeResult:
        """The question with its choices, and the bar."""
        yield (lines := Lines([*self.head(), *self._rows()], classes="question-text"))
        lines.can_focus = False
        yield self._bar

    def _rows(self) -> Iterator[Row]:
        for place, choice in enumerate(self._choices):
            default = Content.styled("  default" if choice == self.question.ask.default else "", MUTED)
            yield Row(flat(choice) + default, Content(f"  {place + 1}  "), place, head=True)
        if self._more:
            place = len(self._choices)
            yield Row(Content(ELSE), Content(f"  {place + 1}  "), place, head=True)

    def on_mount(self) -> None:
        """It stands from when it is painted."""
        self._bar.stand()
        self._draw_bar()

    def start(self) -> None:
        """Keys arrive here."""
        self.focus()

    def _draw_bar(self) -> None:
        offers = [Offer("send", f"send {self._cursor + 1}")] if self._cursor >= 0 else []
        aside = "" if offers else "a number points at an answer; nothing is sent before"
        self._bar.offer(offers, aside, active=self.has_focus)

    def on_key(self, event: Key) -> None:
        """A number or a move points; enter sends."""
        key = spelled(event)
        offered = self._bar.press(key, event.time)
        total = len(self._choices) + bool(self._more)
        if key.isdecimal() and 1 <= int(key) <= total:
            self._point(int(key) - 1)
        elif key in ("j", "down", "k", "up"):
            self._point(max(0, min(total - 1, self._cursor + (1 if key in ("j", "down") else -1))))
        elif not offered and not self.query_one(Lines).turn(key):
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: Paste) -> None:
        """A paste is no key."""
        event.stop()
        self._bar.interrupt()

    def on_focus(self) -> None:
        """Whatever brought the focus here was another key."""
        self._bar.interrupt()
        self._draw_bar()

    def on_blur(self) -> None:
        """Keys go elsewhere."""
        self._bar.interrupt()
        self._draw_bar()

    def on_lines_picked(self, event: Lines.Picked) -> None:
        """A click points."""
        event.stop()
        self._point(event.item)

    def _point(self, place: int) -> None:
        self._cursor = place
        self.query_one(Lines).point(place)
        self._draw_bar()

    def settle(self) -> None:
        """Looks whether enter was followed by silence; a timer does so too."""
        self._bar.settle()

    def _take(self, _: str) -> None:
        if not self.has_focus or not self.screen.is_current:
            return
        if self._cursor < len(self._choices):
            self.send(self._choices[self._cursor])
            self._bar.stand()
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
        yield Static(_SENDS, classes="question-keys")

    def start(self) -> None:
        """One writes at once."""
        self.query_one(TextArea).focus()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keeps the draft."""
        self._drafts[self._key] = event.text_area.text

    def on_key(self, event: Key) -> None:
        """ctrl+s sends."""
        if event.key == "ctrl+s":
            event.stop()
            self.send(self.query_one(TextArea).text)


class FormBody(Body):
    """The form of a schema, for a person who is the model; any chat can be asked instead."""

    def compose(self) -> ComposeResult:
        """The prompt, two ways out to another chat, and the fields."""
        ask = self.question.ask
        rows = [*self.head(), *prose(ask.prompt, 0, MUTED)]
        yield Lines(rows, classes="question-prompt")
        with Horizontal(classes="question-buttons"):
            yield Button("Copy prompt and schema", compact=True, classes="question-copy")
            yield Button("Paste an answer", compact=True, classes="question-paste")
        with VerticalScroll(classes="question-fields", can_focus=False):
            yield from self._boxes(self._drafts.get(self._key, {}))
        yield Static(classes="question-error")
        yield Static(f"tab next field   {_SENDS}", classes="question-keys")

    def _boxes(self, value: dict[str, Any]) -> Iterator[FieldBox]:
        for field in fields_of(self.question.ask.form or {}):
            yield FieldBox(field, value.get(field.name))

    def start(self) -> None:
        """One begins with the first field."""
        fields = self.query_one(".question-fields").query("Input, TextArea, RadioSet, Checkbox")
        if fields:
            fields.first().focus()

    @property
    def value(self) -> dict[str, Any]:
        """What is filled in.

        Raises:
            UsageError: If a field cannot be read.
        """
        return values(self.query_one(".question-fields").children)

    def on_key(self, event: Key) -> None:
        """ctrl+s sends."""
        if event.key != "ctrl+s":
            return
        event.stop()
        try:
            self.send(self.value)
        except UsageError as error:
            self.complain(str(error))

    @on(TextArea.Changed)
    @on(Input.Changed)
    def keep(self) -> None:
        """Keeps the draft, unless it cannot be read just now."""
        try:
            self._drafts[self._key] = self.value
        except UsageError:
            return

    @on(Button.Pressed, ".question-copy")
    def copy(self) -> None:
        """Prompt and schema go to the clipboard, for any chat."""
        ask = self.question.ask
        schema = json.dumps(ask.form, indent=2, ensure_ascii=False)
        self.app.copy_to_clipboard(
            f"{ask.prompt}\n\nAnswer with JSON that fits this schema, and nothing else:\n{schema}\n"
        )
        self.complain("copied: paste it into any chat, then its answer here")

    @on(Button.Pressed, ".question-paste")
    def paste(self) -> None:
        """The answer of a chat fills the form in; it is not sent by that."""
        keys = "ctrl+s fills the form in; nothing is sent yet   esc back, keeps the draft"
        form = TextEdit("Paste an answer", "", keys=keys, drafts=self._drafts, key=f"{self._key} paste")
        self.app.push_screen(form, self._pasted)

    async def _pasted(self, text: str | None) -> None:
        if text is None:
            return
        try:
            value = read_pasted(text)
        except UsageError as error:
            self._drafts[f"{self._key} paste"] = text
            self.complain(str(error))
            return
        fields = self.query_one(".question-fields", VerticalScroll)
        await fields.remove_children()
        await fields.mount(*self._boxes(value))
        self.complain("")


def read_pasted(text: str) -> dict[str, Any]:
    """The JSON object in what a chat said; a fence around it is taken off.

    Raises:
        UsageError: If there is none.
    """
    lines = [line for line in diff.lines_of(text.strip()) if not line.startswith("```")]
    try:
        value = json.loads("\n".join(lines))
    except ValueError as error:
        raise UsageError(f"that is no JSON ({error}): paste the answer alone") from None
    if not isinstance(value, dict):
        raise UsageError("that is no JSON object: paste the answer alone")
    return value
