"""Keeps a text in the memory of the workspace."""

from __future__ import annotations

from swarm.actions.base import Action
from swarm.actions.common import drafted, reported
from swarm.asks import MemoryDraft
from swarm.context import NodeContext
from swarm.proposals import Save
from swarm.results import Result
from swarm.values import Report


async def run(node: NodeContext, rejected: str = "") -> Report:
    """Drafts the text and keeps it."""

    async def propose(draft: MemoryDraft, revision: int) -> Result:
        return await node.gated(Save(name=draft.name, text=draft.text), key=draft.name, revision=revision)

    draft, result = await drafted(node, MemoryDraft, propose, rejected)
    return reported(result, f"Kept “{draft.name}” in the memory.")


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: keeps another text, with the reason."""
    return await run(node, reason)


ACTION = Action("remember", run, revise)
