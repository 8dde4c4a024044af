"""One endpoint as a person sets it up: its address, the key that goes there and nowhere else, a model, prices."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, SecretStr

from swarm.values import Prices, Value

OPENAI_URL = "https://api.openai.com/v1"
OPENAI_KEY = "OPENAI_API_KEY"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DUMMY = "none"
"""What is sent where no key is needed: servers on one's own machine want some word."""


def base_url(text: str) -> str:
    """The base URL of an API, without a slash at its end.

    Raises:
        ValueError: If it is none, or holds what does not belong into it.
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError("a URL such as http://localhost:11434/v1 is needed")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL holds no user or password: set `key` or `key_env`")
    if parts.query or parts.fragment or parts.path.rstrip("/").endswith("/chat/completions"):
        raise ValueError("the base URL is needed, which ends before /chat/completions and has no query")
    if parts.port == 0:
        raise ValueError("port 0 is none")
    return text.rstrip("/")


def same_url(url: str, other: str) -> bool:
    """Whether two base URLs are the same address."""
    return _address(url) == _address(other)


def _address(url: str) -> tuple[str, str | None, int, str]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a name begins with a letter or digit and goes on with those or . _ : / @ + -")
    return text


def _model(text: str) -> str:
    if text != text.strip() or not text.isprintable():
        raise ValueError("the name of a model is needed, as the endpoint gives it")
    return text


def _key(secret: SecretStr) -> SecretStr:
    key = secret.get_secret_value()
    if not re.fullmatch(r"[!-~]+", key):
        raise ValueError("a key is printable ASCII without spaces")
    return secret


def _variable(text: str) -> str:
    if text and not _VARIABLE.fullmatch(text):
        raise ValueError("the name of an environment variable is needed, not a key")
    return text


class Profile(Value):
    """An endpoint, with the key that belongs to its URL.

    Attributes:
        name: Under which it is chosen.
        url: The base URL, such as `http://localhost:11434/v1`.
        model: As the endpoint names it; empty if it must be said each time.
        key: Sent to `url` and nowhere else; None if there is none.
        key_env: Environment variable that holds the key; empty if none was named.
        prices: None if they are unknown.
    """

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    name: Annotated[str, AfterValidator(_name)]
    url: Annotated[str, AfterValidator(base_url)]
    model: Annotated[str, AfterValidator(_model)] = ""
    key: Annotated[SecretStr, AfterValidator(_key)] | None = Field(default=None, repr=False)
    key_env: Annotated[str, AfterValidator(_variable)] = ""
    prices: Prices | None = None

    @property
    def host(self) -> str:
        """Host and port of the URL."""
        return urlsplit(self.url).netloc

    @property
    def where(self) -> str:
        """The endpoint as messages name it."""
        return f"endpoint {self.name} ({self.url})"

    @property
    def is_openai(self) -> bool:
        """Whether this is OpenAI's own address."""
        return same_url(self.url, OPENAI_URL)

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine: then no proxy is asked."""
        host = urlsplit(self.url).hostname or ""
        return host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1"

    @property
    def secret(self) -> str:
        """What is sent as the key."""
        return self.key.get_secret_value() if self.key else _DUMMY

    def cost(self, tokens: tuple[int, int] | None) -> float | None:
        """US dollars for tokens in and out; None where tokens or prices are unknown."""
        if tokens is None or self.prices is None:
            return None
        return (tokens[0] * self.prices.input + tokens[1] * self.prices.output) / 1_000_000
