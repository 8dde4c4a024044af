"""Changing a file that is there: whoever writes the change has the file's text before them."""

from __future__ import annotations

from typing import Any

from swarm.asks import EditDraft
from swarm.context import NodeContext
from swarm.errors import EditFailed, StepFailed
from swarm.foresee import Then
from swarm.results import Result
from swarm.values import Document
from swarm.workspace.edits import parse_edit


async def edited(
    node: NodeContext, path: str, *, rejected: str = "", revision: int = 1, then: Then | None = None, **inputs: Any
) -> Result:
    """Reads a file, has its change drafted with the text in view, and proposes it.

    Args:
        node: Who does it.
        path: The file.
        rejected: Why the last proposal was rejected, if it was.
        revision: How often this was proposed before, plus one.
        then: The report that it would lead to.
        inputs: What else the draft is told.

    Returns:
        How the proposal went; a file that cannot be read is a rejection, with what is wrong as its reason.
    """
    try:
        text = await node.read(path)
    except StepFailed as error:
        return Result(outcome="rejected", reason=str(error))
    file = Document(name=path, text=text)
    draft = await node.think(EditDraft, key=path, rejected=rejected, **inputs, file=file)
    return await node.edit(path, draft.edit, revision=revision, then=then)


def is_edit(text: str) -> bool:
    """Whether a text is search/replace blocks or a diff, rather than words about what to change."""
    try:
        return bool(parse_edit(text))
    except EditFailed:
        return False
