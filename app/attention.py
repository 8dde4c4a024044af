"""When to call the human: never while the terminal has the focus, and seldom."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

QUIET = 30.0
"""Seconds between two bells."""


class Attention:
    """Decides about the bell.

    Args:
        clock: Tells seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._known = 0
        self._rang = float("-inf")

    def wants_bell(self, waiting: int, *, focused: bool) -> bool:
        """Whether to ring now that so many things wait."""
        grew, self._known = waiting > self._known, waiting
        if not grew or focused or self._clock() - self._rang < QUIET:
            return False
        self._rang = self._clock()
        return True


def window_title(run: str, waiting: int) -> str:
    """The title of the terminal's window; made of an id and a number only."""
    return f"({waiting}) {run} · swarm" if waiting else f"{run} · swarm"
