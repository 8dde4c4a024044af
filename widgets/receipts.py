"""What was decided, newest first: by whom or by which rule, and what."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from textual.message import Message

from swarm.proposals import Failure, Spawn, Terminate
from swarm.state import Decision, Gate, Question, Swarm
from widgets.glyphs import SIGNS, glyph
from widgets.listing import Listing
from widgets.safe import line as one_line
from widgets.toned import Piece
from widgets.words import fit, name_of, question_name, summary

KEPT = 500
"""The newest decisions are shown; all of them are in the history, which one can go back to."""


class Receipt(NamedTuple):
    """One decision, of one or several gates, or an answer; texts are as others wrote them.

    Attributes:
        key: Unique.
        frame: Number of its frame; of several, the first.
        who: Who decided, or the rule.
        verb: Key in `glyphs.SIGNS`.
        subject: Ids of the gates or question.
        what: What was decided, in a few words.
        by_rule: Whether no human was asked.
        gate: Id of the first gate.
        question: Id of the question.
    """

    key: str
    frame: int
    who: str
    verb: str
    subject: str
    what: str
    by_rule: bool
    gate: str | None = None
    question: str | None = None


def receipts(state: Swarm, before: Swarm | None = None) -> list[Receipt]:
    """What was decided in a state and not yet in one before it, newest first."""
    before = before or Swarm()
    gates = (*before.open_gates, *map(str, range(before.next_gate, state.next_gate)))
    asked = (*before.open_questions, *(f"q{number}" for number in range(before.next_question, state.next_question)))
    decided = [(gate, gate.decision) for gate in map(state.gates.get, gates) if gate and gate.decision]
    decided = sorted(decided, key=lambda pair: pair[1].frame)[-KEPT:]
    found = [_receipt(state, list(pairs)) for _, pairs in groupby(decided, key=lambda pair: _command(pair[1]))]
    answered = [one for one in map(state.questions.get, asked) if one and one.answered >= 0]
    found += [_answer(state, question) for question in answered]
    return sorted(found, key=lambda receipt: -receipt.frame)


def _command(decision: Decision) -> tuple[object, ...]:
    """What the decisions of one command have in common."""
    return decision.at, decision.verb, decision.by, decision.rule, decision.reason


def _receipt(state: Swarm, pairs: list[tuple[Gate, Decision]]) -> Receipt:
    gate, decision = pairs[0]
    who = decision.rule.partition(":")[0] or decision.by
    return Receipt(
        f"g{gate.id}",
        decision.frame,
        who,
        decision.verb,
        _listed([gate.id for gate, _ in pairs]),
        _what(state, [gate for gate, _ in pairs], decision),
        bool(decision.rule),
        gate=gate.id,
    )


def _answer(state: Swarm, question: Question) -> Receipt:
    answer = question.answer if isinstance(question.answer, str) else "the form"
    who = question.rule.partition(":")[0] or question.by
    verb = "default" if question.rule else "answer"
    what = f"{question_name(question)} {answer}"
    return Receipt(
        question.id, question.answered, who, verb, question.id, what, bool(question.rule), question=question.id
    )


def _listed(ids: list[str]) -> str:
    """`11`, `11 and 12`, `11, 12 and 3 more`."""
    if len(ids) <= 2:
        return " and ".join(ids)
    return f"{ids[0]}, {ids[1]} and {len(ids) - 2} more"


def _what(state: Swarm, gates: list[Gate], decision: Decision) -> str:
    """What the decision was about; of an edit what was changed, of a rejection why."""
    gate = gates[0]
    if decision.verb == "choose":
        return f"{decision.choice}: {_subject(state, gate)}"
    if decision.verb == "edit" and isinstance(gate.proposal, Spawn) and isinstance(decision.proposal, Spawn):
        return _edited(gate.proposal, decision.proposal)
    if decision.reason:
        return f"{_subject(state, gate)}: {decision.reason}"
    then = ", then end" if any(other.kind == "terminate" for other in gates[1:]) and gate.kind != "terminate" else ""
    return _subject(state, gate) + then


def _subject(state: Swarm, gate: Gate) -> str:
    name = name_of(state, gate.node) if gate.node in state.nodes else state.title
    match gate.proposal:
        case Spawn(children=(child,)):
            return f"{name} starts {child.name}"
        case Spawn(children=children):
            return f"{name} starts {len(children)} nodes"
        case Terminate(report=report):
            return f"{name} ends: {report.outcome}"
        case Failure():
            return name
        case _:
            return summary(gate.proposal)


def _edited(before: Spawn, after: Spawn) -> str:
    """How a human changed a batch of children."""
    old = {child.id: child for child in before.children}
    new = {child.id: child for child in after.children}
    words = {
        "reworded": sum(old[name] != new[name] for name in old.keys() & new.keys()),
        "left out": len(old.keys() - new.keys()),
        "added": len(new.keys() - old.keys()),
    }
    done = [f"{word} {number}" for word, number in words.items() if number]
    return f"{' · '.join(done) or 'nothing changed'} of {len(old)}"


class Receipts(Listing[Receipt]):
    """What was decided; enter or a second click posts `Opened`."""

    ENTRY_LINES = 2
    EMPTY = "Nothing has been decided yet."

    @dataclass
    class Opened(Message):
        """A receipt was opened.

        Attributes:
            receipts: Where.
            frame: Number of the frame of the decision.
            gate_id: The gate; None for an answer.
            question_id: The question; None for a decision.
        """

        receipts: Receipts
        frame: int
        gate_id: str | None
        question_id: str | None

        @property
        def control(self) -> Receipts:
            """The list."""
            return self.receipts

    _state = Swarm()

    def show(self, state: Swarm, aside: str = "") -> None:
        """Shows what was decided up to a state; looks only at what is new if it goes on from the last one.

        Args:
            state: Of the run.
            aside: What can be done about the newest, for the border.
        """
        self.entitle("Decided", aside)
        before = self._state
        if state.gates is before.gates and state.questions is before.questions and state.run == before.run:
            return
        goes_on = state.run == before.run and state.frame >= before.frame
        self._state = state
        known = self._entries if goes_on else ()
        self.fill([*receipts(state, before if goes_on else None), *known][:KEPT])

    def opened(self, entry: Receipt) -> None:
        """Tells which decision is to be shown."""
        self.post_message(self.Opened(self, entry.frame, entry.gate, entry.question))

    def pieces(self, entry: Receipt, line: int, width: int) -> list[Piece]:
        """Frame, who, did what to which; below, what it was."""
        lead = f"{entry.frame} "
        if line:
            return [(fit(" " * len(lead) + one_line(entry.what), width), "muted")]
        sign = SIGNS[entry.verb]
        words = f"{one_line(entry.who)} {sign.word} {entry.subject}"
        return [
            (lead, "muted"),
            (fit(f"{glyph(entry.verb)} ", width), sign.tone),
            (fit(words, width - len(lead) - 2), "muted" if entry.by_rule else ""),
        ]
