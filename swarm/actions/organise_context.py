"""The root: keeps the user's context in the memory, starts a manager for the goal, hands its report to the human."""

from __future__ import annotations

from swarm.actions.base import Action
from swarm.actions.common import delegate
from swarm.context import NodeContext
from swarm.values import Child, Report


async def run(node: NodeContext) -> Report:
    """Remembers each document of the context, then has the goal pursued."""
    for document in node.state.context:
        await node.remember(document)
    return await delegate(node, _manager(node, 1, ""))


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: a further manager that is told why."""
    rounds = sum(above.action == "decompose_directive" for above in node.state.children(node.id))
    return await delegate(node, _manager(node, rounds + 1, reason), reason)


def _manager(node: NodeContext, number: int, missing: str) -> Child:
    names = tuple(document.name for document in node.state.context)
    return Child(
        action="decompose_directive",
        directive=node.directive,
        title=node.child.title,
        arguments={"round": number, "missing": missing} if number > 1 else {},
        context=names,
    )


ACTION = Action("organise_context", run, revise)
