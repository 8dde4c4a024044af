"""The search itself: a process of its own, as a regular expression may take for ever and cannot be interrupted.

Standard input is one JSON object, a `Task`; standard output is one JSON object a line: each match as `path`, `line`,
`text`, and at the end either `more` and `skipped`, or the `error` of the pattern.
"""

import contextlib
import io
import json
import re
import resource
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, TypedDict

from swarm.errors import PathRefused, WorkspaceError
from swarm.workspace.files import read_bytes

_MEMORY = 512 * 1024 * 1024
_BINARY = 8000  # bytes at the beginning in which a NUL makes a file a binary one, as for git
_WIDTH = 400


class Task(TypedDict):
    """What to do.

    Attributes:
        root: The folder.
        names: Files below it.
        pattern: A regular expression.
        ignore_case: Whether case matters not.
        limit: The most matches.
        longest: Bytes of the longest file that is searched.
        seconds: Of computing, after which the system ends it even if nobody else does.
    """

    root: str
    names: list[str]
    pattern: str
    ignore_case: bool
    limit: int
    longest: int
    seconds: int


def main() -> None:
    """Does the task on standard input."""
    task: Task = json.load(sys.stdin)
    _limit(task["seconds"])
    for line in _found(task):
        print(json.dumps(line, ensure_ascii=False), flush=True)


def _found(task: Task) -> Iterator[dict[str, Any]]:
    try:
        pattern = re.compile(task["pattern"], re.IGNORECASE if task["ignore_case"] else 0)
    except (re.error, OverflowError, RecursionError) as error:
        yield {"error": str(error)}
        return
    found = skipped = 0
    for name in task["names"]:
        try:
            content = read_bytes(Path(task["root"]), PurePosixPath(name), task["longest"])
        except PathRefused:  # a symlink, a nested repository
            continue
        except WorkspaceError:
            skipped += 1
            continue
        for line, text in _lines(pattern, content or b""):
            if found == task["limit"]:
                yield {"more": True, "skipped": skipped}
                return
            found += 1
            yield {"path": name, "line": line, "text": text}
    yield {"more": False, "skipped": skipped}


def _lines(pattern: re.Pattern[str], content: bytes) -> Iterator[tuple[int, str]]:
    """The lines of a text file that match, each with its number."""
    if b"\0" in content[:_BINARY]:
        return
    for number, line in enumerate(io.StringIO(content.decode("utf-8", "replace"), newline="\n"), 1):
        text = line.rstrip("\r\n")
        if match := pattern.search(text):
            yield number, _around(text, match.start())


def _around(text: str, place: int) -> str:
    """The part of a line around a place."""
    begin = max(0, min(place - _WIDTH // 4, len(text) - _WIDTH))
    end = begin + _WIDTH
    return ("…" if begin else "") + text[begin:end] + ("…" if end < len(text) else "")


def _limit(seconds: int) -> None:
    for kind, most in ((resource.RLIMIT_DATA, _MEMORY), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):  # not every system has each of them
            resource.setrlimit(kind, (most, most))
