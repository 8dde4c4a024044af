"""Writes one file."""

from __future__ import annotations

from swarm.actions.base import Action
from swarm.actions.common import drafted, reported
from swarm.asks import FileDraft
from swarm.context import NodeContext
from swarm.results import Result
from swarm.values import Report


async def run(node: NodeContext, rejected: str = "") -> Report:
    """Drafts the file and writes it."""

    async def propose(draft: FileDraft, revision: int) -> Result:
        return await node.write(draft.path, draft.content, revision=revision)

    draft, result = await drafted(node, FileDraft, propose, rejected)
    return reported(result, f"Wrote `{draft.path}`.")


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: writes it again, with the reason."""
    return await run(node, reason)


ACTION = Action("write_file", run, revise)
