"""A border with words on the left and on the right of its upper edge."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.events import Resize
from textual.style import Style
from textual.widget import Widget

from widgets.safe import line
from widgets.words import fit

_EDGES = {"heavy": "━", "double": "═", "dashed": "╍", "ascii": "-"}
_CORNERS_AND_BLANKS = 6


class Titled(Widget):
    """A mixin: `entitle` sets both titles; they follow the width of the widget."""

    _titles = ("", "")
    _drawn: tuple[tuple[str, Style], ...] = ()

    def entitle(self, left: str, right: str = "") -> None:
        """Shows `left` at the left and `right` at the right of the upper border; both may be text of others."""
        titles = (line(left), line(right))
        if titles != self._titles:
            self._titles = titles
            self._draw_titles()

    def on_resize(self, event: Resize) -> None:
        """The words follow the width."""
        self._draw_titles()

    def notify_style_update(self) -> None:
        """The border may have become another one."""
        super().notify_style_update()
        self._draw_titles()

    def _draw_titles(self) -> None:
        left, right = self._titles
        room = self.outer_size.width - _CORNERS_AND_BLANKS
        fill = ""
        if right and room > cell_len(right) + 4:
            left = fit(left, room - cell_len(right) - 3)
            fill = f" {_EDGES.get(self.styles.border_top[0], '─') * (room - cell_len(left) - cell_len(right) - 2)} "
        ink = Style(foreground=self.visual_style.foreground)
        parts = ((left, ink + Style(bold=True)), (fill, Style()), (right if fill else "", ink))
        if parts != self._drawn:
            self._drawn = parts
            self.border_title = Content.assemble(*parts)
