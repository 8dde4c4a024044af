"""What each line of a section is for; what nothing else took is its text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from textwrap import dedent
from typing import Literal

from markdown_it.tree import SyntaxTreeNode

from swarm.plan.document import Place, Use
from swarm.plan.markdown import Slice, span
from swarm.plan.names import used_names

Role = Literal["text", "title", "act", "code", "ask", "child", "note"]
_PLACES: dict[Role, Place] = {"text": "text", "title": "text", "act": "text", "code": "code", "ask": "ask"}


class Roles:
    """The role of each line of a slice, counted from 0; `text` until something takes it.

    Args:
        source: The slice.
    """

    def __init__(self, source: Slice) -> None:
        self._source = source
        self._roles: list[Role] = ["text"] * len(source.lines)

    def __getitem__(self, number: int) -> Role:
        return self._roles[number]

    def take(self, node: SyntaxTreeNode, role: Role) -> None:
        """Give the lines of a block a role."""
        for number in span(node):
            self._roles[number] = role

    def take_line(self, number: int, role: Role) -> None:
        """Give one line a role."""
        self._roles[number] = role

    def take_rest(self, start: int, role: Role) -> None:
        """Give all lines from `start` on a role."""
        self._roles[start:] = [role] * (len(self._roles) - start)

    def text(self) -> str:
        """The lines that nothing took, dedented; a blank line stands wherever something was taken out."""
        free = (line if role == "text" else "" for line, role in zip(self._source.lines, self._roles, strict=True))
        lines = zip(dedent("\n".join(free)).split("\n"), self._roles, strict=False)
        runs = groupby(lines, key=lambda pair: pair[1] == "text")
        chunks = ("\n".join(line for line, _ in run).strip("\n") for is_text, run in runs if is_text)
        return "\n\n".join(filter(None, chunks))

    def uses(self) -> Iterator[Use]:
        """Each `{{name}}`, except in children and comments."""
        for number, (line, role) in enumerate(zip(self._source.lines, self._roles, strict=True), self._source.first):
            if role in _PLACES:
                for name in used_names(line):
                    yield Use(name=name, line=number, place=_PLACES[role])
