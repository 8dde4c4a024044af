"""Two processes that want the same at the same moment: one writes, the other one follows, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from swarm import frames as f
from swarm.home import Home
from tests.engine.real import begun, repository
from tests.engine.recount import check_history

ROUNDS = 50

Racers = list["subprocess.Popen[str]"]


@contextmanager
def _racers(*arguments: object) -> Iterator[Racers]:
    program = [sys.executable, "-m", "tests.engine.racer", *map(str, arguments)]
    with ExitStack() as stack:
        racers = [
            stack.enter_context(subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(2)
        ]
        yield racers
        for racer in racers:
            assert racer.stdin
            racer.stdin.close()


def _all(racers: Racers, *words: str) -> list[str]:
    """Says a word to each at the same moment; what they say then."""
    for racer, word in zip(racers, words, strict=True):
        assert racer.stdin
        racer.stdin.write(f"{word}\n")
        racer.stdin.flush()
    return [racer.stdout.readline().strip() for racer in racers if racer.stdout]


async def test_of_two_processes_that_open_a_run_one_writes_and_the_other_one_follows(tmp_path: Path) -> None:
    home, run = await begun(tmp_path / "work", "# Race\n\n## Part\n\n```txt a.txt\na\n```\n")
    notes, pids = [], []
    with _racers(home.root, run) as racers:
        for number in range(ROUNDS):
            became = _all(racers, "go", "go")
            drives = became.index("drives")
            pids.append(racers[drives].pid)
            assert became[1 - drives] == f"follows {run} is open in process {pids[-1]}: close it there, or wait"
            told = [f"{number} by {one}" for one in "ab"]
            assert _all(racers, *told) == ["told", "told"]
            assert _all(racers, "leave", "leave") == ["left", "left"]
            notes += told
    frames = list(home.frames(run))
    check_history(frames)
    assert sum(isinstance(frame, f.RunOpened) for frame in frames) == ROUNDS
    assert Counter(frame.text for frame in frames if isinstance(frame, f.NodeTold)) == Counter(notes)


def test_two_processes_that_begin_runs_of_one_title_get_a_run_each(tmp_path: Path) -> None:
    home = Home(repository(tmp_path / "work"))
    begun: dict[str, str] = {}
    with _racers(home.root) as racers:
        for number in range(8):
            goals = [f"goal {number} of {one}" for one in "ab"]
            begun |= dict(zip(_all(racers, *goals), goals, strict=True))
    assert sorted(begun) == home.folder.run_ids() == sorted(f"race-{number}" for number in range(1, 17))
    assert {run: home.state(run).goal for run in begun} == begun
