"""Text that others wrote, made harmless for a terminal; `widgets.safe` does the same for the screen, with textual."""

from __future__ import annotations

import re
import unicodedata

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]?"
)
_DELETED = frozenset(("Cc", "Cf"))  # controls; what changes the direction of text or cannot be seen
_REPLACED = {"Zl": "\n", "Zp": "\n", "Cs": "\ufffd"}
_TAB = 4
_LONGEST = 100


def clean(text: str) -> str:
    """The text without escape sequences, control and direction characters; line breaks stay, tabs become spaces."""
    if text.isascii() and text.isprintable():
        return text
    text = _SEQUENCE.sub("", text.replace("\r\n", "\n")).expandtabs(_TAB)
    return "".join(_seen(character) for character in text)


def _seen(character: str) -> str:
    if character == "\n":
        return character
    category = unicodedata.category(character)
    return "" if category in _DELETED else _REPLACED.get(category, character)


def line(text: str, longest: int = _LONGEST) -> str:
    """The text as `clean` gives it, on one line of at most so many characters."""
    words = " ".join(clean(text).split())
    return words if len(words) <= longest else f"{words[: longest - 1]}…"
