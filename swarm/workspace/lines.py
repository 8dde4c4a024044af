"""A text as lines, and where some lines stand in it. Only a newline ends a line: a form feed is part of one."""

import difflib
from collections.abc import Sequence

_SEARCHED = 20_000  # lines; more would take seconds


def split(text: str) -> tuple[list[str], bool]:
    """The lines without their ends, and whether the last one has its newline (so has a text without lines)."""
    if not text:
        return [], True
    return text.removesuffix("\n").split("\n"), text.endswith("\n")


def join(lines: Sequence[str], ended: bool) -> str:
    """The text of the lines."""
    return "\n".join(lines) + ("\n" if lines and ended else "")


def places(lines: Sequence[str], wanted: Sequence[str], start: int = 0) -> list[int]:
    """Every index from `start` on at which all of `wanted` stands; `wanted` is not empty."""
    last = len(lines) - len(wanted)
    firsts = (index for index in range(start, last + 1) if lines[index] == wanted[0])
    return [index for index in firsts if list(lines[index : index + len(wanted)]) == list(wanted)]


def nearest(lines: Sequence[str], wanted: Sequence[str]) -> str:
    """Where the text comes closest to `wanted`, as the end of a message: a line number and the line itself."""
    if not lines:
        return "the file is empty"
    missing = next((line for line in wanted if line.strip() and line not in lines), None)
    if missing is None:
        return "its lines are there, but not in a row"
    candidates = lines[:_SEARCHED]
    close = difflib.get_close_matches(missing, candidates, n=1, cutoff=0.4)
    if not close:
        return f"nothing in the file is like {_shown(missing)}"
    return f"{_shown(missing)} is nearest to line {candidates.index(close[0]) + 1}, {_shown(close[0])}"


def _shown(line: str) -> str:
    return ascii(line if len(line) <= 80 else f"{line[:77]}...")
