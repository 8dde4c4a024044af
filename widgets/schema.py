"""A flat JSON schema as the fields of a form: pure, no screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["line", "text", "number", "flag", "choice", "lines", "groups", "json"]

_LONG = ("directive", "content", "text", "script", "edit", "summary", "missing")
_OURS = "Leave empty"


@dataclass(frozen=True, slots=True)
class Field:
    """One property.

    Attributes:
        name: Of the property.
        kind: How it is filled in.
        hint: What it is for.
        default: What is shown at first; None for nothing.
        choices: Of a `choice`.
        nullable: An empty field means null.
        fields: Of each of the `groups`.
    """

    name: str
    kind: Kind
    hint: str = ""
    default: Any = None
    choices: tuple[str, ...] = ()
    nullable: bool = False
    fields: tuple[Field, ...] = ()

    @property
    def label(self) -> str:
        """Name and hint on one line."""
        name = self.name.replace("_", " ").capitalize()
        return f"{name} · {self.hint}" if self.hint else name

    @property
    def empty(self) -> Any:
        """The value of a field in which nothing was filled in."""
        if self.nullable:
            return None
        return {"lines": [], "groups": [], "flag": False}.get(self.kind, self.default if self.default else "")

    def takes(self, value: Any) -> bool:
        """Whether a JSON value can be shown in the field; null and what is not there always can."""
        if value is None or self.kind == "json":
            return True
        if self.kind == "groups":
            return isinstance(value, list) and all(
                isinstance(one, dict) and not misfits(self.fields, one) for one in value
            )
        if self.kind == "lines":
            return isinstance(value, list) and all(isinstance(one, str) for one in value)
        if self.kind == "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        return isinstance(value, bool if self.kind == "flag" else str)


def misfits(fields: Iterable[Field], value: Mapping[str, Any]) -> list[str]:
    """The names of fields that cannot show what an object has for them."""
    return [field.name for field in fields if not field.takes(value.get(field.name))]


def fields_of(schema: dict[str, Any], definitions: dict[str, Any] | None = None) -> tuple[Field, ...]:
    """The fields that a person fills in; those that a schema says to leave empty are not shown."""
    definitions = schema.get("$defs", {}) if definitions is None else definitions
    found = (_field(name, part, definitions) for name, part in schema.get("properties", {}).items())
    return tuple(field for field in found if not field.hint.startswith(_OURS))


def _field(name: str, part: dict[str, Any], definitions: dict[str, Any]) -> Field:
    hint, default = part.get("description", ""), part.get("default")
    options = [option for option in part.get("anyOf", [part]) if option.get("type") != "null"]
    nullable = len(options) < len(part.get("anyOf", [part]))
    kind, choices, fields = _kind(name, _resolved(options[0], definitions), definitions)
    return Field(name, kind, hint, default, choices, nullable, fields)


def _resolved(part: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref", "").rpartition("/")[2]
    return definitions.get(reference, part) if reference else part


def _kind(
    name: str, part: dict[str, Any], definitions: dict[str, Any]
) -> tuple[Kind, tuple[str, ...], tuple[Field, ...]]:
    if "enum" in part:
        return "choice", tuple(str(choice) for choice in part["enum"]), ()
    match part.get("type"):
        case "boolean":
            return "flag", (), ()
        case "integer" | "number":
            return "number", (), ()
        case "string":
            return ("text" if name in _LONG else "line"), (), ()
        case "array":
            item = _resolved(part.get("items", {}), definitions)
            if item.get("type") == "string":
                return "lines", (), ()
            if item.get("type") == "object":
                return "groups", (), fields_of(item, definitions)
    return "json", (), ()
