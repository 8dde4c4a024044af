"""What can go wrong with a model behind an endpoint; each has its own name, and a text that names the endpoint.

```text
ModelUnreachable
├── NoAnswer          no connection, or it broke, or nothing came in time
├── TooSlow           no whole answer before the deadline
├── Busy              408, 409, 429 or 5xx, after all tries
├── OutOfQuota        the account may not ask any more
├── KeyRefused        401 or 403
├── NotThere          404: no such address or model
├── PromptTooLong     more than the model takes in
├── RequestRefused    any other error that the endpoint states
└── Redirected        the prompt should go to another address
BadReply
├── NoChat            no chat completion at all, such as a web page
├── Garbled           a part of it that is no JSON, or of another shape
├── Broken            the stream ended before the answer did
├── TooMuch           more bytes than any answer has
├── CutOff            finish reason `length`
├── Filtered          finish reason `content_filter`
├── Declined          the model refused
└── Unfit             no JSON of the schema, repairs included
```
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from swarm.errors import BadReply, ModelError, ModelUnreachable

_LONGEST = 200
"""Characters of a server's own words in a message."""

_PASSING = ("server_error", "overloaded", "rate_limit")
"""Codes of errors within an answer that may pass."""


class NoAnswer(ModelUnreachable):
    """No connection, or it broke, or nothing came in time."""


class TooSlow(ModelUnreachable):
    """No whole answer before the deadline."""


class OutOfQuota(ModelUnreachable):
    """The account may not ask any more."""


class KeyRefused(ModelUnreachable):
    """The endpoint does not take the key."""


class NotThere(ModelUnreachable):
    """The endpoint knows no such address or model."""


class PromptTooLong(ModelUnreachable):
    """The prompt is longer than what the model takes in."""


class Redirected(ModelUnreachable):
    """The endpoint wants the prompt to go to another address."""


class RequestRefused(ModelUnreachable):
    """Any other error that the endpoint states.

    Attributes:
        status: Of HTTP, or the code within the answer; 0 if there is none.
    """

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class Busy(RequestRefused):
    """An error that may pass.

    Attributes:
        after: Seconds that the endpoint asks to wait; None if it does not say.
    """

    def __init__(self, text: str, status: int = 0, after: float | None = None) -> None:
        super().__init__(text, status)
        self.after = after


class NoChat(BadReply):
    """What came is no chat completion at all."""


class Garbled(BadReply):
    """A part of what came cannot be read."""


class Broken(BadReply):
    """The stream ended before the answer did."""


class TooMuch(BadReply):
    """More bytes came than any answer has."""


class CutOff(BadReply):
    """The answer reached the token limit."""


class Filtered(BadReply):
    """The endpoint's filter held the answer back."""


class Declined(BadReply):
    """The model refused to answer."""


class Unfit(BadReply):
    """No JSON of the schema, repairs included."""


def stated(where: str, status: int, body: Any, headers: Mapping[str, str], hidden: str = "") -> ModelError:
    """The fault that an endpoint states, by a status or within an answer.

    Args:
        where: The endpoint, as messages name it.
        status: Of HTTP, or the code within the answer; 0 if there is none.
        body: What came with it: a JSON value or a text.
        headers: Of the response.
        hidden: The key, to be left out of what the server says.
    """
    said, code = _message(body, hidden), _code(body)
    told = f"{where} answers {status or 'with an error'}{f': {said}' if said else ''}"
    if 300 <= status < 400:
        target = one_line(headers.get("location", "nowhere"), hidden)
        return Redirected(f"{where} redirects to {target}: prompts are sent to no other address; set that one instead")
    if "insufficient_quota" in code:
        return OutOfQuota(f"{told}; the account is out of quota")
    if status in (401, 403):
        return KeyRefused(f"{told}; check its key")
    if status == 404:
        return NotThere(f"{told}; check its URL and model")
    if re.search(r"context.(length|size|window)", f"{code} {said}", re.IGNORECASE):
        return PromptTooLong(f"{told}; give the node less, or take a model with a larger context")
    if status in (408, 409, 429) or status >= 500 or any(word in code for word in _PASSING):
        return Busy(told, status, _retry_after(headers))
    return RequestRefused(told, status)


def one_line(text: str, hidden: str = "") -> str:
    """Foreign text on one line: no key, nothing unprintable, not too long."""
    text = text.replace(hidden, "[key]") if hidden else text
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _message(body: Any, hidden: str) -> str:
    found = _error_of(body)
    if isinstance(found, dict):
        texts = (found.get(name) for name in ("message", "detail", "error_description"))
        found = next((text for text in texts if text), found)
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return "a web page" if text.lstrip().startswith("<") else one_line(text, hidden)


def _code(body: Any) -> str:
    found = _error_of(body)
    return f"{found.get('code')} {found.get('type')}" if isinstance(found, dict) else ""


def _error_of(body: Any) -> Any:
    if isinstance(body, str) and body.lstrip().startswith("{"):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            return body
    return (body.get("error") or body) if isinstance(body, dict) else body


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from any of the forms in use."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers.get(name, "")) * unit)
        except ValueError:
            continue
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
    except ValueError:
        return None
