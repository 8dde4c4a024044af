"""Changes one file by search/replace blocks or a unified diff."""

from __future__ import annotations

from swarm.actions.base import Action
from swarm.actions.common import drafted, reported
from swarm.asks import EditDraft
from swarm.context import NodeContext
from swarm.results import Result
from swarm.values import Report


async def run(node: NodeContext, rejected: str = "") -> Report:
    """Drafts the change and makes it."""

    async def propose(draft: EditDraft, revision: int) -> Result:
        return await node.edit(draft.path, draft.edit, revision=revision)

    draft, result = await drafted(node, EditDraft, propose, rejected)
    return reported(result, f"Edited `{draft.path}`.")


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: changes it again, with the reason."""
    return await run(node, reason)


ACTION = Action("edit_file", run, revise)
