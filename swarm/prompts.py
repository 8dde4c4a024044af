"""The prompts: texts as data, rendered with what a node may know."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

from swarm.models.base import Message
from swarm.state import Node, Swarm
from swarm.values import Document

_ABOVE = 5
"""How many directives above a node are shown to it, beside the goal."""

_LONGEST = 20_000
"""Characters of one section of a prompt; the rest is left out, and said to be."""

_LONGEST_FILE = 60_000
"""Characters of a document that a thought is about."""


@cache
def texts() -> dict[str, Any]:
    """The prompt texts by schema, as the package ships them."""
    return tomllib.loads(files("swarm").joinpath("prompts.toml").read_text(encoding="utf-8"))


def render(state: Swarm, node: Node, schema: str, inputs: dict[str, Any], rejected: str) -> tuple[Message, ...]:
    """The messages of a request: the same values always give the same text; no ids, times or paths of a machine.

    Args:
        state: Of the run.
        node: Who asks.
        schema: Name of what is to be filled in.
        inputs: JSON values and documents, each a section of its own; the text of a document is marked as untrusted.
        rejected: Why the last proposal was rejected, if it was.
    """
    told = texts()
    system = told["common"].format(schema=schema).strip() + "\n\n" + told["schemas"].get(schema, "").strip()
    sections = dict(_sections(state, node, inputs, rejected))
    user = "\n\n".join(f"## {name}\n\n{text}" for name, text in sections.items() if text)
    return Message(role="system", content=system), Message(role="user", content=user)


def _sections(state: Swarm, node: Node, inputs: dict[str, Any], rejected: str) -> Iterator[tuple[str, str]]:
    if node.id != state.root:
        yield "Goal", state.title
    above = [ancestor.child.name for ancestor in islice(state.ancestors(node.id), _ABOVE)]
    yield "Above this node", "\n".join(f"- {name}" for name in reversed(above))
    yield "Directive", _cut(node.directive)
    yield "Context", _documents(_known(state, node), _LONGEST)
    for name, value in inputs.items():
        yield name.replace("_", " ").capitalize(), _shown(value)
    notes = [state.notes[node.id, index].text for index in range(node.notes)]
    yield "The human told you", _cut("\n".join(f"- {text}" for text in notes))
    yield "Your last proposal was rejected, because", _cut(rejected)


def _known(state: Swarm, node: Node) -> Iterable[Document]:
    """What the human attached to the run, and what of its memory the node was given, each name once."""
    given = (state.memory[name] for name in node.child.context if name in state.memory)
    return {document.name: document for document in [*state.context, *given]}.values()


def _shown(value: Any) -> str:
    if isinstance(value, Document):
        return _documents([value], _LONGEST_FILE)
    if isinstance(value, str):
        return _cut(value)
    return "" if value in ([], {}, None) else _cut(json.dumps(value, ensure_ascii=False, indent=1))


def _documents(documents: Iterable[Document], room: int) -> str:
    """Documents as data: no more characters of them than there is room for, and no text ends its own marks."""
    found = []
    for document in documents:
        text = _cut(document.text, room).replace("</untrusted", "<\\/untrusted")
        found.append(f"<untrusted name={json.dumps(document.name, ensure_ascii=False)}>\n{text}\n</untrusted>")
        room = max(0, room - len(document.text))
    return "\n\n".join(found)


def _cut(text: str, room: int = _LONGEST) -> str:
    left_out = len(text) - room
    return text if left_out <= 0 else f"{text[:room]}\n[{left_out} characters left out]"
