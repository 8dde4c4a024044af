"""Fences: what the words after the backticks say."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

from swarm.errors import EditFailed, PathRefused
from swarm.plan.document import INTERPRETERS, Act, Check
from swarm.plan.names import NAME, substitute, used_names
from swarm.plan.notes import Fault, Notes
from swarm.workspace.edits import parse_edit
from swarm.workspace.paths import check

Made = Act | Check
_Reader = Callable[[str, list[str], str, int, Notes], Made]


def read_fence(info: str, body: str, line: int, notes: Notes) -> Made | None:
    """What a fence does, or None if it is context (with a warning, if its second word is not known).

    Raises:
        Fault: If it means to act but cannot: a bad path, a missing name, bad TOML.
    """
    language, word, rest = _words(info)
    if word in _READERS:
        return _READERS[word](language, rest, body, line, notes)
    if is_path(word):
        return _write(language, [word, *rest], body, line)
    if word:
        notes.warn(line, f"`{word}` is no path and no word known here, so this fence is context; {_hint(word)}")
    elif is_path(language):
        notes.warn(line, f"`{language}` stands where the language does, so this fence is context; put `text` before it")
    return None


def acts(info: str) -> bool:
    """Whether a fence with this info string would do something."""
    _, word, _ = _words(info)
    return word in _READERS or is_path(word)


def is_path(word: str) -> bool:
    """Whether a second word is a path: it holds `/` or `.`, and is no attribute such as `title="a.py"`."""
    plain = substitute(word, dict.fromkeys(used_names(word), ""))
    return ("/" in word or "." in word) and not any(mark in plain for mark in "=\"'{}")


def _words(info: str) -> tuple[str, str, list[str]]:
    """Language, second word and the others; the language may be left out before a known word."""
    words = info.split()
    if words and words[0] in _READERS:
        words.insert(0, "")
    language, word, *rest = (*words, "", "")[: max(len(words), 2)]
    return language, word, rest


def _hint(word: str) -> str:
    if re.fullmatch(NAME, word):
        return f"known are {', '.join(_READERS)}; to write a file of that name use ./{word}"
    return f"known are {', '.join(_READERS)} and paths"


def _write(language: str, words: list[str], body: str, line: int) -> Act:
    path, *rest = words
    then_run = rest == ["run"]
    if rest and not then_run:
        raise Fault(f"`{' '.join(rest)}` after the path {path} means nothing; only `run` may follow a path")
    if then_run:
        _runnable(language)
    return Act(kind="write", language=language, path=_path(path), body=body, then_run=then_run, line=line)


def _edit(language: str, rest: list[str], body: str, line: int, notes: Notes) -> Act:
    path = _one(rest, "edit", "the path of a file")
    try:
        parse_edit(body)
    except EditFailed as error:
        raise Fault(str(error)) from None
    return Act(kind="edit", language=language, path=_path(path), body=body, line=line)


def _run(language: str, rest: list[str], body: str, line: int, notes: Notes) -> Act:
    if rest not in ([], ["readonly"]):
        raise Fault(f"`{' '.join(rest)}` after `run` means nothing; only `readonly` may; a path stands before it")
    _runnable(language)
    return Act(kind="run", language=language, body=_full(body, "run"), readonly=bool(rest), line=line)


def _check(language: str, rest: list[str], body: str, line: int, notes: Notes) -> Check:
    if rest:
        raise Fault(f"`{' '.join(rest)}` after `check` means nothing; take it out")
    _runnable(language)
    return Check(language=language, body=_full(body, "check"), line=line)


def _remember(language: str, rest: list[str], body: str, line: int, notes: Notes) -> Act:
    name = _one(rest, "remember", "the name to keep it under")
    return Act(kind="remember", language=language, name=name, body=body, line=line)


def _do(language: str, rest: list[str], body: str, line: int, notes: Notes) -> Act:
    name = _one(rest, "do", "the name of an action")
    if notes.actions is not None and name not in notes.actions:
        raise Fault(f"there is no action `{name}`; `swarm actions` lists them")
    return Act(kind="do", language=language, name=name, body=body, arguments=_toml(body, line), line=line)


_READERS: dict[str, _Reader] = {"edit": _edit, "run": _run, "check": _check, "remember": _remember, "do": _do}


def _runnable(language: str) -> None:
    if language.lower() not in INTERPRETERS:
        raise Fault(f"`{language}` cannot be run; use sh, bash or python, and call other programs from there")


def _one(rest: list[str], word: str, what: str) -> str:
    if len(rest) != 1:
        found = f"{len(rest)} words" if rest else "nothing"
        raise Fault(f"`{word}` is followed by {found}; write {what} after it, in one word")
    return rest[0]


def _full(body: str, word: str) -> str:
    if not body.strip():
        raise Fault(f"this `{word}` fence is empty; write into it what to {word}, or take it out")
    return body


def _path(path: str) -> str:
    """The path as it will be used; one that waits for answers is checked with stand-ins."""
    if path.endswith("/"):
        raise Fault(f"the path {path} names a folder; name a file in it")
    try:
        checked = check(substitute(path, dict.fromkeys(used_names(path), "x")))
    except PathRefused as error:
        raise Fault(str(error)) from None
    return path if "{{" in path else str(checked)


def _toml(body: str, line: int) -> dict[str, Any]:
    try:
        arguments = tomllib.loads(body)
        json.dumps(arguments, allow_nan=False)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        where = line + int(at[1]) if at else line + max(body.count("\n"), 1)
        raise Fault(f"these arguments are no TOML: {error}; write `name = value` lines", where) from None
    except (TypeError, ValueError, RecursionError):
        raise Fault("these arguments hold what JSON does not know (a date, nan); put it in quotes") from None
    return arguments
