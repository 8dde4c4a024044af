"""From a folder to its runs, and from what a person typed to a run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from app.cli.output import complain
from app.cli.text import clean
from swarm.errors import Damaged, NotARepository, SwarmError, UnknownName
from swarm.home import Home, init_repository
from swarm.state import Gate, Swarm
from swarm.store.lock import RunLock


def on_a_terminal() -> bool:
    """Whether a person can see and answer what is shown: textual draws on standard error."""
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


@contextmanager
def looking(root: Path) -> Iterator[Home]:
    """The workspace of a folder, for a verb that only looks: what a damaged history still tells can be seen.

    At the end one line on standard error says from which frame on it is damaged.
    """
    home = Home(root).tolerant()
    try:
        yield home
    except Damaged:
        raise
    except SwarmError:
        _warn(home)
        raise
    _warn(home)


def _warn(home: Home) -> None:
    for problem in home.damage.values():
        complain(problem)


def home_or_offer(root: Path) -> Home:
    """The workspace of a folder; on a terminal one that is none yet may become one, if the person says so.

    Raises:
        NotARepository: If it is none, and stays so.
    """
    try:
        return Home(root)
    except NotARepository:
        if not _may_become_one(root) or not on_a_terminal():
            raise
        if not click.confirm(f"{clean(str(root))} is in no git repository. Make it one?", default=False, err=True):
            raise
    init_repository(root)
    return Home(root)


def _may_become_one(root: Path) -> bool:
    """Whether there is no git here that a new repository would hide: not above, and not one without files."""
    folder = root.resolve()
    return (
        folder.is_dir()
        and not (folder / "HEAD").exists()
        and not any((up / ".git").exists() for up in (folder, *folder.parents))
    )


def is_live(home: Home, run: str) -> bool:
    """Whether a process drives the run now."""
    return RunLock(home.folder.run_dir(run)).holder() is not None


def gate_of(state: Swarm, name: str) -> Gate:
    """The gate of a name.

    Raises:
        UnknownName: If the run has none.
    """
    try:
        return state.gates[name]
    except KeyError:
        raise UnknownName(
            f"no gate {name} in run {state.run}: `swarm inbox {state.run}` lists those that wait"
        ) from None
