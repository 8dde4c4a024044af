"""Markdown as blocks and source lines: markdown-it-py without its traps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.rules_block.html_block import HTML_SEQUENCES
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.front_matter import front_matter_plugin

MAX_NESTING = 100
"""Levels of lists (two each) and quotes that are read; markdown-it drops what is deeper."""

_TAB = 4
_BLANKS = " \t"


def _parser() -> MarkdownIt:
    """Block structure only; underlined headings and link definitions are plain text."""
    parser = MarkdownIt("commonmark", {"tasklists": True, "maxNesting": MAX_NESTING})
    parser.disable(["lheading", "reference"])
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


_SECTION = _parser()
_DOCUMENT = _parser().use(front_matter_plugin)


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive lines of a document.

    Attributes:
        lines: Without their ends.
        first: Number of the first one in the document, from 1.
    """

    lines: tuple[str, ...]
    first: int = 1

    @classmethod
    def of(cls, text: str, front_matter: bool = False) -> Slice:
        """All of `text`: no byte order mark, any line ends, and spaces for the tabs that indent."""
        text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        lines = text.removesuffix("\n").split("\n")
        return cls(tuple(_untabbed(lines, front_matter) if "\t" in text else lines))

    @property
    def text(self) -> str:
        """The lines with their ends; empty if there are none."""
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def last(self) -> int:
        """Number of the last line in the document."""
        return self.first + max(len(self.lines) - 1, 0)

    def cut(self, start: int, stop: int, columns: int = 0) -> Slice:
        """Lines `start` up to `stop`, counted from 0, less `columns` of indentation and blank lines at both ends."""
        while stop > start and not self.lines[stop - 1].strip(_BLANKS):
            stop -= 1
        while stop > start and not self.lines[start].strip(_BLANKS):
            start += 1
        return Slice(tuple(_dedented(line, columns) for line in self.lines[start:stop]), self.first + start)


def blocks(source: Slice, front_matter: bool = False) -> list[SyntaxTreeNode]:
    """The top-level blocks of a slice, whose `map` counts its lines from 0."""
    return SyntaxTreeNode(_tokens(source.text, front_matter)).children


def too_deep(source: Slice, front_matter: bool) -> int | None:
    """Number of the line whose nesting is more than can be read, or None."""
    for token in _tokens(source.text, front_matter):
        if token.map and token.nesting == 1 and token.level >= MAX_NESTING - 1:
            return source.first + token.map[0]
    return None


def span(node: SyntaxTreeNode) -> range:
    """The lines of a block, counted from 0."""
    return range(*(node.map or (0, 0)))


def numbered(paragraph: SyntaxTreeNode, source: Slice) -> Iterator[tuple[int, str]]:
    """The lines of a paragraph, each with its number counted from 0; the first one without the mark of its list."""
    for number in span(paragraph):
        line = source.lines[number]
        if number == span(paragraph).start:
            unmarked = paragraph.children[0].content.partition("\n")[0]
            line = unmarked if line.rstrip().endswith(unmarked.rstrip()) else line
        yield number, line


def is_closed(fence: SyntaxTreeNode) -> bool:
    """Whether a fence ends with its own closing line, not with what it stands in."""
    return fence.content.count("\n") == len(span(fence)) - 2


def is_comment(node: SyntaxTreeNode) -> bool:
    """Whether a block is an HTML comment and nothing else."""
    text = node.content.strip() if node.type == "html_block" else ""
    return text.startswith("<!--") and text.endswith("-->")


def is_open_html(node: SyntaxTreeNode) -> bool:
    """Whether an HTML block (a comment, a `<pre>`) lacks its end and so swallows what follows."""
    text = node.content.lstrip()
    for begin, end, _ in HTML_SEQUENCES[:5]:
        if begin.search(text):
            return not end.search(text)
    return False


def only_item(nodes: list[SyntaxTreeNode]) -> SyntaxTreeNode | None:
    """The task item that is the one thing there, or None."""
    if len(nodes) == 1 and nodes[0].type in ("bullet_list", "ordered_list"):
        items = nodes[0].children
        if len(items) == 1 and "checked" in items[0].meta:
            return items[0]
    return None


def indent_of(line: str) -> int:
    """Columns of indentation, where tabs stop every four."""
    return len(line[: len(line) - len(line.lstrip(_BLANKS))].expandtabs(_TAB))


def _tokens(text: str, front_matter: bool) -> list[Token]:
    return (_DOCUMENT if front_matter else _SECTION).parse(text)


def _dedented(line: str, columns: int) -> str:
    return line[min(columns, len(line) - len(line.lstrip(" "))) :]


def _untabbed(lines: list[str], front_matter: bool) -> list[str]:
    """Make indentation spaces, so that a slice can be dedented; tabs in the text of a fence stay."""
    kept = dict(_fenced(lines, front_matter))
    return [kept.get(number, " " * indent_of(line) + line.lstrip(_BLANKS)) for number, line in enumerate(lines)]


def _fenced(lines: list[str], front_matter: bool) -> Iterator[tuple[int, str]]:
    for token in _tokens("\n".join(lines) + "\n", front_matter):
        if token.type != "fence" or not token.map:
            continue
        first = token.map[0]
        own_line = lines[first].lstrip(_BLANKS).startswith(token.markup)
        indent = " " * indent_of(lines[first])
        for number, text in enumerate(token.content.split("\n")[:-1], first + 1):
            yield number, (indent + text if text else "") if own_line else lines[number]
