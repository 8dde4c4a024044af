"""Making a fork on disk: its history, its branch, its worktree; and going back by one decision."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from swarm import frames as f
from swarm.errors import Refused, SwarmError, UsageError
from swarm.fold import fold
from swarm.forking import Change, carried, changed, forked, point_of
from swarm.home import Home
from swarm.reversal import may_be_taken_back, reversal
from swarm.state import Swarm
from swarm.store.filelog import FileLog
from swarm.store.layout import Origin
from swarm.workspace.worktree import Worktree


async def fork(
    home: Home,
    run: str,
    frame: int | None = None,
    change: Change | None = None,
    *,
    carry: bool | None = None,
    undo: bool = False,
) -> str:
    """Makes a run whose history begins with the frames of another one, which stays as it is.

    Its worktree has the files of that frame; what git ignores is not among them.

    Args:
        home: Of the run.
        run: Its id; another process may have it open.
        frame: The last one that both share; the last at which `change` is possible if None.
        change: The one thing that is different.
        carry: Take over what was decided, answered and thought in the origin later on, where the same comes again;
            None: if something is changed.
        undo: The fork takes the place of its origin.

    Returns:
        Id of the new run.

    Raises:
        UsageError: If the run has no such frame.
        Refused: If the run had ended there, or `change` does not fit.
        SwarmError: If it cannot be written; nothing is left behind.
    """
    frames = await asyncio.to_thread(lambda: list(home.frames(run)))
    last = _last_shared(frames, frame, change)
    state = fold(frames[: last + 1])
    new = home.new_id(state.title)
    by = home.repository.human.name
    later = carried(state, frames[last + 1 :]) if (carry if carry is not None else change is not None) else None
    first = f.RunForked(
        run=new, origin=run, at_frame=last, branch=f"swarm/{new}", commit=state.commit, by=by, undo=undo, carried=later
    )
    added = forked(state, first)
    added += changed(fold(numbered(state, added), state), change, by) if change else []
    lines = [f.encode(frame) for frame in (*frames[: last + 1], *numbered(state, added))]
    await written(home, new, Origin(run=run, frame=last), first, lines)
    return new


def _last_shared(frames: list[f.Frame], frame: int | None, change: Change | None) -> int:
    if frame is None and change is None:
        raise UsageError("a fork needs a frame, or something to change")
    last = point_of(change, frames) if frame is None and change is not None else frame
    assert last is not None
    if not 1 <= last < len(frames):
        raise UsageError(f"there is no frame {last} to fork from: use 1 to {len(frames) - 1}")
    return last


def numbered(state: Swarm, frames: Sequence[f.Frame]) -> list[f.Frame]:
    """The frames as those that follow a state, now."""
    now = datetime.now(UTC)
    return [
        frame.model_copy(update={"frame": number, "at": now}) for number, frame in enumerate(frames, state.frame + 1)
    ]


async def written(home: Home, run: str, origin: Origin, first: f.RunForked, lines: list[bytes]) -> None:
    """Makes the history, the branch and the worktree of a fork; nothing is left behind if that fails."""
    await asyncio.to_thread(home.folder.begin, run)
    log = FileLog(home.folder)
    try:
        await log.claim(run, origin)
        place = home.folder.worktree(run)
        await asyncio.to_thread(Worktree.create, home.repository, place, first.branch, first.commit)
        await log.append(run, -1, lines)
    except SwarmError:
        await log.close()
        await asyncio.to_thread(home.delete, run)
        raise
    await log.close()


async def undo(home: Home, run: str, seen: int | None = None) -> str:
    """Takes the last decision of a human back: a fork from before it takes the place of the run.

    Args:
        home: Of the run.
        run: Its id.
        seen: Frame of the decision that is meant; whichever is the last if None.

    Returns:
        Id of the new run.

    Raises:
        Refused: If nothing was decided, or something else meanwhile, or something has followed that stays.
    """
    frames = await asyncio.to_thread(lambda: list(home.frames(run)))
    last = may_be_taken_back(run, reversal(frames))
    if seen not in (None, last.frame):
        raise Refused(f"something else was decided in run {run} meanwhile: look at it, then undo that")
    return await fork(home, run, last.frame - 1, undo=True)
