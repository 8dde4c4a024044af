"""A sheet with a few lines and a few ways to go on; `escape` is always "no"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

from widgets import safe


class Sheet(ModalScreen[str]):
    """Dismissed with the key of the way that was chosen, or with an empty string.

    Args:
        title: Of its border.
        text: What it is about; untrusted.
        ways: Pairs of one key and what it does.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('')", show=False)]

    def __init__(self, title: str, text: str, ways: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title, self._text, self._ways = title, text, ways

    def compose(self) -> ComposeResult:
        """One box."""
        with Vertical(classes="sheet") as box:
            box.border_title = safe.text(self._title)
            yield Static(safe.text(self._text), classes="sheet-text")
            for key, words in (*self._ways, ("esc", "not now")):
                yield Static(safe.text(f"{key:>3}  {words}"), classes="sheet-way")

    def on_key(self, event: Key) -> None:
        """Takes a way by its key."""
        if event.character in {key for key, _ in self._ways}:
            event.stop()
            self.dismiss(event.character)
