"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def _root(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> Path:
    above = ctx.find_root().params.get("root") if ctx.parent else None
    return value or above or Path.cwd()


def root(function: F) -> F:
    """Gives the verb `root`: a folder in the workspace."""
    words = "Work in this folder instead of the current one."
    option = click.option("--root", type=click.Path(path_type=Path), metavar="DIR", callback=_root, help=words)
    return option(function)


def as_json(function: F) -> F:
    """Gives the verb `as_json`: whether to print JSON and nothing else."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")(function)


def run(function: F) -> F:
    """Gives the verb `run`: a name, or None for the newest run."""
    return click.argument("run", required=False)(function)
