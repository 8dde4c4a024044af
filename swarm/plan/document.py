"""A plan as frozen values: what a Markdown document asks the swarm to do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Literal

from pydantic import Field

from swarm.plan.notes import Line, Problem
from swarm.plan.settings import Settings
from swarm.values import Value

ActKind = Literal["write", "edit", "run", "remember", "do"]
Place = Literal["text", "code", "ask"]
INTERPRETERS = {
    "": "sh",
    "sh": "sh",
    "shell": "sh",
    "bash": "bash",
    "python": "python",
    "python3": "python",
    "py": "python",
}
"""What runs a fence, by its language in lower case."""

_ITEMS = "<!-- items -->"


class Ask(Value):
    """A question, written `? name: text [a|b|c] = default`.

    Attributes:
        name: What `{{name}}` refers to.
        text: The question itself.
        choices: Allowed answers; none means free text.
        default: What is taken when the run may take defaults; one of the choices, if there are any.
        line: Number of its source line.
    """

    name: str
    text: str
    choices: tuple[str, ...] = ()
    default: str | None = None
    line: Line = 1


class Act(Value):
    """An acting fence: one step of the section that it stands in.

    Attributes:
        kind: What it does.
        language: First word of the fence, as it was written; may be empty.
        path: Of the file to write or edit, relative to the workspace; may hold `{{name}}`.
        body: Text of the fence with its final newline: content, blocks to replace, script, or text to remember (an
            empty one stands for what the phases before it reported).
        then_run: The written file is run afterwards; its body is then code, and takes no answers.
        readonly: The command declares that it changes nothing.
        name: The action of `do`, or the name under which `remember` keeps its text.
        arguments: Of the action, as JSON.
        line: Number of the line that opens the fence.
    """

    kind: ActKind
    language: str = ""
    path: str = ""
    body: str = ""
    then_run: bool = False
    readonly: bool = False
    name: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    line: Line = 1

    @property
    def is_code(self) -> bool:
        """Whether the body is run: answers reach it as environment variables, never as text."""
        return self.kind == "run" or self.then_run

    @property
    def interpreter(self) -> str:
        """What runs the body: `sh`, `bash` or `python`; empty if nothing can."""
        return INTERPRETERS.get(self.language.lower(), "")

    @property
    def summary(self) -> str:
        """What it does, in a few words."""
        what = self.path or self.name or self.body.strip().partition("\n")[0]
        return f"{self.kind} {what}{', then run it' if self.then_run else ''}"


class Check(Value):
    """A `check` fence: evidence for the section's reviewer, by its exit code.

    Attributes:
        language: First word of the fence, as it was written; may be empty.
        body: The script.
        line: Number of the line that opens the fence.
    """

    language: str = ""
    body: str
    line: Line = 1

    @property
    def interpreter(self) -> str:
        """What runs it: `sh`, `bash` or `python`."""
        return INTERPRETERS[self.language.lower()]


class Use(Value):
    """A `{{name}}` somewhere in a section's own lines.

    Attributes:
        name: The question that it refers to.
        line: Number of its source line.
        place: In text that takes answers, in code that does not, or in another question.
    """

    name: str
    line: Line
    place: Place = "text"


class Section(Value):
    """A phase, a part or an item: one directive.

    Attributes:
        title: Of its heading, or the first line of its item.
        level: Of its heading, 1 to 6; 0 for an item, or where there is no heading.
        mark: Opaque position in the plan, such as `2.1.item3`; it survives edits of the text.
        first: Number of its first source line.
        last: Number of its last source line.
        directive: Its slice of the document, dedented for an item; `parse_section` reads it back.
        text: Context: all that is neither title, question, act, check, part nor item.
        questions: Asked before the other steps.
        acts: Its own steps, in order.
        checks: Run last, for its reviewer.
        items: Task items, to be done side by side with each other and with the parts.
        parts: Sections below deeper headings.
        uses: Each `{{name}}` in its own lines, in order.
        done: A ticked item: skipped.
    """

    title: str
    level: int = Field(default=0, ge=0, le=6)
    mark: str = ""
    first: Line = 1
    last: Line = 1
    directive: str = ""
    text: str = ""
    questions: tuple[Ask, ...] = ()
    acts: tuple[Act, ...] = ()
    checks: tuple[Check, ...] = ()
    items: tuple[Section, ...] = ()
    parts: tuple[Section, ...] = ()
    uses: tuple[Use, ...] = ()
    done: bool = False

    @property
    def children(self) -> tuple[Section, ...]:
        """Items and parts in the order of the document, ticked ones too."""
        return self.items + self.parts

    @property
    def todo(self) -> tuple[Section, ...]:
        """The children that are not ticked."""
        return tuple(child for child in self.children if not child.done)

    @property
    def own(self) -> str:
        """Its directive without items and parts: its title, context, questions, acts and checks.

        A comment stands where items were, so that the lines around them stay what they are.
        """
        gone = {number for child in self.children for number in range(child.first, child.last + 1)}
        lines = enumerate(self.directive.split("\n"), self.first)  # splitlines() knows ends that Markdown does not
        kept: list[str] = []
        for is_gone, run in groupby(lines, key=lambda pair: pair[0] in gone):
            texts = [line for _, line in run]
            kept += [texts[0][: -len(texts[0].lstrip(" "))] + _ITEMS] if is_gone else texts
        while kept and kept[-1].strip(" ") in ("", _ITEMS):
            kept.pop()
        return "".join(f"{line}\n" for line in kept)

    @property
    def is_idle(self) -> bool:
        """Whether it holds nothing to execute, check or ask, so that somebody must say what to do with it."""
        return not (self.questions or self.acts or self.checks or self.children)

    def walk(self) -> Iterator[Section]:
        """Itself and all that is below it and not ticked, in the order of the document."""
        if not self.done:
            yield self
            for child in self.children:
                yield from child.walk()


class Plan(Value):
    """A whole document.

    Attributes:
        title: The goal.
        context: Text above the first phase.
        settings: The front matter.
        questions: Asked before the first phase.
        phases: Done one after another.
        warnings: What does not stop it.
    """

    title: str
    context: str = ""
    settings: Settings = Settings()
    questions: tuple[Ask, ...] = ()
    phases: tuple[Section, ...] = ()
    warnings: tuple[Problem, ...] = ()
