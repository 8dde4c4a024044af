"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def _root(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> Path:
    above = ctx.parent.params.get("root") if ctx.parent else None
    return value or above or Path.cwd()


def _as_json(ctx: click.Context, parameter: click.Parameter, value: bool) -> bool:
    return value or bool(ctx.parent and ctx.parent.params.get("as_json"))


def root(function: F) -> F:
    """Gives the verb `root`: a folder in the workspace."""
    words = "Work in this folder instead of the current one."
    option = click.option("--root", type=click.Path(path_type=Path), metavar="DIR", callback=_root, help=words)
    return option(function)


def as_json(function: F) -> F:
    """Gives the verb `as_json`: whether to print JSON and nothing else."""
    option = click.option("--json", "as_json", is_flag=True, callback=_as_json, help="Print JSON and nothing else.")
    return option(function)


def run(function: F) -> F:
    """Gives the verb `run`: a name, or None for the newest run."""
    return click.argument("run", required=False)(function)


def run_or_node(function: F) -> F:
    """Gives the verb `run`, `node` (None for the whole run), `as_json` and `root`."""
    for give in (root, as_json, click.argument("node", required=False), click.argument("run")):
        function = give(function)
    return function
