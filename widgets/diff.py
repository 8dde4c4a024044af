"""Differences as rows: a number, a sign and the line, with hidden characters visible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from textual.content import Content

from widgets import safe
from widgets.lines import Row

_CONTEXT = 3
_COMPARED = 20_000
_PIECE = 1_000
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_FILE = "diff --git "
_KNOWN = ("index ", "--- ", "+++ ")  # said by the path, or of no use to a person
_STYLES = {"+": "$success", "-": "$error", " ": ""}


class Count(NamedTuple):
    """How many lines a change adds and takes away."""

    added: int
    removed: int


def lines_of(text: str) -> list[str]:
    """The lines of a text, split at newlines only, so that odd separators stay visible."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def count(before: str | None, after: str) -> Count:
    """How many lines differ between two texts; all are new where there was none."""
    old, new = lines_of(before or ""), lines_of(after)
    if len(old) + len(new) > _COMPARED:
        return Count(len(new), len(old))
    added = removed = 0
    for tag, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
        if tag != "equal":
            added, removed = added + m - k, removed + j - i
    return Count(added, removed)


def words(before: str | None, after: str) -> str:
    """A change in a few words, such as `new, 34 lines` or `+3 −1`."""
    if before is None:
        lines = len(lines_of(after))
        return f"new, {lines} line" + "s" * (lines != 1)
    added, removed = count(before, after)
    return f"+{added} −{removed}" if added or removed else "no line changes"


def rows(before: str | None, after: str, indent: int = 0) -> list[Row]:
    """The difference of two texts, with three lines around each change; all of `after` where there is no `before`.

    Args:
        before: The text as it is; None if there is none.
        after: The text as it would be.
        indent: Columns left of the numbers.
    """
    old, new = lines_of(before or ""), lines_of(after)
    width = len(str(max(len(old), len(new), 1)))
    if before is None or len(old) + len(new) > _COMPARED:
        found = [row for place, line in enumerate(new, 1) for row in _line("+", place, line, width, indent)]
    else:
        found = list(_changes(old, new, width, indent))
    if after and not after.endswith("\n"):
        found.append(_note("no newline at the end of the file", width, indent))
    elif before and not before.endswith("\n"):
        found.append(_note("a newline is added at the end of the file", width, indent))
    return found


def _changes(old: list[str], new: list[str], width: int, indent: int) -> Iterator[Row]:
    for place, group in enumerate(SequenceMatcher(None, old, new).get_grouped_opcodes(_CONTEXT)):
        if place:
            yield _note("⋯", width, indent)
        for tag, i, j, k, m in group:
            if tag == "equal":
                for offset, line in enumerate(old[i:j]):
                    yield from _line(" ", k + offset + 1, line, width, indent)
                continue
            for number, line in enumerate(old[i:j], i + 1):
                yield from _line("-", number, line, width, indent)
            for number, line in enumerate(new[k:m], k + 1):
                yield from _line("+", number, line, width, indent)


def patch(text: str, indent: int = 0) -> list[Row]:
    """A patch as git writes it; the head of each file is its path, and what else git says of it."""
    lines = lines_of(text)
    numbers = [int(number) for found in _HUNK.finditer(text) for number in (found[1], found[3])]
    width = len(str(max(numbers, default=0) + len(lines)))
    found: list[Row] = []
    old = new = old_left = new_left = 0
    for line in lines:
        sign, rest = line[:1] or " ", line[1:]
        if sign in "+- " and (old_left or new_left):
            found += _line(sign, old if sign == "-" else new, rest, width, indent)
            old, old_left = old + (sign != "+"), old_left - (sign != "+")
            new, new_left = new + (sign != "-"), new_left - (sign != "-")
        elif hunk := _HUNK.match(line):
            old, new = int(hunk[1]), int(hunk[3])
            old_left, new_left = int(hunk[2] or 1), int(hunk[4] or 1)
            found.append(_note(line, width, indent))
        elif line.startswith(_FILE):
            found.append(Row(safe.visible(_path(line)).stylize("bold"), Content(" " * indent), code=True))
        elif not line.startswith(_KNOWN):
            found.append(_note(line.removeprefix("\\").strip(), width, indent))
    return found


def _path(line: str) -> str:
    """The path in the first line of a file's patch, which names it twice, with `a/` and with `b/`."""
    both = line.removeprefix(_FILE)
    return both[: len(both) // 2].strip('"').removeprefix("a/")


def code(text: str, indent: int = 0) -> list[Row]:
    """A text with numbers and without signs, such as a script."""
    lines = lines_of(text)
    width = len(str(max(len(lines), 1)))
    return [row for place, line in enumerate(lines, 1) for row in _line("", place, line, width, indent)]


def _line(sign: str, number: int, line: str, width: int, indent: int) -> Iterator[Row]:
    style = _STYLES.get(sign, "")
    first = Content.assemble(" " * indent, (f"{number:>{width}} ", "$text-muted"), (f"{sign} " if sign else " ", style))
    blank = Content(" " * first.cell_length)
    for start in range(0, max(len(line), 1), _PIECE):
        content = safe.visible(line[start : start + _PIECE])
        yield Row(content.stylize_before(style) if style else content, blank if start else first, code=True)


def _note(text: str, width: int, indent: int) -> Row:
    return Row(safe.text(text).stylize("$text-muted"), Content(" " * (indent + width + 1)))
