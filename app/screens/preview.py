"""What is made of a form, beside it: worked out once nothing has changed for a moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual import work
from textual.timer import Timer
from textual.widgets import Static

from swarm.errors import SwarmError
from widgets import safe

SETTLED = 0.25
"""Seconds without a change before it is worked out anew."""


class Preview(Static):
    """Shows a text, or in its place what is wrong with what was filled in.

    Args:
        make: Gives the untrusted text; its `SwarmError` is shown too.
        words: Shown at first.
    """

    def __init__(self, make: Callable[[], Awaitable[str]], words: str = "", *, id: str) -> None:  # noqa: A002
        super().__init__(safe.text(words), id=id)
        self._make = make
        self._settle: Timer | None = None

    def changed(self) -> None:
        """Something was filled in: it is worked out soon, once for many changes."""
        if self._settle:
            self._settle.stop()
        self._settle = self.set_timer(SETTLED, self.work_out)

    @work(exclusive=True)
    async def work_out(self) -> None:
        """Works it out and shows it."""
        try:
            text, problem = await self._make(), False
        except SwarmError as error:
            text, problem = str(error), True
        self.update(safe.text(text))
        self.set_class(problem, "-problem")
