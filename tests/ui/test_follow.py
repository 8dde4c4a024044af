"""The follower shows the newest state, no oftener than thirty times a second, and loses no frame."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from app.follow import INTERVAL, follow
from swarm import frames as f
from swarm.state import Swarm
from tests.ui.live import MemorySession


class Shown:
    def __init__(self) -> None:
        self.pictures: list[tuple[int, list[int]]] = []

    def __call__(self, state: Swarm, frames: Sequence[f.Frame]) -> None:
        self.pictures.append((state.frame, [frame.frame for frame in frames]))


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_is_written_during_a_pause_arrives_as_one_picture_with_all_its_frames() -> None:
    session, shown, resume = MemorySession(), Shown(), asyncio.Event()
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await resume.wait()
        resume.clear()

    last = session.state.frame
    task = asyncio.create_task(follow(session, shown, pause=pause))
    await turns()
    assert shown.pictures == [(last, list(range(last + 1)))]
    for number in range(200):
        await session.put(f.NodeTold(node="7", text=f"note {number}", by="you"))
    await turns()
    assert len(shown.pictures) == 1
    resume.set()
    await turns()
    assert shown.pictures[1:] == [(last + 200, list(range(last + 1, last + 201)))]
    assert pauses == [INTERVAL, INTERVAL]
    task.cancel()


async def test_a_long_history_is_gathered_until_it_has_caught_up_or_a_picture_is_due() -> None:
    class Chunked(MemorySession):
        async def follow(self, since: int = -1):  # type: ignore[no-untyped-def]
            for start in range(0, len(self.history), 10):
                yield self.history[start : start + 10]

    session, shown = Chunked(), Shown()
    ticks = iter([0.0, 0.001, 0.002, 1.0, 1.0, *(1.0 for _ in range(100))])

    async def pause(seconds: float) -> None:
        return None

    await follow(session, shown, pause=pause, clock=lambda: next(ticks))
    assert [number for _, numbers in shown.pictures for number in numbers] == list(range(len(session.history)))
    assert len(shown.pictures) < len(session.history) / 10
    assert all(frame == session.state.frame for frame, _ in shown.pictures)
