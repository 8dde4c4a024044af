"""Runs one script in the sandbox and reports its output."""

from __future__ import annotations

from swarm.actions.base import Action
from swarm.actions.common import answers_of, drafted, skipped
from swarm.asks import CommandDraft
from swarm.context import NodeContext
from swarm.plan.names import environment
from swarm.proposals import Run
from swarm.results import Result
from swarm.values import Report


async def run(node: NodeContext, rejected: str = "", interpreter: str = "") -> Report:
    """Drafts the script and runs it."""
    answers = answers_of(node)

    async def propose(draft: CommandDraft, revision: int) -> Result:
        command = Run(
            title=draft.title or node.child.name,
            interpreter=interpreter or draft.interpreter,
            script=draft.script,
            environment=environment(answers),
            readonly=draft.readonly,
        )
        return await node.run(command, revision=revision)

    _, result = await drafted(node, CommandDraft, propose, rejected)
    if not result.ok:
        return skipped(result.reason)
    output = str(result.value.get("output", "")).rstrip()
    return Report(
        outcome="done",
        summary=f"```text\n{output}\n```" if output else "It printed nothing.",
        value={"exit_code": result.value.get("exit_code"), "output": output},
        evidence=result.evidence,
    )


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: runs another script, with the reason."""
    return await run(node, reason)


ACTION = Action("run_command", run, revise)
