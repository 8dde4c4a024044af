"""What screens ask of the program."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from swarm.session import Session


@dataclass
class ShowBoard(Message):
    """Show the board of a run.

    Attributes:
        said: A line to show on it.
    """

    session: Session
    said: str = ""


@dataclass
class ShowRuns(Message):
    """Show the list of runs."""


@dataclass
class NewRun(Message):
    """Show the form of a new run.

    Attributes:
        goal: Filled in already.
        model: Chosen already.
    """

    goal: str = ""
    model: str = ""


@dataclass
class Connect(Message):
    """Show the form of an endpoint."""


@dataclass
class WritePlan(Message):
    """Show the editor of a plan."""
