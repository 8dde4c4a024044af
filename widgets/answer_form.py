"""The form of a schema: a person fills in what a model would."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Button, Input, Static, TextArea

from swarm.errors import UsageError
from widgets import safe
from widgets.pick import Pick
from widgets.schema import Field

_FLAGS = ("no", "yes")


class FieldBox(Vertical):
    """A label and what is filled in below it.

    Args:
        field: What is asked for.
        value: To begin with; None for the field's default.
    """

    def __init__(self, field: Field, value: Any = None) -> None:
        super().__init__(classes=f"answer-field -{field.kind}")
        self.field = field
        self._value = field.default if value is None else value

    def compose(self) -> ComposeResult:
        """The label, then the widget that fits the kind."""
        yield Static(safe.text(safe.line(self.field.label)), classes="answer-label")
        yield from self._inputs()

    def _inputs(self) -> Iterable[Widget]:
        value = self._value
        match self.field.kind:
            case "flag":
                yield Pick(_FLAGS, _FLAGS[bool(value)])
            case "choice":
                yield Pick(self.field.choices, value)
            case "lines":
                yield TextArea("\n".join(value or ()), compact=True, highlight_cursor_line=False)
            case "text":
                yield TextArea(value or "", compact=True, highlight_cursor_line=False)
            case "json":
                yield TextArea(json.dumps(value, indent=2), compact=True, highlight_cursor_line=False)
            case "groups":
                yield Groups(self.field, value or ())
            case _:
                yield Input("" if value is None else str(value), compact=True)

    @property
    def value(self) -> Any:
        """What was filled in, as JSON.

        Raises:
            UsageError: If it cannot be read.
        """
        match self.field.kind:
            case "flag":
                return self.query_one(Pick).value == _FLAGS[True]
            case "choice":
                return self.query_one(Pick).value or self.field.empty
            case "groups":
                return self.query_one(Groups).value
            case "lines":
                return [line for line in self.query_one(TextArea).text.splitlines() if line.strip()]
            case "json":
                return _json(self.field.name, self.query_one(TextArea).text)
            case "text":
                return self.query_one(TextArea).text or self.field.empty
        return self._line(self.query_one(Input).value.strip())

    def _line(self, text: str) -> Any:
        if not text:
            return self.field.empty
        if self.field.kind != "number":
            return text
        try:
            return int(text)
        except ValueError:
            raise UsageError(f"{self.field.name} is a number: {text!r} is none") from None


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} takes JSON: {error}") from None


class Group(Vertical):
    """The fields of one object of a list; empty, it is left out."""

    def __init__(self, fields: Sequence[Field], value: dict[str, Any]) -> None:
        super().__init__(classes="answer-group")
        self._fields, self._value = fields, value

    def compose(self) -> ComposeResult:
        """The fields of the object."""
        yield from (FieldBox(field, self._value.get(field.name)) for field in self._fields)

    @property
    def value(self) -> dict[str, Any]:
        """The object."""
        return values(self.children)

    @property
    def filled_in(self) -> bool:
        """Whether anything was changed from how an empty one begins."""
        return any(
            box.value != (box.field.default or box.field.empty) for box in self.children if isinstance(box, FieldBox)
        )


class Groups(Vertical):
    """A list of objects, with a button that adds one."""

    def __init__(self, field: Field, value: Iterable[dict[str, Any]]) -> None:
        super().__init__(classes="answer-groups")
        self._field, self._value = field, list(value) or [{}]

    def compose(self) -> ComposeResult:
        """Each object, then the button."""
        yield from (Group(self._field.fields, value) for value in self._value)
        yield Button("+ one more", compact=True, classes="answer-more")

    @on(Button.Pressed)
    async def add(self, event: Button.Pressed) -> None:
        """Adds an empty object and goes there."""
        event.stop()
        group = Group(self._field.fields, {})
        await self.mount(group, before=event.button)
        group.query("Input, TextArea").first().focus()

    @property
    def value(self) -> list[dict[str, Any]]:
        """The objects in which something was filled in."""
        return [group.value for group in self.children if isinstance(group, Group) and group.filled_in]


def values(boxes: Iterable[Widget]) -> dict[str, Any]:
    """The object that fields make, by their names."""
    return {box.field.name: box.value for box in boxes if isinstance(box, FieldBox)}
