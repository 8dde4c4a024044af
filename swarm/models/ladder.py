"""How an endpoint is asked for structured output: from the strictest way that it takes down to words alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from typing import Any

from swarm.asks import Thought
from swarm.models.base import Message
from swarm.models.strict import strict_schema


class Rung(IntEnum):
    """A way to ask, the strictest first."""

    STRICT = 0
    SCHEMA = 1
    OBJECT = 2
    PROMPT = 3

    @property
    def words(self) -> str:
        """What it is, for a person."""
        return ("strict JSON schema", "JSON schema", "JSON object", "JSON by prompt only")[self]

    @property
    def below(self) -> Rung | None:
        """The next one down; None from the last."""
        return Rung(self + 1) if self < Rung.PROMPT else None


class Ladder:
    """What was learned about one endpoint and model.

    Attributes:
        rung: Where the next call begins.
        proven: Whether the last answer on it has fitted: then an error says nothing about the way to ask.
        counts: Whether the endpoint takes `stream_options`, without which it reports no usage.
    """

    def __init__(self) -> None:
        self.rung = Rung.STRICT
        self.proven = False
        self.counts = True

    def fitted(self, rung: Rung) -> None:
        """Takes note of an answer that fitted."""
        self.rung, self.proven = rung, True

    def unfit(self, rung: Rung) -> None:
        """Takes note of an answer that did not: what asks for a schema may well be ignored."""
        if not self.proven:
            self.rung = rung.below or rung
        self.proven = False


@cache
def ladder(url: str, model: str) -> Ladder:
    """The ladder of an endpoint and model, the same one for the life of the process."""
    return Ladder()


def body(
    rung: Rung, model: str, messages: Sequence[Message], kind: type[Thought], *, spelled: bool, counts: bool
) -> dict[str, Any]:
    """The arguments of a chat completion.

    Args:
        rung: How to ask.
        model: As the endpoint names it.
        messages: The prompt.
        kind: What is to be filled in.
        spelled: Whether the prompt holds the schema; it always does on the lower rungs.
        counts: Whether to ask for usage.
    """
    sent = [{"role": message.role, "content": _encodable(message.content)} for message in messages]
    if spelled or rung is not Rung.STRICT:
        _append(sent, _spelled(kind))
    found: dict[str, Any] = {"model": model, "messages": sent, "stream": True}
    if counts:
        found["stream_options"] = {"include_usage": True}
    if rung <= Rung.SCHEMA:
        named = {"name": kind.__name__, "strict": rung is Rung.STRICT, "schema": strict_schema(kind)}
        found["response_format"] = {"type": "json_schema", "json_schema": named}
    elif rung is Rung.OBJECT:
        found["response_format"] = {"type": "json_object"}
    return found


def _spelled(kind: type[Thought]) -> str:
    schema = json.dumps(strict_schema(kind), ensure_ascii=False)
    return f"Answer with one JSON object and nothing else. It must fit this JSON schema:\n{schema}"


def _append(sent: list[dict[str, str]], text: str) -> None:
    """Adds to the last message of the user: some servers want the roles to alternate."""
    if sent and sent[-1]["role"] == "user":
        sent[-1]["content"] += f"\n\n{text}"
    else:
        sent.append({"role": "user", "content": text})


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
