"""The picture of the tree: what it says, and that nothing in it is more than text."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from swarm.export.svg import Line, svg
from swarm.export.words import Sign
from tests.engine.hostile import HOSTILE, TEXT

DONE, WAITING = Sign("✓", "done", "success"), Sign("?", "waiting", "warning")
NAMESPACE = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(picture).iter(f"{NAMESPACE}text")]


def test_each_row_says_its_status_by_glyph_and_word_and_is_indented_by_its_depth() -> None:
    picture = svg("Count words", "run wc-1 · frame 7", [Line(0, DONE, "Count"), Line(1, WAITING, "Use it", "14")])
    assert texts(picture) == ["Count words", "run wc-1 · frame 7", "✓ done", "Count", "? waiting", "Use it", "14"]
    places = {
        element.text: float(element.get("x", 0)) for element in ElementTree.fromstring(picture).iter(f"{NAMESPACE}text")
    }
    assert places["? waiting"] > places["✓ done"]
    root = ElementTree.fromstring(picture)
    assert root.get("role") == "img"
    assert [root.findtext(f"{NAMESPACE}{name}") for name in ("title", "desc")] == ["Count words", "run wc-1 · frame 7"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_text(hostile: str) -> None:
    plain = svg("x", "x", [Line(0, DONE, "x", "x")])
    picture = svg(hostile, hostile, [Line(0, DONE, hostile, hostile)])
    tags = [[element.tag for element in ElementTree.fromstring(one).iter()] for one in (plain, picture)]
    assert tags[0] == tags[1]
    assert "]]>" not in picture
    assert not {
        key for element in ElementTree.fromstring(picture).iter() for key in element.attrib if key.startswith("on")
    }


def test_characters_that_xml_does_not_know_and_such_that_nobody_sees_are_replaced() -> None:
    [title, *_] = texts(svg("a\x00b\x1bc\x9bd\u202ee\ufffff\U0001f41d", "x", []))
    assert title == "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\U0001f41d"


def test_a_long_title_is_cut_and_widens_nothing_without_end() -> None:
    picture = svg(TEXT * 50, TEXT * 50, [Line(3, DONE, "x" * 5000)])
    assert max(map(len, texts(picture))) <= 96
    assert float(ElementTree.fromstring(picture).get("width", 0)) < 2000


def test_a_picture_needs_nothing_from_elsewhere() -> None:
    picture = svg("x", "x", [Line(0, DONE, "x")])
    assert "http" not in picture.replace(NAMESPACE[1:-1], "")
    assert not {"href", "src"} & {key for element in ElementTree.fromstring(picture).iter() for key in element.attrib}
    assert "url(" not in picture
    assert "@import" not in picture


def test_an_empty_tree_is_a_picture_as_well() -> None:
    assert texts(svg("x", "nothing yet", [])) == ["x", "nothing yet"]
