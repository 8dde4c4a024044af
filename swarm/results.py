"""How a gated step went, as its action sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from swarm import frames as f
from swarm.values import Child, Evidence, Report, Value

Pair = tuple[Child, Report]
"""What ran, and how it ended."""

Fails = Callable[[Sequence[Pair]], str]
"""Why a node cannot go on with what its children reported; empty if it can."""


class Result(Value):
    """How a gated step went.

    Attributes:
        outcome: `ok`, `rejected` by the human (with a reason) or `skipped`.
        reason: Why it was rejected.
        value: What came of it, such as an exit code and output.
        evidence: What it adds to a report.
        edited: A human changed the proposal before it was carried out.
    """

    outcome: f.StepOutcome = "ok"
    reason: str = ""
    value: Any = None
    evidence: tuple[Evidence, ...] = ()
    edited: bool = False

    @property
    def ok(self) -> bool:
        """Whether it was carried out."""
        return self.outcome == "ok"
