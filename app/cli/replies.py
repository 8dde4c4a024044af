"""What the verbs that do not show runs print with `--json`: promises as in `app.cli.shapes`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.cli.shapes import DecisionShape, RunShape
from swarm.difference import Difference
from swarm.found import FileChange
from swarm.frames import Frame
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


class ForkShape(Value):
    """What `fork` and `undo` print with `--json`.

    Attributes:
        run: Id of the new run.
        origin: The run that it comes from.
        frame: The last frame that both share.
        branch: Of the new run; it begins at `commit`.
        status: Of the new run; `waiting` counts what waits in it.
    """

    run: str
    origin: str
    frame: int
    branch: str
    commit: str
    status: str
    waiting: int


class SnapshotShape(Value):
    """What `snapshot` prints with `--json`: the files that it wrote; `bundle` is empty where none was needed."""

    run: str
    frame: int
    file: str
    bundle: str
    commit: str


class ExportedShape(Value):
    """What `export` prints with `--json`: the file that it wrote, and the run and frame that are in it."""

    run: str
    frame: int
    file: str
    bytes: int


class ExportShape(Value):
    """What `export` writes to a file that ends in `.json`.

    Attributes:
        format: Always the same.
        version: Of this shape.
        run: Its id.
        origin: The run and frame that it was forked from, as `wc-1@12`; empty for none.
        frame: Number of the last frame in it.
        frames: All of them, as `history --json` prints them.
        state: The run at the last of them, as `show --json` prints it.
    """

    format: Literal["swarm-export"] = "swarm-export"
    version: Literal[1] = 1
    run: str
    origin: str
    frame: int
    frames: tuple[Annotated[Frame, Field(discriminator="kind")], ...]
    state: RunShape


class DiffShape(Difference):
    """`diff --json`: what differs between two frames.

    Attributes:
        files: The files that differ, each with its status and the lines added and removed.
        patch: The unified diff of all of them.
    """

    files: tuple[FileChange, ...]
    patch: str


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
