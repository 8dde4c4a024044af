"""Runs with side effects whose process is killed, and what tells apart from them how often each effect was done."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from swarm import frames as f
from swarm.home import Home
from swarm.proposals import Run
from swarm.runs import command
from swarm.store.blobs import digest_of
from swarm.values import Level
from swarm.workspace.sandbox import Tier
from tests.engine import kit
from tests.engine.headless import Job
from tests.engine.real import begun, git

_BEFORE = 0.2
_AFTER = 0.03


class Life(NamedTuple):
    """Of a process: the frames that it said were safe, with their digests, and whether it was killed."""

    told: list[tuple[int, str]]
    killed: bool


class Nursery:
    """Starts the processes that are to be killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def live(self, job: Job, pick: Random | None = None) -> Life:
        """Lets a process live until it ends, kills itself, or stays with nothing to do; or to a random moment.

        Args:
            job: What it does.
            pick: Chooses when it is killed; None: it is not.
        """
        assert self._process.stdin
        self._process.stdin.write(job.model_dump_json() + "\n")
        self._process.stdin.flush()
        word, pid = self._line()
        assert word == "began", (word, pid)
        most = pick.randint(1, 14) if pick and pick.random() < 0.7 else None
        if pick and most is None:
            _kill(int(pid), pick.uniform(0, _BEFORE))
        told: list[tuple[int, str]] = []
        while (line := self._line())[0] != "ended":
            if line[0] == "frame":
                told.append((int(line[1]), line[2]))
                if pick and len(told) == most:
                    _kill(int(pid), pick.uniform(0, _AFTER))
            elif job.stays:
                _kill(int(pid), 0)
        assert line[1] in ("0", "-9"), "the process failed: see what it wrote to its standard error"
        return Life(told, line[1] == "-9")

    def _line(self) -> list[str]:
        assert self._process.stdout
        return self._process.stdout.readline().split()


def _kill(pid: int, after: float) -> None:
    """Kills a process some seconds later, if it lives then."""
    select.select([], [], [], after)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Keeps what the processes need ready while it is open."""
    program = [sys.executable, "-m", "tests.engine.headless"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        yield Nursery(process)
        process.stdin.close()


# A run with side effects


def plan(phases: int, parts: str) -> str:
    """Phases with parts at once that write, run a command, tag and remember.

    Each command leaves a line in a file of its own that git ignores, so that nothing that goes back takes it away.
    """
    return "# Killed\n" + "".join(_phase(number, parts) for number in range(1, phases + 1))


def _phase(number: int, parts: str) -> str:
    return f"""
## Phase {number}

```sh check
test -s made/{number}{parts[-1]}
```
""" + "".join(
        f"""
### Part {name}

```txt written/{name}
text of {name}
```

```sh run
mkdir -p made done
echo {name} > made/{name}
echo once >> done/{name}
sleep 0.0{number}
```

```toml do tag
name = "at-{name}"
message = "{name} is there"
```

