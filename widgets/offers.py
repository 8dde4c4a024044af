"""Which keys do something on a card as it stands, and in which words. Pure, no screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from swarm.proposals import Run, Save, Spawn, Tag, Terminate, Write
from widgets.ballot import Ballot, Item

KEYS: Mapping[str, str] = {
    "a": "approve",
    "A": "note",
    "e": "edit",
    "E": "editor",
    "r": "reject",
    "R": "stop",
    "s": "skip",
    "x": "leave-out",
    "X": "leave-out-like",
    "v": "retry",
    "w": "why",
    "y": "copy",
}
"""Decision keys and what they do; a card may be given others."""


class Offer(NamedTuple):
    """Something that can be done here, and what the bar says of it."""

    name: str
    words: str


def offers(ballot: Ballot, item: Item | None) -> list[Offer]:
    """What can be done on a card with the cursor on an item; nothing that a key would not do."""
    if not any(gate.status == "open" for gate in ballot.gates):
        return []
    found = _choosing(ballot, item) if ballot.choosing else _deciding(ballot, item)
    return [*found, Offer("why", "why"), Offer("copy", "copy")]


def _choosing(ballot: Ballot, item: Item | None) -> Iterator[Offer]:
    gate = ballot.gates[0]
    yield Offer("approve", f"take {item.number}" if item else "take the line that 1–9 points at")
    if gate.kind == "network":
        yield Offer("reject", "reject")
    words = {"retry": "retry", "edit": "edit the directive", "skip": "skip", "stop": "stop"}
    if gate.kind == "failure":
        yield from (Offer(name, words[name]) for name in gate.proposal.choices if name in words)


def _deciding(ballot: Ballot, item: Item | None) -> Iterator[Offer]:
    if ballot.counted:
        yield Offer("approve", _approval(ballot))
    if item is not None and item.gate.status == "open":
        yield from _on_item(ballot, item)
    if ballot.counted:
        yield Offer("note", "with a note")


def _on_item(ballot: Ballot, item: Item) -> Iterator[Offer]:
    gate, due = item.gate, item.gate.seq is not None
    one = f" {gate.id}" if len(ballot.gates) > 1 else ""
    editable = due and editable_text(ballot, item) is not None
    if editable:
        yield Offer("edit", f"edit{one}")
    yield Offer("reject", f"reject{one}")
    if len(ballot.items) > 1:
        yield Offer("leave-out", f"leave out {item.number}" if not ballot.is_out(item) else f"take in {item.number}")
    if "skip" in gate.proposal.choices and due:
        yield Offer("skip", f"skip{one}")
    if due:
        yield Offer("stop", f"reject{one} and stop")
    if editable:
        yield Offer("editor", "$EDITOR")
    if len(ballot.items) > 2:
        yield Offer("leave-out-like", "all like it")


def _approval(ballot: Ballot) -> str:
    if len(ballot.gates) > 1:
        kept, total = len(ballot.counted), len(ballot.gates)
    else:
        kept, total = sum(map(ballot.keeps, ballot.items)), len(ballot.items)
    words = f"approve {kept} of {total}" if kept < total else "approve" if total == 1 else f"approve all {total}"
    reworded = any(gate.id in ballot.edits for gate in ballot.counted)
    return f"{words}, as edited" if reworded else words


def editable_text(ballot: Ballot, item: Item) -> str | None:
    """The text of an item that can be reworded; None if it has none."""
    match ballot.whole(item.gate):
        case Spawn(children=children):
            return children[max(item.child, 0)].directive if children else None
        case Terminate(report=report):
            return report.summary
        case Write(content=text) | Run(script=text, argv=()) | Save(text=text) | Tag(message=text):
            return text
    return None
