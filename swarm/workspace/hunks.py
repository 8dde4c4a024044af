"""Unified diffs of one file, read strictly and applied where they fit exactly."""

import re
from dataclasses import dataclass, field

from swarm.errors import EditFailed
from swarm.workspace import lines as _lines

NO_NEWLINE = "\\ No newline at end of file"
_HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@.*")
_INTRODUCTION = ("diff ", "index ", "--- ", "+++ ", "new file", "deleted file", "old mode", "new mode", "similarity ")


@dataclass(slots=True)
class Hunk:
    """One hunk.

    Attributes:
        start: The index of the line where it says that it begins.
        old: The lines that must be there.
        new: The lines that come in their place.
        old_ended: Whether the last old line has its newline.
        new_ended: Whether the last new line has its newline.
    """

    start: int
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    old_ended: bool = True
    new_ended: bool = True


def apply(text: str, diff: str) -> str:
    """The text after all hunks.

    Raises:
        EditFailed: The diff is malformed, or a hunk does not fit or fits in several places.
    """
    lines, ended = _lines.split(text)
    done: list[str] = []
    position = offset = 0
    for number, hunk in enumerate(parse(diff), 1):
        start = _place(lines, hunk, position, offset, number)
        offset = start - hunk.start
        done += lines[position:start] + hunk.new
        position = start + len(hunk.old)
        if not (hunk.old_ended and hunk.new_ended):
            if position != len(lines):
                raise EditFailed(f"hunk {number} ends without a newline, but the file goes on after it")
            ended = hunk.new_ended
    return _lines.join(done + lines[position:], ended)


def parse(diff: str) -> list[Hunk]:
    """The hunks of a diff of one file.

    Raises:
        EditFailed: There is none, one has more or fewer lines than it says, or there is a second file.
    """
    rows = _lines.split(diff)[0]
    hunks: list[Hunk] = []
    index = 0
    while index < len(rows):
        row = rows[index]
        if match := _HEADER.fullmatch(row):
            hunk, index = _body(rows, index + 1, match)
            hunks.append(hunk)
        elif row.strip() and (hunks or not row.startswith(_INTRODUCTION)):
            raise EditFailed(f"line {index + 1} of the diff is no part of a hunk of this file: {row[:80]!a}")
        else:
            index += 1
    if not hunks:
        raise EditFailed("the diff has no hunk: it needs a line such as `@@ -1,3 +1,4 @@`")
    return hunks


def _body(rows: list[str], index: int, header: re.Match[str]) -> tuple[Hunk, int]:
    """The hunk below a header, and the index of the row after it."""
    first, old_count, _, new_count = (1 if number is None else int(number) for number in header.groups())
    hunk = Hunk(start=first - 1 if old_count else first)
    above = index
    while index < len(rows) and (len(hunk.old) < old_count or len(hunk.new) < new_count or rows[index] == NO_NEWLINE):
        _take(hunk, rows[index], index, rows[index - 1])
        index += 1
    if (len(hunk.old), len(hunk.new)) != (old_count, new_count):
        raise EditFailed(
            f"the hunk of line {above} says {old_count} old and {new_count} new lines, "
            f"but has {len(hunk.old)} and {len(hunk.new)}"
        )
    return hunk, index


def _take(hunk: Hunk, row: str, index: int, before: str) -> None:
    """Add one row to a hunk; editors strip the blank of an empty context line."""
    if row == NO_NEWLINE:
        hunk.old_ended &= before.startswith("+")
        hunk.new_ended &= before.startswith("-")
    elif not row or row[0] in " -+":
        if not row.startswith("+"):
            hunk.old.append(row[1:])
        if not row.startswith("-"):
            hunk.new.append(row[1:])
    else:
        raise EditFailed(f"line {index + 1} of the diff begins with none of ` `, `-`, `+`: {row[:80]!a}")


def _place(lines: list[str], hunk: Hunk, position: int, offset: int, number: int) -> int:
    """Where the hunk belongs: the line it names, moved as the one before it was, or the only place where it fits."""
    if not hunk.old:
        if position <= hunk.start + offset <= len(lines):
            return hunk.start + offset
        raise EditFailed(f"hunk {number} adds after line {hunk.start}, which the file does not have")
    found = _lines.places(lines, hunk.old, position)
    for likely in (hunk.start + offset, hunk.start):
        if likely in found:
            return likely
    if not found:
        raise EditFailed(f"hunk {number} does not fit: {_lines.nearest(lines, hunk.old)}")
    if len(found) > 1:
        where = ", ".join(str(index + 1) for index in found[:5])
        raise EditFailed(
            f"hunk {number} fits in {len(found)} places (lines {where}), none of them line {hunk.start + 1}"
        )
    return found[0]
