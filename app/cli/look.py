"""Looking at runs: nothing is changed."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import options, shaped
from app.cli.output import put, put_json, say
from app.cli.render import inbox_text, run_list, run_text
from app.cli.telling import told
from app.cli.workspace import looking
from swarm.frames import encode
from swarm.home import Home


@click.command("runs")
@options.as_json
@options.root
def runs_command(root: Path, as_json: bool) -> None:
    """List the runs of this workspace, the newest first, forks below the run that they came from."""
    home = Home(root)
    rows = home.rows()
    if as_json:
        put_json([shaped.row(row) for row in rows])
    elif rows:
        say(run_list(rows))
    else:
        say(f"no runs in {home.root}: start one with `swarm run PLAN.md`")


@click.command("show")
@options.run
@click.option("--frame", type=click.IntRange(min=0), metavar="N", help="As it was at this frame.")
@options.as_json
@options.root
def show_command(run: str | None, frame: int | None, root: Path, as_json: bool) -> None:
    """Show a run (the newest if none is named): its nodes, what waits, what it took."""
    with looking(root) as home:
        state = home.state(home.find(run), frame)
    if as_json:
        put_json(shaped.run(state))
    else:
        say(run_text(state))


@click.command("history")
@options.run
@options.as_json
@options.root
def history_command(run: str | None, root: Path, as_json: bool) -> None:
    """List all that happened in a run, one frame a line."""
    with looking(root) as home:
        for frame in home.frames(home.find(run)):
            if as_json:
                put(encode(frame).decode())
            else:
                say(told(frame))


@click.command("inbox")
@options.run
@options.as_json
@options.root
def inbox_command(run: str | None, root: Path, as_json: bool) -> None:
    """List the gates and questions that wait for you in a run, what holds up most first."""
    with looking(root) as home:
        state = home.state(home.find(run))
    if as_json:
        put_json(shaped.waiting(state))
    else:
        say(inbox_text(state))
