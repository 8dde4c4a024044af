"""A proposal as one text for an editor, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass

from swarm.errors import UsageError
from swarm.proposals import AnyProposal, Failure, Run, Save, Spawn, Tag, Terminate, Write
from swarm.values import Child

_SUFFIXES = {"python": ".py", "sh": ".sh", "bash": ".sh"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What an editor gets.

    Attributes:
        text: To edit.
        suffix: Of the file, so that the editor knows what it is.
    """

    text: str
    suffix: str


def draft(proposal: AnyProposal) -> Draft | None:
    """The text of a proposal that a human may reword; None if it has none."""
    match proposal:
        case Spawn():
            return Draft(_sections(proposal.children), ".md")
        case Terminate():
            return Draft(proposal.report.summary, ".md")
        case Write():
            return Draft(proposal.content, re.sub(r"[^.\w]", "", f".{proposal.path.rpartition('.')[2]}"))
        case Run() if not proposal.argv:
            return Draft(proposal.script, _SUFFIXES.get(proposal.interpreter, ".txt"))
        case Save():
            return Draft(proposal.text, ".md")
        case Tag():
            return Draft(proposal.message, ".txt")
        case Failure():
            return Draft(proposal.directive, ".md")
    return None


def edited(proposal: AnyProposal, text: str) -> AnyProposal:
    """The proposal with the text as it came back.

    Raises:
        UsageError: If the parts of a spawn cannot be told apart any more.
    """
    match proposal:
        case Spawn():
            return proposal.model_copy(update={"children": _children(proposal.children, text)})
        case Terminate():
            return Terminate(report=proposal.report.model_copy(update={"summary": text}))
        case Write():
            return proposal.model_copy(update={"content": text})
        case Run():
            return proposal.model_copy(update={"script": text})
        case Save():
            return proposal.model_copy(update={"text": text})
        case Tag():
            return proposal.model_copy(update={"message": text})
        case Failure():
            return proposal.model_copy(update={"directive": text})
    return proposal


def _fence(children: tuple[Child, ...]) -> str:
    """A run of equals signs that begins no line of any directive."""
    lines = [line for child in children for line in child.directive.splitlines()]
    fence = "==="
    while any(line.startswith(fence) for line in lines):
        fence += "="
    return fence


def _sections(children: tuple[Child, ...]) -> str:
    """One section for each child; without one, the child is left out."""
    fence = _fence(children)
    return "\n".join(f"{fence} {child.id} {child.name}\n{child.directive.rstrip()}\n" for child in children)


def _children(children: tuple[Child, ...], text: str) -> tuple[Child, ...]:
    head, *parts = re.split(rf"^{_fence(children)} ?", text, flags=re.MULTILINE)
    if head.strip():
        raise UsageError("the text above the first === belongs to no part: put it below one")
    known = {child.id: child for child in children}
    return tuple(_child(known, *part.partition("\n")[::2]) for part in parts)


def _child(known: dict[str, Child], heading: str, body: str) -> Child:
    """The child of a section; one with an unknown id is new."""
    mark, _, title = heading.strip().partition(" ")
    old = known.get(mark)
    if old is None:
        return Child(title=heading.strip(), directive=body.strip())
    if body.rstrip() == "\n".join(old.directive.rstrip().splitlines()) and title == old.name:
        return old
    return old.model_copy(update={"directive": body.strip("\n"), "title": old.title if title == old.name else title})
