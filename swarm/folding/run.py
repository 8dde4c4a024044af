"""Frames about the run as a whole, and about what a human sets for a subtree."""

from __future__ import annotations

from msgspec.structs import replace

from swarm import frames as f
from swarm.folding.base import applied, on, put
from swarm.state import Swarm
from swarm.values import Level, looser


@on(f.RunStarted)
def _run_started(state: Swarm, frame: f.RunStarted) -> Swarm:
    return replace(
        state,
        run=frame.run,
        goal=frame.goal,
        title=frame.title,
        model=frame.model,
        level=frame.level,
        limits=frame.limits,
        context=frame.context,
        defaults=frame.defaults,
        allow_unsandboxed=frame.allow_unsandboxed,
        branch=frame.branch,
        base=frame.commit,
        commit=frame.commit,
        by=frame.by,
        started_at=frame.at,
        network=frame.network,
    )


@on(f.RunOpened)
def _run_opened(state: Swarm, frame: f.RunOpened) -> Swarm:
    return replace(state, tier=frame.tier)


@on(f.HistoryTorn)
def _history_torn(state: Swarm, frame: f.HistoryTorn) -> Swarm:
    return state


@on(f.RunEnded)
def _run_ended(state: Swarm, frame: f.RunEnded) -> Swarm:
    return replace(state, ended=frame.status, why=frame.why)


@on(f.LevelSet)
def _level_set(state: Swarm, frame: f.LevelSet) -> Swarm:
    if frame.node is None:
        state, top = replace(state, level=frame.level), state.root
    else:
        top = frame.node
        state = put(state, replace(state.nodes[top], own_level=frame.level))
    nodes = state.nodes
    for node in state.subtree(top) if top else ():
        if node.report is None:
            above = nodes[node.parent].level if node.parent else state.level
            nodes = nodes.set(node.id, replace(node, level=_in_force(node.own_level, above)))
    return replace(state, nodes=nodes)


def _in_force(own: Level | None, above: Level) -> Level:
    """The level of a node below one of this level: its own if that is no looser."""
    return above if own is None or looser(own, above) else own


@on(f.Paused)
def _paused(state: Swarm, frame: f.Paused) -> Swarm:
    if frame.node is None:
        return replace(state, paused_run=True)
    state = replace(state, paused=state.paused.set(frame.node, frame.frame))
    return put(state, replace(state.nodes[frame.node], paused=True))


@on(f.Continued)
def _continued(state: Swarm, frame: f.Continued) -> Swarm:
    if frame.node is None:
        return replace(state, paused_run=False)
    paused = state.paused.delete(frame.node) if frame.node in state.paused else state.paused
    state = replace(state, paused=paused)
    return put(state, replace(state.nodes[frame.node], paused=False))


@on(f.LimitsRaised)
def _limits_raised(state: Swarm, frame: f.LimitsRaised) -> Swarm:
    return replace(state, limits=frame.limits)


@on(f.ModelSet)
def _model_set(state: Swarm, frame: f.ModelSet) -> Swarm:
    nodes = state.nodes
    for node in state.subtree(state.root) if state.root else ():
        if node.report is None and node.model == state.model:
            nodes = nodes.set(node.id, replace(node, model=frame.model))
    return replace(state, model=frame.model, nodes=nodes, network=None)


@on(f.WorkspaceEdited)
def _workspace_edited(state: Swarm, frame: f.WorkspaceEdited) -> Swarm:
    return replace(state, commit=frame.commit, commits=state.commits + 1)


@on(f.RunMerged)
def _run_merged(state: Swarm, frame: f.RunMerged) -> Swarm:
    return replace(applied(state, frame.gate), merged=frame.into)
