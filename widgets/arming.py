"""Whether a key may decide: pure logic with an injected clock, so that no accident approves anything.

A card decides nothing before it has stood for a while, and a decision key counts only alone: a held key, a paste and
typed words come as keys in quick succession, and terminals report no releases. So each decision waits for a moment of
silence after it.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

STAND = 0.4
"""Seconds that a card must have stood."""

AFTER_FIELD = 2.0
"""Seconds that a card must have stood where the app itself took a field away: the person may still be typing."""

ALONE = 0.12
"""Seconds without another key, before and after a decision key."""

_LATE = 0.1
"""A look this many seconds after silence was due proves nothing: keys may wait behind a busy event loop."""


class Arming:
    """Lets a key through once it is certain that it was meant.

    All times are seconds on the axis of `clock`.

    Args:
        clock: Tells the time; monotonic.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.clock = clock
        self._ready_at = float("inf")
        self._heard_at = float("-inf")
        self._pending: str | None = None
        self._silent_at = 0.0

    def stand(self, *, field_taken: bool = False) -> None:
        """What is on the screen stands from now on; a key that waited for it is forgotten."""
        self._ready_at = self.clock() + (AFTER_FIELD if field_taken else STAND)
        self._pending = None

    def keep_from_deciding(self) -> None:
        """Nothing is armed until `stand` is called."""
        self._ready_at, self._pending = float("inf"), None

    @property
    def armed(self) -> bool:
        """Whether what is on the screen has stood long enough."""
        return self.clock() >= self._ready_at

    @property
    def remaining(self) -> float:
        """Seconds until it will have stood long enough; infinite while nothing stands."""
        return max(0.0, self._ready_at - self.clock())

    @property
    def waits(self) -> bool:
        """Whether a decision key waits for silence."""
        return self._pending is not None

    def heard(self, at: float) -> bool:
        """Notes a key that decides nothing, pressed at `at`; whether it took a waiting decision with it."""
        dropped, self._pending, self._heard_at = self.waits, None, at
        return dropped

    def decide(self, key: str, at: float) -> bool:
        """Notes a decision key, pressed at `at`; False if it, or one that waited, is dropped: it came too soon."""
        alone = at - self._heard_at >= ALONE
        dropped = self.heard(at)
        if dropped or not alone or at < self._ready_at:
            return False
        self._pending, self._silent_at = key, at + ALONE
        return True

    def settle(self) -> str | None:
        """The decision key that was followed by silence, once; None as long as there is none."""
        now = self.clock()
        if self._pending is None or now < self._silent_at:
            return None
        if now - self._silent_at > _LATE:
            self._silent_at = now + ALONE
            return None
        key, self._pending = self._pending, None
        return key
