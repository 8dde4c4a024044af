"""Workers that are not broken off by the key that began them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, TypeVar

from textual.dom import DOMNode

N = TypeVar("N", bound=DOMNode)


def alone(method: Callable[[N], Coroutine[Any, Any, None]]) -> Callable[[N], None]:
    """Runs a method as a worker; while it runs it is not begun again, so that nothing is left half made."""
    group = f"alone {method.__name__}"

    @wraps(method)
    def begin(self: N) -> None:
        if not any(worker.node is self and worker.group == group and not worker.is_finished for worker in self.workers):
            self.run_worker(method(self), group=group)

    return begin
