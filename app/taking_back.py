"""What an undo would take back, in words: pure, no screen."""

from __future__ import annotations

from collections.abc import Iterator

from swarm import frames as f
from swarm.reversal import Reversal
from swarm.state import Swarm
from widgets.glyphs import SIGNS
from widgets.words import count, name_of, question_name, summary

_MOST = 6


def decided(state: Swarm, found: Reversal) -> list[str]:
    """Each decision of a command in one line, such as `gate 14, spawn 3, of 2 Use it: approved by you`."""
    lines = [_made(state, frame) for frame in found.made[:_MOST]]
    return lines if len(found.made) <= _MOST else [*lines, f"and {len(found.made) - _MOST} more"]


def _made(state: Swarm, frame: f.GateDecided | f.QuestionAnswered) -> str:
    if isinstance(frame, f.QuestionAnswered):
        question = state.questions[frame.question]
        answer = frame.answer if isinstance(frame.answer, str) else "the form was filled in"
        return f"question {question.id}, {question_name(question)} {_of(state, question.node)}: {answer}"
    gate = state.gates[frame.gate]
    verb = f"{SIGNS['choose'].word} {frame.choice}" if frame.decision == "choose" else SIGNS[frame.decision].word
    because = f", because: {frame.reason}" if frame.reason else ""
    return f"gate {gate.id}, {summary(gate.proposal)}, {_of(state, gate.node)}: {verb} by {frame.by}{because}"


def _of(state: Swarm, node: str) -> str:
    return f"of {name_of(state, node)}" if node in state.nodes else "of the run"


def taking_back(state: Swarm, found: Reversal) -> str:
    """All that a person needs to know before the last decision is taken back; its texts are untrusted."""
    return "\n".join(_lines(state, found))


def _lines(state: Swarm, found: Reversal) -> Iterator[str]:
    yield f"Decided at frame {found.frame}:"
    yield from (f"  {line}" for line in decided(state, found))
    yield ""
    yield f"Since then: {_since(found)}."
    if found.edits:
        yield f"{count(found.edits, 'commit')} of these {'is' if found.edits == 1 else 'are'} your own edits of files."
    if found.tokens:
        yield "What the tokens have cost stays spent."
    if found.runs and state.tier == "none":
        yield "Commands ran without a sandbox: what they did outside of the run's copy stays."
    yield ""
    yield f"A new run goes on from frame {found.frame - 1}, with the files of then (ignored files left out)."
    yield f"Run {state.run} is closed and stays in the list with all that it did: redo goes back to it."


def _since(found: Reversal) -> str:
    parts = [
        count(number, noun)
        for number, noun in (
            (found.nodes, "new node"),
            (found.commits, "commit"),
            (found.runs, "command"),
            (found.tokens, "token"),
        )
        if number
    ]
    return f"{', '.join(parts)} ({count(found.frames, 'frame')})" if parts else "nothing but the decision itself"
