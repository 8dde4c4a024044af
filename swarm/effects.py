"""What a side effect leaves: its mark before, its outcome after."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from swarm.values import Value


class Mark(Value):
    """What names an effect in a commit: the run, the node and the frame of its intent, -1 where it needs none."""

    run: str
    node: str
    frame: int
    title: str = ""

    @property
    def trailers(self) -> dict[str, str]:
        """As the trailers of a commit message."""
        return {"Swarm-Run": self.run, "Swarm-Node": self.node, "Swarm-Frame": str(self.frame)}


class Effect(Value):
    """The outcome of a side effect.

    Attributes:
        value: JSON for the action and the screen; `evidence` in it goes into reports.
        error: What went wrong; empty if it went well.
        commit: That holds what changed; empty if nothing did.
    """

    value: dict[str, Any] = Field(default_factory=dict)
    error: str = ""
    commit: str = ""
