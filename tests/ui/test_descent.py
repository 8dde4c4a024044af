"""The title of a run in a list."""

from __future__ import annotations

import pytest

from widgets.descent import title


@pytest.mark.parametrize(
    ("origin", "depth", "instead", "words"),
    [
        ("", 0, "", "Count"),
        ("", 0, "wc-2", "Count · undone, see wc-2"),
        ("wc-1@12", 1, "", "└ from frame 12"),
        ("wc-2@20", 3, "wc-1", "    └ from frame 20 · undone, see wc-1"),
        ("wc-1@12", 0, "", "Count · from frame 12 of wc-1 (gone)"),
    ],
)
def test_a_title_says_where_a_run_comes_from_and_what_took_its_place(
    origin: str, depth: int, instead: str, words: str
) -> None:
    assert title("Count", origin, depth, instead) == words
