"""What a reader of plans notes down: all errors and warnings, not only the first."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from swarm.errors import PlanError
from swarm.values import Value

Line = Annotated[int, Field(ge=1)]


class Problem(Value):
    """Something wrong with a plan: an error stops it, a warning does not.

    Attributes:
        line: Number of the source line, from 1.
        message: What is wrong and what to do, in one line.
        severity: Whether the plan can be carried out all the same.
    """

    line: Line
    message: str
    severity: Literal["error", "warning"] = "error"


def printable(text: str) -> str:
    """One line that is safe on a terminal: other blanks are spaces, what cannot be seen is `\ufffd`."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "\ufffd" for char in text)


class Fault(Exception):
    """Something wrong at one place; `Notes.at` makes an error of it.

    Attributes:
        line: Number of the source line, where it is not the one that is being read.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True)
class Notes:
    """Errors and warnings so far.

    Attributes:
        actions: Names that `do` may use; None if they are not known.
        problems: In the order in which they were found.
    """

    actions: Collection[str] | None = None
    problems: list[Problem] = field(default_factory=list)

    def error(self, line: int, message: str) -> None:
        """Note what stops the plan."""
        self.problems.append(Problem(line=line, message=printable(message)))

    def warn(self, line: int, message: str) -> None:
        """Note what does not stop it."""
        self.problems.append(Problem(line=line, message=printable(message), severity="warning"))

    @contextmanager
    def at(self, line: int) -> Iterator[None]:
        """Note a `Fault` inside of the block as an error, and go on after it."""
        try:
            yield
        except Fault as fault:
            self.error(fault.line or line, str(fault))

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The errors, by line."""
        return self._sorted("error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The warnings, by line."""
        return self._sorted("warning")

    def raise_errors(self, name: str) -> None:
        """End the reading if anything was wrong.

        Raises:
            PlanError: With one line per error, each `NAME:LINE: what is wrong, what to do`.
        """
        if self.errors:
            raise PlanError("\n".join(f"{name}:{error.line}: {error.message}" for error in self.errors))

    def _sorted(self, severity: str) -> tuple[Problem, ...]:
        found = (problem for problem in self.problems if problem.severity == severity)
        return tuple(sorted(found, key=lambda problem: problem.line))
