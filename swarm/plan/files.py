"""Plans as files: reading one, and the template for a new one."""

from __future__ import annotations

import os
import stat
from importlib.resources import files
from pathlib import Path

from swarm.errors import UsageError

LARGEST = 2 * 1024 * 1024
"""Bytes that a plan may have."""


def read_plan(path: Path) -> str:
    """The text of a plan's file, without a byte order mark.

    Raises:
        UsageError: If it is missing, no file, not readable, empty, larger than `LARGEST`, or no text in UTF-8.
    """
    try:
        data = _read(path)
    except FileNotFoundError:
        raise UsageError(f"there is no plan {path}: give the path of a Markdown file") from None
    except IsADirectoryError:
        raise UsageError(f"{path} is a folder: give the path of a Markdown file") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): check its rights and try again") from None
    if len(data) > LARGEST:
        raise UsageError(f"{path} is larger than {LARGEST // 1024} KiB: split it into several plans")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8 (byte {error.start}): give a Markdown file") from None
    if "\0" in text:
        raise UsageError(f"{path} is a binary file: give a Markdown file")
    if not text.strip():
        raise UsageError(f"{path} is empty: write a plan into it (`swarm plan --new` prints a template)")
    return text


def template() -> str:
    """The commented plan that `swarm plan --new` prints."""
    return files("swarm.plan").joinpath("template.md").read_text(encoding="utf-8")


def _read(path: Path) -> bytes:
    """At most one byte more than is allowed; a pipe or a device does not block."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, no path
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError(f"{path} is no regular file: give the path of a Markdown file")
        return file.read(LARGEST + 1)
