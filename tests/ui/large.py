"""States that are larger than any run in the tests could make them."""

from __future__ import annotations

from functools import cache

from immutables import Map

from swarm.state import Node, Swarm
from swarm.values import Child, Report
from tests.ui.sample import START


@cache
def large_state(nodes: int, fan_out: int, ended: int = 0) -> Swarm:
    """A run of nodes with `fan_out` children each; those numbered up to `ended`, the root apart, have ended."""
    kids = {}
    found = {}
    for number in range(1, nodes + 1):
        parent = str((number - 2) // fan_out + 1) if number > 1 else None
        rank = (number - 2) % fan_out
        if parent:
            kids[parent, rank] = str(number)
        found[str(number)] = Node(
            str(number),
            parent,
            (parent, 1, rank),
            Child(title=f"part {number}", directive="do it", action="carry_out"),
            depth=0,
            rank=rank,
            spawned=number,
            spawned_at=START,
            started=True,
            report=Report(outcome="done", summary="done") if 1 < number <= ended else None,
            children=max(0, min(fan_out, nodes - (number - 1) * fan_out - 1)),
        )
    return Swarm(run="large", frame=nodes, root="1", nodes=Map(found), kids=Map(kids))
