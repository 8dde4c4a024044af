"""The order in which a page shows the nodes of a run, now and at every frame before."""

from __future__ import annotations

from typing import NamedTuple

from swarm.state import Node, Swarm

_MANAGER, _ROUTER = "decompose_directive", "route_action"


class Row(NamedTuple):
    """A node in the tree.

    Attributes:
        node: Its id.
        depth: Levels of indentation.
        until: Frame from which on another row stands in its place; -1 for never.
        followed: Frame from which on a manager of the next round goes on where this one ended; -1 for never.
    """

    node: str
    depth: int
    until: int = -1
    followed: int = -1


def all_rows(state: Swarm) -> list[Row]:
    """Every node below its parent."""
    depths: dict[str | None, int] = {None: -1}
    rows = []
    for node in state.subtree(state.root) if state.root else ():
        depths[node.id] = depths[node.parent] + 1
        rows.append(Row(node.id, depths[node.id]))
    return rows


def work_rows(state: Swarm) -> list[Row]:
    """The work: the action that a router chose stands in its place, a manager of the next round beside the first."""
    rows: list[Row] = []
    stack = [(state.root, 0)] if state.root else []
    while stack:
        name, depth = stack.pop()
        node = state.nodes[name]
        kids = list(state.children(name))
        if node.action == _ROUTER:
            rows.append(Row(name, depth, until=kids[0].spawned if kids else -1))
            stack += [(kid.id, depth) for kid in reversed(kids)]
            continue
        successor = successor_of(state, node)
        rows.append(Row(name, depth, followed=successor.spawned if successor else -1))
        stack += [(successor.id, depth)] if successor else []
        stack += [(kid.id, depth + 1) for kid in reversed(kids) if kid is not successor]
    return rows


def successor_of(state: Swarm, node: Node) -> Node | None:
    """The manager of the next round, if there is one."""
    if node.action != _MANAGER:
        return None
    later = [
        kid for kid in state.children(node.id) if kid.action == node.action and kid.child.arguments.get("round", 1) != 1
    ]
    return later[-1] if later else None
