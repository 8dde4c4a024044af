"""What `--json` prints: public promises. Fields may be added; none goes away or changes its meaning.

`run --json`, `resume --json` and `history --json` print frames, one a line: those of `swarm.frames`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from swarm.proposals import AnyProposal
from swarm.snapshot import Operation
from swarm.values import Report, Usage, Value


class NodeShape(Value):
    """A node of a run.

    Attributes:
        id: Unique in the run.
        parent_id: None for the root.
        action: How its directive is fulfilled; empty before that is known.
        directive: What it is told to do.
        status: As in `swarm.state.NodeStatus`.
        report: How it ended; None before.
        attempts: How often it was begun.
        commit: Of its last side effect; empty for none.
    """

    id: str
    parent_id: str | None
    action: str
    directive: str
    status: str
    report: Report | None
    attempts: int
    commit: str


class DecisionShape(Value):
    """A decision on a gate.

    Attributes:
        verb: What was decided; `choose` has its `choice`.
        choice: One of the choices that are no verb.
        by: Who decided: a name, or `rule`.
        rule: Which rule, where one did.
        reason: Why; empty if none was given.
        at: When, UTC.
    """

    verb: str
    choice: str
    by: str
    rule: str
    reason: str
    at: datetime


class GateShape(Value):
    """A gate of a run, whether it waits or not.

    Attributes:
        id: Unique in the run.
        node: That proposes.
        kind: Of the proposal.
        status: `open`, `decided`, `applied`, `stale`, `withdrawn` or `expired`.
        digest: Of the proposal, 32 hexadecimal digits.
        proposal: What exactly would happen, or happened: a human's edit has taken its place.
        revision: How often it was proposed, with this time.
        opened: When, UTC.
        decision: None while there is none.
        why: Why it is stale or withdrawn; empty otherwise.
    """

    id: str
    node: str
    kind: str
    status: str
    digest: str
    proposal: AnyProposal
    revision: int
    opened: datetime
    decision: DecisionShape | None
    why: str


class QuestionShape(Value):
    """A question of a run, whether it waits or not.

    Attributes:
        id: Unique in the run, such as `q1`.
        node: That asks.
        name: Under which the answer is kept.
        text: The question itself.
        choices: Allowed answers; none means free text.
        default: What is taken when the run may take defaults.
        status: `open`, `answered` or `withdrawn`.
        answer: A text, or the JSON value of a form; None while there is none.
        by: Who answered; empty while nobody has.
        opened: When, UTC.
    """

    id: str
    node: str
    name: str
    text: str
    choices: tuple[str, ...]
    default: str | None
    status: Literal["open", "answered", "withdrawn"]
    answer: Any
    by: str
    opened: datetime


class RunShape(Value):
    """`show --json`: a run at a frame.

    Attributes:
        run: Its id.
        status: As in `swarm.frames.RunStatus`.
        frame: Number of the frame that is shown.
        goal: In words, or the text of a plan.
        commit: The newest one of the run's branch; empty for none.
        nodes: In the order in which they were numbered.
        gates: Likewise.
        questions: Likewise.
        queue: What is about to be done.
        usage: Of all model calls.
    """

    run: str
    status: str
    frame: int
    goal: str
    commit: str
    nodes: tuple[NodeShape, ...]
    gates: tuple[GateShape, ...]
    questions: tuple[QuestionShape, ...]
    queue: tuple[Operation, ...]
    usage: Usage


class RunRowShape(Value):
    """An item of `runs --json`.

    Attributes:
        id: Of the run.
        goal: In a few words.
        status: As in `swarm.frames.RunStatus`, or `damaged`.
        started: When, UTC; None if not even that can be read.
        waiting: How many gates and questions wait.
        branch: Of git.
        origin: The run and frame that it was forked from; empty for none.
        problem: Why it is damaged; empty if it is not.
    """

    id: str
    goal: str
    status: str
    started: datetime | None
    waiting: int
    branch: str
    origin: str
    problem: str = ""


class WaitingGate(Value):
    """A gate in `inbox --json`.

    Attributes:
        id: For `decide`.
        node: That proposes.
        kind: Of the proposal.
        digest: For `decide --digest`.
        proposal: For `decide … edit --with`, once it was changed.
        choices: What may be decided now.
        opened: When, UTC.
        blocks: How many nodes can go on once it is decided.
        card: Gates with the same one are shown, and may be decided, together.
    """

    id: str
    node: str
    kind: Literal[
        "spawn", "terminate", "write", "run", "tag", "save", "network", "budget", "failure", "in_doubt", "merge"
    ]
    digest: str
    proposal: AnyProposal
    choices: tuple[str, ...]
    opened: datetime
    blocks: int
    card: str


class WaitingQuestion(Value):
    """A question in `inbox --json`; it has what gates have, and more.

    Attributes:
        id: For `answer`.
        node: That asks.
        kind: Tells questions from gates.
        digest: Always empty, as is `proposal`.
        choices: Allowed answers; none means free text.
        opened: When, UTC.
        blocks: How many nodes can go on once it is answered.
        card: Its own id.
        name: Under which the answer is kept.
        text: The question itself.
        free: Whether another answer than the choices is taken as well.
        default: What is taken when the run may take defaults.
        form: JSON schema of the answer, where you are the model; None elsewhere.
        prompt: What the form is about; empty without one.
    """

    id: str
    node: str
    kind: Literal["question"] = "question"
    digest: Literal[""] = ""
    proposal: None = None
    choices: tuple[str, ...]
    opened: datetime
    blocks: int
    card: str
    name: str
    text: str
    free: bool
    default: str | None
    form: dict[str, Any] | None
    prompt: str
