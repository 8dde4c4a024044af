"""Search/replace blocks and unified diffs: applied exactly, or not at all and with the nearest place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.errors import EditFailed
from swarm.workspace.edits import apply_blocks, apply_edit, apply_unified, parse_edit, unified

TEXT = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"


def block(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n"


class TestBlocks:
    def test_replace_whole_lines(self) -> None:
        assert apply_blocks(TEXT, block("    return 2\n", "    # two\n    return 1 + 1\n")) == TEXT.replace(
            "return 2", "# two\n    return 1 + 1"
        )

    def test_are_applied_one_after_another(self) -> None:
        edit = block("def one():\n", "def uno():\n") + "\n" + block("def uno():\n    return 1\n", "x = 1\n")
        assert apply_blocks(TEXT, edit) == "x = 1\n\n\ndef two():\n    return 2\n"

    def test_may_delete_lines(self) -> None:
        assert apply_blocks("a\nb\nc\n", block("b\n", "")) == "a\nc\n"

    def test_may_leave_a_blank_line(self) -> None:
        assert apply_blocks("a\nb\nc\n", block("b\n", "\n")) == "a\n\nc\n"

    def test_may_fill_an_empty_file(self) -> None:
        assert apply_blocks("", block("", "a\nb\n")) == "a\nb\n"

    def test_keep_the_missing_newline_at_the_end(self) -> None:
        assert apply_blocks("a\nb", block("b\n", "c\n")) == "a\nc"

    def test_do_not_take_the_end_of_the_file_for_a_blank_line(self) -> None:
        with pytest.raises(EditFailed, match="block 1 does not fit"):
            apply_blocks("a\nb\n", block("b\n\n", "c\n"))

    def test_follow_the_line_ends_of_the_file(self) -> None:
        assert apply_blocks("a\r\nb\r\n", block("b\n", "c\nd\n")) == "a\r\nc\r\nd\r\n"
        assert apply_blocks("a\nb\n", block("b\n", "c\n").replace("\n", "\r\n")) == "a\nc\n"

    def test_that_fit_nowhere_name_the_nearest_line(self) -> None:
        with pytest.raises(
            EditFailed, match=r"block 2 does not fit: '    return 22' is nearest to line 6, '    return 2'"
        ):
            apply_blocks(TEXT, block("def one():\n", "def uno():\n") + block("def two():\n    return 22\n", ""))

    def test_whose_lines_are_scattered_say_so(self) -> None:
        with pytest.raises(EditFailed, match="its lines are there, but not in a row"):
            apply_blocks(TEXT, block("def one():\n    return 2\n", ""))

    def test_that_are_like_nothing_say_so(self) -> None:
        with pytest.raises(EditFailed, match="nothing in the file is like 'zzzz'"):
            apply_blocks(TEXT, block("zzzz\n", ""))
        with pytest.raises(EditFailed, match="the file is empty"):
            apply_blocks("", block("zzzz\n", ""))

    def test_that_fit_twice_name_the_places(self) -> None:
        with pytest.raises(EditFailed, match=r"block 1 fits in 2 places \(lines 1, 3\)"):
            apply_blocks("a\nb\na\n", block("a\n", "c\n"))

    def test_that_search_for_nothing_are_refused_in_a_file_with_text(self) -> None:
        with pytest.raises(EditFailed, match="block 1 searches for nothing"):
            apply_blocks("a\n", block("", "b\n"))

    @pytest.mark.parametrize(
        ("edit", "reason"),
        [
            ("<<<<<<< SEARCH\na\n=======\nb\n", "the block of line 1 is not closed"),
            ("<<<<<<< SEARCH\na\n=======\n" + block("b\n", "c\n"), "has 2 dividers"),
            ("<<<<<<< SEARCH\n" + block("b\n", "c\n"), "the block of line 1 is not closed"),
            ("<<<<<<< SEARCH\na\n>>>>>>> REPLACE\n", "has no divider"),
            ("<<<<<<< SEARCH\na\n=======\nTitle\n=======\n>>>>>>> REPLACE\n", "has 2 dividers"),
            (block("a\n", "b\n") + "And then:\n", "line 6 of the edit stands outside of a block: 'And then:'"),
            ("", "has no `<<<<<<< SEARCH` block"),
        ],
    )
    def test_that_are_malformed_name_the_line(self, edit: str, reason: str) -> None:
        with pytest.raises(EditFailed, match=reason):
            apply_blocks("a\n", edit)


class TestUnified:
    def test_is_applied_with_its_headers(self) -> None:
        diff = (
            "diff --git a/x.py b/x.py\nindex 123..456 100644\n--- a/x.py\n+++ b/x.py\n"
            "@@ -1,2 +1,3 @@\n def one():\n+    # one\n     return 1\n"
            "@@ -5,2 +6,2 @@ def two\n def two():\n-    return 2\n+    return 3\n"
        )
        assert apply_unified(TEXT, diff) == "def one():\n    # one\n    return 1\n\n\ndef two():\n    return 3\n"

    def test_may_be_off_by_lines_where_it_fits_once(self) -> None:
        assert apply_unified("x\n" * 9 + "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n") == "x\n" * 9 + "a\nc\n"

    def test_moves_later_hunks_as_the_one_before(self) -> None:
        text = "new\na\nb\nc\nb\nd\n"
        diff = "@@ -1,1 +1,1 @@\n-a\n+A\n@@ -2,1 +2,1 @@\n-b\n+B\n"
        assert apply_unified(text, diff) == "new\nA\nB\nc\nb\nd\n"

    def test_that_fits_in_two_other_places_is_refused(self) -> None:
        with pytest.raises(EditFailed, match=r"hunk 1 fits in 2 places \(lines 2, 4\), none of them line 1"):
            apply_unified("x\na\nx\na\n", "@@ -1,1 +1,1 @@\n-a\n+b\n")

    def test_has_no_fuzz(self) -> None:
        with pytest.raises(EditFailed, match=r"hunk 1 does not fit: '    return  1' is nearest to line 2"):
            apply_unified(TEXT, "@@ -1,2 +1,2 @@\n def one():\n-    return  1\n+    return 2\n")

    def test_takes_a_blank_context_line_without_its_space(self) -> None:
        assert apply_unified("a\n\nb\n", "@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n") == "a\n\nc\n"

    def test_inserts_at_the_line_that_it_names(self) -> None:
        assert apply_unified("a\nb\n", "@@ -1,0 +2,1 @@\n+x\n") == "a\nx\nb\n"
        assert apply_unified("", "@@ -0,0 +1,2 @@\n+a\n+b\n") == "a\nb\n"
        with pytest.raises(EditFailed, match="adds after line 7"):
            apply_unified("a\n", "@@ -7,0 +8,1 @@\n+x\n")

    def test_adds_and_removes_the_newline_at_the_end(self) -> None:
        mark = "\\ No newline at end of file\n"
        assert apply_unified("a", f"@@ -1 +1 @@\n-a\n{mark}+a\n") == "a\n"
        assert apply_unified("a\n", f"@@ -1 +1 @@\n-a\n+a\n{mark}") == "a"
        assert apply_unified("a\nb", f"@@ -1,2 +1,2 @@\n-a\n+x\n b\n{mark}") == "x\nb"
        with pytest.raises(EditFailed, match="ends without a newline, but the file goes on"):
            apply_unified("a\nb\n", f"@@ -1 +1 @@\n-a\n+x\n{mark}")

    def test_reads_removed_dashes_and_added_pluses_as_lines(self) -> None:
        assert apply_unified("-- a\n", "@@ -1 +1 @@\n--- a\n+++ b\n") == "++ b\n"

    def test_follows_the_line_ends_of_the_file(self) -> None:
        assert apply_unified("a\r\nb\r\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n") == "a\r\nc\r\n"

    @pytest.mark.parametrize(
        ("diff", "reason"),
        [
            ("--- a/x\n+++ b/x\n", "has no hunk"),
            ("@@ -1,3 +1,3 @@\n a\n-b\n+c\n", "the hunk of line 1 says 3 old and 3 new lines, but has 2 and 2"),
            ("@@ -1 +1 @@\n-a\n+c\n+d\n", r"line 4 of the diff is no part of a hunk of this file: '\+d'"),
            ("@@ -1,2 +1,2 @@\n a\n*b\n+c\n", "line 3 of the diff begins with none of"),
            ("@@ -1 +1 @@\n-a\n+c\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+c\n", "line 4 of the diff is no part"),
            ("Here it is:\n@@ -1 +1 @@\n-a\n+c\n", "line 1 of the diff is no part"),
        ],
    )
    def test_that_is_malformed_names_the_line(self, diff: str, reason: str) -> None:
        with pytest.raises(EditFailed, match=reason):
            apply_unified("a\nb\n", diff)


def test_the_kind_of_an_edit_is_seen() -> None:
    assert parse_edit(block("a\n", "b\n")) == "blocks"
    assert parse_edit("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n") == "unified"
    assert apply_edit("a\n", block("a\n", "b\n")) == apply_edit("a\n", "@@ -1 +1 @@\n-a\n+b\n") == "b\n"
    with pytest.raises(EditFailed, match="has neither"):
        parse_edit("replace a with b")


def test_a_difference_is_shown_with_the_path() -> None:
    assert unified("a\n", "b", "src/x.py") == (
        "--- a/src/x.py\n+++ b/src/x.py\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n"
    )
    assert unified("a\n", "a\n", "x") == ""


_TEXTS = st.lists(st.sampled_from(["a", "b", "", " ", "-x", "+x", "\f", "\u2028"]), max_size=12).flatmap(
    lambda lines: st.sampled_from(["\n".join(lines), "\n".join(lines) + "\n" if lines else ""])
)


@given(_TEXTS, _TEXTS)
def test_what_unified_shows_apply_unified_does(before: str, after: str) -> None:
    diff = unified(before, after, "x")
    assert (apply_unified(before, diff) if diff else before) == after


@given(st.lists(st.integers(0, 10_000), unique=True, min_size=1, max_size=12), st.data())
def test_a_block_changes_its_lines_and_no_others(numbers: list[int], data: st.DataObject) -> None:
    lines = [f"line {number}" for number in numbers]
    start = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(start + 1, len(lines)))
    search = "".join(f"{line}\n" for line in lines[start:end])
    expected = [*lines[:start], "new", *lines[end:]]
    assert apply_blocks("\n".join(lines) + "\n", block(search, "new\n")) == "\n".join(expected) + "\n"
