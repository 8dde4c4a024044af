"""Differences as rows: everything that changes can be seen, whatever is in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets import diff
from widgets.lines import Row


def shown(rows: list[Row]) -> list[str]:
    return [(row.lead.plain + row.content.plain).rstrip() for row in rows]


def test_changes_have_three_lines_around_them_with_signs_and_numbers() -> None:
    before = "".join(f"{number}\n" for number in range(1, 30))
    after = before.replace("10\n", "ten\n").replace("25\n", "")
    assert shown(diff.rows(before, after)) == [
        " 7   7",
        " 8   8",
        " 9   9",
        "10 - 10",
        "10 + ten",
        "11   11",
        "12   12",
        "13   13",
        "   ⋯",
        "22   22",
        "23   23",
        "24   24",
        "25 - 25",
        "25   26",
        "26   27",
        "27   28",
    ]


def test_a_new_file_is_shown_whole() -> None:
    assert shown(diff.rows(None, "a\n\nb\n", 2)) == ["  1 + a", "  2 +", "  3 + b"]
    assert diff.words(None, "a\n\nb\n") == "new, 3 lines"
    assert diff.words(None, "a") == "new, 1 line"


def test_the_final_newline_is_told_where_it_changes() -> None:
    assert shown(diff.rows("a\n", "a"))[-1].strip() == "no newline at the end of the file"
    assert shown(diff.rows("a", "a\n"))[-1].strip() == "a newline is added at the end of the file"


def test_hidden_characters_and_odd_separators_are_visible_and_split_no_line() -> None:
    rows = shown(diff.rows(None, "a\u2028b\x0bc\x1b[2J\u202ed\r\n"))
    assert rows == ["1 + a⟨U+2028⟩b␋c␛[2J⟨U+202E⟩d␍"]


def test_a_very_long_line_is_cut_into_pieces_and_nothing_of_it_is_lost() -> None:
    rows = diff.rows(None, "x" * 2500 + "\n")
    assert [len(row.content.plain) for row in rows] == [1000, 1000, 500]


def test_texts_too_long_to_compare_are_shown_as_they_would_be() -> None:
    after = "b\n" * 15_000
    assert diff.count("a\n" * 15_000, after) == (15_000, 15_000)
    assert len(diff.rows("a\n" * 15_000, after)) == 15_000


@pytest.mark.parametrize(
    ("before", "after", "words"), [("a\nb\n", "a\nc\nd\n", "+2 −1"), ("a\n", "a\n", "no line changes")]
)
def test_a_change_in_a_few_words(before: str, after: str, words: str) -> None:
    assert diff.words(before, after) == words


_TEXT = st.lists(st.sampled_from(["a", "b", "", "c d"]), max_size=12).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


@given(_TEXT, _TEXT)
def test_the_new_text_can_be_read_off_the_rows(before: str, after: str) -> None:
    rows = diff.rows(before, after)
    signs = [(row.lead.plain[-2], row.content.plain) for row in rows if row.content.plain != "⋯"]
    added = [line for sign, line in signs if sign == "+"]
    removed = [line for sign, line in signs if sign == "-"]
    assert (len(added), len(removed)) == diff.count(before, after)
    assert sorted([*added, *diff.lines_of(before)]) == sorted([*removed, *diff.lines_of(after)])


def test_a_patch_is_numbered_from_its_hunks_and_its_own_lines_are_no_headers() -> None:
    patch = (
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -8,3 +8,3 @@ def f():\n a\n--- old\n+++ new\n b\n"
        "\\ No newline at end of file\ndiff --git a/y b/y\n"
    )
    assert shown(diff.patch(patch)) == [
        "x",
        "   @@ -8,3 +8,3 @@ def f():",
        " 8   a",
        " 9 - -- old",
        " 9 + ++ new",
        "10   b",
        "   No newline at end of file",
        "y",
    ]


def test_code_has_numbers_and_no_signs() -> None:
    assert shown(diff.code("set -e\nls")) == ["1  set -e", "2  ls"]
