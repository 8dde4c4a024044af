"""States as the shapes that `--json` prints."""

from __future__ import annotations

from app.cli import shapes
from swarm.cards import blocks, cards, questions
from swarm.catalogue import RunRow
from swarm.snapshot import queue
from swarm.state import Decision, Gate, Node, Question, Swarm


def run(state: Swarm) -> shapes.RunShape:
    """A run at a frame, with all nodes, gates and questions, each in the order of their numbers."""
    return shapes.RunShape(
        run=state.run,
        status=state.status,
        frame=state.frame,
        goal=state.goal,
        commit=state.commit,
        nodes=tuple(node(found) for found in sorted(state.nodes.values(), key=lambda found: int(found.id))),
        gates=tuple(gate(found) for found in sorted(state.gates.values(), key=lambda found: int(found.id))),
        questions=tuple(map(question, sorted(state.questions.values(), key=lambda found: int(found.id[1:])))),
        queue=queue(state),
        usage=state.usage,
    )


def node(found: Node) -> shapes.NodeShape:
    """One node."""
    return shapes.NodeShape(
        id=found.id,
        parent_id=found.parent,
        action=found.action,
        directive=found.directive,
        status=found.status,
        report=found.report,
        attempts=found.attempt,
        commit=found.commit,
    )


def gate(found: Gate) -> shapes.GateShape:
    """One gate, as it was decided."""
    return shapes.GateShape(
        id=found.id,
        node=found.node,
        kind=found.kind,
        status=found.status,
        digest=found.digest,
        proposal=found.final,
        revision=found.revision,
        opened=found.opened_at,
        decision=decision(found.decision),
        why=found.why,
    )


def decision(found: Decision | None) -> shapes.DecisionShape | None:
    """One decision, if there is one."""
    if found is None:
        return None
    return shapes.DecisionShape(
        verb=found.verb, choice=found.choice, by=found.by, rule=found.rule, reason=found.reason, at=found.at
    )


def question(found: Question) -> shapes.QuestionShape:
    """One question."""
    return shapes.QuestionShape(
        id=found.id,
        node=found.node,
        name=found.ask.name,
        text=found.ask.text,
        choices=found.ask.choices,
        default=found.ask.default,
        status=found.status,
        answer=found.answer,
        by=found.by,
        opened=found.opened_at,
    )


def row(found: RunRow) -> shapes.RunRowShape:
    """One run of a list."""
    return shapes.RunRowShape(
        id=found.id,
        goal=found.goal,
        status=found.status,
        started=found.started if found.frame >= 0 else None,
        waiting=found.waiting,
        branch=found.branch,
        origin=found.origin,
        problem=found.problem,
    )


def waiting(state: Swarm) -> list[shapes.WaitingGate | shapes.WaitingQuestion]:
    """All that waits for the human: gates card by card, those that hold up most first, then questions."""
    gates = [_waiting_gate(found, card.id) for card in cards(state) for found in card.gates]
    return [*gates, *(_waiting_question(found) for found in questions(state))]


def choices(found: Gate) -> tuple[str, ...]:
    """What may be decided on an open gate now: one that is only foreseen can be approved or rejected."""
    offered = found.proposal.choices
    return offered if found.seq is not None else tuple(word for word in offered if word in ("approve", "reject"))


def _waiting_gate(found: Gate, card: str) -> shapes.WaitingGate:
    return shapes.WaitingGate(
        id=found.id,
        node=found.node,
        kind=found.proposal.kind,
        digest=found.digest,
        proposal=found.proposal,
        choices=choices(found),
        opened=found.opened_at,
        blocks=blocks(found),
        card=card,
    )


def _waiting_question(found: Question) -> shapes.WaitingQuestion:
    return shapes.WaitingQuestion(
        id=found.id,
        node=found.node,
        choices=found.ask.choices,
        opened=found.opened_at,
        blocks=1,
        card=found.id,
        name=found.ask.name,
        text=found.ask.text,
        free=found.ask.free,
        default=found.ask.default,
        form=found.ask.form,
        prompt=found.ask.prompt,
    )
