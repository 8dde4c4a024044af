"""The run from its first frame to its last: how much happened, what was decided, where one stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from widgets.glyphs import SIGNS, bar, glyph
from widgets.safe import line
from widgets.timeline_marks import Marks, best, column, density, frame_at
from widgets.titled import Titled
from widgets.toned import Piece, Toned
from widgets.words import count, fit

_LEAD = " < > steps   "
_GAP = 2
_LONGEST = 28
_SHORTEST = 8


class Timeline(Toned, Titled, can_focus=True):
    """A bar of all frames with signs for decisions, ends, commits and failures, and a row of labels.

    | Key | Description |
    | :- | :- |
    | h l, left right | One frame back, or on. |
    | pgup pgdn | To the sign before, or after. |
    | home end | To the first frame, or to now. |
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,left", "step(-1)", "One frame back", show=False, id="time.back"),
        Binding("l,right", "step(1)", "One frame on", show=False, id="time.on"),
        Binding("pageup", "jump(-1)", "To the sign before", show=False, id="time.mark-back"),
        Binding("pagedown", "jump(1)", "To the sign after", show=False, id="time.mark-on"),
        Binding("g,home", "first", "First frame", show=False, id="time.first"),
        Binding("G,end,shift+g", "last", "Now", show=False, id="time.last"),
    ]

    @dataclass
    class Moved(Message):
        """Another frame is to be shown; the last one means now."""

        timeline: Timeline
        frame: int

        @property
        def control(self) -> Timeline:
            """The timeline."""
            return self.timeline

    _marks, _last, _shown = Marks(), -1, -1

    def show(self, marks: Marks, last: int, shown: int | None = None) -> None:
        """Shows a history.

        Args:
            marks: Its moments.
            last: Number of the last frame.
            shown: Number of the frame that the screen shows; None for now.
        """
        before = self._marks, self._last, self._shown
        self._marks, self._last, self._shown = marks, last, last if shown is None else shown
        if before == (self._marks, self._last, self._shown):
            return
        self.entitle("Timeline", f"{count(last + 1, 'frame')} · {count(marks.commits, 'commit')}")
        self.refresh()

    def action_step(self, by: int) -> None:
        """Asks for the frame that is `by` away."""
        self._move(self._shown + by)

    def action_jump(self, by: int) -> None:
        """Asks for the next moment with a sign in a direction."""
        frames = [mark.frame for mark in self._marks.points if (mark.frame - self._shown) * by > 0]
        self._move(min(frames, key=lambda frame: abs(frame - self._shown), default=0 if by < 0 else self._last))

    def action_first(self) -> None:
        """Asks for the first frame."""
        self._move(0)

    def action_last(self) -> None:
        """Asks for the last frame."""
        self._move(self._last)

    def _move(self, frame: int) -> None:
        frame = max(0, min(frame, self._last))
        if frame != self._shown and self._last >= 0:
            self.post_message(self.Moved(self, frame))

    def on_click(self, event: Click) -> None:
        """A click asks for the frame that it hits."""
        offset = event.get_content_offset(self)
        if offset and len(_LEAD) <= offset.x < len(_LEAD) + min(self._columns, self._last + 1):
            self._move(frame_at(offset.x - len(_LEAD), self._last, self._columns))

    @property
    def _failed(self) -> str:
        return f" {self._marks.failed} failed "

    @property
    def _columns(self) -> int:
        return max(1, self.size.width - len(_LEAD) - len(self._failed))

    def render_line(self, y: int) -> Strip:
        """The bar, then the labels."""
        width = self.size.width
        if self._last < 0 or y > 1:
            return self.strip([], width)
        return self.strip(self._bar() if y == 0 else self._labels(), width)

    def _bar(self) -> list[Piece]:
        columns, shown = self._columns, column(self._shown, self._last, self._columns)
        points = best(self._marks.points, self._last, columns)
        pieces: list[Piece] = [(_LEAD, "muted")]
        for place, share in enumerate(density(self._marks.weights, self._last, columns)):
            mark = points.get(place)
            piece = (glyph(mark.kind), SIGNS[mark.kind].tone) if mark and mark.kind in SIGNS else (bar(share), "muted")
            pieces.append((piece[0], "muted") if place > shown else piece)
        if shown + 1 < len(pieces):
            pieces[shown + 1] = (pieces[shown + 1][0], "here")
        room = columns - (len(pieces) - 1)
        return [*pieces, (" " * room + self._failed, "error" if self._marks.failed else "muted")]

    def _labels(self) -> list[Piece]:
        """Labels under their signs: first where one stands, then the rarest, as long as there is room."""
        width = self.size.width
        points = best(self._marks.points, self._last, self._columns).values()
        taken: dict[int, tuple[int, str, str]] = {}
        here = next((mark.label for mark in points if mark.frame == self._shown), "")
        self._place(taken, self._shown, "now" if self._shown == self._last else here, "primary", width)
        self._place(taken, self._last, "now", "muted", width)
        for mark in sorted(points, key=lambda mark: (-mark.rank, -mark.frame)):
            self._place(taken, mark.frame, mark.label, "muted", width)
        pieces: list[Piece] = []
        end = 0
        for start, (stop, text, tone) in sorted(taken.items()):
            pieces += [(" " * (start - end), ""), (text, tone)]
            end = stop
        return pieces

    def _place(self, taken: dict[int, tuple[int, str, str]], frame: int, label: str, tone: str, width: int) -> None:
        """Places a label at its column, as much of it as there is room for; at least its number, or nothing."""
        text = fit(f"{frame} {line(label)}".strip(), _LONGEST)
        start = len(_LEAD) + column(frame, self._last, self._columns)
        if frame == self._last:
            start = max(0, min(start, width - cell_len(text)))
        room = min([width, *(left - _GAP for left in taken if left >= start)]) - start
        least = len(str(frame))
        if room < least or any(left <= start < right + _GAP for left, (right, _, _) in taken.items()):
            return
        text = fit(text, room) if room >= min(cell_len(text), least + _SHORTEST) else str(frame)
        taken[start] = (start + cell_len(text), text, tone)
