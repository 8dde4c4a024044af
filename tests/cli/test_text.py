"""Text of others is harmless on a terminal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.output import put_json, table
from app.cli.text import clean, line


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]52;c;QUFB\x07after", "after"),
        ("\x1b]0;title\x1b\\after", "after"),
        ("\u009b31mred", "red"),
        ("a\rb\x00c\x7fd", "abcd"),
        ("a\r\nb", "a\nb"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("\u2066x\u2069\ufeff", "x"),
        ("a\u2028b", "a\nb"),
        ("a\tb", "a   b"),
        ("\ud800", "\ufffd"),
        ("naïve 🐝 ∥ →", "naïve 🐝 ∥ →"),
    ],
)
def test_what_would_act_on_a_terminal_is_left_out(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text())
def test_nothing_that_is_left_acts_on_a_terminal(text: str) -> None:
    left = clean(text)

    assert not any((ord(char) < 0x20 and char != "\n") or 0x7F <= ord(char) < 0xA0 for char in left)
    assert not any("\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" for char in left)
    left.encode()
    assert clean(left) == left


def test_a_line_is_one_line_and_no_longer_than_asked_for() -> None:
    assert line(" a\n b\u2028c ") == "a b c"
    assert line("x" * 20, 10) == "x" * 9 + "…"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_is_plain_ascii_and_says_the_same(text: str) -> None:
    from click.testing import CliRunner

    with CliRunner().isolation() as (out, *_):
        put_json({"text": text})
        printed = out.getvalue()

    assert printed.rstrip(b"\n").isascii()
    assert all(0x20 <= byte < 0x7F for byte in printed.rstrip(b"\n"))
    assert json.loads(printed) == {"text": text}


def test_a_table_is_as_wide_as_its_widest_cells() -> None:
    assert table(("A", "B"), [("long", "x"), ("y", "")]) == "A     B\nlong  x\ny"
