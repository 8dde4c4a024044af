"""States at any frame: the same as by folding from the start, found from the nearest that is kept."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from swarm import frames as f
from swarm.errors import UsageError
from swarm.fold import fold
from swarm.timeline import Timeline
from swarm.values import Child


def _frames(count: int) -> list[f.Frame]:
    root = f.NodeSpawned(frame=1, node="1", step=0, index=0, child=Child(action="a", directive="d", id="1"))
    told = [f.NodeTold(frame=number, node="1", text=f"note {number}", by="me") for number in range(2, count)]
    return [f.RunStarted(run="r-1", goal="g", title="t", model="plan", level="step"), root, *told][:count]


class _Reader:
    """Frames of a list, and how many were asked for."""

    def __init__(self, frames: list[f.Frame]) -> None:
        self.frames, self.taken = frames, 0

    async def __call__(self, after: int, upto: int) -> Sequence[f.Frame]:
        found = self.frames[after + 1 : upto + 1]
        self.taken += len(found)
        return found


def _numbered(count: int) -> list[f.Frame]:
    return [frame.model_copy(update={"frame": number}) for number, frame in enumerate(_frames(count))]


async def test_a_state_at_any_frame_is_the_fold_of_the_frames_up_to_it() -> None:
    frames = _numbered(2_000)
    timeline = Timeline(_Reader(frames))
    for number in random.Random(3).sample(range(2_000), 40):
        assert await timeline.at(number) == fold(frames[: number + 1])


async def test_the_way_to_a_frame_does_not_grow_with_the_run() -> None:
    frames = _numbered(20_000)
    reader = _Reader(frames)
    timeline = Timeline(reader)
    await timeline.at(19_999)
    reader.taken = 0
    wanted = random.Random(5).sample(range(20_000), 100)
    for number in wanted:
        assert (await timeline.at(number)).frame == number
    assert reader.taken / len(wanted) <= 20_000 / 20
    assert len(timeline._kept) <= 129


async def test_from_one_frame_to_the_next_nothing_is_read() -> None:
    reader = _Reader(_numbered(3_000))
    timeline = Timeline(reader)
    await timeline.at(2_900)
    reader.taken = 0
    for number in range(2_899, 2_600, -1):
        assert (await timeline.at(number)).frame == number
    assert reader.taken == 0


async def test_states_that_were_noted_while_the_run_grew_are_used() -> None:
    frames = _numbered(1_000)
    reader = _Reader(frames)
    timeline = Timeline(reader)
    state = fold(frames[:900])
    timeline.note(state)
    assert await timeline.at(910) == fold(frames[:911])
    assert reader.taken == 11


@pytest.mark.parametrize("number", [-1, 100, 5_000])
async def test_a_frame_that_is_not_there_is_refused(number: int) -> None:
    timeline = Timeline(_Reader(_numbered(100)))
    with pytest.raises(UsageError, match=f"no frame {number}"):
        await timeline.at(number)
