"""The state of a run at a frame: frozen values in persistent maps; states of different frames share structure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from immutables import Map

from swarm.frames import EPOCH, Carried, Decided, RunStatus, StepKind
from swarm.proposals import EFFECTS, AnyProposal, Network
from swarm.records import Record
from swarm.values import Ask, Child, Document, Level, Limits, Report, Usage

NodeStatus = Literal[
    "proposed", "queued", "running", "waiting_gate", "waiting_answer", "waiting_children", "paused",
    "done", "incomplete", "failed", "stopped",
]  # fmt: skip
QuestionStatus = Literal["open", "answered", "withdrawn"]
GateStatus = Literal["open", "decided", "applied", "stale", "withdrawn", "expired"]


class Node(Record, frozen=True):
    """One directive, one action.

    Attributes:
        id: Typeable, unique in the run; numbered in the order of proposal.
        origin: Parent, step and index that made it (unique in the run).
        started: Whether its action has begun.
        level: The autonomy in force for it.
        own_level: What a human set for it; in force as far as what is above it is no tighter.
        gates: How many of its gates wait for a decision.
        asks: How many of its steps wait for answers; `joins` likewise for children.
        pending: How many of its steps have begun, or have a gate, and not ended.
        steps: Highest sequence number so far.
        spawned: Number of the frame that put it in the tree; `ended` likewise, -1 before.
        changed: Number of the last frame about it.
        rank: Its place among its parent's children.
    """

    id: str
    parent: str | None
    origin: tuple[str | None, int, int]
    child: Child
    depth: int
    rank: int
    spawned: int
    spawned_at: datetime
    action: str = ""
    version: str = ""
    directive: str = ""
    model: str = ""
    level: Level = "step"
    own_level: Level | None = None
    started: bool = False
    attempt: int = 1
    report: Report | None = None
    ended: int = -1
    ended_at: datetime = EPOCH
    gates: int = 0
    asks: int = 0
    joins: int = 0
    pending: int = 0
    steps: int = 0
    children: int = 0
    notes: int = 0
    paused: bool = False
    usage: Usage = Usage()
    commit: str = ""
    changed: int = -1

    @property
    def status(self) -> NodeStatus:
        """What it does now, derived from what it waits for."""
        if self.report is not None:
            return self.report.outcome
        if self.paused:
            return "paused"
        if self.gates:
            return "waiting_gate"
        if self.asks:
            return "waiting_answer"
        if self.joins:
            return "waiting_children"
        return "running" if self.started else "queued"

    @property
    def live(self) -> bool:
        """Whether it can go on without a human: not ended, and something in it waits for neither person nor child."""
        if self.report is not None or self.paused:
            return False
        return not self.pending or self.pending > self.gates + self.asks + self.joins


def depth_below(parent: Node, child: Child) -> int:
    """The depth at which a child of a node is: that of the node itself for its successor in the next round."""
    number = child.arguments.get("round")
    successor = child.action == parent.action and isinstance(number, int) and number > 1
    return parent.depth if successor else parent.depth + 1


class Step(Record, frozen=True):
    """One step of a node: where its intent and its result lie in the history.

    Attributes:
        outcome: As recorded; `rejected` where a retry takes a failure so, `partly` while it offers some children again.
        edit: What a human made of its proposal.
    """

    node: str
    seq: int
    kind: StepKind
    key: str
    schema_name: str
    begun: int = -1
    ended: int = -1
    outcome: str = ""
    gate: str | None = None
    children: tuple[str, ...] = ()
    remaining: int = 0
    notes: int = 0
    questions: tuple[str, ...] = ()
    edit: AnyProposal | None = None

    @property
    def finished(self) -> bool:
        """Whether its result is on record, and nothing of it is to be done again."""
        return self.ended >= 0 and self.outcome != "partly"


class Decision(Record, frozen=True):
    """What was decided on a gate, by whom, by which rule and why."""

    verb: Decided
    by: str
    rule: str
    reason: str
    choice: str
    proposal: AnyProposal | None
    report: Report | None
    frame: int
    at: datetime

    @property
    def word(self) -> str:
        """The decision in one word, as the gate offered it."""
        return self.choice if self.verb == "choose" else self.verb


class Gate(Record, frozen=True):
    """A verification point: a proposal that waits, or waited, for a decision."""

    id: str
    node: str
    seq: int | None
    revision: int
    proposal: AnyProposal
    digest: str
    after: str | None
    opened: int
    opened_at: datetime
    commit: str
    key: str = ""
    status: GateStatus = "open"
    decision: Decision | None = None
    why: str = ""

    @property
    def kind(self) -> str:
        """Kind of the proposal."""
        return self.proposal.kind

    @property
    def final(self) -> AnyProposal:
        """The proposal as it was decided: the human's edit if there is one."""
        return self.decision.proposal if self.decision and self.decision.proposal else self.proposal


class Question(Record, frozen=True):
    """A question and, once given, its answer."""

    id: str
    node: str
    seq: int
    ask: Ask
    opened: int
    opened_at: datetime
    answer: Any = None
    by: str = ""
    rule: str = ""
    answered: int = -1
    withdrawn: bool = False

    @property
    def open(self) -> bool:
        """Whether it still waits for an answer."""
        return self.answered < 0 and not self.withdrawn

    @property
    def status(self) -> QuestionStatus:
        """What has become of it."""
        return "open" if self.open else "withdrawn" if self.withdrawn else "answered"


class Note(Record, frozen=True):
    """What a human told a node."""

    text: str
    by: str
    frame: int


