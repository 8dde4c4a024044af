"""Text that others wrote: never markup, never a terminal sequence, nothing hidden on a card."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.widgets import Static

from tests.ui.harness import Harness, lines
from widgets import safe

HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
ATTACKS = (
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]0;title\x1b\\",
    "\x1b[2J\x1b[1;31m",
    "\x9b31m\x9d0;x\x9c",
    "\u202egnp.exe\u2066\u200f",
    "\x07\x08\r\x7f\x00",
)


@given(st.text())
def test_no_control_or_direction_character_is_left(text: str) -> None:
    assert not HARMFUL.search(safe.clean(text))
    assert not HARMFUL.search(safe.text(text).plain)
    assert not HARMFUL.search(safe.visible(text).plain)


@given(st.text(alphabet="ab[]/@=\"'\\ $red"))
def test_markup_is_shown_as_it_is(text: str) -> None:
    assert safe.text(text).plain == text
    assert safe.visible(text).plain == text


def test_whole_sequences_are_deleted_and_ordinary_text_stays() -> None:
    assert safe.clean("a\x1b[31mred\x1b[0m \x1b]0;title\x07b\r\nc\td\u200be") == "ared b\nc   de"


def test_a_sequence_without_an_end_does_not_swallow_what_follows() -> None:
    assert safe.clean("\x1b]0;never closed\nsecond line") == "0;never closed\nsecond line"


def test_a_title_is_one_line() -> None:
    assert safe.line(" two\n lines\tand \u2028 more ") == "two lines and more"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[1m", "a␛[1m"),
        ("x\r\ny", "x␍\ny"),
        ("del\x7f", "del␡"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("\u202eexe", "⟨U+202E⟩exe"),
        ("no\u00a0break", "no⟨U+00A0⟩break"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
    ],
)
def test_hidden_characters_are_shown_on_cards(text: str, shown: str) -> None:
    content = safe.visible(text)
    assert content.plain == shown
    assert [span.style for span in content.spans] == [safe.MARK]
    assert safe.hidden(text)


def test_words_of_all_languages_hide_nothing() -> None:
    text = "naïve Straße 数え上げ שלום عربى\tcode"
    assert not safe.hidden(text)
    assert safe.visible(text).plain == text.expandtabs(4)


@given(st.text(), st.text())
def test_the_guard_deletes_without_moving_anything(left: str, right: str) -> None:
    before = [Segment(left + "\x1b\u202e\x85" + right, Style(link="\x1b]0;x\x07"))]
    (after,) = safe.TerminalGuard().apply(before, Color(0, 0, 0))
    assert not HARMFUL.search(after.text)
    assert after.text.encode("utf-8") is not None
    assert cell_len(after.text) == cell_len(before[0].text)
    assert after.style
    assert after.style.link is None


@pytest.mark.parametrize("attack", ATTACKS)
async def test_no_widget_and_no_border_title_lets_an_attack_through(attack: str) -> None:
    widget = Static(attack + "body", markup=False)
    widget.styles.border = ("round", "white")
    app = Harness(widget)
    async with app.run(30, 5) as pilot:
        widget.border_title = safe.text("") + safe.Content(attack + "title", strip_control_codes=False)
        await pilot.pause()
        shown = "\n".join(lines(widget))
    assert "body" in shown or "exe" in shown
    assert not HARMFUL.search(shown)
