"""Writes one Python file whose syntax is known to be good."""

from __future__ import annotations

import ast

from swarm.actions.base import Action
from swarm.actions.common import drafted, reported
from swarm.asks import FileDraft
from swarm.context import NodeContext
from swarm.results import Result
from swarm.values import Report


async def run(node: NodeContext, rejected: str = "") -> Report:
    """Drafts the file, has faults of its syntax mended, writes it."""

    async def propose(draft: FileDraft, revision: int) -> Result:
        if fault := _fault(draft):
            return Result(outcome="rejected", reason=fault)
        return await node.write(draft.path, draft.content, revision=revision)

    draft, result = await drafted(node, FileDraft, propose, rejected)
    return reported(result, f"Wrote `{draft.path}`.")


def _fault(draft: FileDraft) -> str:
    """What Python says against the draft; empty if nothing."""
    try:
        ast.parse(draft.content, draft.path)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        return f"Python cannot read it: {error.args[0]}{f' in line {line}' if line else ''}"
    return ""


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: writes it again, with the reason."""
    return await run(node, reason)


ACTION = Action("write_python", run, revise)
