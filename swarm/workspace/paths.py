"""Which names may be touched: a name chosen by a model, a plan or a person is checked before anything is opened."""

import re
import unicodedata
from pathlib import PurePosixPath

from swarm.errors import PathRefused

_LONGEST_PATH = 1024  # bytes
_LONGEST_NAME = 255
# Control, formatting (bidi marks, zero-width characters), surrogates, line and paragraph separators.
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9]|lpt[0-9])(\..*)?")
_OURS = {".git": "belongs to git", "git~1": "belongs to git", ".swarm": "belongs to the engine"}


def check(path: str) -> PurePosixPath:
    """The path as a relative one without `.` parts.

    Raises:
        PathRefused: It is empty, absolute, too long, leads upwards, has characters that cannot be seen, or names what
            belongs to git, to the engine or to an operating system.
    """
    for char in path:
        if unicodedata.category(char) in _HIDDEN:
            raise _refused(path, f"has the hidden character U+{ord(char):04X}")
    if "\\" in path:
        raise _refused(path, "has a backslash")
    if path.startswith("/"):
        raise _refused(path, "is absolute")
    checked = PurePosixPath(path)
    if not checked.parts:
        raise _refused(path, "names no file")
    if len(path.encode()) > _LONGEST_PATH:
        raise _refused(path, f"is longer than {_LONGEST_PATH} bytes")
    for part in checked.parts:
        if reason := _reason(part):
            raise _refused(path, reason)
    return checked


def _reason(part: str) -> str | None:
    """Why one part of a path is refused, or None."""
    if part == "..":
        return "leads out of the workspace"
    if len(part.encode()) > _LONGEST_NAME:
        return f"has a name longer than {_LONGEST_NAME} bytes"
    # As the most forgiving file systems read it: Windows drops final dots and spaces, and what follows a colon.
    plain = unicodedata.normalize("NFKC", part).casefold()
    if not plain.strip(". "):
        return "has a name of dots and spaces only"
    name = plain.split(":")[0].rstrip(". ")
    if reason := _OURS.get(name):
        return f"{reason} ({name})"
    if _DEVICE.fullmatch(name):
        return f"has a name that is reserved on other systems ({name})"
    if "/" in plain or "\\" in plain:
        return "has a character that some systems read as a slash"
    return None


def _refused(path: str, reason: str) -> PathRefused:
    shown = path if len(path) <= 80 else f"{path[:77]}..."
    return PathRefused(f"the path {shown!a} {reason}: name a file inside the workspace, relative to its top")
