"""Runs one Python script in the sandbox, with the project's own interpreter, and reports its output."""

from __future__ import annotations

from swarm.actions import run_command
from swarm.actions.base import Action
from swarm.context import NodeContext
from swarm.values import Report


async def run(node: NodeContext) -> Report:
    """Drafts the script and runs it."""
    return await run_command.run(node, interpreter="python")


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: runs another script, with the reason."""
    return await run_command.run(node, reason, interpreter="python")


ACTION = Action("run_python", run, revise)
