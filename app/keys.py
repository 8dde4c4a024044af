"""The one table of key bindings: each has an id by which it can be changed, and a place in the help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Key:
    """A command of a screen.

    Attributes:
        id: Under which a settings file binds other keys.
        keys: Bound to it, with commas between; empty for a command that is only in the palette.
        action: Method of the screen or app, without `action_`; empty for mere moves, which widgets handle.
        words: What it does.
    """

    id: str
    keys: str
    action: str
    words: str


PROGRAM = (
    Key("program.palette", ":", "command_palette", "all commands"),
    Key("program.keys", "?", "keys", "keys"),
    Key("program.quit", "q,ctrl+q", "leave", "leave; a run keeps its place"),
    Key("program.connect", "", "connect", "connect a model"),
    Key("program.plan", "", "plan", "write a plan"),
    Key("program.theme", "", "change_theme", "change the colours"),
)

WAITING = (
    Key("board.next", "n,]", "waiting(1)", "next that waits"),
    Key("board.previous", "N,[", "waiting(-1)", "previous that waits"),
    Key("board.answer", "i", "answer", "answer the question"),
)

NODES = (
    Key("board.pause", "p", "pause", "pause the subtree, or go on"),
    Key("board.pause-all", "P", "pause_all", "pause the run, or go on"),
    Key("board.level", "m", "level", "what the subtree asks for"),
    Key("board.level-run", "M", "level_run", "what the run asks for"),
    Key("board.tell", "T", "tell", "tell the node something"),
    Key("board.copy", "y", "copy", "copy the text"),
    Key("board.stop", "", "stop", "stop the subtree"),
    Key("board.stop-run", "", "stop_run", "stop the run"),
    Key("board.merge", "", "merge", "offer the merge of a run that has ended"),
)

TIME = (
    Key("board.timeline", "t", "pane('timeline')", "timeline"),
    Key("board.back-step", "<", "scrub(-1)", "one frame back"),
    Key("board.on-step", ">", "scrub(1)", "one frame on"),
    Key("board.now", ".", "now", "back to now"),
    Key("board.compare", "=", "compare", "compare this frame with another one"),
    Key("board.files", "F", "files", "the files of this moment"),
)

TIMELINE = (
    Key("time.gate-on", "d", "jump('gate', 1)", "next gate or question"),
    Key("time.gate-back", "D", "jump('gate', -1)", "gate or question before"),
    Key("time.failure-on", "e", "jump('failure', 1)", "next failure"),
    Key("time.failure-back", "E", "jump('failure', -1)", "failure before"),
    Key("time.commit-on", "c", "jump('commit', 1)", "next commit"),
    Key("time.commit-back", "C", "jump('commit', -1)", "commit before"),
    Key("time.node-on", "J", "jump('node', 1)", "next frame of the node"),
    Key("time.node-back", "K", "jump('node', -1)", "frame of the node before"),
    Key("time.mark-on", "j,down", "jump('sign', 1)", "next sign"),
    Key("time.mark-back", "k,up", "jump('sign', -1)", "sign before"),
    Key("time.moment", "/", "moment", "go to a time or a frame"),
    Key("time.play", "space", "play", "play the run, or stop"),
    Key("time.faster", "+", "faster(1)", "play faster"),
    Key("time.slower", "-", "faster(-1)", "play slower"),
)
"""What the timeline does while it has the focus; the palette offers it everywhere."""

TIMELINE_MOVES = (
    Key("time.back", "h,left", "", "one frame back"),
    Key("time.on", "l,right", "", "one frame on"),
    Key("time.page-back", "pageup", "", "a page back"),
    Key("time.page-on", "pagedown", "", "a page on"),
    Key("time.first", "g,home", "", "first frame"),
    Key("time.last", "G,end", "", "now"),
)

WAYS = (
    Key("board.fork", "f", "fork", "fork: another way from a frame on"),
    Key("board.undo", "u", "undo", "undo: take the last decision back"),
    Key("board.redo", "ctrl+r", "redo", "redo: back to the run that was undone"),
    Key("board.retry", "v", "retry", "try a node again that has failed"),
    Key("board.export", "", "export", "export the run to a file"),
    Key("board.snapshot", "", "snapshot", "snapshot: to go on elsewhere"),
)

PANES = (
    Key("board.next-pane", "tab", "next_pane(1)", "next pane"),
    Key("board.previous-pane", "shift+tab", "next_pane(-1)", "previous pane"),
    Key("board.tree", "1", "pane('tree')", "tree"),
    Key("board.middle", "2", "pane('middle')", "gate or node"),
    Key("board.inbox", "3", "pane('inbox')", "inbox"),
    Key("board.decided", "4", "pane('receipts')", "what was decided"),
    Key("board.time", "5", "pane('timeline')", "timeline"),
    Key("board.back", "escape", "back", "back"),
    Key("board.runs", "o", "runs", "runs"),
)

BOARD = (*WAITING, *NODES, *TIME, *WAYS, *PANES)

RUNS = (
    Key("runs.new", "n", "new", "new run"),
    Key("runs.delete", "d", "delete", "delete the run"),
    Key("runs.back", "escape,o", "back", "back"),
)

COMPARING = (
    Key("compare.other", "tab", "other", "to the text, or back to the list"),
    Key("compare.back", "escape,=", "back", "back to the board"),
)

MOVING = (
    Key("move.down", "j,down", "", "down"),
    Key("move.up", "k,up", "", "up"),
    Key("move.first", "g,home", "", "first"),
    Key("move.last", "G,end", "", "last"),
    Key("move.page-down", "pagedown", "", "page down"),
    Key("move.page-up", "pageup", "", "page up"),
    Key("move.unfold", "l,right", "", "open what is below"),
    Key("move.fold", "h,left", "", "close, or go to the parent"),
    Key("move.switch", "space", "", "open or close"),
    Key("move.open", "enter", "", "show it; never approves"),
    Key("tree.raw", "#", "raw", "all nodes as they are, or the work only"),
)

GATES = (
    Key("card.approve", "a", "on_card('card.approve')", "approve"),
    Key("card.note", "A", "on_card('card.note')", "approve with a note"),
    Key("card.edit", "e", "on_card('card.edit')", "edit"),
    Key("card.editor", "E", "on_card('card.editor')", "edit in $EDITOR"),
    Key("card.reject", "r", "on_card('card.reject')", "reject with a reason"),
    Key("card.stop", "R", "on_card('card.stop')", "reject and stop"),
    Key("card.skip", "s", "on_card('card.skip')", "skip"),
    Key("card.leave-out", "x", "on_card('card.leave-out')", "leave out, or take in"),
    Key("card.leave-out-like", "X", "on_card('card.leave-out-like')", "all that are like it"),
    Key("card.retry", "v", "on_card('card.retry')", "try again"),
    Key("card.why", "w", "on_card('card.why')", "why it asks, and more"),
    Key("card.copy", "y", "on_card('card.copy')", "copy what is proposed"),
)

HELP: tuple[tuple[str, tuple[Key, ...]], ...] = (
    ("Gates", GATES),
    ("What waits", WAITING),
    ("Nodes", NODES),
    ("Time", TIME),
    ("Timeline", (*TIMELINE, *TIMELINE_MOVES)),
    ("Two frames", COMPARING),
    ("Other ways", WAYS),
    ("Moving", MOVING),
    ("Panes", PANES),
    ("Runs", RUNS),
    ("Program", PROGRAM),
)
"""All keys as the help shows them."""

PALETTE = (*BOARD, *TIMELINE, *GATES, *(key for key in MOVING if key.action))
"""What the palette offers on the board."""

_BY_ID = {key.id: key for _, keys in HELP for key in keys}

Changed = Mapping[str, str]
"""Keys as a person bound them, by id."""


def first(name: str, changed: Changed) -> str:
    """The first key of a command."""
    return keys_of(name, changed)[0]


def keys_of(name: str, changed: Changed) -> list[str]:
    """All keys of a command."""
    return changed.get(name, _BY_ID[name].keys).split(",")


def words_of(name: str) -> str:
    """What a command does."""
    return _BY_ID[name].words


def card_keys(changed: Changed) -> dict[str, str]:
    """The decision keys of a card, with the names of what they do."""
    return {
        spelling: key.id.removeprefix("card.") for key in GATES for spelling in changed.get(key.id, key.keys).split(",")
    }


def bindings(keys: Iterable[Key], where: str = "") -> list[Binding]:
    """The bindings of those that have keys and an action of their own.

    Args:
        keys: Of the table.
        where: Whose action it is, as in `screen.`, where that is not whoever has the bindings.
    """
    return [
        Binding(",".join(_spellings(key.keys)), where + key.action, key.words, show=False, id=key.id)
        for key in keys
        if key.keys and key.action
    ]


def _spellings(keys: str) -> list[str]:
    """The keys, each capital also as `shift+` its letter: terminals send the one or the other."""
    found = []
    for key in keys.split(","):
        found.append(key)
        if len(key) == 1 and key.isupper():
            found.append(f"shift+{key.lower()}")
    return found
