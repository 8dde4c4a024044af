"""What can be done, and what is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from app.cli import options
from app.cli.output import put_json, say, table
from app.cli.replies import ActionShape
from app.cli.text import line
from swarm.actions.base import Entry
from swarm.errors import UnknownName
from swarm.home import Home
from swarm.spaces.builtin import builtin_entries
from swarm.state import Swarm
from swarm.values import Document


@click.group("actions", invoke_without_command=True)
@options.as_json
@click.pass_context
def actions_command(ctx: click.Context, as_json: bool) -> None:
    """List what nodes can do, or show one action."""
    if ctx.invoked_subcommand is None:
        _list_actions(as_json)


@actions_command.command("list")
@options.as_json
def _actions_list(as_json: bool) -> None:
    """List all actions by folder."""
    _list_actions(as_json)


@actions_command.command("show")
@click.argument("name")
@options.as_json
def _actions_show(name: str, as_json: bool) -> None:
    """Show one action: when it is chosen, and what it fits."""
    found = next((action for action in _actions() if action.name == name), None)
    if found is None:
        raise UnknownName(f"no action {name}: `swarm actions` lists them")
    if as_json:
        put_json(found)
        return
    routed = "a router may choose it" if found.routable else "only called by name"
    say(
        "\n".join(
            [f"{found.name}, in {found.folder}: {routed}", found.description, *map("  e.g. {}".format, found.examples)]
        )
    )


def _list_actions(as_json: bool) -> None:
    found = list(_actions())
    if as_json:
        put_json(found)
    else:
        say(table(("ACTION", "FOLDER", "WHEN"), [(action.name, action.folder, action.description) for action in found]))


def _actions() -> Iterator[ActionShape]:
    def below(entries: tuple[Entry, ...], folder: str) -> Iterator[ActionShape]:
        for entry in entries:
            if entry.entries is not None:
                yield from below(entry.entries, f"{folder}/{entry.name}".strip("/"))
            else:
                yield ActionShape(
                    name=entry.name,
                    folder=folder,
                    description=entry.description,
                    examples=entry.examples,
                    routable=entry.routable,
                )

    return below(builtin_entries(), "")


@click.group("memory", invoke_without_command=True)
@options.as_json
@options.root
@click.pass_context
def memory_command(ctx: click.Context, root: Path, as_json: bool) -> None:
    """List, show or search what the workspace keeps beyond its runs."""
    if ctx.invoked_subcommand is None:
        _list_documents(Home(root).memory.kept(), as_json)


@memory_command.command("list")
@options.as_json
@options.root
def _memory_list(root: Path, as_json: bool) -> None:
    """List all that is kept."""
    _list_documents(Home(root).memory.kept(), as_json)


@memory_command.command("show")
@click.argument("name")
@options.as_json
@options.root
def _memory_show(name: str, root: Path, as_json: bool) -> None:
    """Show the text that is kept under NAME."""
    found = next((document for document in Home(root).memory.kept() if document.name == name), None)
    if found is None:
        raise UnknownName(f"nothing is kept under {name}: `swarm memory` lists all names")
    if as_json:
        put_json(found)
    else:
        say(found.text.rstrip("\n"))


@memory_command.command("search")
@click.argument("words", nargs=-1, required=True)
@options.as_json
@options.root
def _memory_search(words: tuple[str, ...], root: Path, as_json: bool) -> None:
    """List what shares most words with WORDS, the best first."""
    _list_documents(Home(root).memory.recall(Swarm(), " ".join(words)), as_json)


def _list_documents(documents: list[Document], as_json: bool) -> None:
    if as_json:
        put_json(documents)
    elif documents:
        say(table(("NAME", "TEXT"), [(line(document.name), line(document.text)) for document in documents]))
    else:
        say("nothing is kept")
