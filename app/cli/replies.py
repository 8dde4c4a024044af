"""What the verbs that do not show runs print with `--json`: promises as in `app.cli.shapes`."""

from __future__ import annotations

from app.cli.shapes import DecisionShape
from swarm.values import Value


class WhyShape(Value):
    """`why --json`: why a gate asks, or went through.

    Attributes:
        gate: Its id.
        node: That proposes.
        kind: Of the proposal.
        status: Of the gate.
        asked_by: The rule by which it asks; empty if it was never asked.
        because: What is behind that, a sentence each.
        decision: None while it waits.
    """

    gate: str
    node: str
    kind: str
    status: str
    asked_by: str
    because: tuple[str, ...]
    decision: DecisionShape | None


class ReceiptShape(Value):
    """What `decide`, `answer` and all other commands on a run print with `--json`.

    Attributes:
        run: Its id.
        frame: Number of its last frame, once the command was on disk.
        status: Of the run at that frame.
        waiting: How many gates and questions wait.
        live: Whether a process drives the run now; else the next `resume` takes the command up.
    """

    run: str
    frame: int
    status: str
    waiting: int
    live: bool


class ActionShape(Value):
    """A leaf of the action space in `actions --json`.

    Attributes:
        name: For `do NAME` in a plan.
        folder: Where it lies.
        description: When it is chosen.
        examples: Directives that it fits.
        routable: Whether a router offers it; the others are only called by name.
    """

    name: str
    folder: str
    description: str
    examples: tuple[str, ...]
    routable: bool


class Finding(Value):
    """One thing that `doctor` looked at.

    Attributes:
        name: What it is.
        ok: Whether nothing is to be done about it.
        needed: Whether no run can work without it.
        found: What is there.
        advice: What to do; empty if there is nothing to do.
    """

    name: str
    ok: bool
    needed: bool
    found: str
    advice: str = ""


class DoctorShape(Value):
    """`doctor --json`: whether runs can work here, and what was found."""

    ok: bool
    findings: tuple[Finding, ...]
