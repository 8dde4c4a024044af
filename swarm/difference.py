"""What is different in a run between two of its frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from swarm.state import Swarm
from swarm.values import Report, Value


class NodeChange(Value):
    """A node that is new, or does something else.

    Attributes:
        before: Its status at the first frame; None if it was not there. `after` likewise.
        report: Its report at the second frame, if it had none, or another one, at the first.
        directive: Its directive at the second frame, if it is another one.
    """

    id: str
    title: str
    before: str | None
    after: str | None
    report: Report | None = None
    directive: str | None = None


class GateChange(Value):
    """A gate that was opened, or whose state is another one; a question likewise.

    Attributes:
        kind: Of the proposal; `question` for a question.
        before: Its status at the first frame; None if it was not there. `after` likewise.
        decision: How it was decided, or what was answered, in a few words; empty if it was not.
    """

    id: str
    node: str
    kind: str
    before: str | None
    after: str | None
    decision: str = ""


class Difference(Value):
    """All that differs between two frames of a run, in the order in which it came to be; files are not part of it."""

    run: str
    before: int
    after: int
    commit_before: str
    commit_after: str
    nodes: tuple[NodeChange, ...]
    gates: tuple[GateChange, ...]
    questions: tuple[GateChange, ...]
    tokens: int


def difference(before: Swarm, after: Swarm) -> Difference:
    """What differs between two states of a run; the second may be the earlier one."""
    return Difference(
        run=after.run,
        before=before.frame,
        after=after.frame,
        commit_before=before.commit,
        commit_after=after.commit,
        nodes=tuple(_nodes(before, after)),
        gates=tuple(_gates(before, after)),
        questions=tuple(_questions(before, after)),
        tokens=_tokens(after) - _tokens(before),
    )


def _nodes(before: Swarm, after: Swarm) -> Iterator[NodeChange]:
    for name in _names(before.nodes, after.nodes):
        old, new = before.nodes.get(name), after.nodes.get(name)
        if old is new:
            continue
        report = new.report if new and new.report != (old.report if old else None) else None
        directive = new.directive if old and new and new.directive != old.directive else None
        was, now = old.status if old else None, new.status if new else None
        if was != now or report or directive:
            title = (new or old).child.name  # type: ignore[union-attr]
            yield NodeChange(id=name, title=title, before=was, after=now, report=report, directive=directive)


def _gates(before: Swarm, after: Swarm) -> Iterator[GateChange]:
    for name in _names(before.gates, after.gates):
        old, new = before.gates.get(name), after.gates.get(name)
        was, now = old.status if old else None, new.status if new else None
        if was != now:
            gate = new or old
            assert gate is not None
            decision = new.decision.word if new and new.decision else ""
            yield GateChange(id=name, node=gate.node, kind=gate.kind, before=was, after=now, decision=decision)


def _questions(before: Swarm, after: Swarm) -> Iterator[GateChange]:
    for name in _names(before.questions, after.questions):
        old, new = before.questions.get(name), after.questions.get(name)
        was, now = old.status if old else None, new.status if new else None
        if was != now:
            question = new or old
            assert question is not None
            answer = str(new.answer) if new and new.answered >= 0 else ""
            yield GateChange(id=name, node=question.node, kind="question", before=was, after=now, decision=answer)


def _names(before: Iterable[str], after: Iterable[str]) -> list[str]:
    return sorted({*before, *after}, key=lambda name: int(name.lstrip("q")))


def _tokens(state: Swarm) -> int:
    return state.usage.input_tokens + state.usage.output_tokens
