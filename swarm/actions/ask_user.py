"""Asks the human what to do with a directive that nothing can execute."""

from __future__ import annotations

from swarm.actions.base import Action
from swarm.actions.common import delegate, skipped
from swarm.context import NodeContext
from swarm.values import Ask, Child, Report


async def run(node: NodeContext) -> Report:
    """Done, skip, or a directive of the human's own, which is then routed."""
    return await _asked(node, f"What is to be done with “{node.child.name}”?")


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: asks again, with the reason in view."""
    return await _asked(node, f"You rejected the end of “{node.child.name}” ({reason}). What now?")


async def _asked(node: NodeContext, text: str) -> Report:
    question = Ask(name="what", text=text, choices=("done", "skip"), free=True, prompt=node.directive)
    answer = (await node.ask([question], key=text))["what"]
    if answer == "done":
        return Report(outcome="done", summary="The human says that it is done.")
    if answer == "skip":
        return skipped("")
    return await delegate(node, Child(directive=answer, model=node.engine.thinker(node.node)))


ACTION = Action("ask_user", run, revise)
