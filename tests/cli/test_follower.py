"""A run that another process drives: seen as it grows, commanded through that process."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarm.commands import Decide, Seen, SetLevel
from swarm.errors import Damaged, Refused
from swarm.follower import Follower
from swarm.frames import Frame
from swarm.home import Home
from tests.cli.live import driven


async def test_frames_of_another_process_arrive_and_commands_reach_it(root: Path, run: str) -> None:
    home = Home(root)
    with driven(root, run):
        async with Follower(home, run) as follower:
            seen: list[Frame] = []
            assert follower.state.open_gates
            with pytest.raises(Refused):
                await follower.do(Decide(gates=(Seen(gate="1", digest="0000"),), verb="approve"))
            await follower.do(SetLevel(level="auto"))
            async for batch in follower.follow():
                seen += batch
                assert follower.state.frame >= batch[-1].frame
                if follower.state.ended:
                    break

            assert [frame.frame for frame in seen] == list(range(len(seen)))
            assert follower.state.ended == "done"
            assert (await follower.at(0)).frame == 0
            assert [frame.frame for frame in await follower.frames(1, 3)] == [2, 3]
            patch = await follower.patch(follower.state.base, follower.state.commit, "greeting.txt")
            assert "+hello" in patch
            assert follower.live("1") == ""


async def test_a_command_is_recorded_when_the_other_process_has_gone(root: Path, run: str) -> None:
    async with Follower(Home(root), run) as follower:
        await follower.do(SetLevel(level="guided"))
        async for _ in follower.follow(follower.state.frame - 1):
            if follower.state.level == "guided":
                break
        assert follower.state.level == "guided"


async def test_leaving_ends_those_who_follow(root: Path, run: str) -> None:
    follower = Follower(Home(root), run)
    async with follower:
        batches = follower.follow()
        assert (await anext(batches))[0].frame == 0

    with pytest.raises(StopAsyncIteration):
        await anext(batches)


async def test_a_history_that_becomes_unreadable_says_so(root: Path, run: str) -> None:
    history: Path = root / ".swarm" / "runs" / run / "history.jsonl"
    async with Follower(Home(root), run) as follower:
        last = follower.state.frame
        assert follower.problem == ""
        with history.open("ab") as file:
            file.write(b"no frame\n")
        batches = follower.follow()
        await anext(batches)
        with pytest.raises(Damaged, match=f"damaged from frame {last + 1} on"):
            await anext(batches)
        assert f"damaged from frame {last + 1} on" in follower.problem
        with pytest.raises(Damaged):
            await follower.do(SetLevel(level="auto"))


async def test_of_a_damaged_history_everything_before_the_damage_is_there(root: Path, run: str) -> None:
    home = Home(root)
    whole = list(home.frames(run))
    history = home.folder.history(run)
    lines = history.read_bytes().splitlines(keepends=True)
    history.write_bytes(b"".join([*lines[:3], *lines[4:]]))
    async with Follower(home, run) as follower:
        assert "damaged from frame 2 on" in follower.problem
        assert (follower.state.frame, await follower.frames()) == (1, whole[:2])
        assert (await follower.at(0)).frame == 0
        batches = follower.follow()
        assert await anext(batches) == whole[:2]
        with pytest.raises(Damaged, match="damaged from frame 2 on"):
            await anext(batches)
        with pytest.raises(Damaged):
            await follower.do(SetLevel(level="auto"))


async def test_a_history_of_which_nothing_can_be_read_is_not_followed(root: Path, run: str) -> None:
    history = root / ".swarm" / "runs" / run / "history.jsonl"
    header = history.read_bytes().splitlines(keepends=True)[0]
    for content in (header + b"no frame\n", b"no header\n"):
        history.write_bytes(content)
        with pytest.raises(Damaged):
            async with Follower(Home(root), run):
                pass
