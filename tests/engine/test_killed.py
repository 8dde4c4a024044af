"""Runs in processes of their own that are killed: kill -9, a real repository, real files, commands and tags."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from swarm.workspace.sandbox import Tier
from tests.engine import kit
from tests.engine.killing import Count, Nursery, Victim, decide_doubts, nursery
from tests.engine.real import taken_up
from tests.engine.recount import check_history

TIERS: tuple[Tier, ...] = ("full", "none")


@pytest.fixture(scope="module")
def place() -> Iterator[Nursery]:
    with nursery() as place:
        yield place


async def _killed(folder: Path, place: Nursery, seed: int, tier: Tier, kills: int) -> Count:
    """Kills processes of as many runs as it takes."""
    count, pick = Count(), Random(seed)
    while count.kills < kills:
        victim = await Victim.begun(folder / str(count.runs), tier, 2, "ab", "auto", count)
        await victim.live_killed(place, pick, kills - count.kills)
    assert (count.lost, count.twice) == (0, []), count
    print(f"seed {seed}, sandbox {tier}: {count}")
    return count


@pytest.mark.parametrize("tier", TIERS)
async def test_killed_at_random_moments_a_run_does_everything_once_and_loses_nothing(
    tmp_path: Path, place: Nursery, tier: Tier
) -> None:
    count = await _killed(tmp_path, place, seed=1, tier=tier, kills=15)
    assert count.kills == 15
    assert count.frames > 100


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(2, 42))
async def test_a_thousand_kills(tmp_path: Path, place: Nursery, seed: int) -> None:
    await _killed(tmp_path, place, seed, TIERS[seed % 2], kills=25)


# The moments that matter


@pytest.mark.parametrize(
    ("kind", "tier"), [("write", "full"), ("run", "full"), ("run", "none"), ("tag", "full"), ("save", "full")]
)
async def test_killed_around_an_effect_it_is_done_once(tmp_path: Path, place: Nursery, kind: str, tier: Tier) -> None:
    victim = await Victim.begun(tmp_path / "work", tier, 2, "a", "auto", Count())
    deaths = [
        {"dies_at": f"gate.decided {kind}"},
        {"dies_at": f"step.begun {kind}"},
        {"dies_before": kind},
        *([{"dies_after": "command"}] if kind == "run" else []),
        {"dies_after": kind},
    ]
    for kills, death in enumerate(deaths, 1):
        while victim.count.kills < kills:
            victim.live(place, **death)
            await decide_doubts(victim.home, victim.run)
    await victim.live_killed(place, Random(), kills=0)
    assert victim.count.twice == []
    assert victim.count.doubts == (2 if kind == "run" else 0), "only what nobody can know is asked about"
    assert victim.count.proved == (2 if kind == "run" else 0)


async def test_killed_while_a_gate_is_open_it_opens_as_it_was_and_is_applied_once(
    tmp_path: Path, place: Nursery
) -> None:
    victim = await Victim.begun(tmp_path / "work", "full", 1, "a", "step", Count())
    home, run = victim.home, victim.run
    victim.live(place, stays=True)
    assert victim.count.kills == 1
    before = home.state(run)
    gate = kit.gate_of(before, "spawn")
    async with taken_up(home, run) as engine:
        state = await kit.settled(engine)
        assert state.gates == before.gates
        assert [frame.kind for frame in await engine.frames(before.frame)] == ["run.opened"]
        await engine.do(kit.approve(gate))
        state = await kit.settled(engine)
    assert state.gates[gate.id].status == "applied"
    about_it = [frame.kind for frame in home.frames(run) if getattr(frame, "gate", None) == gate.id]
    assert about_it == ["gate.opened", "gate.decided", "step.begun"]
    check_history(list(home.frames(run)))
