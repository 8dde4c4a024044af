"""The last line of a screen: which keys of the table it names, and in a word what they do."""

from __future__ import annotations

from app.keys import Changed, first

LINES: dict[str, tuple[tuple[str, str], ...]] = {
    "tree": (("move.down move.up", "move"), ("move.open", "open")),
    "inbox": (("move.down move.up", "move"), ("move.open", "open")),
    "receipts": (("move.down move.up", "move"), ("move.open", "as it was then"), ("board.undo", "undo the last")),
    "timeline": (
        ("board.back-step board.on-step", "step"),
        ("time.gate-on time.gate-back", "gate"),
        ("time.failure-on time.failure-back", "failure"),
        ("time.commit-on time.commit-back", "commit"),
        ("time.node-on time.node-back", "this node"),
        ("time.play", "play"),
        ("time.moment", "time"),
        ("board.compare", "compare"),
        ("board.files", "files"),
        ("board.fork", "fork here"),
    ),
    "past": (
        ("board.back-step board.on-step", "step"),
        ("board.now", "back to now"),
        ("board.fork", "fork here"),
        ("board.files", "files"),
        ("board.compare", "compare"),
        ("board.next-pane", "pane"),
    ),
    "files": (
        ("move.down move.up", "move"),
        ("move.open", "open"),
        ("board.files", "close"),
        ("board.back-step board.on-step", "step"),
        ("board.now", "back to now"),
    ),
    "comparing": (
        ("compare.back", "back"),
        ("move.down move.up", "move"),
        ("compare.other", "text or list"),
    ),
    "stuck": (
        ("board.runs", "runs"),
        ("board.next-pane", "pane"),
        ("board.back-step board.on-step", "step"),
        ("board.fork", "fork"),
        ("board.timeline", "time"),
    ),
    "asked": (("board.answer", "answer"),),
    "board": (
        ("board.next-pane", "pane"),
        ("board.next board.previous", "next waiting"),
        ("board.level", "level"),
        ("board.pause", "pause"),
        ("board.timeline", "time"),
    ),
    "always": (
        ("program.palette", "commands"),
        ("program.keys", "keys"),
        ("program.quit", "leave (run keeps its place)"),
    ),
}
"""What the last line of the board says: ids of keys, and in a word what they do."""


def line(part: str, changed: Changed) -> list[tuple[str, str]]:
    """A part of the last line: the first key of each command, and what it does."""
    return [(" ".join(_short(first(name, changed)) for name in names.split()), words) for names, words in LINES[part]]


def _short(key: str) -> str:
    return "esc" if key == "escape" else key
