"""The files of a run's copy at a moment: first those that the run has changed, then the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from swarm.found import FileChange, Text
from widgets import diff, proposed
from widgets.lines import Row
from widgets.listing import Listing
from widgets.reader import Reader
from widgets.safe import line as one_line
from widgets.toned import Piece
from widgets.words import count, fit

IGNORED = "Not part of it: files that git ignores."

_WORDS = {"A": ("new", "success"), "M": ("changed", "accent"), "D": ("deleted", "error"), "T": ("retyped", "warning")}
_WRAPPED = 44
_SPAN = max(len(word) for word, _ in _WORDS.values()) + 1


class FileEntry(NamedTuple):
    """A line of the list: a file, or a few words about those below.

    Attributes:
        key: Unique.
        path: Of the file; empty for words.
        words: How many lines were added and removed; or the words.
        status: As in `FileChange`; empty for a file that the run has not changed.
    """

    key: str
    path: str = ""
    words: str = ""
    status: str = ""


def entries(changes: Sequence[FileChange], paths: Iterable[str]) -> list[FileEntry]:
    """The files of a moment.

    Args:
        changes: What the run has changed since it began.
        paths: All that are there.
    """
    changed = {change.path for change in changes}
    others = [path for path in paths if path not in changed]
    found = [FileEntry(" ignored", words=IGNORED), FileEntry(" ")]
    if changes:
        found += [FileEntry(" changed", words=f"Changed by this run: {count(len(changes), 'file')}")]
        found += [change_entry(change) for change in changes]
    if others:
        words = f"As they were before it: {count(len(others), 'file')}"
        found += [FileEntry("  ")] * bool(changes) + [FileEntry(" others", words=words)]
        found += [FileEntry(path, path) for path in others]
    return found


def change_entry(change: FileChange) -> FileEntry:
    """The line of a file that differs."""
    return FileEntry(change.path, change.path, sizes(change), change.status)


def sizes(change: FileChange) -> str:
    """How many lines differ: `+3 −1`, or that they cannot be counted."""
    return "binary" if change.added is None else f"+{change.added} −{change.removed}"


def file_pieces(entry: FileEntry, width: int) -> list[Piece]:
    """What was done to a file, its path, and how many lines differ."""
    word, tone = _WORDS.get(entry.status, ("", "muted"))
    right = f" {entry.words}" if entry.words else ""
    room = max(0, width - _SPAN - 1 - cell_len(right))
    path = fit(one_line(entry.path), room)
    return [(f" {word:<{_SPAN}}", tone), (path, ""), (" " * (room - cell_len(path)), ""), (right, "muted")]


def text_rows(found: Text) -> list[Row]:
    """A file as it was; what is missing of it is said first."""
    return [*([proposed.note(found.cut, 0), Row()] if found.cut else []), *diff.code(found.text)]


class FileList(Listing[FileEntry]):
    """The files; enter or a second click posts `Opened`."""

    EMPTY = "No file is there."

    @dataclass
    class Opened(Message):
        """A file was opened."""

        files: FileList
        path: str

        @property
        def control(self) -> FileList:
            """The list."""
            return self.files

    def complain(self, title: str, problem: str) -> None:
        """Says why there is nothing to show."""
        self.entitle(title)
        lines = wrap(problem, _WRAPPED)
        self.fill([FileEntry(f" problem {place}", words=line) for place, line in enumerate(lines)])

    def show(self, title: str, changes: Sequence[FileChange], paths: Sequence[str]) -> None:
        """Shows the files of a moment; see `entries`."""
        self.entitle(title, f"{len(changes)} changed, {len(paths)} there")
        before = self.current
        self.fill(entries(changes, paths))
        if before is None:
            self.move_to(next((place for place, entry in enumerate(self._entries) if entry.path), 0))

    def opened(self, entry: FileEntry) -> None:
        """Tells which file is to be shown."""
        if entry.path:
            self.post_message(self.Opened(self, entry.path))

    def pieces(self, entry: FileEntry, line: int, width: int) -> list[Piece]:
        """A file, or words about those below."""
        return file_pieces(entry, width) if entry.path else [(fit(entry.words, width), "muted")]


class FileText(Reader):
    """A file; esc posts `Closed`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Back to the files", show=False)]

    @dataclass
    class Closed(Message):
        """The list is wanted again."""

        text: FileText

        @property
        def control(self) -> FileText:
            """The file."""
            return self.text

    def action_close(self) -> None:
        """Asks for the list."""
        self.post_message(self.Closed(self))
