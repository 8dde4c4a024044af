"""The step by which a node starts children and joins them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from swarm import frames as f
from swarm.errors import NothingNew, StepFailed
from swarm.foresee import Then
from swarm.gating import always
from swarm.proposals import Spawn
from swarm.results import Fails, Pair, Result
from swarm.retrying import is_open
from swarm.state import Gate, Step, Swarm
from swarm.values import Child

if TYPE_CHECKING:
    from swarm.context import NodeContext


async def spawn(
    node: NodeContext, children: Sequence[Child], key: str, revision: int, then: Then | None, fails: Fails | None
) -> tuple[Result, list[Pair]]:
    """Proposes children and joins them; see `NodeContext.spawn`."""
    seq, step = node.next("spawn", key)
    if step and step.finished:
        ended = await node.recorded(step)
        node.gating.note_rejected(ended)
        return _refused(node.state, step, ended) if ended.outcome != "ok" else (Result(), _reports(node.state, step))
    async with node.pending():
        node.gating.thens[seq] = then
        if step is None or step.begun < 0:
            refused = await _proposed(node, seq, key, _left(node.state, step, children), revision)
            if refused:
                return _refused(node.state, node.state.steps[node.id, seq], refused)
        joined = await node.until(lambda state: _joined(state, node.id, seq))
        pairs = _reports(node.state, joined)
        if error := fails(pairs) if fails else "":
            await node.fail(seq, "spawn", key, error)
            raise StepFailed(error)
        await node.engine.ledger.note(f.StepEnded(node=node.id, seq=seq, step="spawn", key=key))
        return Result(edited=node.was_edited(joined.gate)), pairs


def _refused(state: Swarm, step: Step, ended: f.StepEnded) -> tuple[Result, list[Pair]]:
    """How a spawn went that was not approved; of one that was taken partly, the others stand."""
    if not step.children:
        return Result(outcome=ended.outcome, reason=ended.error), []
    if ended.outcome == "rejected":
        raise NothingNew(f"the human would not start again what did not end well: {ended.error}")
    return Result(edited=True), [pair for pair in _reports(state, step) if not is_open(pair[1])]


def _left(state: Swarm, step: Step | None, children: Sequence[Child]) -> Spawn:
    """The children to propose: of a step that is taken partly, those that did not end well."""
    if step and step.outcome == "partly":
        again = [state.nodes[child] for child in step.children]
        children = [node.child.model_copy(update={"id": ""}) for node in again if is_open(node.report)]
    return Spawn(children=tuple(children))


async def _proposed(node: NodeContext, seq: int, key: str, proposal: Spawn, revision: int) -> f.StepEnded | None:
    """Queues the children once they are approved; gives the result of the step if they are not."""
    while True:
        gate = await node.gating.decided(seq, key, always(proposal), revision, None)
        if refused := await node.gating.refused(gate, seq, "spawn", key):
            return refused
        await node.ready()
        await node.asides.within_limits(seq, gate.final)
        if node.gating.holds(gate):
            node.engine.ledger.put(spawned(node.engine.ledger.head, gate))
            return None


def spawned(state: Swarm, gate: Gate) -> list[f.Frame]:
    """The frames that queue the children of an approved gate; of a write that was cut off, those that are missing."""
    proposal, seq = gate.final, gate.seq
    assert isinstance(proposal, Spawn)
    assert seq is not None
    before = state.steps[gate.node, seq].children
    kept = tuple(child for child in before if not is_open(state.nodes[child].report))
    frames: list[f.Frame] = [
        f.NodeSpawned(node=child.id, parent=gate.node, step=seq, index=index, child=_routed(child))
        for index, child in enumerate(proposal.children, start=len(kept))
        if child.id not in state.nodes
    ]
    ids = (*kept, *(child.id for child in proposal.children))
    frames.append(f.StepBegun(node=gate.node, seq=seq, step="spawn", key=gate.key, children=ids, gate=gate.id))
    return frames


def _routed(child: Child) -> Child:
    """The child with the router as its action, if it has none."""
    return child if child.action else child.model_copy(update={"action": "route_action"})


def _joined(state: Swarm, node: str, seq: int) -> Step | None:
    step = state.steps.get((node, seq))
    return step if step and step.begun >= 0 and not step.remaining else None


def _reports(state: Swarm, step: Step) -> list[Pair]:
    nodes = [state.nodes[child] for child in step.children]
    return [(node.child, node.report) for node in nodes if node.report is not None]
