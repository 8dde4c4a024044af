"""Plans, before anything runs."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import options
from app.cli.output import put_json, say
from app.starting import checked_plan
from swarm.errors import UsageError
from swarm.plan.files import read_plan, template
from swarm.plan.outline import outline, outline_json


@click.command("plan")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--new", is_flag=True, help="Print a commented template.")
@options.as_json
def plan_command(file: Path | None, new: bool, as_json: bool) -> None:
    """Print the tree that the plan in FILE would grow, with its warnings; nothing runs.

    → comes in order, ∥ side by side; at the right are the lines of the file.
    """
    if new == (file is not None):
        raise UsageError("say `swarm plan FILE` or `swarm plan --new`")
    if file is None:
        text = template()
        put_json({"template": text}) if as_json else say(text.rstrip("\n"))
        return
    plan = checked_plan(read_plan(file), str(file))
    put_json(outline_json(plan)) if as_json else say(outline(plan).rstrip("\n"))
