"""What a card and a question have in common: lines with a cursor, a bar, and keys that must be meant."""

from __future__ import annotations

from textual.events import Key, Paste
from textual.widget import Widget

from widgets.decision_bar import DecisionBar, spelled
from widgets.lines import Lines


class Armed(Widget):
    """A mixin for a widget that has the focus and holds `Lines` and a `DecisionBar`."""

    bar: DecisionBar
    cursor = -1

    def moves(self, key: str) -> bool:
        """Moves as a key says; False if it says nothing here."""
        raise NotImplementedError

    def draw_bar(self) -> None:
        """Shows in the bar what can be done now."""
        raise NotImplementedError

    @property
    def lines(self) -> Lines:
        """What is read."""
        return self.query_one(Lines)

    def point(self, place: int) -> None:
        """Puts the cursor on an item; nothing is decided by that."""
        self.cursor = place
        self.lines.point(place)
        self.draw_bar()

    def stand(self, *, field_taken: bool = False) -> None:
        """What is shown stands anew: see `DecisionBar.stand`."""
        self.bar.stand(field_taken=field_taken)

    def settle(self) -> None:
        """Looks whether a decision key was followed by silence; a timer does so too."""
        self.bar.settle()

    def on_key(self, event: Key) -> None:
        """Moves, or hands the key to the bar, which knows whether it was meant."""
        key = spelled(event)
        offered = self.bar.press(key, event.time)
        if offered or self.moves(key):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: Paste) -> None:
        """A paste is no key."""
        event.stop()
        self.bar.interrupt()

    def on_focus(self) -> None:
        """Whatever brought the focus here was another key."""
        self.bar.interrupt()

    def on_blur(self) -> None:
        """Keys go elsewhere."""
        self.bar.interrupt()

    def on_lines_laid_out(self, event: Lines.LaidOut) -> None:
        """More or less is out of sight."""
        event.stop()
        self.draw_bar()

    def on_lines_picked(self, event: Lines.Picked) -> None:
        """A click points at an item."""
        event.stop()
        self.point(event.item)
