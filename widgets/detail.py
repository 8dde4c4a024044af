"""A node in full: one section at a time, built only when it is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click, Key
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from swarm.frames import Frame
from swarm.state import Swarm
from widgets import detail_rows, glyphs, proposed
from widgets.decision_bar import spelled
from widgets.detail_rows import About, live_rows
from widgets.lines import Lines, Row
from widgets.proposed import MUTED
from widgets.titled import Titled
from widgets.words import name_of

_NAMES = tuple(detail_rows.SECTIONS)


class Sections(Widget):
    """The names of the sections, on one line where they fit; a click goes there."""

    @dataclass
    class Chosen(Message):
        """A name was clicked."""

        place: int

    def __init__(self) -> None:
        super().__init__(classes="detail-sections")
        self._here, self._sizes = 0, dict[str, str]()

    def show(self, here: int, sizes: dict[str, str]) -> None:
        """Shows all names, `here` marked."""
        if (here, sizes) != (self._here, self._sizes):
            self._here, self._sizes = here, sizes
            self.refresh(layout=True)

    def _words(self, width: int) -> list[str]:
        """The names with their sizes, with blanks around them where all fit on one line."""
        words = [f"{name} {self._sizes[name]}" if name in self._sizes else name for name in _NAMES]
        return [f" {word} " for word in words] if sum(len(word) + 3 for word in words) <= width + 1 else words

    def _lines(self, width: int) -> list[dict[int, str]]:
        """The names by their places, line by line, none of them broken."""
        lines: list[dict[int, str]] = [{}]
        room = width
        for place, word in enumerate(self._words(width)):
            if len(word) > room and lines[-1]:
                lines.append({})
                room = width
            lines[-1][place] = word
            room -= len(word) + 1
        return lines

    def _style(self, place: int) -> str:
        if place == self._here:
            return "bold reverse"
        return "" if _NAMES[place] in self._sizes or not place else MUTED

    def render(self) -> Content:
        """The names."""
        blank, end = Content(" "), Content("\n")
        lines = self._lines(self.size.width)
        return end.join(
            blank.join(Content.styled(word, self._style(place)) for place, word in line.items()) for line in lines
        )

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the names need at a width."""
        return len(self._lines(width))

    def on_click(self, event: Click) -> None:
        """Finds the name under the pointer."""
        offset, lines = event.get_content_offset(self), self._lines(self.size.width)
        if offset is None or offset.y >= len(lines):
            return
        end = 0
        for place, word in lines[offset.y].items():
            end += len(word) + 1
            if offset.x < end:
                self.post_message(self.Chosen(place))
                return


class NodeDetail(Vertical, Titled, can_focus=True):
    """Directive, report, steps, changes, output and messages of a node.

    | Key | Description |
    | :- | :- |
    | h l, left right | The section before, or the next. |
    | j k, arrows, g G, home end, pgup pgdn | Read on. |
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,left", "turn(-1)", "Section before", show=False, id="move.fold"),
        Binding("l,right", "turn(1)", "Next section", show=False, id="move.unfold"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="move.down"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="move.up"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._about: About | None = None
        self._place, self._live = 0, ""

    def compose(self) -> ComposeResult:
        """The names of the sections, and the one that is read."""
        yield Sections()
        yield (lines := Lines(classes="detail-text"))
        lines.can_focus = False

    def on_mount(self) -> None:
        """Draws what was shown before there was a place for it."""
        self._draw(top=True)

    def show(
        self, state: Swarm, node_id: str, frames: Sequence[Frame], patches: Mapping[str, str] | None = None
    ) -> None:
        """Shows a node, or how the one that is shown stands now: the section stays, and the place where one reads.

        Args:
            state: The run.
            node_id: Of the node.
            frames: Those about the node, in their order.
            patches: What its commits changed, by commit; none as long as they are not read.
        """
        new = self._about is None or node_id != self._about.node.id
        self._about = About(state, state.nodes[node_id], frames, patches or {})
        if new:
            self._place = _NAMES.index("Report") if self._about.node.report else 0
            self._live = ""
        self._draw(top=new)

    def live(self, text: str) -> None:
        """Shows what the node streams, below its steps; not recorded."""
        if text != self._live:
            self._live = text
            if _NAMES[self._place] == "Steps":
                self._draw()

    @property
    def section(self) -> str:
        """The name of the section that is read."""
        return _NAMES[self._place]

    def _draw(self, *, top: bool = False) -> None:
        about = self._about
        if about is None or not self.is_mounted:
            return
        name, status = name_of(about.state, about.node.id), about.node.status
        self.entitle(f"{about.node.id} · {name}", f"{glyphs.glyph(status)} {glyphs.word(status)}")
        self.query_one(Sections).show(self._place, detail_rows.sizes(about))
        rows: list[Row] = list(detail_rows.SECTIONS[self.section](about))
        if self._live and self.section == "Steps":
            rows += live_rows(self._live)
        self.query_one(Lines).show(rows or [proposed.note(detail_rows.EMPTY[self.section], 0)], top=top)

    def on_sections_chosen(self, event: Sections.Chosen) -> None:
        """Goes to a section."""
        event.stop()
        self._go(event.place)

    def _go(self, place: int) -> None:
        self._place = place % len(_NAMES)
        self._draw(top=True)

    def action_turn(self, by: int) -> None:
        """Goes to the section before, or the next."""
        self._go(self._place + by)

    def action_scroll(self, by: int) -> None:
        """Reads a line on, or back."""
        self.query_one(Lines).scroll_relative(y=by, animate=False)

    def on_key(self, event: Key) -> None:
        """Turns pages."""
        if self.query_one(Lines).turn(spelled(event)):
            event.stop()
