"""The table of signs: everything that has a status has one, one cell wide, in both sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from rich.cells import cell_len

from swarm.frames import Decided, RunStatus
from swarm.state import NodeStatus
from widgets import glyphs


@pytest.fixture
def ascii_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SWARM_ASCII", "1")
    glyphs.plain.cache_clear()
    yield
    glyphs.plain.cache_clear()


@pytest.mark.parametrize("name", [*get_args(NodeStatus), *get_args(RunStatus), *get_args(Decided)])
def test_every_status_and_decision_has_a_sign(name: str) -> None:
    assert glyphs.SIGNS[name].word
    assert glyphs.glyph(name)


def test_all_signs_are_one_cell_wide_and_no_emoji() -> None:
    for sign in glyphs.SIGNS.values():
        assert cell_len(sign.glyph) == len(sign.glyph) == 1
        assert ord(sign.glyph) < 0x1F000
        assert sign.ascii.isascii()
        assert len(sign.ascii) == 1


def test_plain_terminals_get_ascii_only(ascii_set: None) -> None:
    shown = [glyphs.glyph(name) for name in glyphs.SIGNS]
    shown += [
        glyphs.mark(name) for name in ("expanded", "collapsed", "cursor", "chosen", "more", "path", "dot", "compared")
    ]
    shown += [glyphs.bar(share) for share in (0, 0.5, 1)]
    assert "".join(shown).isascii()


@pytest.mark.parametrize(("variable", "value"), [("TERM", "linux"), ("TERM", "dumb"), ("LC_ALL", "C")])
def test_a_terminal_without_unicode_is_recognised(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    glyphs.plain.cache_clear()
    try:
        assert glyphs.plain()
    finally:
        glyphs.plain.cache_clear()


def test_tones_are_variables_of_the_theme() -> None:
    assert glyphs.tone("waiting") == "$warning"
    assert glyphs.tone("queued") == "$text-muted"


def test_bars_grow_with_the_share() -> None:
    bars = [glyphs.bar(share / 10) for share in range(11)]
    assert bars == sorted(bars)
    assert bars[0] != bars[-1]
