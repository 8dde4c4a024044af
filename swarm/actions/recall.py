"""Looks something up in the memory."""

from __future__ import annotations

from swarm.actions.base import Action
from swarm.actions.common import answers_of
from swarm.asks import RecallDraft
from swarm.context import NodeContext
from swarm.values import Report


async def run(node: NodeContext, rejected: str = "") -> Report:
    """Says what to look for and reports what is found."""
    draft = await node.think(RecallDraft, rejected=rejected, answers=answers_of(node))
    found = await node.recall(draft.query)
    if not found:
        return Report(outcome="incomplete", summary=f"The memory holds nothing about “{draft.query}”.")
    summary = "\n\n".join(f"**{document.name}**\n\n{document.text}" for document in found)
    return Report(outcome="done", summary=summary, value=[document.model_dump() for document in found])


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: looks for something else, with the reason."""
    return await run(node, reason)


ACTION = Action("recall", run, revise)
