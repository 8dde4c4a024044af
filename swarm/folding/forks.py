"""The frame with which a fork begins to be a run of its own."""

from __future__ import annotations

from immutables import Map
from msgspec.structs import replace

from swarm import frames as f
from swarm.folding.base import on, put
from swarm.proposals import EFFECTS
from swarm.state import Swarm


@on(f.RunForked)
def _run_forked(state: Swarm, frame: f.RunForked) -> Swarm:
    carried = {(kept.place, kept.digest): kept for kept in frame.carried or ()}
    state = replace(
        state,
        run=frame.run,
        origin=f"{frame.origin}@{frame.at_frame}",
        undo=frame.undo,
        branch=frame.branch,
        commit=frame.commit,
        by=frame.by,
        started_at=frame.at,
        tier="",
        allow_unsandboxed=state.allow_unsandboxed and not frame.imported,
        carries=frame.carried is not None,
        carried=Map(carried),
    )
    return _without_intents(state)


def _without_intents(state: Swarm) -> Swarm:
    """Without the side effects that had begun and not ended: whatever came of them is not in the fork's files."""
    for node in [node for node in state.nodes.values() if node.pending]:
        for step in list(state.pending(node.id)):
            if step.kind in EFFECTS and step.begun >= 0:
                changed = replace(state.nodes[node.id], pending=state.nodes[node.id].pending - 1)
                state = put(replace(state, steps=state.steps.delete((node.id, step.seq))), changed)
    return state