class Swarm(Record, frozen=True):
    """The whole run at a frame.

    Attributes:
        origin: Run and frame that it was forked from, as `wc-1@12`; empty for none.
        frame: Number of the last frame that is folded in; -1 for none.
        network: An endpoint that nobody named and nobody has allowed yet: no node goes on before that is decided.
        kids: Ids of children by (parent, rank).
        steps: By (node, sequence number).
        open_gates, open_questions: Ids that wait, to the frame at which they began to.
        foreseen: Ids of gates that are not due yet, by node.
        live: How many nodes can go on without a human.
        doubts: How many effects in doubt wait for one.
        paused: Ids of paused nodes.
        commands: Ids of commands that were taken, with their frame.
        carries: Whether what was decided, answered and thought in the origin holds where the same comes again.
        carried: What was decided and answered there, by the place of the node and the digest.
    """

    run: str = ""
    goal: str = ""
    title: str = ""
    model: str = ""
    level: Level = "step"
    limits: Limits = Limits()
    context: tuple[Document, ...] = ()
    defaults: bool = False
    allow_unsandboxed: bool = False
    branch: str = ""
    base: str = ""
    tier: str = ""
    by: str = ""
    origin: str = ""
    undo: bool = False
    carries: bool = False
    frame: int = -1
    at: datetime = EPOCH
    started_at: datetime = EPOCH
    commit: str = ""
    ended: RunStatus | None = None
    why: str = ""
    merged: str = ""
    paused_run: bool = False
    network: Network | None = None
    root: str | None = None
    live: int = 0
    doubts: int = 0
    usage: Usage = Usage()
    next_node: int = 1
    next_gate: int = 1
    next_question: int = 1
    failed: int = 0
    commits: int = 0
    nodes: Map[str, Node] = Map()
    kids: Map[tuple[str, int], str] = Map()
    steps: Map[tuple[str, int], Step] = Map()
    gates: Map[str, Gate] = Map()
    questions: Map[str, Question] = Map()
    open_gates: Map[str, int] = Map()
    open_questions: Map[str, int] = Map()
    foreseen: Map[str, tuple[str, ...]] = Map()
    queued: Map[str, int] = Map()
    paused: Map[str, int] = Map()
    notes: Map[tuple[str, int], Note] = Map()
    memory: Map[str, Document] = Map()
    carried: Map[tuple[str, str], Carried] = Map()
    commands: Map[str, int] = Map()

    @property
    def status(self) -> RunStatus:
        """What the run as a whole does now."""
        if self.ended:
            return self.ended
        if self.paused_run:
            return "paused"
        if self.waiting and self.idle:
            return "waiting"
        return "running"

    @property
    def waiting(self) -> int:
        """How many gates and questions wait for the human."""
        return len(self.open_gates) + len(self.open_questions)

    @property
    def idle(self) -> bool:
        """Whether nothing can go on without a human: what is below a pause or waits for a doubt does not count."""
        if self.paused_run or self.network or not self.live:
            return True
        if not self.paused and not self.doubts:
            return False
        paused = self._below_pauses()
        return all(node.id in paused or self._is_held(node.id) for node in self.nodes.values() if node.live)

    def _below_pauses(self) -> set[str]:
        """The paused nodes and all below them."""
        found: set[str] = set()
        left = list(self.paused)
        while left:
            if (node := left.pop()) not in found:
                found.add(node)
                left += (self.kids[node, rank] for rank in range(self.nodes[node].children))
        return found

    def _is_held(self, node: str) -> bool:
        """Whether all that could go on in a node are approved effects, which wait while another one is in doubt."""
        found = self.nodes[node]
        going = found.pending - found.gates - found.asks - found.joins
        effects = (step for step in self.pending(node) if step.kind in EFFECTS and step.begun < 0)
        held = sum(step.gate not in self.open_gates for step in effects)
        return bool(self.doubts) and 0 < going == held

    def children(self, node: str) -> Iterator[Node]:
        """The children of a node, in the order in which they were spawned."""
        for rank in range(self.nodes[node].children):
            yield self.nodes[self.kids[node, rank]]

    def ancestors(self, node: str) -> Iterator[Node]:
        """A node's parent, its parent, and so on to the root."""
        parent = self.nodes[node].parent
        while parent is not None:
            found = self.nodes[parent]
            yield found
            parent = found.parent

    def subtree(self, node: str) -> Iterator[Node]:
        """A node and all below it, parents before children."""
        stack = [node]
        while stack:
            found = self.nodes[stack.pop()]
            yield found
            stack.extend(self.kids[found.id, rank] for rank in reversed(range(found.children)))

    def pending(self, node: str) -> Iterator[Step]:
        """The steps of a node that have begun, or have a gate, and not ended."""
        for seq in range(1, self.nodes[node].steps + 1):
            if (step := self.steps.get((node, seq))) and step.ended < 0:
                yield step

    def place(self, node: str) -> str:
        """Place of a node in the tree, without ids: ranks from the root down, as in `0.1.2`."""
        ranks = [self.nodes[node].rank, *(above.rank for above in self.ancestors(node))]
        return ".".join(map(str, reversed(ranks)))

    def position(self, node: str, seq: int) -> str:
        """Place of a step in the tree: that of its node, and its number."""
        return f"{self.place(node)}#{seq}"

    def is_paused(self, node: str) -> bool:
        """Whether the node, one above it, or the run is paused."""
        if self.paused_run:
            return True
        if not self.paused:
            return False
        return node in self.paused or any(above.id in self.paused for above in self.ancestors(node))
