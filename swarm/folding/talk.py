"""Frames about questions, answers and notes."""

from __future__ import annotations

from msgspec.structs import replace

from swarm import frames as f
from swarm.folding.base import on, put, step_put
from swarm.state import Note, Question, Swarm


@on(f.QuestionAsked)
def _question_asked(state: Swarm, frame: f.QuestionAsked) -> Swarm:
    node = state.nodes[str(frame.node)]
    question = Question(frame.question, node.id, frame.seq, frame.ask, frame.frame, frame.at)
    state = replace(
        state,
        questions=state.questions.set(question.id, question),
        open_questions=state.open_questions.set(question.id, frame.frame),
        next_question=max(state.next_question, int(question.id[1:]) + 1),
    )
    step = state.steps[node.id, frame.seq]
    step = replace(step, remaining=step.remaining + 1, questions=(*step.questions, question.id))
    return step_put(state, node, step)


@on(f.QuestionAnswered)
def _question_answered(state: Swarm, frame: f.QuestionAnswered) -> Swarm:
    question = state.questions[frame.question]
    question = replace(question, answer=frame.answer, by=frame.by, rule=frame.rule, answered=frame.frame)
    state = replace(
        state,
        questions=state.questions.set(question.id, question),
        open_questions=state.open_questions.delete(question.id),
    )
    step = state.steps.get((question.node, question.seq))
    if step is None or not step.remaining:
        return state
    return step_put(state, state.nodes[question.node], replace(step, remaining=step.remaining - 1))


@on(f.QuestionWithdrawn)
def _question_withdrawn(state: Swarm, frame: f.QuestionWithdrawn) -> Swarm:
    question = replace(state.questions[frame.question], withdrawn=True)
    return replace(
        state,
        questions=state.questions.set(question.id, question),
        open_questions=state.open_questions.delete(question.id),
    )


@on(f.NodeTold)
def _node_told(state: Swarm, frame: f.NodeTold) -> Swarm:
    node = state.nodes[str(frame.node)]
    notes = state.notes.set((node.id, node.notes), Note(frame.text, frame.by, frame.frame))
    return put(replace(state, notes=notes), replace(node, notes=node.notes + 1))
