"""Nodes, gates and questions as a page knows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from swarm.export.blocks import Blocks
from swarm.export.texts import Texts
from swarm.export.words import Words
from swarm.state import Decision, Gate, Node, Question, Swarm

Item = dict[str, Any]
Span = Sequence[int | str]


class Items:
    """Makes them.

    Args:
        texts: Where their texts go.
        words: How things are called.
    """

    def __init__(self, texts: Texts, words: Words) -> None:
        self._texts, self._words, self._blocks = texts, words, Blocks(texts)

    def about(self, state: Swarm) -> Item:
        """The run as a whole."""
        texts = {"run": state.run, "title": state.title, "goal": state.goal, "model": state.model}
        texts |= {"branch": state.branch, "by": state.by, "level": state.level}
        texts["context"] = "\n".join(document.name for document in state.context)
        return {name: self._texts.put(text) for name, text in texts.items()}

    def node(self, state: Swarm, node: Node, status: Span, directive: Sequence[int]) -> Item:
        """A node; its report is there from the frame in which it ended."""
        return {
            "id": node.id,
            "parent": node.parent,
            "title": self._texts.put(self._words.node(state, node.id)),
            "action": self._texts.put(node.action),
            "model": self._texts.put(node.model),
            "spawned": node.spawned,
            "status": status,
            "directive": directive,
            "report": self._blocks.report(node.report) if node.report else None,
            "ended": node.ended,
        }

    def gate(self, gate: Gate, status: Span) -> Item:
        """A gate with what was proposed, what a human made of it, and the decision."""
        decision = gate.decision
        return {
            "id": gate.id,
            "node": gate.node,
            "kind": gate.kind,
            "what": self._texts.put(self._words.proposal(gate.proposal)),
            "revision": gate.revision,
            "opened": gate.opened,
            "status": status,
            "blocks": self._blocks.proposal(gate.proposal),
            "why": self._texts.put(gate.why),
            "decision": self._decision(decision) if decision else None,
        }

    def _decision(self, decision: Decision) -> Item:
        proposal, report = decision.proposal, decision.report
        return {
            "frame": decision.frame,
            "verb": decision.verb,
            "word": self._texts.put(decision.word),
            "by": self._texts.put(decision.by),
            "rule": self._texts.put(decision.rule),
            "reason": self._texts.put(decision.reason),
            "blocks": self._blocks.proposal(proposal) if proposal else self._blocks.report(report) if report else [],
        }

    def question(self, question: Question, withdrawn: int) -> Item:
        """A question, with the frames in which it was asked, answered and withdrawn; -1 for never."""
        ask, put = question.ask, self._texts.put
        answer = question.answer
        return {
            "id": question.id,
            "node": question.node,
            "name": put(ask.name),
            "text": put(ask.text),
            "choices": [put(choice) for choice in ask.choices],
            "default": -1 if ask.default is None else put(ask.default),
            "opened": question.opened,
            "answered": question.answered,
            "withdrawn": withdrawn,
            "answer": put(answer if isinstance(answer, str) else json.dumps(answer, indent=1, ensure_ascii=False)),
            "by": put(question.by),
            "rule": put(question.rule),
        }
