"""The last line of a screen: what the keys do, or for a while something that was just said."""

from __future__ import annotations

from textual.timer import Timer
from textual.widgets import Static

from widgets import safe

SECONDS = 8.0
"""How long a line stands before the keys come back."""


class Notice(Static):
    """One line; `say` replaces it for some seconds.

    Args:
        keys: What stands there otherwise.
    """

    def __init__(self, keys: str = "") -> None:
        super().__init__(safe.text(keys), classes="notice")
        self._keys = keys
        self._timer: Timer | None = None
        self.said = ""

    def say(self, text: str, *, stays: bool = False) -> None:
        """Shows one calm line; `text` is untrusted and may be longer than the line.

        Args:
            text: To show.
            stays: Until something else is said.
        """
        if self._timer:
            self._timer.stop()
        self.said = safe.line(text)
        self.update(safe.text(f" {self.said}"))
        self.add_class("-said")
        self._timer = None if stays else self.set_timer(SECONDS, self._hush)

    def _hush(self) -> None:
        self.said = ""
        self.remove_class("-said")
        self.update(safe.text(self._keys))
