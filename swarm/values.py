"""Plain values that cross a border: a frame, a file, a socket, a model, a screen."""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Level = Literal["step", "guided", "effects", "questions", "auto"]
LEVELS: tuple[Level, ...] = ("step", "guided", "effects", "questions", "auto")
"""How much goes through without a human, from everything asked to nearly nothing asked."""


def looser(level: Level, other: Level) -> bool:
    """Whether `level` lets more through than `other`."""
    return LEVELS.index(level) > LEVELS.index(other)


Outcome = Literal["done", "incomplete", "failed", "stopped"]


class Value(BaseModel):
    """A frozen pydantic model that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Child(Value):
    """A node that is proposed or was spawned.

    Attributes:
        action: Name in the action space; empty means "route it".
        directive: What the node is told to do.
        title: A few words for the tree; the first line of the directive if empty.
        arguments: JSON arguments of the action.
        source: An opaque mark, such as the section of a plan; it survives edits of the text.
        context: Names in the memory space that the node starts with.
        model: Name of the model that the node and its children use; empty means the parent's.
        id: Given when it is proposed; no part of any digest.
    """

    action: str = ""
    directive: str
    title: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    source: str = ""
    context: tuple[str, ...] = ()
    model: str = ""
    id: str = ""

    @property
    def name(self) -> str:
        """The title, or the first line of the directive without its marks."""
        return self.title or self.directive.strip().partition("\n")[0].lstrip("#-[] x\t").strip()


class Evidence(Value):
    """Something that can be checked, beside what a report says.

    Attributes:
        kind: What was looked at.
        text: One line for a person.
        passed: Whether it speaks for the report; None if it says nothing of that.
        exit_code: Of a command.
        path: Of a file that was written, relative to the worktree.
        commit: That holds the effect; no part of any digest.
    """

    kind: Literal["commit", "exit", "check", "note"]
    text: str
    passed: bool | None = None
    exit_code: int | None = None
    path: str = ""
    commit: str = ""


class Artifact(Value):
    """Something that a node made: a path in the worktree or a blob, with its media type."""

    name: str
    path: str = ""
    blob: str = ""
    media_type: str = "text/plain"


class Report(Value):
    """What a node hands to its parent when it terminates.

    Attributes:
        outcome: How it went.
        summary: Markdown for parent and person.
        value: JSON for the parent's code, if the action has one.
        evidence: What can be checked.
        artifacts: What was made.
        edited: A human changed this report; the reason, if the outcome was changed.
    """

    outcome: Outcome
    summary: str
    value: Any = None
    evidence: tuple[Evidence, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    edited: str = ""

    @property
    def left_out(self) -> bool:
        """Whether a human had the work left out."""
        return isinstance(self.value, dict) and bool(self.value.get("skipped"))


class Usage(Value):
    """What model calls took: tokens in and out, and money in US dollars (None: unknown)."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0

    def __add__(self, other: Usage) -> Usage:
        """The sum; an unknown cost makes the sum unknown."""
        cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost=cost,
        )


Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Prices(Value):
    """US dollars for a million tokens, in and out."""

    model_config = ConfigDict(strict=True)

    input: Price
    output: Price

    @property
    def words(self) -> str:
        """Both in a few words."""
        return f"${self.input:g} in, ${self.output:g} out per million tokens"


class Limits(Value):
    """Where a run stops and asks.

    Attributes:
        nodes: In the whole run.
        depth: Of the tree, not counting successors.
        fan_out: Children in one batch.
        attempts: Tries of one node.
    """

    nodes: int = 200
    depth: int = 12
    fan_out: int = 20
    attempts: int = 3


class Ask(Value):
    """A question to the human.

    Attributes:
        name: Under which the answer is kept.
        text: The question itself.
        choices: Allowed answers; none means free text.
        free: Whether another answer than the choices is allowed as well.
        default: What is taken when the run may take defaults.
        form: JSON schema of the answer, where it is a form (the human as the model).
        prompt: What the form is about, as a model would read it.
    """

    name: str
    text: str
    choices: tuple[str, ...] = ()
    free: bool = False
    default: str | None = None
    form: dict[str, Any] | None = None
    prompt: str = ""

    @property
    def digest(self) -> str:
        """The same for the same question, wherever it is asked."""
        return blake2b(self.model_dump_json().encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class Document(Value):
    """A piece of context or memory: a name and its text."""

    name: str
    text: str
