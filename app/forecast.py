"""What a fork of a run would be, before it is made."""

from __future__ import annotations

from swarm.errors import Refused, UsageError
from swarm.home import Home
from swarm.reversal import lasting

_MOST = 3


def forecast(home: Home, run: str, frame: int) -> str:
    """In a few lines: what a fork at a frame would be called, which files it would have, what it cannot take back.

    Raises:
        UsageError: If the run has no such frame.
        Refused: If it had ended there.
    """
    last = home.state(run).frame
    if not 1 <= frame <= last:
        raise UsageError(f"there is no frame {frame} to fork from: use 1 to {last}")
    state = home.state(run, frame)
    if state.ended:
        raise Refused(f"run {run} had ended at frame {frame}: fork it from an earlier one")
    new = home.new_id(state.title)
    stays = [what for later in home.frames(run, frame) if (what := lasting(later))]
    lines = [
        f"Makes {new} (branch swarm/{new}) as all stood at frame {frame}, {state.at:%Y-%m-%d %H:%M} UTC.",
        f"Files of commit {state.commit[:10]}; ignored files do not come along. {run} stays as it is.",
        *(f"! No fork takes back what was done since: {what}" for what in stays[:_MOST]),
    ]
    if len(stays) > _MOST:
        lines.append(f"! … and {len(stays) - _MOST} more of that kind")
    return "\n".join(lines)
