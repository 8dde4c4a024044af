"""Everything that can happen, one class per kind: the lines of a run's history."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from swarm.errors import BadText, Damaged
from swarm.proposals import AnyProposal, Network
from swarm.values import Ask, Child, Document, Level, Limits, Report, Usage, Value

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

Decided = Literal["approve", "edit", "reject", "skip", "stop", "choose"]
Closed = Literal["stale", "withdrawn", "expired"]
RunStatus = Literal["running", "waiting", "paused", "done", "failed", "stopped", "over_budget"]
StepKind = Literal[
    "think", "ask", "spawn", "terminate",
    "write", "run", "tag", "save",
    "read", "search", "git", "recall", "remember",
]  # fmt: skip
StepOutcome = Literal["ok", "rejected", "skipped", "failed"]
Taken = Literal["anew", "rejected", "partly"]


class Base(Value):
    """What all frames have.

    Attributes:
        frame: Number in the run, gapless from 0; -1 until the ledger gives it.
        node: The node that it is about; None where it is about the run.
        at: When, UTC.
        command: Id of the command that caused it, if one did.
    """

    frame: int = -1
    node: str | None = None
    at: datetime = EPOCH
    command: str | None = None


class RunStarted(Base):
    """Frame 0: what the run is about and under which rules.

    Attributes:
        network: The endpoint behind its model, if nobody named it: the run asks before it uses it.
    """

    kind: Literal["run.started"] = "run.started"
    run: str
    goal: str
    title: str
    model: str
    level: Level
    limits: Limits = Limits()
    context: tuple[Document, ...] = ()
    defaults: bool = False
    allow_unsandboxed: bool = False
    branch: str = ""
    commit: str = ""
    by: str = ""
    network: Network | None = None


class RunOpened(Base):
    """A process took up the run: at its start and at each resume."""

    kind: Literal["run.opened"] = "run.opened"
    tier: str
    commit: str = ""


class HistoryTorn(Base):
    """A process died while it wrote: the line that it had begun was cut off, and is kept beside the history.

    Attributes:
        file: Its name in the run's folder.
        size: Bytes that were cut off; nobody was told that they were safe.
    """

    kind: Literal["history.torn"] = "history.torn"
    file: str
    size: int


class RunEnded(Base):
    """The root has ended, or the run was stopped."""

    kind: Literal["run.ended"] = "run.ended"
    status: RunStatus
    why: str = ""


class NodeSpawned(Base):
    """A node is in the tree and queued."""

    kind: Literal["node.spawned"] = "node.spawned"
    parent: str | None = None
    step: int
    index: int
    child: Child


class NodeStarted(Base):
    """A node's action begins its attempt."""

    kind: Literal["node.started"] = "node.started"
    action: str
    version: str
    attempt: int


class NodeRetried(Base):
    """A node tries again; steps that went well are kept unless `keep` is false.

    Attributes:
        steps: How single finished steps are taken, by number: `anew`, as if `rejected` (its failure is the reason), or
            `partly` (children that did not end well are offered again, the others are kept).
    """

    kind: Literal["node.retried"] = "node.retried"
    attempt: int
    keep: bool = True
    steps: dict[int, Taken] = Field(default_factory=dict)
    directive: str | None = None
    model: str | None = None


class NodeEnded(Base):
    """A node terminated with a report."""

    kind: Literal["node.ended"] = "node.ended"
    report: Report
    gate: str | None = None


class StepBegun(Base):
    """The intent of a step, on disk before anything is done."""

    kind: Literal["step.begun"] = "step.begun"
    seq: int
    step: StepKind
    key: str = ""
    schema_name: str = ""
    intent: dict[str, Any] = Field(default_factory=dict)
    children: tuple[str, ...] = ()
    notes: int = 0
    gate: str | None = None


class StepEnded(Base):
    """The result of a step."""

    kind: Literal["step.ended"] = "step.ended"
    seq: int
    step: StepKind
    key: str = ""
    schema_name: str = ""
    outcome: StepOutcome = "ok"
    value: Any = None
    error: str = ""
    usage: Usage | None = None
    commit: str = ""
    gate: str | None = None


class GateOpened(Base):
    """A proposal waits for a decision.

    Attributes:
        after: A gate that leads here: this one is foreseen and only valid if that one's outcome is as shown.
        seq: Step of the node; None as long as it is only foreseen.
    """

    kind: Literal["gate.opened"] = "gate.opened"
    gate: str
    seq: int | None = None
    revision: int = 1
    proposal: AnyProposal
    digest: str
    after: str | None = None
    key: str = ""


class GateDue(Base):
    """A foreseen gate has become the node's present one."""

    kind: Literal["gate.due"] = "gate.due"
    gate: str
    seq: int
    revision: int = 1
    key: str = ""


