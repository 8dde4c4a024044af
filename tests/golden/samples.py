"""Values of every shape that a JSON schema allows: all fields, each variant of each, and the least there may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_PLAIN: dict[str, list[Any]] = {
    "string": ["größer"],
    "integer": [1],
    "number": [0.5],
    "boolean": [True, False],
    "null": [None],
}


class Samples:
    """Makes values of a schema.

    Args:
        schema: The whole of it, which references are looked up in.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        self._named = schema.get("$defs", {})

    def of(self, schema: dict[str, Any]) -> list[Any]:
        """Values of a part of it, the fullest first."""
        if "$ref" in schema:
            return self.of(self._named[schema["$ref"].rpartition("/")[2]])
        if branches := schema.get("oneOf") or schema.get("anyOf"):
            return [value for branch in branches for value in self.of(branch)]
        if "const" in schema or "enum" in schema:
            return [schema["const"]] if "const" in schema else list(schema["enum"])
        if schema.get("format") == "date-time":
            return ["2026-11-21T05:13:26.382663Z"]
        match schema.get("type"):
            case "object":
                return list(self._objects(schema))
            case "array":
                return [*([value] for value in self.of(schema.get("items", {}))), []]
            case None:
                return [{"any": [0.5, True, "größer"]}]
            case plain:
                return _PLAIN[plain]

    def _objects(self, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "properties" not in schema:
            more = schema.get("additionalProperties", {})
            yield from ({"1": value} for value in self.of({} if more is True else more))
            yield {}
            return
        fields = {name: self.of(field) for name, field in schema["properties"].items()}
        full = {name: values[0] for name, values in fields.items()}
        yield full
        yield from ({**full, name: value} for name, values in fields.items() for value in values[1:])
        least = {
            *schema.get("required", ()),
            *(name for name, field in schema["properties"].items() if "const" in field),
        }
        yield {name: value for name, value in full.items() if name in least}
