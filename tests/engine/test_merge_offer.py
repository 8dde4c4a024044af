"""The offer to merge at the end of a run, which is never in the way of that end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.decide import decide
from swarm.errors import GitFailed, MergeRefused, Refused, WriteFailed
from swarm.proposals import AnyProposal, Merge
from tests.engine import kit
from tests.engine.doubles import Mortal, Shelf
from tests.engine.kit import Stage
from tests.engine.real import begun, git, taken_up


class _Mergeable(Shelf):
    """Has something to merge, and can be made to refuse it."""

    refuses = ""
    merged = 0

    async def merge_offer(self) -> Merge:
        return Merge(branch="swarm/kit-1", into="main", commits=1, files=("a",))

    async def merge(self, offer: AnyProposal) -> str:
        if self.refuses:
            raise MergeRefused(self.refuses)
        self.merged += 1
        return "c9"


def _merging() -> Stage:
    return Stage({"root": kit.write}, goal="a", level="auto", world=_Mergeable())


async def test_a_run_that_is_done_offers_its_merge_which_is_never_in_the_way_of_its_end() -> None:
    stage = _merging()
    async with stage.open() as engine:
        state = await kit.settled(engine)
        assert (state.status, state.waiting) == ("done", 1)
        await engine.do(kit.approve(kit.gate_of(state, "merge")))
        state = await kit.settled(engine)
    assert (state.merged, stage.world.merged) == ("main", 1)
    async with stage.open() as engine:
        await kit.settled(engine)
    assert stage.world.merged == 1


async def test_a_merge_that_was_approved_at_rest_is_carried_out_by_the_next_process() -> None:
    stage = _merging()
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "merge")
    stage.log = Mortal(stage.log.lines, len(stage.log.lines) + 1)
    async with stage.open() as engine:
        await engine.do(kit.approve(gate))
        with pytest.raises(WriteFailed):
            await kit.settled(engine)
    stage.world.merged = 0
    stage.log = Mortal(stage.log.lines)
    async with stage.open() as engine:
        assert (await kit.settled(engine)).merged == "main"
    assert stage.world.merged == 1


async def test_a_merge_that_is_refused_changes_nothing_its_gate_says_why_and_it_is_offered_anew() -> None:
    stage = _merging()
    stage.world.refuses = "main has moved"
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "merge")
        await engine.do(kit.approve(gate))
        state = await kit.settled(engine)
        assert (state.merged, state.gates[gate.id].status, state.gates[gate.id].why) == ("", "stale", "main has moved")
        stage.world.refuses = ""
        await engine.do(kit.approve(kit.gate_of(state, "merge")))
        assert (await kit.settled(engine)).merged == "main"


async def test_a_run_that_did_not_end_well_offers_its_merge_only_on_demand_and_once() -> None:
    stage = _merging()
    async with stage.open() as engine:
        with pytest.raises(Refused, match="run kit-1 is running: it can be merged once it has ended"):
            await engine.do(c.OfferMerge())
        await engine.do(c.Stop())
        state = await kit.settled(engine)
        assert (state.status, state.waiting) == ("stopped", 0)
        offer = c.OfferMerge()
        for command in (offer, offer, c.OfferMerge()):
            await engine.do(command)
        gate = kit.gate_of(engine.state, "merge")
        await engine.do(kit.approve(gate))
        assert (await kit.settled(engine)).merged == "main"
        await engine.do(offer)
    assert (stage.world.merged, kit.kinds(stage.frames).count("gate.opened")) == (1, 1)


async def test_what_is_not_there_is_not_offered_and_a_run_at_rest_cannot_look() -> None:
    stage = _merging()
    stage.world = Shelf()
    async with stage.open() as engine:
        await engine.do(c.Stop())
        with pytest.raises(Refused, match="run kit-1 has nothing to merge"):
            await engine.do(c.OfferMerge())
    with pytest.raises(Refused, match="say `swarm merge kit-1`"):
        decide(stage.state, c.OfferMerge())


async def test_an_offer_that_cannot_be_made_is_in_nobody_s_way_and_says_why_on_demand() -> None:
    class Broken(_Mergeable):
        async def merge_offer(self) -> Merge:
            raise GitFailed("there is no branch swarm/kit-1")

    stage = Stage({"root": kit.write}, goal="a", level="auto", world=Broken())
    for _ in range(2):
        async with stage.open() as engine:
            state = await kit.settled(engine)
            assert (state.status, state.waiting, engine.problem) == ("done", 0, "")
            with pytest.raises(GitFailed, match="there is no branch swarm/kit-1"):
                await engine.do(c.OfferMerge())


class _Slow(_Mergeable):
    """Takes its time to see what a merge would do, and counts how often it looked."""

    looked = 0

    async def merge_offer(self) -> Merge:
        self.looked += 1
        for _ in range(3):
            await asyncio.sleep(0)
        return await super().merge_offer()


async def test_an_end_that_was_cut_off_is_made_good_with_one_offer() -> None:
    stage = _merging()
    await stage.finish()
    end = next(frame.frame for frame in stage.frames if isinstance(frame, f.NodeEnded))
    stage.log, stage.world = Mortal(stage.log.lines[: end + 1]), _Slow()
    async with stage.open() as engine:
        state = await kit.settled(engine)
    assert stage.world.looked == 1
    assert [gate.status for gate in state.gates.values() if gate.kind == "merge"] == ["open"]


async def test_whoever_asks_for_a_merge_while_it_is_looked_at_gets_the_same_offer() -> None:
    stage = Stage({"root": kit.write}, goal="a", level="auto", world=_Slow())
    async with stage.open() as engine:
        await engine.do(c.Stop())
        await asyncio.gather(*(engine.do(c.OfferMerge()) for _ in range(3)))
        assert kit.gate_of(engine.state, "merge").id == "1"


@pytest.mark.parametrize("goes_on", [False, True])
async def test_a_merge_whose_frame_was_cut_off_is_merged_and_not_made_twice(tmp_path: Path, goes_on: bool) -> None:
    home, run = await begun(tmp_path / "work", "# M\n\n## Part\n\n```txt a.txt\nonce\n```\n", level="auto")
    async with taken_up(home, run) as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "merge")))
        assert (await kit.settled(engine)).merged == "main"
    history = home.folder.history(run)
    cut = next(frame.frame for frame in home.frames(run) if isinstance(frame, f.RunMerged))
    history.write_bytes(b"".join(history.read_bytes().splitlines(keepends=True)[: cut + 1]))  # the first is the header
    if goes_on:
        git(home.root, "commit", "-q", "--allow-empty", "-m", "More")
    head = home.repository.head_commit
    async with taken_up(home, run) as engine:
        state = await kit.settled(engine)
    merged = [frame.commit for frame in home.frames(run) if isinstance(frame, f.RunMerged)]
    assert (state.merged, merged, home.repository.head_commit) == ("main", [head], head)
    assert [gate.status for gate in state.gates.values() if gate.kind == "merge"] == ["applied"]
