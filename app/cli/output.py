"""What the command line prints: harmless text, or JSON in plain ASCII; errors on standard error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import click

from app.cli.text import clean

_BEYOND_ASCII = re.compile(r"[^\n -~]")


def say(text: str = "") -> None:
    """Prints text that may hold words of others."""
    click.echo(clean(text))


def complain(text: str) -> None:
    """Prints each line of a text on standard error, with the program's name before it."""
    for line in clean(text).splitlines() or [""]:
        click.echo(f"swarm: {line}", err=True)


def put(text: str) -> None:
    """Prints JSON text; what is not plain ASCII is escaped, so that it does a terminal no harm."""
    click.echo(_BEYOND_ASCII.sub(_escaped, text))


def put_json(value: Any) -> None:
    """Prints a value of pydantic models, lists and plain JSON, as one line."""
    put(json.dumps(value, default=_plain, ensure_ascii=False))


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json")


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code < 0x10000 else json.dumps(found[0])[1:-1]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns of text, each as wide as its widest cell; the last one is not padded."""
    lines = [head, *rows]
    widths = [max(len(row[column]) for row in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in lines
    )
