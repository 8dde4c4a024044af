"""Puts a git tag on the run's present commit."""

from __future__ import annotations

from swarm.actions.base import Action
from swarm.actions.common import drafted, reported
from swarm.asks import TagDraft
from swarm.context import NodeContext
from swarm.proposals import Tag
from swarm.results import Result
from swarm.values import Report


async def run(node: NodeContext, rejected: str = "") -> Report:
    """Names the tag and makes it."""

    async def propose(draft: TagDraft, revision: int) -> Result:
        return await node.gated(Tag(name=draft.name, message=draft.message), key=draft.name, revision=revision)

    draft, result = await drafted(node, TagDraft, propose, rejected)
    return reported(result, f"Tagged `{draft.name}`.")


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: makes another tag, with the reason."""
    return await run(node, reason)


ACTION = Action("tag", run, revise)
