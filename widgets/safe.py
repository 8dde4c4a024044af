"""The only ways in which text that others wrote reaches the screen.

Nothing here parses markup, and no escape sequence, control or direction character survives: `text` deletes them,
`visible` shows them, and `TerminalGuard` stops whatever came past both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.segment import Segment
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_TERMINAL = re.compile(f"[\x00-\x1f\x7f-\x9f{_BIDI}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]?"
)
_UNSEEN = (
    f"\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI}\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\u180e\u00ad"
    "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_DELETED = re.compile(f"[{_UNSEEN}]")
_SHOWN = re.compile(f"[{_UNSEEN}\u200c\u200d\u180b-\u180d\ufe00-\ufe0f\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800]")
_TAB = 4

MARK = "bold $warning"
"""Style of a symbol that stands for a hidden character."""


def clean(text: str) -> str:
    """The text without escape sequences and hidden characters; line breaks stay, tabs become spaces."""
    text = text.replace("\r\n", "\n")
    return _DELETED.sub("", _SEQUENCE.sub("", text)).expandtabs(_TAB)


def line(text: str) -> str:
    """The text as `clean` gives it, on one line: white space between words is one blank."""
    return " ".join(clean(text).split())


def text(text: str) -> Content:
    """Content of text that others wrote, without markup and without hidden characters."""
    return Content(clean(text))


def visible(text: str) -> Content:
    """Content of text that someone is about to approve: each hidden character is shown as a marked symbol."""
    return Content.assemble(*_pieces(text.expandtabs(_TAB)))


def hidden(text: str) -> bool:
    """Whether `visible` would show a character that is otherwise not to be seen."""
    return _SHOWN.search(text) is not None


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    start = 0
    for found in _SHOWN.finditer(text):
        yield text[start : found.start()], ""
        yield _symbol(found[0]), MARK
        start = found.end()
    yield text[start:], ""


def _symbol(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


class TerminalGuard(LineFilter):
    """Deletes control and direction characters from whatever is about to be written to the terminal.

    An app returns it from `get_line_filters()`; it covers every widget, titles of borders included, whoever made it.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments without harmful characters; none of them has a width, so the line keeps its own."""
        return [self._harmless(segment) for segment in segments]

    def _harmless(self, segment: Segment) -> Segment:
        text, style, control = segment
        if not text.isascii() or not text.isprintable():
            text = _SURROGATE.sub("\ufffd", _TERMINAL.sub("", text))
        if style is not None and style.link:
            style = style.update_link(None)
        return Segment(text, style, control)
