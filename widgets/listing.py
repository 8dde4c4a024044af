"""A list of entries of equal height, drawn line by line where it is looked at: the base of tree, inbox and receipts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.events import Click, Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets.glyphs import mark
from widgets.titled import Titled
from widgets.toned import TONE_CLASSES, Piece, Toned
from widgets.words import fit


class Entry(Protocol):
    """What a listing shows: hashable, equal if it looks the same."""

    @property
    def key(self) -> str:
        """Says which entry it is, whatever it looks like."""


E = TypeVar("E", bound=Entry)


class Listing(ScrollView, Titled, Toned, Generic[E], can_focus=True):
    """Entries with a cursor that stays on its entry while others come and go.

    A subclass says in `pieces` how an entry looks, and in `highlighted` and `opened` what follows from the cursor.
    """

    ENTRY_LINES: ClassVar[int] = 1
    EMPTY: ClassVar[str] = ""
    COMPONENT_CLASSES = TONE_CLASSES
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False, id="move.down"),
        Binding("k,up", "move(-1)", "Up", show=False, id="move.up"),
        Binding("g,home", "first", "First", show=False, id="move.first"),
        Binding("G,end,shift+g", "last", "Last", show=False, id="move.last"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="move.page-down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="move.page-up"),
        Binding("enter", "open", "Open", show=False, id="move.open"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._entries: Sequence[E] = ()
        self._cursor = 0
        self._announced: str | None = None
        self._strips: LRUCache[tuple[E, int, int, bool, bool], Strip] = LRUCache(1024)

    def pieces(self, entry: E, line: int, width: int) -> list[Piece]:
        """The pieces of one line of an entry, in `width` cells; a mark of the cursor goes before it."""
        raise NotImplementedError

    def highlighted(self, entry: E | None) -> None:
        """The cursor is on another entry; None if there is none left."""

    def opened(self, entry: E) -> None:
        """The entry was opened, by key or by a second click."""

    def find(self, key: str) -> int | None:
        """The place of an entry; None if it is not there."""
        return next((place for place, entry in enumerate(self._entries) if entry.key == key), None)

    def successor(self, entry: E) -> int | None:
        """Where the cursor goes when its entry is gone; None to stay at its place."""
        return None

    @property
    def room(self) -> Size:
        """What can be seen at once: without border and scrollbar."""
        return self.scrollable_content_region.size

    @property
    def current(self) -> E | None:
        """The entry under the cursor."""
        return self._entries[self._cursor] if self._entries else None

    def fill(self, entries: Sequence[E]) -> None:
        """Shows these entries; cursor and view stay where they were, unless the cursor rests at the top, unused."""
        rests = self._cursor == self.scroll_offset.y == 0 and not self.has_focus
        current, (anchor, offset) = self.current, self._anchor()
        self._entries = entries
        self.virtual_size = Size(self.room.width, len(entries) * self.ENTRY_LINES)
        if current is None or anchor is None or rests:
            self._cursor = 0
        else:
            self._cursor = self._new_place(current, self._cursor)
            self._scroll(self._new_place(anchor, 0) * self.ENTRY_LINES - offset)
        self.refresh()
        self._announce()

    def _anchor(self) -> tuple[E | None, int]:
        """The entry that keeps its line on the screen, and that line: the cursor's if it is seen, else the topmost."""
        top, lines = self.scroll_offset.y, self.ENTRY_LINES
        seen = top <= self._cursor * lines < top + max(1, self.room.height)
        place = self._cursor if seen else top // lines
        return (self._entries[place] if place < len(self._entries) else None), place * lines - top

    def _new_place(self, entry: E, place: int) -> int:
        found = self.find(entry.key)
        if found is None:
            found = self.successor(entry)
        return max(0, min(place if found is None else found, len(self._entries) - 1))

    def move_to(self, place: int) -> None:
        """Puts the cursor on the entry at a place, as far as there is one, and shows it."""
        self._cursor = max(0, min(place, len(self._entries) - 1))
        self._reveal()
        self.refresh()
        self._announce()

    def _announce(self) -> None:
        entry = self.current
        key = entry.key if entry else None
        if key != self._announced:
            self._announced = key
            self.highlighted(entry)

    def _reveal(self) -> None:
        line, lines, height = self._cursor * self.ENTRY_LINES, self.ENTRY_LINES, self.room.height
        if line < self.scroll_offset.y:
            self._scroll(line)
        elif line + lines > self.scroll_offset.y + height:
            self._scroll(line + lines - height)

    def _scroll(self, line: int) -> None:
        """Scrolls at once, even before the scrollbar is there."""
        self.scroll_to(y=line, animate=False, force=True)

    def action_move(self, by: int) -> None:
        """Moves the cursor down, or up."""
        self.move_to(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Moves the cursor by what can be seen at once."""
        self.move_to(self._cursor + by * max(1, self.room.height // self.ENTRY_LINES - 1))

    def action_first(self) -> None:
        """Moves the cursor to the first entry."""
        self.move_to(0)

    def action_last(self) -> None:
        """Moves the cursor to the last entry."""
        self.move_to(len(self._entries) - 1)

    def action_open(self) -> None:
        """Opens the entry under the cursor."""
        if entry := self.current:
            self.opened(entry)

    def on_click(self, event: Click) -> None:
        """A click moves the cursor, a second one opens."""
        offset = event.get_content_offset(self)
        place = (offset.y + self.scroll_offset.y) // self.ENTRY_LINES if offset else len(self._entries)
        if place >= len(self._entries):
            return
        self.move_to(place)
        if event.chain > 1:
            self.action_open()

    def on_resize(self, event: Resize) -> None:
        """The cursor stays in sight."""
        self.virtual_size = Size(self.room.width, len(self._entries) * self.ENTRY_LINES)
        self._reveal()

    def notify_style_update(self) -> None:
        """Colours may have changed."""
        super().notify_style_update()
        self._strips.clear()

    def redraw(self) -> None:
        """Draws all lines anew: what they show besides their entries has changed."""
        self._strips.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line, from memory if it was drawn before."""
        width = self.room.width
        place, line = divmod(y + self.scroll_offset.y, self.ENTRY_LINES)
        if place >= len(self._entries):
            words = [(fit(f" {self.EMPTY}", width), "muted")] if y == 0 and not self._entries else []
            return self.strip(words, width)
        entry, chosen = self._entries[place], place == self._cursor
        key = (entry, line, width, chosen, self.has_focus)
        strip = self._strips.get(key)
        if strip is None:
            gutter = (mark("cursor"), "primary") if chosen and self.has_focus else (" ", "")
            strip = self._strips[key] = self.strip([gutter, *self.pieces(entry, line, width - 1)], width, chosen)
        return strip
