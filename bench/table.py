"""What a part of the benchmark hands back, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bound:
    """What a ratio is held to: at most `value`, or at least that if `least`."""

    value: float
    least: bool = False

    def holds(self, ratio: float) -> bool:
        return ratio >= self.value if self.least else ratio <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.least else '≤'} {self.value:g}"


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        name: What was measured.
        ours: With its unit.
        beside: What it is compared with, with its unit; empty if it stands alone.
        floor: The raw `write` + `fdatasync` of the same bytes, where something is written.
        ratio: Between the two, as the name says; None if there is nothing to compare with.
        bound: What the ratio is held to; None if it is only looked at.
    """

    name: str
    ours: str
    beside: str = ""
    floor: str = ""
    ratio: float | None = None
    bound: Bound | None = None

    @property
    def kept(self) -> bool:
        """Whether the ratio is within its bound; so is one that nothing is demanded of."""
        return self.ratio is None or self.bound is None or self.bound.holds(self.ratio)

    @property
    def verdict(self) -> str:
        if self.ratio is None or self.bound is None:
            return ""
        return "ok" if self.kept else "under" if self.bound.least else "over"

    def line(self) -> str:
        ratio = f"{self.ratio:.2f} ×" if self.ratio is not None else ""
        bound = str(self.bound) if self.bound else ""
        cells = f"{self.ours:>12} {self.beside:>22} {self.floor:>10} {ratio:>9} {bound:>7}"
        return f"  {self.name:<52} {cells}  {self.verdict}".rstrip()


HEAD = f"  {'':<52} {'ours':>12} {'beside':>22} {'floor':>10} {'ratio':>9} {'bound':>7}"


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        steps: Approved steps at which ours and the peer's are compared first.
        far: The same with gathered reports, later; 0 leaves it out.
        window: Steps that are timed as one.
        near: Frame at which the cost of a short run is taken.
        frames: Length of a long run.
        tasks: How many append at once.
        rounds: How often each thing that takes turns is measured; the median counts.
        nodes: Nodes from spawn to end in one run.
    """

    steps: int = 1_000
    far: int = 10_000
    window: int = 100
    near: int = 1_000
    frames: int = 100_000
    tasks: int = 512
    rounds: int = 5
    nodes: int = 10_000


FULL = Sizes()
QUICK = Sizes(far=0, frames=20_000, nodes=2_000)


@dataclass(frozen=True)
class Part:
    """One part: its name on the command line, its heading, and what measures it in a folder of its own."""

    name: str
    title: str
    measure: Callable[[Sizes, Path], Iterable[Figure]]


def micro(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs"


def milli(seconds: float) -> str:
    return f"{seconds * 1e3:,.3g} ms" if seconds < 1 else f"{seconds * 1e3:,.0f} ms"
