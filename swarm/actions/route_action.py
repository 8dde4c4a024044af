"""The router: walks the action space a few choices at a time and starts a node with the action that fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from swarm.actions.base import Action, Entry
from swarm.actions.common import passed_on, skipped, together
from swarm.asks import Choice
from swarm.context import NodeContext
from swarm.results import Pair, Result
from swarm.values import Ask, Child, Report

_AT_ONCE = 12
"""The most entries that are offered for one choice."""

_MANAGER = "decompose_directive"


async def run(node: NodeContext, rejected: str = "") -> Report:
    """Finds the action and hands the directive on; ends with the report of the node that took it."""

    async def draft(reason: str, revision: int) -> tuple[Result, list[Pair]]:
        name = await _walk(node, node.engine.space.root, (), reason or rejected)
        if name is None:
            name, model = await _ask_human(node, revision)
            if name == "skip":
                return Result(outcome="skipped"), []
        else:
            model = ""
        result, pairs = await node.spawn([_child(node, name, model)], key="action", revision=revision, then=passed_on)
        if not _too_big(pairs):
            return result, pairs
        manager = _child(node, _MANAGER, "")
        return await node.spawn([manager], key="broken down", revision=revision, then=passed_on)

    result, pairs = await node.revised(draft, lambda pair: pair[0])
    if not pairs:
        return skipped(result.reason)
    return pairs[0][1] if len(pairs) == 1 else together(pairs)


def _too_big(pairs: Sequence[Pair]) -> bool:
    """Whether the action that was tried says that the directive must be broken down."""
    value = pairs[0][1].value if pairs else None
    return isinstance(value, dict) and bool(value.get("too_big"))


def _child(node: NodeContext, action: str, model: str) -> Child:
    child = node.child
    return child.model_copy(update={"action": action, "directive": node.directive, "model": model, "id": ""})


async def _walk(node: NodeContext, folder: Entry, path: tuple[str, ...], rejected: str) -> str | None:
    """The name of the action chosen in a folder or below it; None if nothing there fits."""
    offered = [entry for entry in folder.entries or () if entry.routable]
    while offered:
        entry = await _choose(node, offered, path, rejected)
        if entry is None:
            return None
        if entry.entries is None:
            return entry.name
        if found := await _walk(node, entry, (*path, entry.name), rejected):
            return found
        offered.remove(entry)
    return None


async def _choose(node: NodeContext, offered: list[Entry], path: tuple[str, ...], rejected: str) -> Entry | None:
    """The entry chosen among those offered, twelve at a time; None if none fits."""
    answers = node.child.arguments.get("answers", {})
    for start in range(0, len(offered), _AT_ONCE):
        some = {entry.name: entry for entry in offered[start : start + _AT_ONCE]}
        choices = [
            {"name": entry.name, "description": entry.description, "examples": list(entry.examples)}
            for entry in some.values()
        ]
        choice = await node.think(Choice, key="/".join(path), rejected=rejected, choices=choices, answers=answers)
        if choice.choose in some:
            return some[choice.choose]
    return None


async def _ask_human(node: NodeContext, revision: int) -> tuple[str, str]:
    """No action fits: the human names one, does it as the model, or leaves it out."""
    by_hand = "fill it in myself"
    names = sorted({_MANAGER, *_routable(node.engine.space.root)})
    question = Ask(
        name="action",
        text=f"No action fits “{node.child.name}”. Name one, do it yourself, or skip it.",
        choices=(by_hand, "skip", *names),
    )
    answer = (await node.ask([question], key=f"no action fits, {revision}"))["action"]
    return ("carry_out", "human") if answer == by_hand else (answer, "")


def _routable(folder: Entry) -> Iterator[str]:
    """The names of the actions below a folder that a router may choose."""
    for entry in folder.entries or ():
        if not entry.routable:
            continue
        if entry.entries is None:
            yield entry.name
        else:
            yield from _routable(entry)


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: routes again, with the reason."""
    return await run(node, reason)


ACTION = Action("route_action", run, revise)
