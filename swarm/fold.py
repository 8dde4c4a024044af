"""The one place where state changes: `apply(state, frame)`, pure, for frames that a ledger wrote."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from swarm import frames as f
from swarm.errors import Damaged, one_line
from swarm.folding import forks, gates, nodes, run, talk  # noqa: F401 (each registers its handlers)
from swarm.folding.base import HANDLERS
from swarm.state import Swarm


def apply(state: Swarm, frame: f.Frame) -> Swarm:
    """The state after one more frame; costs O(log n) in the size of the run (a subtree's level: its size).

    Raises:
        Damaged: If the frame does not follow from those before it, as it is about something that is not there.
    """
    try:
        changed = HANDLERS[type(frame)](state, frame)
    except Exception as error:
        what = f"{type(error).__name__}: {one_line(error)}"
        raise Damaged(f"frame {frame.frame} ({frame.kind}) does not follow from those before it: {what}") from error
    if frame.node is not None and frame.node in changed.nodes:
        node = replace(changed.nodes[frame.node], changed=frame.frame)
        changed = replace(changed, nodes=changed.nodes.set(node.id, node))
    commands = changed.commands.set(frame.command, frame.frame) if frame.command else changed.commands
    return replace(changed, frame=frame.frame, at=frame.at, commands=commands)


def fold(frames: Iterable[f.Frame], state: Swarm | None = None) -> Swarm:
    """The state after all the frames, in their order."""
    state = state or Swarm()
    for frame in frames:
        state = apply(state, frame)
    return state
