"""How far a proposal reaches: what it touches, whether it can be undone, with what it overlaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from swarm.proposals import AnyProposal, InDoubt, Merge, Run, Spawn, Write
from swarm.state import Gate, Swarm
from widgets import planned
from widgets.words import count

_BEYOND = {
    "tag": "your repository: a new tag {name}",
    "save": "the workspace's memory, beyond this run: {name}",
    "network": "the network: {host}",
    "budget": "the limits of this run",
    "failure": "this node only",
}
_UNDO = {
    "tag": "by you: git tag -d {name}",
    "save": "by you: take {name} out of the memory",
    "merge": "by you, in git: {into} moves",
    "network": "nothing to undo yet; what is sent later cannot be taken back",
    "budget": "",
    "failure": "",
    "in_doubt": "",
}


def paths(state: Swarm, gate: Gate, proposal: AnyProposal) -> list[str]:
    """What it changes in the run's copy, as far as that can be told: files, or a few words."""
    match proposal:
        case Write(path=path):
            return [path]
        case Spawn():
            return [path for _, path in _planned(state, gate, proposal)]
        case InDoubt(changed=changed):
            return list(changed)
        case Run(readonly=False):
            return ["what the command changes"]
    return []


def beyond(proposal: AnyProposal) -> str:
    """What it changes beside that; empty for nothing."""
    match proposal:
        case Run(tier="none"):
            return "whatever you can touch, as there is no sandbox"
        case Merge():
            return f"branch {proposal.into}, {count(len(proposal.files), 'file')}"
    return _filled(_BEYOND.get(proposal.kind, ""), proposal)


def undo(state: Swarm, proposal: AnyProposal) -> str:
    """Whether, and how, it can be taken back; empty where that is no question."""
    if isinstance(proposal, Run) and proposal.tier == "none":
        return "files of the copy: yes; anything else: no"
    return _filled(_UNDO.get(proposal.kind, f"yes, back to frame {state.frame}"), proposal)


def _filled(template: str, proposal: AnyProposal) -> str:
    return template.format_map(dict(proposal))


def overlap(state: Swarm, gate: Gate, proposal: AnyProposal) -> str:
    """What else that is open, or proposed beside it, would write the same; empty where that cannot be told."""
    if isinstance(proposal, Spawn):
        writers = Counter(path for _, path in set(_planned(state, gate, proposal)))
        shared = [path for path, number in writers.items() if number > 1]
        return f"more than one would write {', '.join(shared)}" if shared else "none between them" if writers else ""
    if not isinstance(proposal, Write):
        return ""
    open_gates = (state.gates[other] for other in sorted(state.open_gates, key=int) if other != gate.id)
    others = [
        other.id
        for other in open_gates
        if isinstance(other.proposal, Write) and other.proposal.path == proposal.path and other.after != gate.id
    ]
    return f"gate {', '.join(others)} writes {proposal.path} too" if others else "none"


def _planned(state: Swarm, gate: Gate, proposal: Spawn) -> Iterator[tuple[int, str]]:
    """Places of children and the paths that their plans write."""
    node = state.nodes.get(gate.node)
    for place, child in enumerate(proposal.children):
        if planned.of_plan(child.model or (node.model if node else state.model)):
            yield from ((place, path) for path, _ in planned.writes(child.directive))
