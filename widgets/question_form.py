"""A question that a form answers: a person is the model, or asks any chat and pastes what it says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input, Static, TextArea

from swarm.errors import UsageError
from widgets import diff
from widgets.answer_form import FieldBox, values
from widgets.forms import TextEdit
from widgets.lines import Lines
from widgets.pick import Pick
from widgets.proposed import MUTED, prose
from widgets.question_bodies import SENDS, Body
from widgets.schema import Field, fields_of, misfits


class FormBody(Body):
    """The form of a schema, for a person who is the model; any chat can be asked instead."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", show=False),
        Binding("shift+tab", "app.focus_previous", show=False),
    ]

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
        yield Static(f"tab next field   {SENDS}", classes="question-keys")

    def _boxes(self, value: dict[str, Any]) -> Iterator[FieldBox]:
        for field in fields_of(self.question.ask.form or {}):
            yield FieldBox(field, value.get(field.name))

    def begin(self) -> None:
        """One begins with the first field."""
        fields = self.query_one(".question-fields").query("Input, TextArea, Pick")
        if fields:
            fields.first().focus()

    @property
    def value(self) -> dict[str, Any]:
        """What is filled in.

        Raises:
            UsageError: If a field cannot be read.
        """
        return values(self.query_one(".question-fields").children)

    def action_submit(self) -> None:
        """Sends what is filled in."""
        try:
            self.send(self.value)
        except UsageError as error:
            self.complain(str(error))

    @on(TextArea.Changed)
    @on(Input.Changed)
    @on(Pick.Changed)
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
            value = read_pasted(text, fields_of(self.question.ask.form or {}))
        except UsageError as error:
            self._drafts[f"{self._key} paste"] = text
            self.complain(str(error))
            return
        fields = self.query_one(".question-fields", VerticalScroll)
        await fields.remove_children()
        await fields.mount(*self._boxes(value))
        self.complain("")


def read_pasted(text: str, fields: Iterable[Field]) -> dict[str, Any]:
    """The JSON object in what a chat said; a fence around it is taken off.

    Raises:
        UsageError: If there is none, or the fields cannot show it.
    """
    lines = [line for line in diff.lines_of(text.strip()) if not line.startswith("```")]
    try:
        value = json.loads("\n".join(lines))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"that is no JSON ({error}): paste the answer alone") from None
    if not isinstance(value, dict):
        raise UsageError("that is no JSON object: paste the answer alone")
    if wrong := misfits(fields, value):
        raise UsageError(f"that does not fit the form at {', '.join(wrong)}: ask for JSON that fits the schema")
    return value
