"""What waits for the human, that which holds up most first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from rich.cells import cell_len
from textual.message import Message

from swarm.cards import Card, cards, questions
from swarm.frames import EPOCH
from swarm.state import Question, Swarm
from widgets.listing import Listing
from widgets.safe import line as one_line
from widgets.toned import Piece
from widgets.words import ago, fit, name_of, question_name, summary


class Waiting(NamedTuple):
    """A card or a question; texts are as others wrote them.

    Attributes:
        key: Id of the card or question.
        what: What is asked for.
        who: Which node asks.
        blocks: How many nodes can go on once it is decided.
        since: When it was opened.
        card: Id of the card, if it is one.
        question: Id of the question, if it is one.
    """

    key: str
    what: str
    who: str
    blocks: int
    since: datetime
    card: str | None = None
    question: str | None = None


def waiting(state: Swarm) -> list[Waiting]:
    """All that waits, ranked by the work that it holds up, then by age."""
    found = [_card(state, card) for card in cards(state)] + [_question(state, one) for one in questions(state)]
    return sorted(found, key=lambda entry: (-entry.blocks, entry.since))


def _card(state: Swarm, card: Card) -> Waiting:
    due, others = card.due, len(card.gates) - len(card.due)
    what = summary(due[0].proposal) if len(due) == 1 else f"{card.kind} ×{len(due)}"
    if others and len(due) == 1:
        what += ", then " + summary(card.gates[1].proposal).partition(":")[0]
    who = name_of(state, card.node) if card.node in state.nodes else state.title
    if len(due) > 1:
        who += f" and {len(due) - 1} more"
    return Waiting(card.id, f"{card.id} {what}", who, card.blocks, card.opened_at, card=card.id)


def _question(state: Swarm, question: Question) -> Waiting:
    what = f"{question.id} {'form' if question.ask.form else 'question'}"
    who = f"{name_of(state, question.node)} · {question_name(question)}"
    return Waiting(question.id, what, who, 1, question.opened_at, question=question.id)


class Inbox(Listing[Waiting]):
    """Open cards and questions; enter or a second click posts `Opened`."""

    ENTRY_LINES = 2
    EMPTY = "Nothing waits for you."

    @dataclass
    class Opened(Message):
        """An entry was opened: a card or a question."""

        inbox: Inbox
        card_id: str | None
        question_id: str | None

        @property
        def control(self) -> Inbox:
            """The inbox."""
            return self.inbox

    _state = Swarm()
    _now = EPOCH

    @property
    def order(self) -> Sequence[Waiting]:
        """What is shown, from top to bottom."""
        return self._entries

    def show(self, state: Swarm, now: datetime) -> None:
        """Shows what waits in a state, and for how long at the moment `now`."""
        if now != self._now:
            self._now = now
            self.redraw()
        before, self._state = self._state, state
        if state.gates is before.gates and state.open_questions is before.open_questions:
            return
        entries = waiting(state)
        self.entitle("Inbox", str(len(entries) or ""))
        self.fill(entries)

    def opened(self, entry: Waiting) -> None:
        """Tells which card or question is to be shown."""
        self.post_message(self.Opened(self, entry.card, entry.question))

    def pieces(self, entry: Waiting, line: int, width: int) -> list[Piece]:
        """What is asked and how much it holds up; below, who asks and for how long."""
        if line == 0:
            text, tone, right = entry.what, "strong", f"unblocks {entry.blocks}"
        else:
            text, tone, right = f"   {one_line(entry.who)}", "muted", ago(self._now - entry.since)
        room = max(0, width - cell_len(right) - 1)
        shown = fit(one_line(text) if line == 0 else text, room)
        return [(shown, tone), (" " * (room - cell_len(shown) + 1), ""), (right, "muted")]
