"""A row of tabs for screens that are too narrow for all panes at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from widgets import safe


class Tab(Static):
    """One tab: the key that opens its pane, and the pane's name."""

    @dataclass
    class Chosen(Message):
        """The tab was clicked."""

        pane: str

    def __init__(self, pane: str) -> None:
        super().__init__(id=f"tab-{pane}", classes="tab")
        self._pane = pane

    def on_click(self, event: Click) -> None:
        """Asks for the pane."""
        event.stop()
        self.post_message(self.Chosen(self._pane))


class Tabs(Horizontal):
    """One tab for each pane.

    Args:
        panes: Their names, in order.
    """

    def __init__(self, panes: tuple[str, ...]) -> None:
        super().__init__(id="tabs")
        self._panes = panes
        self._shown: tuple[Mapping[str, str], str] = ({}, "")

    def compose(self) -> ComposeResult:
        """The tabs."""
        for pane in self._panes:
            yield Tab(pane)

    def show(self, words: Mapping[str, str], current: str) -> None:
        """Shows the words of each pane, the current one marked; a pane without words has no tab."""
        if (words, current) == self._shown:
            return
        self._shown = words, current
        for pane in self._panes:
            tab = self.query_one(f"#tab-{pane}", Tab)
            tab.update(safe.text(words.get(pane, "")))
            tab.display = pane in words
            tab.set_class(pane == current, "-current")
