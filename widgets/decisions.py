"""What a card says once something was decided on it; each message knows the command that it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from swarm.commands import Decide, Seen
from swarm.proposals import AnyProposal
from swarm.values import Report

if TYPE_CHECKING:
    from widgets.card import CardView


@dataclass
class Decision(Message, namespace="card_view"):
    """The base: gates as they were seen, and the card on which they were decided."""

    card: CardView
    seen: tuple[Seen, ...]

    @property
    def control(self) -> CardView:
        """The card that it comes from."""
        return self.card

    @property
    def command(self) -> Decide:
        """The command to send; each call gives it a new id."""
        raise NotImplementedError


@dataclass
class Approve(Decision, namespace="card_view"):
    """Go on exactly as shown."""

    note: str = ""

    @property
    def command(self) -> Decide:
        """An approval of all that was seen."""
        return Decide(gates=self.seen, verb="approve", reason=self.note)


@dataclass
class Edit(Decision, namespace="card_view"):
    """Go on as the person changed it; always one gate."""

    proposal: AnyProposal
    note: str = ""

    @property
    def command(self) -> Decide:
        """The edit."""
        return Decide(gates=self.seen, verb="edit", proposal=self.proposal, reason=self.note)


@dataclass
class Reject(Decision, namespace="card_view"):
    """Not like this; the node reads why."""

    reason: str

    @property
    def command(self) -> Decide:
        """The rejection."""
        return Decide(gates=self.seen, verb="reject", reason=self.reason)


@dataclass
class RejectAndStop(Decision, namespace="card_view"):
    """Not like this, and the node and all below it end."""

    reason: str = ""

    @property
    def command(self) -> Decide:
        """The stop."""
        return Decide(gates=self.seen, verb="stop", reason=self.reason)


@dataclass
class Skip(Decision, namespace="card_view"):
    """Leave this step out and go on with the next."""

    @property
    def command(self) -> Decide:
        """The skip."""
        return Decide(gates=self.seen, verb="skip")


@dataclass
class Choose(Decision, namespace="card_view"):
    """One of the lines that the gate offers."""

    choice: str
    report: Report | None = None
    reason: str = ""

    @property
    def command(self) -> Decide:
        """The choice."""
        return Decide(gates=self.seen, verb="choose", choice=self.choice, report=self.report, reason=self.reason)


@dataclass
class EditOutside(Message, namespace="card_view"):
    """The person wants to edit in an editor: its result goes to `card.stage(gate, proposal)`.

    Attributes:
        card: That stays as it is meanwhile.
        gate: Id of the gate.
        proposal: As it would be approved now.
    """

    card: CardView
    gate: str
    proposal: AnyProposal

    @property
    def control(self) -> CardView:
        """The card that it comes from."""
        return self.card
