"""The two lines of a timeline: a bar of all frames, and labels below it. Pure, no screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len

from widgets.glyphs import SIGNS, bar, glyph, mark
from widgets.safe import line
from widgets.timeline_marks import Marks, best, column, density
from widgets.toned import Piece
from widgets.words import fit

LEAD = 13
"""Cells left of the bar."""

_GAP = 2
_LONGEST = 28
_SHORTEST = 8


@dataclass(frozen=True, slots=True)
class View:
    """What a timeline shows.

    Attributes:
        marks: The moments of the history.
        last: Number of the last frame; -1 for none.
        shown: Number of the frame that the screen shows.
        at: When that was; None for now.
        commit: That the run's copy was at then.
        marked: Number of the frame that waits to be compared with another one; None for none.
        speed: Frames a second, while they are played; 0 else.
    """

    marks: Marks = Marks()
    last: int = -1
    shown: int = -1
    at: datetime | None = None
    commit: str = ""
    marked: int | None = None
    speed: int = 0

    @property
    def failed(self) -> str:
        """What stands right of the bar."""
        return f" {self.marks.failed} failed "

    def columns(self, width: int) -> int:
        """How many cells the bar may take of a width."""
        return max(1, width - LEAD - len(self.failed))


def bar_line(view: View, width: int) -> list[Piece]:
    """The bar: a sign where something was decided, ended, failed or committed, else how much happened."""
    columns = view.columns(width)
    points = best(view.marks.points, view.last, columns)
    shown, marked = column(view.shown, view.last, columns), _marked(view, columns)
    pieces: list[Piece] = []
    for place, share in enumerate(density(view.marks.weights, view.last, columns)):
        point = points.get(place)
        sign, tone = bar(share), "muted"
        if place == marked:
            sign, tone = mark("compared"), "accent"
        elif point and point.kind in SIGNS:
            sign, tone = glyph(point.kind), SIGNS[point.kind].tone
        pieces.append((sign, "here" if place == shown else "muted" if place > shown and place != marked else tone))
    lead = f" play {view.speed}/s" if view.speed else " < > steps"
    room = columns - len(pieces)
    failed = (" " * room + view.failed, "error" if view.marks.failed else "muted")
    return [(lead.ljust(LEAD), "primary" if view.speed else "muted"), *pieces, failed]


def _marked(view: View, columns: int) -> int:
    return -1 if view.marked is None else column(view.marked, view.last, columns)


def label_line(view: View, width: int) -> list[Piece]:
    """The commit, and labels under their signs: first where one stands, then the rarest, while there is room."""
    labels = _Labels(view, width)
    points = best(view.marks.points, view.last, view.columns(width)).values()
    here = next((point.label for point in points if point.frame == view.shown), "")
    if view.marked == view.shown:
        here = "marked"
    elif view.shown == view.last:
        here = "now"
    labels.place(view.shown, here, "primary")
    if view.marked is not None:
        labels.place(view.marked, "marked", "accent")
    labels.place(view.last, "now")
    for point in sorted(points, key=lambda point: (-point.rank, -point.frame)):
        labels.place(point.frame, point.label)
    commit = f" {glyph('commit')} {line(view.commit)[:7]}" if view.commit else ""
    return [(commit.ljust(LEAD), "muted"), *labels.pieces]


class _Labels:
    """Labels at their columns, none over another one."""

    def __init__(self, view: View, width: int) -> None:
        self._view, self._width = view, width
        self._taken: dict[int, tuple[int, str, str]] = {}

    @property
    def pieces(self) -> list[Piece]:
        """The labels from left to right, with the blanks between them."""
        pieces: list[Piece] = []
        end = LEAD
        for start, (stop, text, tone) in sorted(self._taken.items()):
            pieces += [(" " * (start - end), ""), (text, tone)]
            end = stop
        return pieces

    def place(self, frame: int, label: str, tone: str = "muted") -> None:
        """Places a label at its column, as much of it as there is room for; at least its number, or nothing."""
        text = fit(f"{frame} {line(label)}".strip(), _LONGEST)
        start = LEAD + column(frame, self._view.last, self._view.columns(self._width))
        if frame == self._view.last:
            start = max(LEAD, min(start, self._width - cell_len(text)))
        room = min([self._width, *(left - _GAP for left in self._taken if left >= start)]) - start
        least = len(str(frame))
        if room < least or any(left <= start < right + _GAP for left, (right, _, _) in self._taken.items()):
            return
        text = fit(text, room) if room >= min(cell_len(text), least + _SHORTEST) else str(frame)
        self._taken[start] = (start + cell_len(text), text, tone)
