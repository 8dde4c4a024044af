"""What an approval would lead to: the gates that follow for certain if everything goes exactly as shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from swarm.proposals import EFFECTS, AnyProposal, Spawn, Terminate
from swarm.state import Node
from swarm.values import Child, Report

if TYPE_CHECKING:
    from swarm.engine import Engine

Then = Callable[[Sequence[tuple[Child, Report]]], Report | Spawn | None]

_FAR = 12
"""No card foretells more steps than these."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A proposal in a chain of those that would follow one another.

    Attributes:
        node: Who would propose it; with `index`, the parent of that node.
        proposal: What would be proposed.
        after: Place in the chain of what it follows from; 0 is the beginning.
        index: Which child of the spawn at `after` proposes it, where the proposer is itself only proposed.
    """

    node: Node
    proposal: AnyProposal
    after: int = 0
    index: int | None = None


async def foresee(engine: Engine, node: Node, proposal: AnyProposal, then: Then | None) -> list[Foreseen]:
    """The proposals that would follow one, nearest first, without the one itself.

    Args:
        engine: Whose actions and waiting nodes tell what follows.
        node: Who proposes.
        proposal: What it proposes.
        then: What the node would propose next, if the proposal is an effect.
    """
    chain = [Foreseen(node, proposal)]
    while len(chain) < _FAR:
        last = chain[-1]
        if isinstance(last.proposal, Spawn):
            chain += await _first_gates(engine, replace(last, after=len(chain) - 1))
            break
        following = _following(engine, last, then)
        if following is None:
            break
        node, what = following
        chain.append(Foreseen(node, what if isinstance(what, Spawn) else Terminate(report=what), len(chain) - 1))
    return chain[1:]


async def _first_gates(engine: Engine, last: Foreseen) -> list[Foreseen]:
    """The gates with which the children of a spawn would begin, where their action can tell from its arguments."""
    assert isinstance(last.proposal, Spawn)
    found: list[Foreseen] = []
    for index, child in enumerate(last.proposal.children):
        action = engine.space.actions.get(child.action)
        firsts = action.first(child) if action and action.first else ()
        commands = [await engine.world.command(first) for first in firsts]
        found += [Foreseen(last.node, command, last.after, index) for command in commands]
    return found


def _following(engine: Engine, last: Foreseen, then: Then | None) -> tuple[Node, Report | Spawn] | None:
    if last.proposal.kind in EFFECTS:
        what = then([]) if then else None
        return (last.node, what) if what else None
    if isinstance(last.proposal, Terminate):
        return _after_end(engine, last.node, last.proposal.report)
    return None


def _after_end(engine: Engine, node: Node, report: Report) -> tuple[Node, Report | Spawn] | None:
    """What the parent would propose once this node has ended with this report, if it waits for nothing else."""
    state = engine.ledger.head
    parent, seq, _ = node.origin
    context = engine.contexts.get(parent or "")
    step = state.steps.get((parent or "", seq))
    if context is None or step is None or step.remaining != 1 or node.id not in step.children:
        return None
    then = context.gating.thens.get(seq)
    nodes = [state.nodes[child] for child in step.children]
    reports = [(other.child, report if other.id == node.id else other.report) for other in nodes]
    what = then([(child, found) for child, found in reports if found is not None]) if then else None
    return (state.nodes[step.node], what) if what else None
