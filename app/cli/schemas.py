"""The JSON schemas of what `--json` prints, in `docs/schema`: `python -m app.cli.schemas` writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from app.cli import replies, shapes
from swarm.frames import Frame
from swarm.plan.growth import Outline
from swarm.snapshot import Snapshot
from swarm.values import Document

FOLDER = Path(__file__).parent.parent.parent / "docs" / "schema"
"""Where they lie in a checkout."""

_SHAPES: dict[str, Any] = {
    "frame": Frame,
    "show": shapes.RunShape,
    "runs": list[shapes.RunRowShape],
    "inbox": list[shapes.WaitingGate | shapes.WaitingQuestion],
    "why": replies.WhyShape,
    "receipt": replies.ReceiptShape,
    "fork": replies.ForkShape,
    "diff": replies.DiffShape,
    "snapshot": Snapshot,
    "export": replies.ExportShape,
    "plan": Outline,
    "actions": list[replies.ActionShape],
    "memory": list[Document],
    "doctor": replies.DoctorShape,
}


def schemas() -> dict[str, str]:
    """The text of each schema, by the name of its file."""
    return {f"{name}.json": _text(name, shape) for name, shape in _SHAPES.items()}


def _text(name: str, shape: Any) -> str:
    schema = _promised(TypeAdapter(shape).json_schema(mode="serialization"))
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name}
    return json.dumps({**schema, **head}, indent=2, sort_keys=True) + "\n"


def _promised(schema: Any) -> Any:
    """A schema without words, and open to fields that a later version adds."""
    if isinstance(schema, list):
        return [_promised(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _value(key, value) for key, value in schema.items() if not _left_out(key, value)}


def _left_out(key: str, value: Any) -> bool:
    return key in ("title", "description") or (key == "additionalProperties" and value is False)


def _value(key: str, value: Any) -> Any:
    named = key in ("properties", "$defs")  # what is in these are names, not words of the schema
    return {name: _promised(item) for name, item in value.items()} if named else _promised(value)


def write() -> None:
    """Writes all schemas."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
