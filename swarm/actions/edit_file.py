"""Changes one file by search/replace blocks or a unified diff."""

from __future__ import annotations

from swarm.actions.base import Action
from swarm.actions.common import answers_of, reported
from swarm.actions.editing import edited
from swarm.asks import EditPath
from swarm.context import NodeContext
from swarm.results import Result
from swarm.values import Document, Report


async def run(node: NodeContext, rejected: str = "") -> Report:
    """Finds the file, drafts the change with its text in view, and makes it."""
    answers = answers_of(node)
    found = await node.files()
    listed = Document(name="files", text="\n".join([*found.paths, found.cut]).strip())

    async def draft(reason: str, revision: int) -> tuple[str, Result]:
        why = reason or rejected
        path = (await node.think(EditPath, rejected=why, answers=answers, files=listed)).path
        return path, await edited(node, path, rejected=why, revision=revision, answers=answers)

    path, result = await node.revised(draft, lambda pair: pair[1])
    return reported(result, f"Edited `{path}`.")


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: changes it again, with the reason."""
    return await run(node, reason)


ACTION = Action("edit_file", run, revise, version="2")
