"""Lines of pieces in the tones of the theme."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

Piece = tuple[str, str]
"""Text made harmless, and its tone: empty, or one of `TONES`."""

TONES = ("muted", "strong", "primary", "accent", "success", "warning", "error", "here")
TONE_CLASSES = {"tone--cursor", *(f"tone--{tone}" for tone in TONES)}


class Toned(Widget):
    """A mixin that draws pieces; `styles/tones.tcss` says what each tone is.

    Textual looks for component classes in first bases only: a class with another first base names `TONE_CLASSES` too.
    """

    COMPONENT_CLASSES = TONE_CLASSES

    def strip(self, pieces: Iterable[Piece], width: int, chosen: bool = False) -> Strip:
        """A line of exactly `width` cells; `chosen` puts it on the ground of the cursor."""
        base = self.rich_style
        if chosen:
            cursor = self.get_component_rich_style("tone--cursor")
            base += Style(bgcolor=cursor.bgcolor, bold=cursor.bold)
        segments = [Segment(text, base + self._tone(tone) if tone else base) for text, tone in pieces]
        return Strip(segments).adjust_cell_length(width, base)

    def _tone(self, tone: str) -> Style:
        style = self.get_component_rich_style(f"tone--{tone}")
        return Style(color=style.color, bold=style.bold, reverse=style.reverse)
