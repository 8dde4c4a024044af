"""The steps of a node that wait for an answer: thoughts of a model, forms and questions for the human."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from swarm import frames as f
from swarm.answers import assumed
from swarm.asks import ASKS, Thought
from swarm.autonomy import carried_answer
from swarm.errors import NothingNew, StepFailed, one_line
from swarm.models.base import Request
from swarm.prompts import render
from swarm.state import Step
from swarm.steps import Steps
from swarm.values import Ask, Usage

T = TypeVar("T", bound=Thought)


async def think(steps: Steps, schema: type[T], key: str, rejected: str, inputs: dict[str, Any]) -> T:
    """One structured model call; see `NodeContext.think`."""
    seq, step = steps.next("think", key, schema.__name__)
    if step and step.ended >= 0:
        return schema.model_validate((await steps.recorded(step)).value)
    async with steps.pending():
        begun = f.StepBegun(node=steps.id, seq=seq, step="think", key=key, schema_name=schema.__name__)
        asked = await _intended(steps, request_of(steps, schema, rejected, inputs), begun, step)
        try:
            value, usage = await _answered(steps, asked, begun)
            thought = schema.model_validate(value)
        except Exception as error:  # a model is code of many hands: whatever it raises is the step's failure
            await steps.fail(seq, "think", key, one_line(error), schema.__name__)
            raise (error if isinstance(error, NothingNew) else StepFailed(one_line(error))) from None
        value = thought.model_dump(mode="json")
        ended = f.StepEnded(
            node=steps.id, seq=seq, step="think", key=key, schema_name=schema.__name__, value=value, usage=usage
        )
        await steps.engine.ledger.note(ended)
        return thought


def foresee(steps: Steps, schema: type[T], inputs: dict[str, Any]) -> T | None:
    """What `think` would answer; see `NodeContext.foresee`."""
    model = steps.engine.model_of(steps.node)
    value = model.foresee(request_of(steps, schema, "", inputs)) if model else None
    return schema.model_validate(value) if value is not None else None


def request_of(steps: Steps, schema: type[Thought], rejected: str, inputs: dict[str, Any]) -> Request:
    """What the model is asked, rendered from the state and the inputs."""
    node = steps.node
    return Request(
        schema_name=schema.__name__,
        messages=render(steps.state, node, schema.__name__, inputs, rejected),
        action=node.action,
        directive=node.directive,
        source=node.child.source,
        inputs=inputs,
        rejected=rejected,
        position=steps.position,
    )


async def _intended(steps: Steps, request: Request, begun: f.StepBegun, step: Step | None) -> Request:
    """Records what is asked; a thought that was begun before is asked again in the words of its record."""
    if step and step.begun >= 0:
        await steps.engine.ledger.synced()
        recorded = await steps.engine.ledger.frame(step.begun)
        assert isinstance(recorded, f.StepBegun)
        return request.model_copy(update={"messages": Request.recorded(recorded.intent).messages})
    await steps.engine.ledger.append(begun.model_copy(update={"intent": request.intent, "notes": steps.node.notes}))
    return request


async def _answered(steps: Steps, request: Request, begun: f.StepBegun) -> tuple[Any, Usage | None]:
    if steps.node.model != "human":
        reply = await steps.engine.calls.call(steps.node, request)
        return reply.value, reply.usage
    schema = ASKS[request.schema_name]
    prompt = "\n\n".join(message.content for message in request.messages)
    text = (schema.__doc__ or "").partition("\n")[0]
    form = Ask(name=request.schema_name, text=text, form=schema.model_json_schema(), prompt=prompt)
    answers = await _asked(steps, begun.seq, [form])
    return answers[form.name], None


async def ask(steps: Steps, questions: Sequence[Ask], key: str) -> dict[str, str]:
    """Questions to the human; see `NodeContext.ask`."""
    seq, step = steps.next("ask", key)
    if step and step.ended >= 0:
        return dict((await steps.recorded(step)).value)
    async with steps.pending():
        if step is None:
            steps.engine.ledger.put([f.StepBegun(node=steps.id, seq=seq, step="ask", key=key)])
        answers = await _asked(steps, seq, questions)
        answers = {name: str(answer) for name, answer in answers.items()}
        await steps.engine.ledger.note(f.StepEnded(node=steps.id, seq=seq, step="ask", key=key, value=answers))
        return answers


async def _asked(steps: Steps, seq: int, questions: Sequence[Ask]) -> dict[str, Any]:
    """The answers by name; asks what is not asked yet, as a write that was cut off may have left some out."""
    head = steps.engine.ledger.head
    step = head.steps.get((steps.id, seq))
    there = {head.questions[question].ask.name for question in (step.questions if step else ())}
    missing = [ask for ask in questions if ask.name not in there]
    frames: list[f.Frame] = []
    for number, question in enumerate(missing, start=head.next_question):
        frames.append(f.QuestionAsked(node=steps.id, question=f"q{number}", seq=seq, ask=question))
        if answered := carried_answer(head, steps.id, f"q{number}", question):
            frames.append(answered)
        elif head.defaults and question.default is not None:
            frames.append(assumed(steps.id, f"q{number}", question.default))
    await steps.engine.ledger.note(*frames)
    found = await steps.until(lambda state: _done(state.steps[steps.id, seq]))
    return {steps.state.questions[name].ask.name: steps.state.questions[name].answer for name in found.questions}


def _done(step: Step) -> Step | None:
    return None if step.remaining else step
