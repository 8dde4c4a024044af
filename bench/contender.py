"""Something that takes approved steps in a process of its own: a window of them whenever it is told to.

Ours and the peer's run in processes alike, so that neither carries the other's heap, and take turns, so that what the
machine does beside them falls on both.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parent.parent


class ContenderFailed(Exception):
    """It ended before it was told to; the text is the last line that it said."""


class Contender:
    """The process; a context manager.

    Args:
        command: Its program and arguments. It reads a number of steps per line and answers with a JSON object: the
            `seconds` that they took.
        place: An empty folder for whatever it keeps.
    """

    def __init__(self, command: Sequence[str], place: Path) -> None:
        self.steps = 0
        self.place = place
        place.mkdir()
        self._said = place / "stderr"
        with self._said.open("w") as said:
            self._process = subprocess.Popen(
                [*command, str(place)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
            )

    def advance(self, steps: int) -> float:
        """Takes so many steps; gives the seconds that one took.

        Raises:
            ContenderFailed: It ended instead.
        """
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(f"{steps}\n")
            self._process.stdin.flush()
            seconds = float(json.loads(self._process.stdout.readline())["seconds"])
        except (OSError, ValueError):
            self._process.kill()
            self._process.wait()
            said = self._said.read_text().strip().splitlines() or ["it said nothing"]
            raise ContenderFailed(said[-1]) from None
        self.steps += steps
        return seconds / steps

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets it come to its end, or ends it if something went wrong."""
        if kind:
            self._process.kill()
        self._process.communicate()


def own(mode: str, place: Path) -> Contender:
    """Ours; modes as in `bench.own_steps`."""
    return Contender([sys.executable, "-m", "bench.own_steps", mode], place)


def serve(take: Callable[[int], float]) -> None:
    """The other end, for a contender without an event loop: `take` takes so many steps and gives their seconds."""
    for line in sys.stdin:
        print(json.dumps({"seconds": take(int(line))}), flush=True)
