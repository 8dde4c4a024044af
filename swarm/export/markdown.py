"""Markdown of others as a tree of a few harmless elements, for a page that makes elements and never reads HTML."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

_TAGS = {
    "paragraph": "p",
    "bullet_list": "ul",
    "ordered_list": "ol",
    "list_item": "li",
    "blockquote": "blockquote",
    "table": "table",
    "thead": "thead",
    "tbody": "tbody",
    "tr": "tr",
    "th": "th",
    "td": "td",
    "strong": "strong",
    "em": "em",
    "s": "s",
}
_EMPTY = {"hardbreak": "br", "hr": "hr"}
_CODE = {"fence": "pre", "code_block": "pre", "code_inline": "code"}
_LINK = re.compile(r"(https?://|mailto:)[^\s\x00-\x1f\x7f]+", re.IGNORECASE)
_HIGHEST, _LOWEST = 4, 6  # the page has its own headings above these
_DEEPEST = 40


def tree(text: str) -> list[Any]:
    """The text as nested lists `[tag, child, …]`, with strings for text; a link is `["a", address, child, …]`.

    HTML stays text, pictures become their words, links that lead anywhere but to http, https and mail are text.
    """
    root = SyntaxTreeNode(_parser().parse(text))
    top = min((int(node.tag[1:]) for node in root.children if node.type == "heading"), default=1)
    return _children(root, 0, _HIGHEST - top)


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).enable(["table", "strikethrough"])


def _children(node: SyntaxTreeNode, depth: int, lower: int) -> list[Any]:
    return [made for child in node.children for made in _made(child, depth + 1, lower)]


def _made(node: SyntaxTreeNode, depth: int, lower: int) -> list[Any]:
    """What a node becomes; headings are so many levels `lower` than they were."""
    kind = node.type
    if kind in _EMPTY:
        return [[_EMPTY[kind]]]
    if kind in _CODE:
        return [[_CODE[kind], node.content]]
    if kind == "softbreak":
        return ["\n"]
    if not node.children or depth > _DEEPEST:
        return [node.content] if node.content else []
    inside = _children(node, depth, lower)
    if kind == "heading":
        return [[f"h{max(_HIGHEST, min(_LOWEST, int(node.tag[1:]) + lower))}", *inside]]
    if kind == "link":
        return _link(str(node.attrs.get("href", "")), inside)
    tight = kind == "paragraph" and bool(node.hidden)
    return [[_TAGS[kind], *inside]] if kind in _TAGS and not tight else inside


def _link(address: str, inside: list[Any]) -> list[Any]:
    if _LINK.fullmatch(address):
        return [["a", address, *inside]]
    return [*inside, f" ({address})"] if address else inside
