"""The action space that comes with the program."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from swarm.actions.base import Action, Entry, Space


@cache
def builtin_space() -> Space:
    """The tree of `actions.toml`, and the action of each of its leaves."""
    root = Entry("actions", "All actions.", entries=builtin_entries())
    actions = (_action(leaf.name) for leaf in leaves(root))
    return Space(root, {action.name: action for action in actions})


@cache
def builtin_entries() -> tuple[Entry, ...]:
    """The folders of the tree, without importing any action."""
    data = tomllib.loads(files("swarm.spaces").joinpath("actions.toml").read_text(encoding="utf-8"))
    return tuple(_entry(item) for item in data["entry"])


def _entry(item: dict[str, Any]) -> Entry:
    below = tuple(_entry(child) for child in item["entry"]) if "entry" in item else None
    examples = tuple(item.get("examples", ()))
    return Entry(item["name"], item["description"], examples, below, item.get("routable", True))


def leaves(folder: Entry) -> list[Entry]:
    """All leaves below a folder, in order."""
    found: list[Entry] = []
    for entry in folder.entries or ():
        found += [entry] if entry.entries is None else leaves(entry)
    return found


def _action(name: str) -> Action:
    action: Action = import_module(f"swarm.actions.{name}").ACTION
    return action
