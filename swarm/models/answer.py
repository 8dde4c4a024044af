"""From what a model wrote to the thought that it was asked for: JSON only, nothing guessed."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import ValidationError

from swarm.asks import Thought

T = TypeVar("T", bound=Thought)

_TRIES = 200
"""How many braces of a text are looked at before it is held to be no JSON."""

_THINKING = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"\s*```\w*\s*")


def fitting(text: str, kind: type[T]) -> T:
    """The thought in a text; prose around the JSON and code fences are no harm, the last object that fits counts.

    Raises:
        ValueError: With one line that a model can mend its answer by.
    """
    found, problem = None, "it holds no JSON object with fields"
    for value in _objects(text):
        try:
            found = kind.model_validate(value)
        except ValidationError as error:
            problem = _problems(error)
    if found is None:
        raise ValueError(problem)
    return found


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The outermost JSON objects in a text, in order; an empty one says nothing and is passed over.

    Raises:
        ValueError: If one has a key twice, NaN, infinity or half a character, or the text begins as JSON and is none.
    """
    text = _FENCE.sub("", _THINKING.sub("", text, count=1), count=1).strip("\ufeff \t\r\n")
    position = text.find("{")
    for _ in range(_TRIES):
        if position < 0:
            return
        try:
            value, end = _DECODER.raw_decode(text, position)
        except json.JSONDecodeError as error:
            if position == 0:
                raise ValueError(f"it is no JSON: {error}") from None
            end = position + 1
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        else:
            if value:
                yield _encodable(value)
        position = text.find("{", end)


def _encodable(value: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half of a surrogate pair") from None
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it has the key {twice!r} twice")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no number that can be used")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_finite)


def _problems(error: ValidationError) -> str:
    """The first few faults, each with its place; never the values, which may be long."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    texts = [f"{'.'.join(map(str, fault['loc'])) or 'the answer'}: {fault['msg']}" for fault in faults[:3]]
    left = len(faults) - len(texts)
    return "; ".join(texts) + (f"; and {left} more" if left else "")
