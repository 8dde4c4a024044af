"""Processes that drive a run until nothing can go on, and are there to be killed: `python -m tests.engine.headless`.

It forks once for each line of standard input, a `Job` as JSON, so that a process costs no imports. On standard output
comes `began PID`, then `frame NUMBER DIGEST` for each frame that is safe, and when the process has ended `ended STATUS`
(negative: the signal that killed it).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from swarm import frames as f
from swarm import runs
from swarm.effects import Effect
from swarm.home import Home
from swarm.spaces.builtin import builtin_space
from swarm.state import Swarm
from swarm.store.blobs import digest_of
from swarm.store.filelog import FileLog
from swarm.values import Value
from swarm.workspace.git import version
from swarm.workspace.probe import Probe, probe
from swarm.workspace.sandbox import Tier
from swarm.workspace.world import GitWorld
from tests.engine.real import taken_up


class Job(Value):
    """What a process does.

    Attributes:
        tier: Of the sandbox.
        stays: Keep the run open when nothing can go on.
        dies_at: Kind of a frame, and of the gate or the step that it is about: the process kills itself as soon as one
            is safe, and nothing has followed from it.
        dies_before: Kind of an effect: the process kills itself between its intent and the effect.
        dies_after: Kind of an effect, or `command` for one that is not committed yet: the process kills itself between
            the effect and its result.
    """

    root: str
    run: str
    tier: Tier
    stays: bool = False
    dies_at: str = ""
    dies_before: str = ""
    dies_after: str = ""


def _say(*words: object) -> None:
    """One line at once: a process that is killed leaves no half of one."""
    os.write(sys.stdout.fileno(), f"{' '.join(map(str, words))}\n".encode())


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _tell(frames: Sequence[f.Frame], state: Swarm) -> None:
    for frame in frames:
        _say("frame", frame.frame, digest_of(f.encode(frame)))


def _fatal(job: Job) -> Callable[[Sequence[f.Frame], Swarm], None]:
    """Makes the process die once a frame is safe; what shares its group is cut off."""
    append, fatal = FileLog.append, list[int]()

    async def cut(log: FileLog, run: str, expected: int, frames: Sequence[bytes]) -> int:
        if fatal and fatal[0] <= expected + len(frames):
            await append(log, run, expected, frames[: fatal[0] - expected])
            _die()
        return await append(log, run, expected, frames)

    def look(frames: Sequence[f.Frame], head: Swarm) -> None:
        fatal.extend(frame.frame for frame in frames if job.dies_at == f"{frame.kind} {_about(frame, head)}")

    FileLog.append = cut  # type: ignore[method-assign]
    return look


def _about(frame: f.Frame, state: Swarm) -> str:
    if isinstance(frame, f.StepBegun | f.StepEnded):
        return frame.step
    gate = state.gates.get(getattr(frame, "gate", None) or "")
    return gate.kind if gate else ""


def _doomed(job: Job) -> None:
    """Makes the process die beside an effect."""
    perform, ran = GitWorld.perform, GitWorld._ran

    def kind_of(proposal: Any) -> str:
        return "check" if getattr(proposal, "readonly", False) else proposal.kind

    async def performed(world: GitWorld, proposal: Any, mark: Any) -> Effect:
        if kind_of(proposal) == job.dies_before:
            _die()
        effect = await perform(world, proposal, mark)
        if kind_of(proposal) == job.dies_after:
            _die()
        return effect

    async def done(world: GitWorld, proposal: Any, *rest: Any) -> Effect:
        if kind_of(proposal) == "run" and job.dies_after == "command":
            _die()
        return await ran(world, proposal, *rest)

    GitWorld.perform, GitWorld._ran = performed, done  # type: ignore[method-assign]


async def drive(job: Job) -> None:
    """Drives a run in this process."""
    async with taken_up(Home(Path(job.root)), job.run) as engine:
        engine.ledger.listen(_tell)
        engine.ledger.listen_early(_fatal(job))
        await engine.settled()
        _say("settled")
        if job.stays:
            await asyncio.Event().wait()


def use(found: Probe) -> None:
    async def known() -> Probe:
        return found

    runs.probe = known


def _live(job: Job, best: Probe) -> None:
    """All that a process does; it never comes back."""
    try:
        use(best if job.tier == "full" else Probe(tier="none"))
        _doomed(job)
        _say("began", os.getpid())
        asyncio.run(drive(job))
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def main() -> None:
    """Forks a process for each line; what all of them need is found out before."""
    best = asyncio.run(probe())
    version()
    builtin_space()
    for line in sys.stdin:
        job = Job.model_validate_json(line)
        pid = os.fork()
        if not pid:
            _live(job, best)
        _, status = os.waitpid(pid, 0)
        _say("ended", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
