"""Something to read, line by line, in a border with a title."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key

from widgets.decision_bar import spelled
from widgets.lines import Lines, Row
from widgets.titled import Titled


class Reader(Vertical, Titled, can_focus=True):
    """Rows of any number.

    | Key | Description |
    | :- | :- |
    | j k, arrows, g G, home end, pgup pgdn | Read on. |
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "Down", show=False, id="move.down"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="move.up"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="reader")
        self._rows: Sequence[Row] = ()

    def compose(self) -> ComposeResult:
        """The text."""
        yield (lines := Lines(self._rows))
        lines.can_focus = False

    def show(self, title: str, right: str, rows: Sequence[Row], *, top: bool) -> None:
        """Shows rows; titles may be text of others.

        Args:
            title: Left in the border.
            right: Right in the border.
            rows: To read.
            top: From the first row on; else the place where one reads is kept.
        """
        self.entitle(title, right)
        self._rows = rows
        if self.is_mounted:
            self.query_one(Lines).show(rows, top=top)

    @property
    def plain(self) -> str:
        """All rows as text."""
        return self.query_one(Lines).plain

    def action_scroll(self, by: int) -> None:
        """Reads a line on, or back."""
        self.query_one(Lines).scroll_relative(y=by, animate=False)

    def on_key(self, event: Key) -> None:
        """Turns pages."""
        if self.query_one(Lines).turn(spelled(event)):
            event.stop()
