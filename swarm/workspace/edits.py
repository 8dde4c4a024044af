"""Edits that a model or a plan writes, applied exactly: search/replace blocks, or a unified diff of one file.

Pure: text in, text out. An edit that does not fit changes nothing and says where it comes closest. Line ends follow the
file, so that an edit written with LF fits a file written with CRLF.
"""

import difflib
from collections.abc import Callable
from typing import Literal

from swarm.errors import EditFailed
from swarm.workspace import blocks as _blocks
from swarm.workspace import hunks as _hunks


def parse_edit(edit: str) -> Literal["blocks", "unified"]:
    """Which of the two an edit is.

    Raises:
        EditFailed: It is neither.
    """
    for line in edit.split("\n"):
        if line.rstrip() == _blocks.SEARCH:
            return "blocks"
        if line.startswith("@@ "):
            return "unified"
    raise EditFailed(f"the edit has neither a `{_blocks.SEARCH}` block nor a `@@` hunk: write one of the two")


def apply_edit(text: str, edit: str) -> str:
    """The text after an edit of either kind.

    Raises:
        EditFailed: The edit is malformed or does not fit the text.
    """
    return apply_blocks(text, edit) if parse_edit(edit) == "blocks" else apply_unified(text, edit)


def apply_blocks(text: str, blocks: str) -> str:
    """Replace what each block searches for, one block after another.

    Args:
        text: The file.
        blocks: `<<<<<<< SEARCH`, lines, `=======`, lines, `>>>>>>> REPLACE`, any number of times. The lines searched
            for must stand in the file exactly once; in an empty file, a block may search for nothing.

    Raises:
        EditFailed: A block is malformed, fits nowhere or fits in several places.
    """
    return _in_its_line_ends(_blocks.apply, text, blocks)


def apply_unified(text: str, diff: str) -> str:
    """Apply a unified diff of one file: context and removed lines must be there exactly.

    A hunk whose line number is off is applied where it fits, if that is one place only.

    Raises:
        EditFailed: The diff is malformed, or a hunk does not fit.
    """
    return _in_its_line_ends(_hunks.apply, text, diff)


def unified(before: str, after: str, path: str) -> str:
    """The difference between two texts as a unified diff that `apply_unified` takes; empty if there is none."""
    old, new = (_split(text) for text in (before, after))
    pieces = difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")
    return "".join(piece if piece.endswith("\n") else f"{piece}\n{_hunks.NO_NEWLINE}\n" for piece in pieces)


def _in_its_line_ends(apply: Callable[[str, str], str], text: str, edit: str) -> str:
    crlf = text.count("\r\n") == text.count("\n") > 0
    if crlf:
        text = text.replace("\r\n", "\n")
    if "\r\n" not in text:
        edit = edit.replace("\r\n", "\n")
    result = apply(text, edit)
    return result.replace("\n", "\r\n") if crlf else result


def _split(text: str) -> list[str]:
    """The lines with their ends; unlike `splitlines`, only a newline ends one."""
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])
