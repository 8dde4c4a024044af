"""The protocol that all models share: a request in, a reply out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, Literal, Protocol, Self

from pydantic import Field

from swarm.values import Usage, Value


class Message(Value):
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class Request(Value):
    """What a model is asked.

    Attributes:
        schema_name: Name in `swarm.asks.ASKS` of what is to be filled in.
        messages: The rendered prompt.
        action: Action that asks.
        directive: Its directive, as it stands now.
        source: The opaque mark of its directive.
        inputs: The values that the prompt was rendered from.
        rejected: Why the last proposal was rejected, if it was.
        position: Place of the node in the tree and occurrence of the thought within it; only for recordings.
    """

    schema_name: str
    messages: tuple[Message, ...] = ()
    action: str = ""
    directive: str = ""
    source: str = ""
    inputs: dict[str, Any] = Field(default_factory=dict)
    rejected: str = ""
    position: str = ""

    @property
    def intent(self) -> dict[str, Any]:
        """What is recorded of it before it is sent."""
        messages = [message.model_dump() for message in self.messages]
        return {"schema_name": self.schema_name, "messages": messages, "hash": self.content_hash}

    @classmethod
    def recorded(cls, intent: Mapping[str, Any]) -> Self:
        """The request of a recorded intent."""
        return cls(schema_name=intent["schema_name"], messages=intent["messages"])

    @property
    def content_hash(self) -> str:
        """Hex over schema and messages: the same question has the same hash, in any run."""
        text = json.dumps([self.schema_name, [m.model_dump() for m in self.messages]], ensure_ascii=False)
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class Reply(Value):
    """What a model answered: a JSON value that fits the schema, and what it took."""

    value: Any
    usage: Usage = Usage()
    finish: str = "stop"


class Model(Protocol):
    """Anything that answers requests."""

    name: str

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Answers a request; `on_text` gets pieces of text as they stream.

        Raises:
            ModelError: If it cannot answer, or not in the form that was asked for.
        """

    def foresee(self, request: Request) -> Any:
        """The value that `reply` would give, where that is certain and free; None elsewhere."""
