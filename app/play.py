"""Playing a run: frame after frame until now."""

from __future__ import annotations

from collections.abc import Callable

from textual.timer import Timer

from app.scrub import Scrubber

SPEEDS = (1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000)
"""Frames a second."""

PICTURES = 20
"""The most pictures a second: beyond, each leaves frames out."""


class Player:
    """Steps through the frames; waits for a picture that has not come yet, so that none is left out for that.

    Args:
        scrubber: Goes from frame to frame.
        every: Calls something every so many seconds.
        show: Called when it has begun or stopped.
    """

    def __init__(
        self, scrubber: Scrubber, every: Callable[[float, Callable[[], None]], Timer], show: Callable[[], None]
    ) -> None:
        self._scrubber, self._every, self._show = scrubber, every, show
        self._timer: Timer | None = None
        self.speed = 4

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._timer is not None

    def start(self) -> None:
        """Plays from where one stands; from the first frame, if that is now."""
        if not self._scrubber.away:
            self._scrubber.go(0)
        self._begin()
        self._show()

    def stop(self) -> None:
        """Stays where it is."""
        if self._timer:
            self._timer.stop()
            self._timer = None
            self._show()

    def change_speed(self, by: int) -> int:
        """The next of `SPEEDS`, or the one before."""
        place = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[max(0, min(place, len(SPEEDS) - 1))]
        if self.playing:
            self._begin()
            self._show()
        return self.speed

    def _begin(self) -> None:
        if self._timer:
            self._timer.stop()
        self._timer = self._every(1 / min(self.speed, PICTURES), self._on)

    def _on(self) -> None:
        if not self._scrubber.away:
            self.stop()
        elif self._scrubber.arrived:
            self._scrubber.step(max(1, round(self.speed / PICTURES)))
