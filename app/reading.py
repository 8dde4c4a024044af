"""Text files that a person names."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from swarm.errors import UsageError

LARGEST = 2 * 1024 * 1024
"""Bytes that a file may have."""


def read_text(path: Path) -> str:
    """The text of a file, without a byte order mark.

    Raises:
        UsageError: If it is missing, no regular file, not readable, larger than `LARGEST`, or no text in UTF-8.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{path} is no regular file: name a text file")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): name a text file") from None
    if len(data) > LARGEST:
        raise UsageError(f"{path} is larger than {LARGEST // 1024} KiB: name a smaller file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8 (byte {error.start}): name a text file") from None
    if "\0" in text:
        raise UsageError(f"{path} is a binary file: name a text file")
    return text


def read_json(path: Path) -> Any:
    """The JSON value in a file; keys that come twice and numbers that are none are refused.

    Raises:
        UsageError: As for `read_text`, or if it is no JSON.
    """
    return json_of(read_text(path), str(path))


def json_of(text: str, what: str) -> Any:
    """The JSON value of a text; `what` is what it is called in errors.

    Raises:
        UsageError: If it is no JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except RecursionError:
        raise UsageError(f"{what} is nested too deep") from None
    except ValueError as error:
        raise UsageError(f"{what} is no JSON: {error}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice")
    return found


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number")
