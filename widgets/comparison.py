"""Two frames of a run side by side: a list of all that differs, and each of it in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rich.cells import cell_len
from textual.message import Message

from swarm.difference import Difference, GateChange, NodeChange
from swarm.found import FileChange
from swarm.proposals import Spawn
from swarm.state import Gate, Question, Swarm
from widgets import diff, glyphs, proposed
from widgets.files import FileEntry, change_entry, file_pieces
from widgets.lines import Row
from widgets.listing import Listing
from widgets.proposed import flat, note, prose
from widgets.safe import line as one_line
from widgets.toned import Piece
from widgets.words import count, fit, name_of, question_name, summary

LONGEST = 256 * 1024
"""The most characters of a patch that are shown."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two states of a run, and all that differs between them.

    Attributes:
        before: The first state.
        after: The second.
        found: What differs, the files apart.
        files: Those that differ.
    """

    before: Swarm
    after: Swarm
    found: Difference
    files: Sequence[FileChange]

    def state_of(self, node: str) -> Swarm:
        """A state that has a node; the second, if it has it."""
        return self.after if node in self.after.nodes else self.before

    def gate(self, name: str) -> Gate:
        """A gate as it was last."""
        return self.after.gates.get(name) or self.before.gates[name]

    def question(self, name: str) -> Question:
        """A question as it was last."""
        return self.after.questions.get(name) or self.before.questions[name]

    @property
    def words(self) -> str:
        """How much differs."""
        groups = {"node": self.found.nodes, "gate": self.found.gates, "question": self.found.questions}
        numbers = [count(len(members), noun) for noun, members in (groups | {"file": self.files}).items() if members]
        tokens = [f"{self.found.tokens:+} tokens"] if self.found.tokens else []
        return " · ".join([*numbers, *tokens]) or "nothing differs"


class Differs(NamedTuple):
    """A line of the list: something that differs, or words about those below.

    Attributes:
        key: Unique.
        kind: What it is; empty for words.
        id: Of the node, gate or question; the path of a file.
        name: In a few words, as others wrote it; or the words.
        way: What it was and is, such as `queued → done`.
        sign: Key of a sign that says what it is; empty for none.
        file: How a file is listed.
    """

    key: str
    kind: Literal["", "node", "gate", "question", "file"]
    id: str
    name: str
    way: str = ""
    sign: str = ""
    file: FileEntry | None = None


def differing(two: Compared) -> list[Differs]:
    """All that differs, in groups."""
    groups = {
        "node": [_node(two, change) for change in two.found.nodes],
        "gate": [_gate(two, change) for change in two.found.gates],
        "question": [_question(two, change) for change in two.found.questions],
        "file": [Differs(f"file {one.path}", "file", one.path, one.path, file=change_entry(one)) for one in two.files],
    }
    lines: list[Differs] = []
    for noun, members in groups.items():
        if members:
            lines += [Differs(f" {noun}", "", "", count(len(members), noun)), *members]
    return lines


def _node(two: Compared, change: NodeChange) -> Differs:
    way = _way(change.before and glyphs.word(change.before), change.after and glyphs.word(change.after))
    name = name_of(two.state_of(change.id), change.id)
    return Differs(f"node {change.id}", "node", change.id, name, way, change.after or "queued")


def _gate(two: Compared, change: GateChange) -> Differs:
    gate = two.gate(change.id)
    name = f"{summary(gate.final)} · {name_of(two.state_of(gate.node), gate.node)}"
    decided = glyphs.word(change.decision) if change.decision in glyphs.SIGNS else change.decision
    way = _way(change.before if change.after != "applied" else None, decided or change.after)
    return Differs(f"gate {change.id}", "gate", change.id, name, way)


def _question(two: Compared, change: GateChange) -> Differs:
    name = question_name(two.question(change.id))
    return Differs(f"question {change.id}", "question", change.id, name, _way(change.before, change.after))


def _way(before: str | None, after: str | None) -> str:
    if before is None or before == after:
        return after or ""
    return f"{before} → {after or 'not there'}"


def full(two: Compared, what: Differs, patch: str = "") -> Iterator[Row]:
    """One difference in full.

    Args:
        two: The states.
        what: Of the list.
        patch: Of a file.
    """
    match what.kind:
        case "node":
            yield from _full_node(two, next(change for change in two.found.nodes if change.id == what.id))
        case "gate":
            yield from _full_gate(two.gate(what.id))
        case "question":
            yield from _full_question(two.question(what.id))
        case "file":
            if len(patch) > LONGEST:
                yield note(f"only the first {LONGEST // 1024} KiB are here: `swarm diff --patch` prints all of it", 0)
            yield from diff.patch(patch[:LONGEST])


def _full_node(two: Compared, change: NodeChange) -> Iterator[Row]:
    if change.before is None and change.after is not None:
        yield from _part("Directive", prose(two.after.nodes[change.id].directive, 2))
    elif change.directive is not None:
        yield from _part("Told anew", prose(change.directive, 2))
    if change.report:
        yield from _part("Report", proposed.report(change.report, 2))
    elif change.before is not None and change.directive is None:
        yield note("Only what it does is different.", 0)


def _full_gate(gate: Gate) -> Iterator[Row]:
    if found := gate.decision:
        yield Row(flat(f"{found.word} by {found.rule or found.by} at frame {found.frame}").stylize("bold"))
        yield from prose(found.reason, 2)
        yield Row()
    yield from _part(proposed.title(gate.final), proposed.rows(gate.final, 2))
    if isinstance(gate.final, Spawn):
        for child in gate.final.children:
            yield from _part(child.name, prose(child.directive, 2))


def _full_question(question: Question) -> Iterator[Row]:
    yield from prose(question.ask.text, 0)
    if question.answered >= 0:
        yield Row()
        answer = question.answer
        rows = prose(answer, 2) if isinstance(answer, str) else proposed.json_rows(answer, 2)
        yield from _part(f"Answered by {question.by or question.rule}", rows)


def _part(title: str, rows: Iterable[Row]) -> Iterator[Row]:
    yield Row(flat(title).stylize("bold"))
    yield from rows
    yield Row()


class Comparison(Listing[Differs]):
    """What differs; going to a line posts `Pointed`."""

    EMPTY = "Nothing differs."

    @dataclass
    class Pointed(Message):
        """The cursor is on something else."""

        comparison: Comparison
        what: Differs

        @property
        def control(self) -> Comparison:
            """The list."""
            return self.comparison

    def show(self, lines: Sequence[Differs]) -> None:
        """Shows all that differs, the cursor on the first of it."""
        self.entitle("What differs")
        self.fill(lines)
        self.move_to(1)

    def highlighted(self, entry: Differs | None) -> None:
        """Tells what is to be shown in full."""
        if entry:
            self.post_message(self.Pointed(self, entry))

    def pieces(self, entry: Differs, line: int, width: int) -> list[Piece]:
        """What it is, and how it was and is."""
        if not entry.kind:
            return [(fit(entry.name, width), "muted")]
        if entry.file:
            return file_pieces(entry.file, width)
        way = f" {one_line(entry.way)}" if entry.way else ""
        way = fit(way, max(0, width - 12))
        sign = (f" {glyphs.glyph(entry.sign)}", glyphs.SIGNS[entry.sign].tone) if entry.sign else ("  ", "")
        room = max(0, width - 2 - cell_len(way))
        words = fit(f" {entry.id:>3} {one_line(entry.name)}", room)
        return [sign, (words, ""), (" " * (room - cell_len(words)), ""), (way, "muted")]
