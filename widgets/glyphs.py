"""The one table of signs: a glyph and a word for everything that has a status, one cell each, and an ASCII set."""

from __future__ import annotations

import os
from functools import cache
from typing import Literal, NamedTuple

Tone = Literal["", "muted", "primary", "accent", "success", "warning", "error"]


class Sign(NamedTuple):
    """How a status is shown: never by colour alone.

    Attributes:
        glyph: One cell.
        ascii: The same for terminals that know nothing else.
        word: A word beside it.
        tone: The theme's colour that it is drawn in; empty for that of the text.
    """

    glyph: str
    ascii: str
    word: str
    tone: Tone = ""


SIGNS: dict[str, Sign] = {
    # nodes
    "proposed": Sign("+", "+", "new", "accent"),
    "queued": Sign("·", ".", "queued", "muted"),
    "running": Sign("●", "*", "running", "primary"),
    "waiting": Sign("?", "?", "waiting", "warning"),
    "waiting_gate": Sign("?", "?", "waiting", "warning"),
    "waiting_answer": Sign("?", "?", "waiting", "warning"),
    "waiting_children": Sign("○", "o", "below", "muted"),
    "paused": Sign("‖", "=", "paused", "accent"),
    "done": Sign("✓", "v", "done", "success"),
    "incomplete": Sign("~", "~", "incomplete", "warning"),
    "failed": Sign("✗", "x", "failed", "error"),
    "stopped": Sign("■", "#", "stopped", "muted"),
    "asks": Sign("?", "?", "asks", "warning"),
    # runs, beside those above
    "undone": Sign("↶", "u", "undone", "muted"),
    "over_budget": Sign("$", "$", "over budget", "error"),
    # decisions
    "approve": Sign("✓", "v", "approved", "success"),
    "edit": Sign("✎", "e", "edited", "accent"),
    "reject": Sign("✗", "x", "rejected", "error"),
    "skip": Sign("»", ">", "skipped", "muted"),
    "stop": Sign("■", "#", "stopped", "error"),
    "choose": Sign("›", ">", "chose", "accent"),
    "answer": Sign("i", "i", "answered", "success"),
    "default": Sign("i", "i", "assumed", "warning"),
    # moments of the timeline
    "gate": Sign("◆", "?", "gate", "warning"),
    "end": Sign("✓", "v", "end", "success"),
    "failure": Sign("✗", "x", "failed", "error"),
    "commit": Sign("◇", "o", "commit", "accent"),
    "now": Sign("▲", "^", "now", "primary"),
}
"""By status of a node or run, verb of a decision, or kind of a moment."""

_PLAIN_TERMINALS = ("dumb", "linux", "vt100", "vt220")
_MARKS = {
    "expanded": ("▾", "-"),
    "collapsed": ("▸", "+"),
    "cursor": ("▌", ">"),
    "chosen": ("▸", ">"),
    "more": ("…", "~"),
    "path": ("›", ">"),
    "dot": ("·", "-"),
    "branch": ("└", "`"),
    "compared": ("┃", "|"),
}
_BARS = ("▁▂▃▄▅", "_.:-=")


@cache
def plain() -> bool:
    """Whether this terminal is to get the ASCII set: it was asked for, or neither terminal nor locale has more."""
    environ = os.environ.get
    return bool(environ("SWARM_ASCII")) or environ("TERM") in _PLAIN_TERMINALS or environ("LC_ALL") in ("C", "POSIX")


def glyph(status: str) -> str:
    """The one-cell glyph of a status."""
    sign = SIGNS[status]
    return sign.ascii if plain() else sign.glyph


def word(status: str) -> str:
    """The word of a status."""
    return SIGNS[status].word


def tone(status: str) -> str:
    """The style of a status, as a theme variable such as `$warning`; empty for that of the text."""
    name = SIGNS[status].tone
    if name == "muted":
        return "$text-muted"
    return f"${name}" if name else ""


def mark(name: str) -> str:
    """A sign that is no status: expanded, collapsed, cursor, chosen, more, path, dot, branch, compared."""
    return _MARKS[name][plain()]


def bar(share: float) -> str:
    """A one-cell bar, the lowest for a share of 0 and the full one for 1."""
    steps = _BARS[plain()]
    return steps[max(0, min(len(steps) - 1, int(share * len(steps))))]
