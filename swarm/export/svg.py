"""The tree of a run as a picture that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from swarm.export.words import Sign

_NO_XML = re.compile("[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HIDDEN = re.compile("[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_LONGEST = 96  # characters of a title
_ROW, _INDENT, _TOP, _MARGIN = 24, 20, 84, 24
_CHARACTER = 8.2  # pixels of a character as wide as they usually are
_NAME = 104  # pixels from the beginning of a row to its title

_STYLE = """\
svg { background: #fffefb; }
text { font: 14px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #24221f; white-space: pre; }
.title { font-size: 18px; font-weight: 600; }
.muted { fill: #67625a; } .primary { fill: #2a5db0; } .accent { fill: #2b6480; }
.success { fill: #2c6e49; } .warning { fill: #8a5a00; } .error { fill: #a5302a; }
path { stroke: #e3ded4; fill: none; }
@media (prefers-color-scheme: dark) {
  svg { background: #1b1e22; }
  text { fill: #e5e2dc; }
  .muted { fill: #a19c93; } .primary { fill: #8fb4f0; } .accent { fill: #8fc1d9; }
  .success { fill: #86cfa0; } .warning { fill: #e2b765; } .error { fill: #f0958c; }
  path { stroke: #31353b; }
}
"""


class Line(NamedTuple):
    """A row of the tree.

    Attributes:
        depth: Levels of indentation.
        sign: Of its status.
        text: What it says.
        waits: At the right: how many wait below, or the id of what waits.
    """

    depth: int
    sign: Sign
    text: str
    waits: str = ""


def svg(title: str, about: str, lines: Iterable[Line]) -> str:
    """The picture.

    Args:
        title: Of the run.
        about: Which run, at which frame, in one line.
        lines: The rows of the tree from top to bottom.
    """
    rows = list(lines)
    width, height = _width(title, about, rows), _TOP + _ROW * len(rows) + _MARGIN // 2
    body = "".join(_row(place, row, width) for place, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' role="img" aria-labelledby="title about">\n<title id="title">{_xml(title)}</title>\n'
        f'<desc id="about">{_xml(about)}</desc>\n<style>{_STYLE}</style>\n'
        f"{_text(_MARGIN, 36, _cut(title), 'title')}{_text(_MARGIN, 60, _cut(about), 'muted')}{body}</svg>\n"
    )


def _row(place: int, row: Line, width: int) -> str:
    x, y = _MARGIN + _INDENT * row.depth, _TOP + _ROW * place + 16
    line = f'<path d="M{x - 12} {y - 20}v{_ROW}"/>\n' if row.depth else ""
    state = _text(x, y, f"{row.sign.glyph} {row.sign.word}", row.sign.tone)
    waits = _text(width - _MARGIN, y, row.waits, "warning", end=True) if row.waits else ""
    return f"{line}{state}{_text(x + _NAME, y, _cut(row.text))}{waits}"


def _text(x: int, y: int, text: str, tone: str = "", *, end: bool = False) -> str:
    place = ' text-anchor="end"' if end else ""
    look = f' class="{_xml(tone)}"' if tone else ""
    return f'<text x="{x}" y="{y}"{look}{place}>{_xml(text)}</text>\n'


def _width(title: str, about: str, rows: Sequence[Line]) -> int:
    longest = max((_INDENT * row.depth + _NAME + _CHARACTER * (len(_cut(row.text)) + 6) for row in rows), default=0.0)
    heads = max(len(_cut(title)) * 1.3, len(_cut(about))) * _CHARACTER
    return round(max(480.0, longest, heads)) + 2 * _MARGIN


def _cut(text: str) -> str:
    text = " ".join(_HIDDEN.sub("\ufffd", text).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _xml(text: str) -> str:
    """The text for XML: its signs escaped, characters that XML does not know replaced."""
    return escape(_NO_XML.sub("\ufffd", text))
