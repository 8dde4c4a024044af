"""`python -m bench`: everything that is measured, one table; ends with 1 if a bound is not kept."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import approved, length, moment, nodes, opening, size, together
from bench.environment import CACHE
from bench.table import FULL, HEAD, QUICK, Figure, Part, Sizes

PARTS = (
    Part("nodes", "Nodes from spawn to end, each gate approved by a command", nodes.measure),
    Part("approved", "One approved durable step, beside LangGraph with its SQLite checkpointer", approved.measure),
    Part("length", "A frame late in a run, beside one early in a run", length.measure),
    Part("size", "Bytes on disk", size.measure),
    Part("together", "Synced frames a second, from many tasks at once and from one", together.measure),
    Part("opening", "Opening a long run", opening.measure),
    Part("moment", "Looking back in a long run", moment.measure),
)


def run(parts: Sequence[Part], sizes: Sizes, work: Path) -> list[Figure]:
    """Measures the parts and prints their lines as they come; what they write lies below `work` until they are done."""
    figures: list[Figure] = []
    print(HEAD)
    for part in parts:
        print(f"\n{part.title}")
        with tempfile.TemporaryDirectory(dir=work) as place:
            for figure in part.measure(sizes, Path(place)):
                print(figure.line(), flush=True)
                figures.append(figure)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = [part.name for part in PARTS]
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these, of {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="shorter runs; nothing at step 10,000")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(names):
        parser.error(f"no part is called {', '.join(sorted(unknown))}")
    CACHE.mkdir(exist_ok=True)
    chosen = [part for part in PARTS if not options.parts or part.name in options.parts]
    figures = run(chosen, QUICK if options.quick else FULL, CACHE)
    missed = [figure for figure in figures if not figure.kept]
    held = sum(figure.verdict != "" for figure in figures)
    print(f"\n{held - len(missed)} of {held} bounds are kept")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