```txt remember {name}
Remember {name}.
```
"""
        for name in (f"{number}{part}" for part in parts)
    )


@dataclass
class Count:
    """What happened to runs.

    Attributes:
        kills: Processes that were killed.
        frames: Frames that were told to be safe.
        lost: Those of them that the history does not hold.
        doubts: Commands whose end nobody could know, all of which asked.
        proved: Commands that were cut off and had left their proof.
        twice: Effects that left their mark more than once.
    """

    kills: int = 0
    runs: int = 0
    frames: int = 0
    lost: int = 0
    doubts: int = 0
    proved: int = 0
    twice: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills of {self.runs} runs: {self.lost} of {self.frames} acknowledged frames lost, "
            f"{len(self.twice)} effects done twice, {self.doubts} in doubt and asked about, {self.proved} proved"
        )


@dataclass
class Victim:
    """A run with side effects.

    Attributes:
        home: Of the run.
        run: Its id.
        job: What its processes do.
        names: Of the parts of its plan.
        count: What happened to it.
    """

    home: Home
    run: str
    job: Job
    names: list[str]
    count: Count

    @classmethod
    async def begun(cls, root: Path, tier: Tier, phases: int, parts: str, level: Level, count: Count) -> Victim:
        """Begins a run in a fresh repository."""
        home, run = await begun(root, plan(phases, parts), ignored="done/\n", level=level)
        count.runs += 1
        names = [f"{number}{part}" for number in range(1, phases + 1) for part in parts]
        return cls(home, run, Job(root=str(root), run=run, tier=tier), names, count)

    def live(self, place: Nursery, pick: Random | None = None, **death: Any) -> None:
        """Lets a process drive the run; sees that what it said was safe is there afterwards."""
        told, was_killed = place.live(self.job.model_copy(update=death), pick)
        held = [digest_of(f.encode(frame)) for frame in self.home.frames(self.run)]
        self.count.kills += was_killed
        self.count.frames += len(told)
        self.count.lost += sum(number >= len(held) or held[number] != digest for number, digest in told)

    async def live_killed(self, place: Nursery, pick: Random, kills: int) -> None:
        """Lets processes drive the run to its end, and kills so many of them at random moments."""
        most = self.count.kills + kills
        while not self.home.state(self.run).ended:
            self.live(place, pick if self.count.kills < most else None)
            await decide_doubts(self.home, self.run)
        check(self.home, self.run, self.names, self.count)


async def decide_doubts(home: Home, run: str) -> None:
    """Says of each command in doubt whether it was done, as its own mark tells."""
    state = home.state(run)
    for gate in (state.gates[name] for name in state.open_gates):
        if gate.kind == "merge":
            continue
        assert gate.kind == "in_doubt", gate
        ran = state.gates[str(state.steps[gate.node, int(gate.seq or 0)].gate)].proposal
        assert isinstance(ran, Run)
        mark = home.folder.worktree(run) / ran.script.partition(">> ")[2].partition("\n")[0]
        was_done = not ran.readonly and mark.exists() and mark.read_text() != ""
        await command(home, run, kit.choose(gate, "done" if was_done else "again"))


def check(home: Home, run: str, names: list[str], count: Count) -> None:
    """Compares what was done with what should have been."""
    frames, worktree = list(home.frames(run)), home.folder.worktree(run)
    assert home.state(run).ended == "done", home.state(run).why
    for name in names:
        assert (worktree / "written" / name).read_text() == f"text of {name}\n"
        assert (worktree / "made" / name).read_text() == f"{name}\n"
        marks = (worktree / "done" / name).read_text().count("once")
        assert marks, f"command {name} is recorded and was never run"
        count.twice += [f"command {name}"] * (marks - 1)
    branch = f"swarm/{run}"
    commits = Counter(git(worktree, "log", "--format=%s", f"main..{branch}").splitlines())
    assert sum(commits.values()) == 2 * len(names), commits
    count.twice += [title for title, number in commits.items() if number > 1 and title.startswith("Write")]
    assert git(worktree, "status", "--porcelain") == ""
    assert set(git(worktree, "tag").split()) == {f"at-{name}" for name in names}
    for name in names:
        git(worktree, "merge-base", "--is-ancestor", f"at-{name}^{{commit}}", branch)
    _check_doubts(frames, count)


def _check_doubts(frames: list[f.Frame], count: Count) -> None:
    """Fails where a command that was cut off was run again, or taken as done, without anybody having been asked."""
    begun: dict[tuple[str | None, int], int] = {}
    asked: dict[tuple[str | None, int], str] = {}
    choices = {frame.gate: frame.choice for frame in frames if isinstance(frame, f.GateDecided)}
    harmless = {
        frame.gate
        for frame in frames
        if isinstance(frame, f.GateOpened) and isinstance(frame.proposal, Run)
        if frame.proposal.readonly and frame.proposal.tier == "full"
    }
    opened = -1
    for frame in frames:
        if isinstance(frame, f.RunOpened):
            opened = frame.frame
        elif isinstance(frame, f.StepBegun) and frame.step == "run":
            place = frame.node, frame.seq
            assert place not in begun or asked.pop(place, "") == "again", f"frame {frame.frame} runs again unasked"
            begun[place] = frame.frame
        elif isinstance(frame, f.GateOpened) and frame.proposal.kind == "in_doubt":
            place = frame.node, frame.seq or 0
            assert begun[place] < opened, "what was begun in this process is not in doubt"
            asked[place] = choices[frame.gate]
            count.doubts += 1
        elif isinstance(frame, f.StepEnded) and frame.step == "run":
            place = frame.node, frame.seq
            was_cut_off = begun.pop(place) < opened
            if was_cut_off and asked.pop(place, "") != "done" and frame.gate not in harmless:
                assert "lost with the program" in frame.value["output"], "neither proved nor asked about"
                count.proved += 1
