"""Answers: whether one fits its question, and the default that is taken for one."""

from __future__ import annotations

import json
from typing import Any

from swarm.errors import BadAnswer
from swarm.frames import QuestionAnswered
from swarm.state import Question


def assumed(node: str, question: str, default: str) -> QuestionAnswered:
    """The answer that a run gives itself where it may take defaults."""
    return QuestionAnswered(node=node, question=question, answer=default, by="rule", rule="--defaults: an assumption")


def checked(question: Question, answer: Any) -> Any:
    """The answer as it is kept: a choice, a text, or the value of a form.

    A choice may be given by its text or its number, counted from 1; a form as a JSON value or its text.

    Raises:
        BadAnswer: If it is empty, outside of the choices, or does not fit the schema.
    """
    ask = question.ask
    if ask.form is not None:
        return _form(question, answer)
    text = str(answer).strip()
    if not text:
        raise BadAnswer(f"question {question.id} needs an answer: {ask.text}")
    if not ask.choices or text in ask.choices:
        return text
    if text.isdecimal() and 1 <= int(text) <= len(ask.choices):
        return ask.choices[int(text) - 1]
    if ask.free:
        return text
    raise BadAnswer(f"question {question.id} takes one of {', '.join(ask.choices)}: {text!r} is none of them")


def _form(question: Question, answer: Any) -> Any:
    from swarm.asks import ASKS  # here, as it builds its schemas when it is imported

    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise BadAnswer(f"question {question.id} takes JSON: {error}") from None
    schema = ASKS.get(question.ask.name)
    if schema is None:
        return answer
    try:
        return schema.model_validate(answer).model_dump(mode="json")
    except ValueError as error:
        first = str(error).splitlines()
        raise BadAnswer(
            f"question {question.id} takes {schema.__name__}: {' '.join(part.strip() for part in first[1:3])}"
        ) from None
