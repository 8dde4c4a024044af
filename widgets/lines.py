"""A pager for text of any length: rows are wrapped to the width and drawn only where they can be seen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from textual.cache import LRUCache
from textual.content import Content
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from widgets import glyphs

_BLANK = Content("")


@dataclass(frozen=True, slots=True)
class Row:
    """One row before it is wrapped.

    Attributes:
        content: One line of text, made harmless.
        lead: What stands before its first line; the others are indented by its width.
        item: Number of the item that it belongs to; -1 for none.
        head: The row at which the cursor of its item stands; its lead begins with two blanks for it.
        code: Wrapped anywhere, so that nothing is changed, instead of between words.
    """

    content: Content = _BLANK
    lead: Content = _BLANK
    item: int = -1
    head: bool = False
    code: bool = False

    def height(self, width: int) -> int:
        """How many lines it takes at a width in cells."""
        return 1 if self._fits(width) else len(self.wrapped(width))

    def _fits(self, width: int) -> bool:
        return self.lead.cell_length + self.content.cell_length <= width and "\n" not in self.content.plain

    def wrapped(self, width: int) -> list[Content]:
        """The lines at a width in cells, each with its lead or indent; at least one."""
        if self._fits(width):
            return [self.lead + self.content]
        indent = self.lead.cell_length
        room = max(1, width - indent)
        lines = self.content.fold(room) if self.code else self.content.wrap(room)
        blank = Content(" " * indent)
        return [(blank if place else self.lead) + line for place, line in enumerate(lines)]


class Lines(ScrollView):
    """Shows rows; cheap for a hundred thousand of them."""

    DEFAULT_CSS = "Lines { overflow-x: hidden; scrollbar-gutter: stable; scrollbar-size-vertical: 1; }"

    @dataclass
    class Picked(Message):
        """An item was clicked."""

        lines: Lines
        item: int

        @property
        def control(self) -> Lines:
            """The pager that it comes from."""
            return self.lines

    @dataclass
    class LaidOut(Message):
        """There is another number of lines, or room for another number of them."""

        lines: Lines

        @property
        def control(self) -> Lines:
            """The pager that it comes from."""
            return self.lines

    def __init__(self, rows: Sequence[Row] = (), *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._rows: Sequence[Row] = rows
        self._starts: list[int] = [0]
        self._wrapped: LRUCache[int, list[Content]] = LRUCache(4096)
        self._cursor = -1
        self._width = 0

    def show(self, rows: Sequence[Row], *, cursor: int = -1, top: bool = False) -> None:
        """Shows rows in place of those before; the place where one reads is kept, unless `top`."""
        self._rows, self._cursor = rows, cursor
        self._lay_out()
        if top:
            self.scroll_to(y=0, animate=False)

    @property
    def plain(self) -> str:
        """All rows as text, without wrapping."""
        return "\n".join(row.lead.plain + row.content.plain for row in self._rows)

    @property
    def below(self) -> int:
        """How many lines are out of sight below."""
        return max(0, self.virtual_size.height - self._bottom)

    @property
    def _bottom(self) -> int:
        return self.scroll_offset.y + self.scrollable_content_region.height

    def sees(self, item: int) -> bool:
        """Whether the head of an item is in sight."""
        y = self._head(item)
        return y is not None and self.scroll_offset.y <= y < self._bottom

    def point(self, item: int) -> None:
        """Puts the cursor on an item and brings its head into sight."""
        self._cursor = item
        y = self._head(item)
        if y is not None and not self.sees(item):
            self.scroll_to_region(Region(0, y, self.size.width, 3), animate=False, force=True)
        self.refresh()

    def turn(self, key: str) -> bool:
        """Turns the page as a key says; False if it is none that does."""
        scroll = {
            "pagedown": self.scroll_page_down,
            "space": self.scroll_page_down,
            "pageup": self.scroll_page_up,
            "g": self.scroll_home,
            "home": self.scroll_home,
            "G": self.scroll_end,
            "end": self.scroll_end,
        }.get(key)
        if scroll is not None:
            scroll(animate=False)
        return scroll is not None

    def _head(self, item: int) -> int | None:
        heads = (place for place, row in enumerate(self._rows) if row.head and row.item == item)
        place = next(heads, None)
        return None if place is None else self._starts[place]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are at a width, where the height is left to the content."""
        return sum(row.height(width - 1) for row in self._rows)

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        self._wrapped.clear()
        if not width:
            self._starts = [0]  # out of sight: nothing of the rows before may be drawn until it has a width again
            return
        self._width = width  # the size may change before `on_resize` says so: lines are drawn as they were laid out
        self._starts = list(accumulate((row.height(width) for row in self._rows), initial=0))
        self.virtual_size = Size(width, self._starts[-1])
        self.refresh()
        self.post_message(self.LaidOut(self))

    def _lines(self, place: int) -> list[Content]:
        lines = self._wrapped.get(place)
        if lines is None:
            lines = self._rows[place].wrapped(self._width)
            self._wrapped[place] = lines
        return lines

    def _row_at(self, y: int) -> int:
        return bisect_right(self._starts, y) - 1

    def render_line(self, y: int) -> Strip:
        """One line of the window."""
        y += self.scroll_offset.y
        if y >= self._starts[-1]:
            return Strip.blank(self.size.width, self.rich_style)
        place = self._row_at(y)
        row, number = self._rows[place], y - self._starts[place]
        line = self._lines(place)[number]
        if row.head and row.item == self._cursor and number == 0:
            line = Content.assemble((f"{glyphs.mark('cursor')} ", "bold $primary"), line[2:])
        strips = Visual.to_strips(self, line, self.size.width, 1, self.visual_style, pad=True)
        return strips[0] if strips else Strip.blank(self.size.width, self.rich_style)

    def on_resize(self, event: Resize) -> None:
        """Wraps anew."""
        self._lay_out()

    def on_click(self, event: Click) -> None:
        """Says which item was clicked."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        y = offset.y + self.scroll_offset.y
        if y < self._starts[-1] and (item := self._rows[self._row_at(y)].item) >= 0:
            self.post_message(self.Picked(self, item))
