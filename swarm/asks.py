"""What a model is asked for: one flat schema per kind of thought, filled by every model alike."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Thought(BaseModel):
    """The base of all schemas: strict, closed, all fields stated."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Query(Thought):
    """One question to the human."""

    name: str = Field(description="A short identifier, such as `version`.")
    text: str = Field(description="The question, one sentence.")
    choices: list[str] = Field(default=[], description="Allowed answers; empty for free text.")
    default: str | None = Field(default=None, description="The assumption to go on with, if there is a safe one.")


class Needs(Thought):
    """Do I know enough? Few questions, only what neither the context nor the files can tell."""

    questions: list[Query] = Field(default=[], description="Empty if enough is known.")


class Choice(Thought):
    """Which of the offered choices fits the directive best."""

    choose: str = Field(description="The name of one offered choice, or `none` if nothing fits.")
    why: str = Field(default="", description="One sentence.")


class Part(Thought):
    """One sub-directive."""

    title: str = Field(description="A few words.")
    directive: str = Field(description="What the node is to do, complete in itself.")
    action: str = Field(default="", description="Leave empty: a router picks the action.")
    stage: int = Field(default=1, ge=1, description="Parts of one stage go side by side; stages go one after another.")
    source: str = Field(default="", description="Leave empty.")


class Check(Thought):
    """A command whose exit code is evidence that the directive is fulfilled."""

    title: str = Field(description="What it shows, a few words.")
    interpreter: str = Field(default="sh", description="`sh` or `python`.")
    script: str = Field(description="Its text; exit 0 means that it passed.")


class Decomposition(Thought):
    """The sub-directives of one round and the checks that will judge them."""

    title: str = Field(default="", description="A name for this round, a few words.")
    parts: list[Part] = Field(default=[], description="Empty if there is nothing left to do.")
    checks: list[Check] = Field(default=[], description="Run after the parts, with the reviewer.")


class Verdict(Thought):
    """Is the directive fulfilled, judged from reports and evidence?"""

    outcome: Literal["fulfilled", "continue", "stuck"] = Field(
        description="`continue` asks for another round; `stuck` if no further round can help without the human."
    )
    summary: str = Field(description="What was achieved, in Markdown, with the evidence named.")
    missing: str = Field(default="", description="What is still to be done, for the next round.")
    next: str = Field(default="", description="A name for the next round, a few words.")


class FileDraft(Thought):
    """A file to write."""

    path: str = Field(description="Relative to the repository.")
    content: str = Field(description="The whole text of the file.")


class EditPath(Thought):
    """Which file is to be changed."""

    path: str = Field(description="Relative to the repository.")


class EditDraft(Thought):
    """The change to a file."""

    edit: str = Field(description="Search/replace blocks, or a unified diff.")


class CommandDraft(Thought):
    """A script to run in the sandbox."""

    title: str = Field(default="", description="What it does, a few words.")
    interpreter: str = Field(default="sh", description="`sh`, `bash` or `python`.")
    script: str = Field(description="Its text.")
    readonly: bool = Field(default=False, description="Whether it changes nothing.")


class TagDraft(Thought):
    """A git tag on the present state."""

    name: str = Field(description="Name of the tag.")
    message: str = Field(default="", description="Its annotation.")


class MemoryDraft(Thought):
    """A text to keep."""

    name: str = Field(description="Under which it is found again.")
    text: str = Field(description="Markdown.")


class RecallDraft(Thought):
    """What to look for in the memory."""

    query: str = Field(description="A name, or a few words.")


class Act(Thought):
    """One step of several that are carried out in order."""

    do: Literal["write", "edit", "run", "remember", "action"] = Field(description="What kind of step.")
    title: str = Field(default="", description="A few words.")
    path: str = Field(default="", description="For write and edit: the file.")
    text: str = Field(default="", description="Content, change, script, or text to remember; a directive for `action`.")
    interpreter: str = Field(default="sh", description="For run.")
    readonly: bool = Field(default=False, description="For run: whether it changes nothing.")
    name: str = Field(default="", description="For remember: the name; for action: which one.")


class Acts(Thought):
    """The steps that fulfil a directive, in order."""

    acts: list[Act] = Field(default=[], description="Empty if nothing is to be done.")
    too_big: bool = Field(default=False, description="Whether this is a plan of its own rather than a few steps.")


_ALL = (
    *(Needs, Choice, Decomposition, Verdict, Acts),
    *(FileDraft, EditPath, EditDraft, CommandDraft, TagDraft, MemoryDraft, RecallDraft),
)

ASKS: dict[str, type[Thought]] = {schema.__name__: schema for schema in _ALL}
"""All schemas by name."""
