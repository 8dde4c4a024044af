"""Panes of the board: which can be seen at this width, which has the focus, which drawer is open."""

from __future__ import annotations

from collections.abc import Mapping

from textual import on

from app.screens.run_screen import RunScreen
from app.screens.tabs import Tab, Tabs

PANES = ("tree", "middle", "inbox", "question", "receipts", "timeline")
"""All panes, in the order in which `tab` walks through them."""

DRAWERS = tuple(pane for pane in PANES if pane != "middle")
"""Panes that are behind tabs where there is no room for all."""


class Panes(RunScreen):
    """A screen whose panes have the ids in `PANES`."""

    drawer = ""
    """The drawer that is open; it only shows on screens that are too small for all panes."""

    def enter(self, pane: str) -> None:
        """Gives the focus to a pane."""
        self.query_one(f"#{pane}").focus()

    def has_pane(self, pane: str) -> bool:
        """Whether there is anything in a pane."""
        return True

    @property
    def all_at_once(self) -> bool:
        """Whether the screen has room for all panes."""
        return self.has_class("-wide")

    @property
    def pane(self) -> str:
        """The pane that has the focus."""
        if self.focused is None:
            return "middle"
        ids = {widget.id for widget in self.focused.ancestors_with_self}
        return next((pane for pane in PANES if pane in ids), "middle")

    def show_drawer(self, pane: str) -> None:
        """Opens one drawer and closes the others; `middle` closes all."""
        self.drawer = "" if pane == "middle" else pane
        roomy = self.has_class("-wide", "-high")  # nothing is behind a tab: spares all styles being worked out anew
        self.update_classes({f"-drawer-{name}": name == self.drawer and not roomy for name in DRAWERS}, animate=False)

    def on_resize(self) -> None:
        """What is open as a drawer, or is none, depends on the room; so does what can have the focus."""
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        self.show_drawer(self.drawer or "middle")
        if self.focused is None:
            self.call_after_refresh(self.enter, self.drawer or "middle")

    def show_tabs(self, words: Mapping[str, str]) -> None:
        """Shows the row of tabs."""
        self.query_one(Tabs).show(words, self.drawer or "middle")

    def action_pane(self, pane: str) -> None:
        """Goes to a pane, opening its drawer where it is in one."""
        if not self.has_pane(pane):
            return
        self.moves += 1
        self.show_drawer(pane)
        self.call_after_refresh(self.enter, pane)

    def action_next_pane(self, step: int) -> None:
        """Goes to the next pane, or the one before."""
        panes = [pane for pane in PANES if self.has_pane(pane)]
        here = panes.index(self.pane) if self.pane in panes else 0
        self.action_pane(panes[(here + step) % len(panes)])

    @on(Tab.Chosen)
    def _tab_chosen(self, event: Tab.Chosen) -> None:
        event.stop()
        self.action_pane(event.pane)
