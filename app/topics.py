"""What can be different in a fork, of a gate, a question or a node that a person has chosen: pure, no screen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from app.reading import json_of
from swarm.asks import ASKS
from swarm.commands import Answer, Decide, Seen
from swarm.errors import UsageError
from swarm.forking import Change, Directive, Thought
from swarm.state import Gate, Node, Question, Step, Swarm
from widgets.safe import line
from widgets.words import fit, name_of, question_name, summary

Kind = Literal["nothing", "decision", "answer", "directive", "reply"]

_NEEDS_MORE = ("edit", "report")
"""Decisions that a card has forms for: fork without a change, and take them there."""


_LONGEST = 30
"""Cells that the name of a thing takes in a line."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that can be different; its texts may be of others.

    Attributes:
        kind: Of the thing; with `nothing`, all waits again as it did then.
        about: Id of its gate, question or node.
        words: What it is.
        frame: The last frame at which it could still go the other way.
        picks: Words of which one is taken.
        pick: The one that is taken already.
        label: What the text is; empty if none is needed.
        text: As it was.
        step: Number of a thought.
    """

    kind: Kind
    about: str
    words: str
    frame: int
    picks: tuple[str, ...] = ()
    pick: str = ""
    label: str = ""
    text: str = ""
    step: int = 0

    def change(self, pick: str, text: str) -> Change | None:
        """The change that was filled in.

        Raises:
            UsageError: If something is missing, or is no JSON.
        """
        if self.kind == "nothing":
            return None
        if self.kind == "directive":
            if text.strip() == self.text.strip():
                raise UsageError("the directive is the same as before: change it, or change nothing")
            return Directive(node=self.about, directive=text)
        if self.kind == "reply":
            return Thought(node=self.about, step=self.step, value=json_of(text, "the reply"))
        if self.kind == "answer":
            return Answer(question=self.about, answer=self._answer(pick, text))
        if not pick:
            raise UsageError(f"choose what is decided on gate {self.about}: left and right go through it")
        return Decide(gates=(Seen(gate=self.about),), verb="choose", choice=pick, reason=text)

    def _answer(self, pick: str, text: str) -> Any:
        if self.label == FORM:
            return json_of(text, "the answer")
        if not (text.strip() or pick):
            raise UsageError(f"question {self.about} needs an answer: choose one, or write it")
        return text.strip() or pick


FORM = "the form as JSON"


def topics(
    state: Swarm,
    node: str,
    gate: str = "",
    question: str = "",
    *,
    past: bool = False,
    retry: bool = False,
    before: int = 0,
) -> list[Topic]:
    """What can be different, first that nothing is.

    Args:
        state: That is shown.
        node: The node that is chosen; empty for none.
        gate: A gate of it that is chosen.
        question: A question of it that is chosen.
        past: The state is not the last one: what can still go the other way in it is changed there.
        retry: The gate is to be decided so that its node tries again.
        before: Frame before which the fork begins where nothing is different; found by what is chosen if 0.
    """
    found: list[Topic] = []
    if gate in state.gates:
        found.append(_decision(state, state.gates[gate], retry))
    if question in state.questions:
        found.append(_answer(state, state.questions[question]))
    if node in state.nodes:
        found.append(_directive(state, state.nodes[node], past))
        found += _replies(state, state.nodes[node])
    frame = before - 1 if before else found[0].frame if found and not past else state.frame
    return [Topic("nothing", "", "nothing: what waited then waits again", max(1, frame)), *found]


def _decision(state: Swarm, gate: Gate, retry: bool) -> Topic:
    frame = gate.decision.frame - 1 if gate.decision else state.frame
    foreseen = gate.seq is None
    picks = tuple(
        word
        for word in gate.proposal.choices
        if word not in _NEEDS_MORE and (not foreseen or word in ("approve", "reject"))
    )
    was = f", it was {gate.decision.word}" if gate.decision else ""
    words = f"the decision on gate {gate.id}, {fit(line(summary(gate.proposal)), _LONGEST)}{was}"
    pick = "retry" if retry and "retry" in picks else ""
    return Topic("decision", gate.id, words, frame, picks, pick, "why; a rejection needs it")


def _answer(state: Swarm, question: Question) -> Topic:
    ask = question.ask
    frame = question.answered - 1 if question.answered >= 0 else state.frame
    words = f"the answer to {question.id}, {fit(line(question_name(question)), _LONGEST)}"
    if ask.form is not None:
        return Topic("answer", question.id, words, frame, label=FORM, text=_json(question.answer))
    was = f", it was {fit(line(question.answer), _LONGEST)}" if isinstance(question.answer, str) else ""
    label = "or in your own words" if ask.choices else "in your own words"
    return Topic(
        "answer", question.id, words + was, frame, ask.choices, label=label if ask.free or not ask.choices else ""
    )


def _directive(state: Swarm, node: Node, past: bool) -> Topic:
    frame = state.frame if past and node.report is None else node.spawned
    words = f"the directive of {node.id}, {fit(line(name_of(state, node.id)), _LONGEST)}: it begins anew"
    return Topic("directive", node.id, words, frame, label="its directive", text=node.directive or node.child.directive)


def _replies(state: Swarm, node: Node) -> Iterator[Topic]:
    for seq in range(1, node.steps + 1):
        step = state.steps.get((node.id, seq))
        if step and step.kind == "think" and step.begun >= 0 and step.schema_name in ASKS:
            yield _reply(state, step)


def _reply(state: Swarm, step: Step) -> Topic:
    frame = step.ended - 1 if step.ended >= 0 else state.frame
    words = f"the model's reply in step {step.seq} of {step.node}, {step.schema_name}"
    return Topic("reply", step.node, words, frame, label=f"{step.schema_name} as JSON", step=step.seq)


def with_replies(found: list[Topic], values: Mapping[tuple[str, int], Any]) -> list[Topic]:
    """The topics, thoughts with what was replied; `values` are by node and step."""
    return [
        replace(topic, text=_json(values.get((topic.about, topic.step)))) if topic.kind == "reply" else topic
        for topic in found
    ]


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def failure_of(state: Swarm, node: Node) -> Gate | None:
    """The failure gate of a node that was opened last."""
    gates = (gate for gate in state.gates.values() if gate.node == node.id and gate.kind == "failure")
    return max(gates, key=lambda gate: gate.opened, default=None)
