"""What a human may send: each command has an id chosen by its sender, so that sending it twice does nothing twice."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import Field, TypeAdapter

from swarm.frames import Decided
from swarm.proposals import AnyProposal
from swarm.values import Level, Report, Value


class Base(Value):
    """What all commands have: an id, and who sends it."""

    id: str = Field(default_factory=lambda: uuid4().hex[:16])
    by: str = "you"


class Seen(Value):
    """A gate as its decider saw it: its digest or the first 8 characters of it; an empty one means "as it is now"."""

    gate: str
    digest: str = ""


class Decide(Base):
    """One decision for the gates that are named, and no others.

    Attributes:
        verb: What was decided; with `choose`, `choice` says which.
        reason: Why; needed for a rejection, and to change the outcome of a report.
        proposal: Replaces the proposal (`edit`, one gate).
        report: A report by hand (`choose` with choice `report`).
    """

    kind: Literal["decide"] = "decide"
    gates: tuple[Seen, ...]
    verb: Decided
    reason: str = ""
    choice: str = ""
    proposal: AnyProposal | None = None
    report: Report | None = None


class Answer(Base):
    """An answer to a question: text, or a JSON value where it is a form."""

    kind: Literal["answer"] = "answer"
    question: str
    answer: Any


class Tell(Base):
    """A note that the node reads at its next thought."""

    kind: Literal["tell"] = "tell"
    node: str
    text: str


class SetLevel(Base):
    """Autonomy of a subtree; of the run without a node."""

    kind: Literal["level"] = "level"
    node: str | None = None
    level: Level


class Pause(Base):
    """No further step begins in the subtree, or in the run."""

    kind: Literal["pause"] = "pause"
    node: str | None = None


class Continue(Base):
    """Takes a pause back."""

    kind: Literal["continue"] = "continue"
    node: str | None = None


class Stop(Base):
    """Ends a subtree, or the run, as stopped."""

    kind: Literal["stop"] = "stop"
    node: str | None = None
    reason: str = ""


class Retry(Base):
    """Another attempt of a node that waits at a failure gate; steps that went well are kept unless `keep` is false."""

    kind: Literal["retry"] = "retry"
    node: str
    keep: bool = True


class OfferMerge(Base):
    """Offers to merge the branch of a run that has ended, however it did; for the process that has it open."""

    kind: Literal["merge"] = "merge"


Command = Decide | Answer | Tell | SetLevel | Pause | Continue | Stop | Retry | OfferMerge

COMMAND: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="kind")])
