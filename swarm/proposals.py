"""What exactly would happen: the subject of a gate, and the digest that binds a decision to it."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from swarm.values import Child, Limits, Prices, Report, Value


class Proposal(Value):
    """The base of all proposals.

    Attributes:
        choices: The decisions that this kind allows, in the order in which they are offered.
    """

    choices: ClassVar[tuple[str, ...]] = ("approve", "edit", "reject", "skip", "stop")

    def subject(self) -> dict[str, Any]:
        """What the digest covers: all fields but ids, times and commits."""
        return self.model_dump(mode="json")

    @property
    def digest(self) -> str:
        """Hex of a 128-bit blake2b over the canonical JSON of the subject."""
        text = json.dumps(self.subject(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class Spawn(Proposal):
    """Children to start, all at once."""

    kind: Literal["spawn"] = "spawn"
    children: tuple[Child, ...]

    def subject(self) -> dict[str, Any]:
        """The children without their ids."""
        return {
            "kind": self.kind,
            "children": [child.model_dump(mode="json", exclude={"id"}) for child in self.children],
        }


class Terminate(Proposal):
    """A report to end with."""

    kind: Literal["terminate"] = "terminate"
    choices: ClassVar[tuple[str, ...]] = ("approve", "edit", "reject", "stop")
    report: Report

    def subject(self) -> dict[str, Any]:
        """The report without the commits of its evidence."""
        return self.model_dump(mode="json", exclude={"report": {"evidence": {"__all__": {"commit"}}}})


class Write(Proposal):
    """A file to create or change.

    Attributes:
        path: Relative to the worktree.
        content: The whole new text.
        before: Blob hash of the file as it is now; empty if there is none.
        original: The text that it replaces, for the diff; no part of the digest (`before` is).
    """

    kind: Literal["write"] = "write"
    path: str
    content: str
    before: str = ""
    original: str | None = None

    def subject(self) -> dict[str, Any]:
        """All but the text that `before` already stands for."""
        return self.model_dump(mode="json", exclude={"original"})


class Run(Proposal):
    """A command to execute in the worktree.

    Attributes:
        title: A few words for the card.
        interpreter: Program that reads the script, such as `sh` or `python`; empty with `argv`.
        script: Text handed to the interpreter.
        argv: Program and arguments, where there is no script.
        environment: Variables beside the clean ones.
        readonly: Sees the worktree read-only.
        check: Is evidence for a reviewer: a non-zero exit is a finding, not a failure.
        timeout: Seconds.
        inputs: Blob hashes of the files that it names, by path.
        tier: Sandbox tier in force: `full`, `partial` or `none`.
    """

    kind: Literal["run"] = "run"
    title: str = ""
    interpreter: str = ""
    script: str = ""
    argv: tuple[str, ...] = ()
    environment: dict[str, str] = Field(default_factory=dict)
    readonly: bool = False
    check: bool = False
    timeout: float = 600
    inputs: dict[str, str] = Field(default_factory=dict)
    tier: str = "full"


class Tag(Proposal):
    """A git tag in the user's repository, on the run's present commit."""

    kind: Literal["tag"] = "tag"
    name: str
    message: str = ""


class Save(Proposal):
    """A text to keep in a space of the workspace, beyond this run."""

    kind: Literal["save"] = "save"
    space: Literal["memory_space"] = "memory_space"
    name: str
    text: str


class Network(Proposal):
    """An endpoint that was found and that nobody named, to be used as the model of the run.

    Attributes:
        host: Host and port of the URL.
        url: The base URL; the key that was found with it goes there and nowhere else.
        model: As the endpoint names it.
        prices: None if they are unknown.
        variables: The environment variables that set it up, by name.
        purpose: What it would be used for.
    """

    kind: Literal["network"] = "network"
    choices: ClassVar[tuple[str, ...]] = ("approve", "human", "reject")
    host: str
    url: str
    model: str
    prices: Prices | None = None
    variables: tuple[str, ...] = ()
    purpose: str = "every thought of the run"


class Budget(Proposal):
    """A limit that would be passed, and what it would be raised to."""

    kind: Literal["budget"] = "budget"
    choices: ClassVar[tuple[str, ...]] = ("raise", "stop")
    why: str
    limits: Limits


class Failure(Proposal):
    """A node that cannot go on.

    Attributes:
        error: What went wrong, one line.
        directive: Of the node; an edit of the gate gives it another one.
        restart: Its finished steps cannot be used again: a retry starts from nothing.
        nothing_new: It has nothing to propose but what was rejected: a retry offers that once more.
    """

    kind: Literal["failure"] = "failure"
    choices: ClassVar[tuple[str, ...]] = ("retry", "edit", "hand", "report", "skip", "pass", "stop")
    error: str
    directive: str
    restart: bool = False
    nothing_new: bool = False


class InDoubt(Proposal):
    """A side effect that began and whose end was not seen."""

    kind: Literal["in_doubt"] = "in_doubt"
    choices: ClassVar[tuple[str, ...]] = ("again", "done", "fail")
    what: str
    step: int
    changed: tuple[str, ...] = ()


class Merge(Proposal):
    """The run's branch into the user's.

    Attributes:
        branch: The run's.
        into: The user's.
        commits: How many of the run's the user's has not.
        files: What would change in the user's checkout.
        conflicts: Paths that both sides changed in ways that do not fit.
        tip: The run's newest commit.
        content: A digest of what those files would hold, and of their modes.
    """

    kind: Literal["merge"] = "merge"
    choices: ClassVar[tuple[str, ...]] = ("approve", "reject")
    branch: str
    into: str
    commits: int
    files: tuple[str, ...]
    conflicts: tuple[str, ...] = ()
    tip: str = ""
    content: str = ""


AnyProposal = Annotated[
    Spawn | Terminate | Write | Run | Tag | Save | Network | Budget | Failure | InDoubt | Merge,
    Field(discriminator="kind"),
]

EFFECTS = ("write", "run", "tag", "save")
"""Kinds that touch the world."""
