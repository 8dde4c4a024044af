"""One approved durable step, ours beside LangGraph's, early in a run and, with gathered reports, late in it."""

from __future__ import annotations

import shutil
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import floor
from bench.contender import Contender, own
from bench.environment import NoPeers, peers_python
from bench.stage import RUN
from bench.table import Bound, Figure, Sizes, micro
from swarm.store.folder import SwarmFolder

_STEPS = Path(__file__).with_name("langgraph_steps.py")
ROOM = 25 * 10**9
"""Bytes of free disk that LangGraph's 10,000 gathered reports may take, with room to spare."""


def measure(sizes: Sizes, place: Path) -> Iterator[Figure]:
    try:
        python = peers_python()
    except NoPeers as error:
        print(f"  LangGraph is not measured: {error}")
        python = None
    for mode in ("small", "gathered"):
        yield from _compare(mode, python, sizes, place)


def _compare(mode: str, python: Path | None, sizes: Sizes, place: Path) -> Iterator[Figure]:
    state = "small state" if mode == "small" else "gathered reports"
    with ExitStack() as stack:
        ours = stack.enter_context(own(mode, place / f"ours-{mode}"))
        acting = [stack.enter_context(own("acting", place / "ours-acting"))] if mode == "gathered" else []
        peers = [stack.enter_context(peer) for peer in _peers(mode, python, place)]
        taken = _turns([ours, *peers, *acting], sizes.steps, sizes.window)
        name = f"approved step, 1 to {sizes.steps:,}, {state}"
        yield from _figures(name, taken, len(peers), Bound(5, least=True))
        if mode == "small" or sizes.far <= sizes.steps:
            return
        if shutil.disk_usage(place).free < ROOM:
            print(f"  step {sizes.far:,} is left out: it takes {ROOM // 10**9} GB of free disk")
            return
        taken = _turns([ours, *peers, *acting], sizes.far, sizes.window)
        last = [times[-sizes.rounds * 2 :] for times in taken]
        name = f"approved step, at {sizes.far:,}, {state}"
        yield from _figures(name, last, len(peers), Bound(50, least=True))


def _peers(mode: str, python: Path | None, place: Path) -> list[Contender]:
    modes = {"small": ["small"], "gathered": ["gathered", "delta"]}[mode] if python else []
    return [Contender([str(python), str(_STEPS), name], place / f"langgraph-{name}") for name in modes]


def _turns(contenders: Sequence[Contender], upto: int, window: int) -> list[list[float]]:
    """Seconds a step, per contender and window, and last those of the floor.

    Each takes a window in turn until all have taken `upto` steps; the floor writes as much as one step of the first.
    """
    ours = contenders[0]
    taken: list[list[float]] = [[] for _ in range(len(contenders) + 1)]
    while ours.steps < upto:
        step = min(window, upto - ours.steps)
        for contender, times in zip(contenders, taken, strict=False):
            times.append(contender.advance(step))
        taken[-1].append(floor.synced(ours.place, _written(ours) // ours.steps, window))
        if ours.steps % 1000 == 0 and upto > 1000:
            print(f"  {ours.steps:,} of {upto:,} steps", file=sys.stderr, flush=True)
    return taken


def _written(ours: Contender) -> int:
    return SwarmFolder(ours.place).history(RUN).stat().st_size


def _figures(name: str, taken: Sequence[Sequence[float]], count: int, bound: Bound) -> Iterator[Figure]:
    """Ours beside LangGraph as it is commonly used; and, only to be looked at, beside its newer channel, and acting."""
    cost, *others, least = [statistics.median(times) for times in taken]
    peers, acting = others[:count], others[count:]
    if not peers:
        yield Figure(name, micro(cost), floor=micro(least))
    for label, peer, limit in zip(("LangGraph", "its DeltaChannel"), peers, (bound, None), strict=False):
        yield Figure(name, micro(cost), f"{label} {micro(peer)}", micro(least), peer / cost, limit)
    for own_cost in acting:
        yield Figure(f"{name}, acting", micro(own_cost), f"without {micro(cost)}", micro(least), own_cost / cost)
