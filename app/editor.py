"""$EDITOR, while the engine goes on."""

from __future__ import annotations

import asyncio
import os
import shlex
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from swarm.errors import UsageError

if TYPE_CHECKING:
    from textual.app import App


def command() -> list[str]:
    """The person's editor, as words.

    Raises:
        UsageError: If none is set, or a quotation mark in it is not closed.
    """
    try:
        words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    except ValueError as error:
        raise UsageError(f"EDITOR cannot be read ({error}): set it to another, or edit here with e") from None
    if not words:
        raise UsageError("no editor is set: set EDITOR, or edit here with e")
    return words


async def edit(app: App[object], text: str, suffix: str) -> str:
    """Shows a text in the person's editor and returns what was saved.

    Only the screen stops meanwhile: the event loop goes on, and with it every run.

    Raises:
        UsageError: If there is no editor, it cannot be started, it fails, or what it saved cannot be read.
    """
    words = command()
    with TemporaryDirectory(prefix="swarm-") as folder:
        path = Path(folder) / f"proposal{suffix}"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        with app.suspend():
            try:
                process = await asyncio.create_subprocess_exec(*words, str(path))
                code = await process.wait()
            except OSError as error:
                raise UsageError(f"{words[0]} cannot be started ({error.strerror}): set EDITOR to another") from None
        if code:
            raise UsageError(f"{words[0]} ended with {code}: nothing was changed")
        try:
            saved = path.read_bytes().decode("utf-8", "surrogatepass")
        except (OSError, UnicodeDecodeError):
            raise UsageError(f"{words[0]} left no text in UTF-8 behind: nothing was changed") from None
        return _as_before(text, saved)


def _as_before(text: str, saved: str) -> str:
    """What was saved, without the final newline that editors add."""
    return saved[:-1] if saved.endswith("\n") and not text.endswith("\n") else saved
