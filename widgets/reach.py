"""How far a proposal reaches: what it touches, whether it can be undone, with what it overlaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from swarm.proposals import AnyProposal, InDoubt, Merge, Run, Spawn, Write
from swarm.state import Gate, Swarm
from widgets import planned
from widgets.words import count

_TOUCHES = {
    "terminate": "nothing: a report",
    "write": "{path} in this run's copy; yours: none",
    "run": "this run's copy; yours: none",
    "tag": "your repository: a new tag {name}",
    "save": "the workspace's memory, beyond this run: {name}",
    "budget": "the limits of this run",
    "failure": "this node",
}
_UNDO = {
    "tag": "by you: git tag -d {name}",
    "save": "by you: take {name} out of the memory",
    "merge": "by you, in git: {into} moves",
    "budget": "",
    "failure": "",
    "in_doubt": "",
}


def touches(state: Swarm, gate: Gate, proposal: AnyProposal) -> str:
    """What a proposal changes, in the run's copy and outside of it."""
    match proposal:
        case Spawn():
            paths = {path for _, path in _planned(state, gate, proposal)}
            return f"{count(len(paths), 'file')} in this run's copy; yours: none" if paths else "nothing by itself"
        case Run(tier="none"):
            return "whatever you can touch: there is no sandbox"
        case Run(readonly=True):
            return "nothing: sees the files read-only"
        case Merge():
            return f"your branch {proposal.into}: {count(len(proposal.files), 'file')}"
        case InDoubt():
            return f"{count(len(proposal.changed), 'path')} in this run's copy"
    return _filled(_TOUCHES[proposal.kind], proposal)


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
