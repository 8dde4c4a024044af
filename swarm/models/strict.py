"""The JSON schema of a thought, in the dialect that all endpoints read."""

from __future__ import annotations

from functools import cache
from typing import Any

from swarm.asks import Thought

_DROPPED = {"default", "title", "$defs", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
"""Not understood everywhere: pydantic looks after ranges, and a strict schema has no defaults."""


@cache
def strict_schema(kind: type[Thought]) -> dict[str, Any]:
    """The schema with all fields required, closed, without references, defaults and ranges; not to be changed."""
    schema = kind.model_json_schema()
    strict: dict[str, Any] = _strict(schema, schema.get("$defs", {}))
    return strict


def _strict(schema: Any, definitions: dict[str, Any]) -> Any:
    """One schema, by its keywords; names of properties are no keywords, even where they read the same."""
    if isinstance(schema, list):
        return [_strict(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        own = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**definitions[name], **own}
    found = {
        key: _strict(value, definitions)
        for key, value in schema.items()
        if key not in _DROPPED and key not in ("properties", "required")
    }
    if "properties" in schema:
        found["properties"] = {name: _strict(value, definitions) for name, value in schema["properties"].items()}
        found["required"] = list(schema["properties"])
        found["additionalProperties"] = False
    return found
