"""What a state must say however the code behind it changes."""

from __future__ import annotations

from typing import Any

from swarm.state import Swarm


def summary(state: Swarm) -> dict[str, Any]:
    """The run, its nodes, gates, questions and memory, as plain values."""
    return {
        "run": state.run,
        "title": state.title,
        "status": state.status,
        "frame": state.frame,
        "at": state.at.isoformat(),
        "branch": state.branch,
        "base": state.base,
        "commit": state.commit,
        "nodes": {
            node.id: [node.parent, node.action, node.status, node.report.summary if node.report else None]
            for node in state.nodes.values()
        },
        "gates": {
            gate.id: [gate.node, gate.kind, gate.status, gate.digest, gate.decision and gate.decision.verb]
            for gate in state.gates.values()
        },
        "questions": {
            question.id: [question.node, question.ask.text, question.status, question.answer]
            for question in state.questions.values()
        },
        "memory": {name: document.text for name, document in state.memory.items()},
        "usage": [state.usage.calls, state.usage.input_tokens, state.usage.output_tokens],
    }
