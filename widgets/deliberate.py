"""A sheet about something that one key does: pressed once, alone, when the sheet has stood."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.events import Key, Paste
from textual.screen import ModalScreen
from textual.widgets import Static

from widgets import safe
from widgets.decision_bar import DecisionBar, spelled
from widgets.offers import Offer


class _Box(Vertical, can_focus=True):
    """Holds the text and the bar; keys are noted here, as accidents are told by the keys around them."""

    def __init__(self, text: str, words: str, bar: DecisionBar) -> None:
        super().__init__(classes="sheet")
        self._text, self._words, self._bar = text, words, bar

    def compose(self) -> ComposeResult:
        """What would happen, and how."""
        with VerticalScroll(can_focus=False, classes="sheet-text"):
            yield Static(safe.visible(self._text))
        yield self._bar

    def on_mount(self) -> None:
        """It stands from now on."""
        self._bar.offer([Offer("do", self._words)], "esc not now")
        self.focus()
        self._bar.stand()

    def on_key(self, event: Key) -> None:
        """Hands the key to the bar, which knows whether it was meant."""
        if self._bar.press(spelled(event), event.time):
            event.stop()

    def on_paste(self, event: Paste) -> None:
        """A paste is no key."""
        event.stop()
        self._bar.interrupt()


class Deliberate(ModalScreen[bool]):
    """Dismissed with True by its key, which counts as a decision on a card does, and with False by `escape`.

    Args:
        title: Of its border; untrusted.
        text: What would happen; untrusted, hidden characters are shown.
        key: That does it; not the one that opened the sheet.
        words: What it does.
        clock: Tells seconds, on the axis of the time of events.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", show=False)]

    def __init__(self, title: str, text: str, key: str, words: str, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self.add_class("deliberate")
        self._title = title
        self._box = _Box(text, words, DecisionBar(self._do, {key: "do"}, clock))

    def compose(self) -> ComposeResult:
        """One box."""
        self._box.border_title = safe.text(safe.line(self._title))
        yield self._box

    def _do(self, _: str) -> None:
        self.dismiss(True)
