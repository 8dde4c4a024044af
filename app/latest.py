"""Work on what was wanted last: wishes that come faster than they can be met are not queued."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """Meets one wish at a time, and of those that came meanwhile only the last.

    Args:
        start: Runs a coroutine in the background.
        meet: Meets a wish.
    """

    def __init__(
        self, start: Callable[[Coroutine[Any, Any, None]], object], meet: Callable[[T], Awaitable[None]]
    ) -> None:
        self._start, self._meet = start, meet
        self._next: list[T] = []
        self._busy = False
        self.wish: T | None = None

    def want(self, wish: T) -> None:
        """Wishes for something, unless it is what was wished for last."""
        if wish == self.wish:
            return
        self.wish, self._next = wish, [wish]
        if not self._busy:
            self._busy = True
            self._start(self._run())

    async def _run(self) -> None:
        try:
            while self._next:
                await self._meet(self._next.pop())
        finally:
            self._busy = False
