"""What was answered in a fork's origin is not paid for again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from swarm import frames as f
from swarm.models.base import Message, Reply, Request
from swarm.models.recalled import Answers, Recalled
from swarm.values import Usage


class _Dear:
    """A model whose calls are counted."""

    name = "dear"

    def __init__(self) -> None:
        self.calls = 0

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        self.calls += 1
        return Reply(value={"fresh": self.calls}, usage=Usage(calls=1))

    def foresee(self, request: Request) -> Any:
        return "foreseen"


def _asked(words: str) -> Request:
    return Request(schema_name="Choice", messages=(Message(role="user", content=words),))


def _thought(number: int, words: str, value: Any, outcome: f.StepOutcome = "ok") -> list[f.Frame]:
    request, node = _asked(words), str(number)
    begun = f.StepBegun(frame=number, node=node, seq=1, step="think", schema_name="Choice", intent=request.intent)
    ended = f.StepEnded(frame=number + 1, node=node, seq=1, step="think", schema_name="Choice", value=value)
    return [begun, ended.model_copy(update={"outcome": outcome})]


async def _said(model: Recalled, words: str) -> Any:
    return (await model.reply(_asked(words), lambda _: None)).value


async def test_an_answer_is_handed_out_once_and_for_nothing() -> None:
    dear = _Dear()
    model = Recalled(dear, Answers([*_thought(10, "which?", "this")], after=5))
    reply = await model.reply(_asked("which?"), lambda _: None)
    assert (reply.value, reply.usage) == ("this", Usage())
    assert await _said(model, "which?") == {"fresh": 1}
    assert await _said(model, "another?") == {"fresh": 2}
    assert dear.calls == 2


async def test_what_was_answered_before_the_fork_or_failed_is_asked_anew() -> None:
    frames = [*_thought(1, "early?", "old"), *_thought(10, "failed?", None, "failed"), *_thought(20, "late?", "new")]
    model = Recalled(_Dear(), Answers(frames, after=5))
    assert await _said(model, "early?") == {"fresh": 1}
    assert await _said(model, "failed?") == {"fresh": 2}
    assert await _said(model, "late?") == "new"


def test_foresight_stays_that_of_the_model() -> None:
    assert Recalled(_Dear(), Answers([], after=0)).foresee(_asked("which?")) == "foreseen"
