"""Going through frames: what is wanted last is shown, at most thirty times a second, and nothing is queued."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from app.follow import INTERVAL
from app.latest import Latest
from app.scrub import Scrubber
from swarm.errors import Damaged
from swarm.state import Swarm
from tests.ui.live import MemorySession


class Slow(MemorySession):
    """Reads a state only once it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[int] = []
        self.may = asyncio.Event()

    async def at(self, frame: int) -> Swarm:
        self.read.append(frame)
        await self.may.wait()
        return await super().at(frame)


class Scrubbed:
    def __init__(self, session: MemorySession) -> None:
        self.shown: list[int | None] = []
        self.said: list[str] = []
        self.pauses: list[float] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.scrubber = Scrubber(session, self._start, self._show, self.said.append, self._pause)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.create_task(work))

    def _show(self) -> None:
        self.shown.append(self.scrubber.past.frame if self.scrubber.past else None)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    async def done(self) -> None:
        await asyncio.gather(*self.tasks)


async def test_keys_that_come_faster_than_states_are_not_queued() -> None:
    session = Slow()
    scrubbed = Scrubbed(session)
    for _ in range(40):
        scrubbed.scrubber.step(-1)
        await asyncio.sleep(0)
    session.may.set()
    await scrubbed.done()
    assert session.read == [69, 30]
    assert scrubbed.shown[-1] == 30
    assert scrubbed.scrubber.arrived
    assert scrubbed.pauses == [INTERVAL, INTERVAL]


async def test_now_is_one_step_away_while_a_state_is_being_read() -> None:
    session = Slow()
    scrubbed = Scrubbed(session)
    scrubbed.scrubber.go(3)
    await asyncio.sleep(0)
    scrubbed.scrubber.now()
    session.may.set()
    await scrubbed.done()
    assert scrubbed.scrubber.past is None
    assert scrubbed.shown == [None]
    assert scrubbed.scrubber.wanted == 70


async def test_a_moment_that_cannot_be_read_leads_back_to_now_and_says_why() -> None:
    class Broken(MemorySession):
        async def at(self, frame: int) -> Swarm:
            raise Damaged("frame 3 is damaged")

    scrubbed = Scrubbed(Broken())
    scrubbed.scrubber.go(3)
    await scrubbed.done()
    assert scrubbed.said == ["frame 3 is damaged"]
    assert not scrubbed.scrubber.away


async def test_of_many_wishes_the_last_is_met_and_the_same_one_only_once() -> None:
    met: list[int] = []
    may = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []

    async def meet(wish: int) -> None:
        await may.wait()
        met.append(wish)

    latest = Latest(lambda work: tasks.append(asyncio.create_task(work)), meet)
    for wish in (1, 2, 3, 3):
        latest.want(wish)
        await asyncio.sleep(0)
    may.set()
    await asyncio.gather(*tasks)
    latest.want(3)
    assert met == [1, 3]
    assert len(tasks) == 1