class GateDecided(Base):
    """A decision, by whom and by which rule."""

    kind: Literal["gate.decided"] = "gate.decided"
    gate: str
    digest: str
    decision: Decided
    by: str
    rule: str = ""
    reason: str = ""
    choice: str = ""
    proposal: AnyProposal | None = None
    report: Report | None = None


class GateClosed(Base):
    """A gate that will not be decided any more."""

    kind: Literal["gate.closed"] = "gate.closed"
    gate: str
    status: Closed
    why: str


class QuestionAsked(Base):
    """Something that the swarm must know from the human."""

    kind: Literal["question.asked"] = "question.asked"
    question: str
    seq: int
    ask: Ask


class QuestionAnswered(Base):
    """An answer, by whom and by which rule."""

    kind: Literal["question.answered"] = "question.answered"
    question: str
    answer: Any
    by: str
    rule: str = ""


class QuestionWithdrawn(Base):
    """A question that needs no answer any more."""

    kind: Literal["question.withdrawn"] = "question.withdrawn"
    question: str


class NodeTold(Base):
    """A note of the human to a node."""

    kind: Literal["node.told"] = "node.told"
    text: str
    by: str


class LevelSet(Base):
    """The autonomy of a subtree, or of the run."""

    kind: Literal["level.set"] = "level.set"
    level: Level
    by: str


class Paused(Base):
    """A subtree, or the run, begins no further step."""

    kind: Literal["node.paused"] = "node.paused"
    by: str


class Continued(Base):
    """A subtree, or the run, goes on."""

    kind: Literal["node.continued"] = "node.continued"
    by: str


class LimitsRaised(Base):
    """New limits for the run."""

    kind: Literal["limits.raised"] = "limits.raised"
    limits: Limits
    by: str


class ModelSet(Base):
    """Another model for the run, in place of the one that it had."""

    kind: Literal["model.set"] = "model.set"
    model: str
    by: str


class WorkspaceEdited(Base):
    """The human's own edits in the worktree, committed under the human's name."""

    kind: Literal["workspace.edited"] = "workspace.edited"
    commit: str
    paths: tuple[str, ...]
    by: str


class RunMerged(Base):
    """The run's branch is in the user's."""

    kind: Literal["run.merged"] = "run.merged"
    gate: str
    commit: str
    into: str


class Carried(Value):
    """A decision or an answer of the run that a fork comes from: it holds where the same is proposed again.

    Attributes:
        place: Of the node, without ids, as `Swarm.place` gives it.
        digest: Of the proposal, or of the question.
        what: As it was recorded there.
    """

    place: str
    digest: str
    what: GateDecided | QuestionAnswered


class RunForked(Base):
    """All frames before this one are those of another run; from here on this run goes its own way.

    Attributes:
        run: Id of this run.
        origin: The run that it was forked from.
        at_frame: The last of its frames that both share.
        commit: Where this run's branch begins.
        undo: A decision was taken back: this run takes the place of its origin.
        imported: It came from a file: what was allowed elsewhere is not allowed here.
        carried: What the human decided there later on; None if everything is asked anew.
    """

    kind: Literal["run.forked"] = "run.forked"
    run: str
    origin: str
    at_frame: int
    branch: str
    commit: str
    by: str
    undo: bool = False
    imported: bool = False
    carried: tuple[Carried, ...] | None = None


Frame = (
    RunStarted
    | RunOpened
    | HistoryTorn
    | RunEnded
    | NodeSpawned
    | NodeStarted
    | NodeRetried
    | NodeEnded
    | StepBegun
    | StepEnded
    | GateOpened
    | GateDue
    | GateDecided
    | GateClosed
    | QuestionAsked
    | QuestionAnswered
    | QuestionWithdrawn
    | NodeTold
    | LevelSet
    | Paused
    | Continued
    | LimitsRaised
    | ModelSet
    | WorkspaceEdited
    | RunMerged
    | RunForked
)

_ADAPTER: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="kind")])


def encode(frame: Frame) -> bytes:
    """One line of JSON without its newline; always with `frame`, `kind`, `node` and `at`.

    Raises:
        BadText: If it holds text that is no Unicode, such as half of a surrogate pair.
    """
    try:
        if frame.node is not None:
            return frame.__pydantic_serializer__.to_json(frame, exclude_none=True)
        fields = frame.model_dump(mode="json", exclude_none=True)
        return json.dumps({"frame": frame.frame, "node": None, **fields}, ensure_ascii=False).encode()
    except ValueError as error:
        raise BadText(f"{frame.kind} holds text that cannot be written: {' '.join(str(error).split())}") from None


def decode(line: bytes) -> Frame:
    """The frame of a line that `encode` made.

    Raises:
        Damaged: If it is none that this version of the program knows.
    """
    try:
        return _ADAPTER.validate_json(line)
    except ValidationError as error:
        where = error.errors()[0]
        raise Damaged(f"a frame that this version cannot read: {where['loc']}: {where['msg']}: {line[:80]!r}") from None
