"""The prompts: texts as data, rendered with what a node may know."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

from swarm.models.base import Message
from swarm.state import Node, Swarm

_ABOVE = 5
"""How many directives above a node are shown to it, beside the goal."""

_LONGEST = 20_000
"""Characters of one section of a prompt; the rest is left out, and said to be."""


@cache
def texts() -> dict[str, Any]:
    """The prompt texts by schema, as the package ships them."""
    return tomllib.loads(files("swarm").joinpath("prompts.toml").read_text(encoding="utf-8"))


def render(state: Swarm, node: Node, schema: str, inputs: dict[str, Any], rejected: str) -> tuple[Message, ...]:
    """The messages of a request: the same values always give the same text; no ids, times or paths of a machine."""
    told = texts()
    system = told["common"].format(schema=schema).strip() + "\n\n" + told["schemas"].get(schema, "").strip()
    sections = dict(_sections(state, node, inputs, rejected))
    user = "\n\n".join(f"## {name}\n\n{_cut(text)}" for name, text in sections.items() if text)
    return Message(role="system", content=system), Message(role="user", content=user)


def _sections(state: Swarm, node: Node, inputs: dict[str, Any], rejected: str) -> Iterator[tuple[str, str]]:
    if node.id != state.root:
        yield "Goal", state.title
    above = [ancestor.child.name for ancestor in islice(state.ancestors(node.id), _ABOVE)]
    yield "Above this node", "\n".join(f"- {name}" for name in reversed(above))
    yield "Directive", node.directive
    yield "Context", "\n\n".join(_fenced(document.name, document.text) for document in state.context)
    for name, value in inputs.items():
        yield name.replace("_", " ").capitalize(), value if isinstance(value, str) else _json(value)
    notes = [state.notes[node.id, index].text for index in range(node.notes)]
    yield "The human told you", "\n".join(f"- {text}" for text in notes)
    yield "Your last proposal was rejected by the human, because", rejected


def _json(value: Any) -> str:
    return "" if value in ([], {}, None) else json.dumps(value, ensure_ascii=False, indent=1)


def _fenced(name: str, text: str) -> str:
    return f'<untrusted name="{name}">\n{text}\n</untrusted>'


def _cut(text: str) -> str:
    left_out = len(text) - _LONGEST
    return text if left_out <= 0 else f"{text[:_LONGEST]}\n[{left_out} characters left out]"
