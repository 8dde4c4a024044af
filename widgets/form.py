"""The base of all forms: a sheet at the lower edge, so that what it is about stays in sight above it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static, TextArea

from swarm.errors import SwarmError
from widgets import safe

T = TypeVar("T")

Drafts = dict[str, Any]
"""What was begun and not sent, by a key of its own; whoever opens the forms keeps them."""


class Form(ModalScreen[T | None]):
    """Dismissed with what was filled in, or None; ctrl+s submits, esc goes back and keeps the draft.

    Args:
        title: Of its border; may hold text of others.
        about: What will happen on ctrl+s; may hold text of others.
        keys: The last line.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "submit", "Send", show=False),
        Binding("escape", "close", "Back", show=False),
    ]

    def __init__(self, title: str, about: str = "", keys: str = "ctrl+s sends   esc back, keeps the draft") -> None:
        super().__init__()
        self._title, self._about, self._keys = title, about, keys

    def fields(self) -> Iterable[Widget]:
        """The fields, from top to bottom."""
        raise NotImplementedError

    def result(self) -> T:
        """What was filled in.

        Raises:
            SwarmError: If it is not complete; the line is shown and the form stays.
        """
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """One box."""
        with Vertical(classes="form") as box:
            box.border_title = safe.text(safe.line(self._title))
            if self._about:
                yield Static(safe.visible(self._about), classes="form-about")
            yield from self.fields()
            yield Static(classes="form-error")
            yield Static(safe.text(self._keys), classes="form-keys")

    def action_submit(self) -> None:
        """Hands over what was filled in, or says what is missing."""
        try:
            found = self.result()
        except SwarmError as error:
            self.complain(str(error))
            return
        self.dismiss(found)

    def complain(self, words: str) -> None:
        """Shows why it cannot be sent."""
        self.query_one(".form-error", Static).update(safe.text(words))

    def action_close(self) -> None:
        """Goes back; nothing is decided."""
        self.dismiss(None)


class TextForm(Form[str]):
    """One text of several lines.

    Args:
        title: Of its border.
        about: What will happen on ctrl+s.
        text: To begin with, where there is no draft.
        missing: What is said if it is empty; empty if it may be.
        drafts: Where the draft is kept until it is sent.
        key: Of the draft.
        numbers: Whether lines are numbered: for code.
        keys: The last line.
    """

    def __init__(
        self,
        title: str,
        about: str = "",
        *,
        text: str = "",
        missing: str = "",
        drafts: Drafts | None = None,
        key: str = "",
        numbers: bool = False,
        keys: str = "ctrl+s sends   esc back, keeps the draft",
    ) -> None:
        super().__init__(title, about, keys)
        self._drafts = {} if drafts is None else drafts
        self._key, self._missing, self._numbers = key, missing, numbers
        self._text = self._drafts.get(key, text)

    def fields(self) -> Iterable[Widget]:
        """The text area."""
        yield TextArea(self._text, show_line_numbers=self._numbers, classes="form-text", highlight_cursor_line=False)

    def on_mount(self) -> None:
        """One goes on where the draft ends; a text that is there already is read from its top."""
        if not self._numbers:
            area = self.query_one(TextArea)
            area.move_cursor(area.document.end)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keeps the draft."""
        self._drafts[self._key] = event.text_area.text

    def result(self) -> str:
        """The text; its draft is done."""
        text = self.query_one(TextArea).text
        if self._missing and not text.strip():
            raise SwarmError(self._missing)
        self._drafts.pop(self._key, None)
        return text
