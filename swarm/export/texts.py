"""The texts of a page: each is there once, and named by its number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from swarm.export.markdown import tree

LONGEST = 200_000
"""Characters of one text that a page shows."""


class Texts:
    """Numbers texts, and the trees of those that are Markdown.

    Args:
        hide: Takes out what nobody else should read.

    Attributes:
        all: The texts by number.
        trees: The trees of Markdown by number.
    """

    def __init__(self, hide: Callable[[str], str] = str) -> None:
        self.all: list[str] = []
        self.trees: list[list[Any]] = []
        self._hide = hide
        self._numbers: dict[str, int] = {}
        self._tree_numbers: dict[str, int] = {}

    def put(self, text: str) -> int:
        """The number of a text; of a very long one what is cut off is said."""
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.all)
            self.all.append(self._shown(text))
        return number

    def put_markdown(self, text: str) -> int:
        """The number of the tree of a text in Markdown."""
        number = self._tree_numbers.get(text)
        if number is None:
            number = self._tree_numbers[text] = len(self.trees)
            self.trees.append(tree(self._shown(text)))
        return number

    def _shown(self, text: str) -> str:
        text = self._hide(text)
        more = len(text) - LONGEST
        return f"{text[:LONGEST]}\n… {more} characters more: the JSON export has them" if more > 0 else text
