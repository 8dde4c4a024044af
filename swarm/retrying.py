"""Another attempt of a node: how the finished steps of the last one are taken, beyond "what failed is done anew"."""

from __future__ import annotations

from collections.abc import Sequence

from swarm import frames as f
from swarm.proposals import EFFECTS, Failure
from swarm.state import Decision, Node, Step, Swarm
from swarm.values import Report

_Taken = dict[int, f.Taken]


def retried(state: Swarm, node: Node, failure: Failure, decision: Decision) -> f.NodeRetried:
    """The next attempt of a node whose failure was decided: `retry`, `edit` (another directive) or `hand`.

    Steps that went well are kept, unless they followed from a directive that is another one now.
    """
    edited = decision.proposal if isinstance(decision.proposal, Failure) else None
    by_hand = decision.word == "hand"
    steps = [step for seq in range(1, node.steps + 1) if (step := state.steps.get((node.id, seq)))]
    return f.NodeRetried(
        node=node.id,
        attempt=node.attempt + 1,
        keep=not (failure.restart or edited),
        steps=_handed(steps, failure) if by_hand else _again(state, steps, failure),
        directive=edited.directive if edited else None,
        model="human" if by_hand else None,
    )


def is_open(report: Report | None) -> bool:
    """Whether what a child was to do is still to be done: it did not end well, and no human left it out."""
    return report is None or not (report.outcome == "done" or report.left_out)


def _again(state: Swarm, steps: Sequence[Step], failure: Failure) -> _Taken:
    """A human who retries wants the same tried again: what was rejected is offered anew, and so is what children left.

    Children count only if the node could not go on with what its children reported.
    """
    if failure.nothing_new:
        return _offered_again(steps)
    if not any(step.outcome == "failed" and step.kind == "spawn" for step in steps):
        return {}
    since = _last_thought(steps)
    left = (step for step in steps if step.seq > since and step.kind == "spawn" and step.outcome == "ok")
    return {step.seq: "partly" for step in left if any(is_open(state.nodes[child].report) for child in step.children)}


def _handed(steps: Sequence[Step], failure: Failure) -> _Taken:
    """A human who takes over wants to think: an effect that failed is no reason to propose the same again.

    Where no thought comes by itself (one that failed is asked again, one follows a rejection), the last one is anew.
    """
    failed = [step for step in steps if step.outcome == "failed"]
    if any(step.kind in ("think", "spawn", *EFFECTS) for step in failed):
        return {step.seq: "rejected" for step in failed if step.kind in EFFECTS}
    last = _last_thought(steps)
    if any(step.outcome == "rejected" and step.seq > last for step in steps):
        return _offered_again(steps) if failure.nothing_new else {}
    return {step.seq: "anew" for step in steps if 0 < last <= step.seq}


def _offered_again(steps: Sequence[Step]) -> _Taken:
    """The last rejections are forgotten, and so are the thoughts that followed from them."""
    rejected = max((step.seq for step in steps if step.outcome == "rejected"), default=0)
    since = _last_thought([step for step in steps if step.seq < rejected])
    told = next((step.seq for step in steps if step.seq > rejected and step.kind == "think"), None)
    offered = {step.seq for step in steps if step.seq > since and step.outcome == "rejected"}
    again = (step for step in steps if step.seq in offered or (told and step.seq >= told))
    return {step.seq: "partly" if step.children and step.seq in offered else "anew" for step in again}


def _last_thought(steps: Sequence[Step]) -> int:
    """The number of the last thought; 0 if there is none."""
    return max((step.seq for step in steps if step.kind == "think"), default=0)
