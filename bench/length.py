"""What a frame costs, engine and log, late in a run and early in one.

The long run and short ones take turns, so that what the machine does meanwhile falls on both; each short one is a
process of its own, brought near its frame before it is timed.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import floor
from bench.contender import Contender, own
from bench.stage import RUN
from bench.table import Bound, Figure, Sizes, micro
from swarm.store.folder import SwarmFolder

_FRAMES = 4
"""Frames of one approved step: opened, decided, begun, ended."""
_TURNS = 5
"""Windows that a short run takes in turn with the long one, around its frame."""
_WINDOW = 20
"""Steps of such a window."""


def measure(sizes: Sizes, place: Path) -> Iterator[Figure]:
    late, early, least = [], [], []
    with own("acting", place / "long") as long:
        _grow(long, sizes.frames // _FRAMES)
        each = SwarmFolder(long.place).history(RUN).stat().st_size // (long.steps * _FRAMES)
        for number in range(sizes.rounds):
            with own("acting", place / f"short-{number}") as short:
                short.advance(sizes.near // _FRAMES - _TURNS * _WINDOW // 2)
                for _ in range(_TURNS):
                    early.append(short.advance(_WINDOW) / _FRAMES)
                    late.append(long.advance(_WINDOW) / _FRAMES)
                    least.append(floor.synced(place, each, _WINDOW))
    ours, beside = statistics.median(late), statistics.median(early)
    yield Figure(
        f"a frame at {sizes.frames:,}, beside one at {sizes.near:,}",
        micro(ours),
        micro(beside),
        micro(statistics.median(least)),
        ours / beside,
        Bound(1.2),
    )


def _grow(contender: Contender, steps: int) -> None:
    while contender.steps < steps:
        contender.advance(min(2_500, steps - contender.steps))
        print(f"  {contender.steps * _FRAMES:,} frames", file=sys.stderr, flush=True)
