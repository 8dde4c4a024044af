"""Exit codes: a public promise."""

from __future__ import annotations

from swarm.state import Swarm

DONE = 0
FAILED = 1
BAD_INPUT = 2
WAITING = 3
OVER_BUDGET = 4
INTERRUPTED = 130


def of(state: Swarm) -> int:
    """The code of a run as it was left: one that a human stopped is not done, and one that is paused waits."""
    if state.ended is None:
        return WAITING
    return {"done": DONE, "over_budget": OVER_BUDGET}.get(state.ended, FAILED)
