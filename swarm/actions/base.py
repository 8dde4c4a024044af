"""What an action is, and the space in which a router finds it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from swarm.errors import UnknownName
from swarm.proposals import Run
from swarm.values import Child, Report

if TYPE_CHECKING:
    from swarm.context import NodeContext

Body = Callable[["NodeContext"], Awaitable[Report]]
Revise = Callable[["NodeContext", Report, str], Awaitable[Report]]
First = Callable[[Child], Sequence[Run]]


@dataclass(frozen=True, slots=True)
class Action:
    """One way to fulfil a directive.

    Attributes:
        name: In the action space.
        run: The coroutine that fulfils it through its context.
        revise: Makes another report after one was rejected with a reason; goes on from what `run` left in the node's
            `kept`.
        first: The commands with which a node would begin, where its arguments alone tell; shown with its spawn.
        version: Recorded with each start; changed when the order of its steps changes.
    """

    name: str
    run: Body
    revise: Revise
    first: First | None = None
    version: str = "1"


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf or a folder of a space, as a router sees it.

    Attributes:
        name: Unique among its siblings; of a leaf: name of the action.
        description: When to choose it, one sentence.
        examples: Directives that it fits.
        entries: What a folder holds; None for a leaf.
        routable: Whether a router offers it; the others are only called by name.
    """

    name: str
    description: str
    examples: tuple[str, ...] = ()
    entries: tuple[Entry, ...] | None = None
    routable: bool = True

    def path(self, name: str) -> tuple[str, ...] | None:
        """The names from below this folder down to a leaf; None if it is not here."""
        for entry in self.entries or ():
            if entry.entries is None and entry.name == name:
                return (name,)
            below = entry.path(name)
            if below:
                return (entry.name, *below)
        return None


@dataclass(frozen=True, slots=True)
class Space:
    """The action space: a tree to walk, and the actions by name."""

    root: Entry
    actions: dict[str, Action] = field(default_factory=dict)

    def find(self, name: str) -> Action:
        """The action of a name.

        Raises:
            UnknownName: If there is none.
        """
        try:
            return self.actions[name]
        except KeyError:
            raise UnknownName(f"no action {name}: `swarm actions` lists them") from None
