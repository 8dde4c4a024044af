"""Taking the work of a run over into the person's branch."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from app.cli import options
from app.cli.steer import receipt, send
from app.cli.workspace import is_live
from app.models import models
from swarm.commands import Decide, Seen
from swarm.errors import MergeRefused, Refused
from swarm.home import Home
from swarm.proposals import Merge
from swarm.runs import opened
from swarm.state import Gate, Swarm


@click.command("merge")
@click.argument("run")
@options.as_json
@options.root
def merge_command(run: str, root: Path, as_json: bool) -> None:
    """Merge the branch of a run that is done into yours: what its merge gate offers.

    All or nothing: where something would be lost or mixed, nothing is changed.
    """
    home = Home(root)
    name = home.find(run)
    state = home.state(name)
    gate = _offer(state) or _offer(state := _settled(home, name))
    if gate is None:
        raise Refused(f"run {name} offers nothing to merge: its branch {state.branch} has nothing that yours has not")
    if gate.status == "open":
        state = send(home, name, Decide(gates=(Seen(gate=gate.id, digest=gate.digest),), verb="approve"))
    if not state.merged:
        state = _settled(home, name)
    _check(state, gate.id)
    receipt(home, state, f"{state.branch} is merged into {state.merged}", as_json=as_json)
