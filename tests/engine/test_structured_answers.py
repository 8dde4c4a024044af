from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm.asks import ASKS, Acts, Choice, Decomposition, Needs, Thought
from swarm.models.answer import fitting
from swarm.models.base import Message
from swarm.models.ladder import Rung, body
from swarm.models.strict import strict_schema


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """All schemas of objects within a schema."""
    if isinstance(schema, list):
        for item in schema:
            yield from objects(item)
    elif isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects(value)


@pytest.mark.parametrize("kind", ASKS.values(), ids=ASKS)
def test_a_strict_schema_is_closed_complete_and_plain(kind: type[Thought]) -> None:
    schema = strict_schema(kind)
    for found in objects(schema):
        assert found["additionalProperties"] is False
        assert found["required"] == list(found["properties"])
    text = json.dumps(schema)
    for word in ("$ref", "$defs", "oneOf", "minimum", '"default": ""', '"default": []'):
        assert word not in text
    assert set(schema["properties"]) == set(kind.model_fields)


def test_fields_that_read_like_keywords_stay_and_null_is_one_of_two_types() -> None:
    query = strict_schema(Needs)["properties"]["questions"]["items"]
    assert query["required"] == ["name", "text", "choices", "default"]
    assert query["properties"]["default"]["anyOf"] == [{"type": "string"}, {"type": "null"}]
    part = strict_schema(Decomposition)["properties"]["parts"]["items"]
    assert part["properties"]["title"]["type"] == "string"
    assert part["description"] == "One sub-directive."


def test_each_rung_asks_in_its_own_way() -> None:
    messages = [Message(role="user", content="Choose \ud800.")]
    bodies = {rung: body(rung, "m", messages, Choice, spelled=False, counts=True) for rung in Rung}
    forms = [found.get("response_format", {}) for found in bodies.values()]
    assert [form.get("type") for form in forms] == ["json_schema", "json_schema", "json_object", None]
    assert [form.get("json_schema", {}).get("strict") for form in forms] == [True, False, None, None]
    contents = [found["messages"][0]["content"] for found in bodies.values()]
    assert [("JSON schema" in content) for content in contents] == [False, True, True, True]
    assert json.dumps(contents, ensure_ascii=False).encode()


def test_a_spelled_schema_goes_with_the_users_last_words_or_after_the_models() -> None:
    asked = body(Rung.STRICT, "m", [Message(role="user", content="a")], Choice, spelled=True, counts=False)
    assert [message["role"] for message in asked["messages"]] == ["user"]
    assert asked["messages"][0]["content"].startswith("a\n\nAnswer with one JSON object")
    assert "stream_options" not in asked
    asked = body(Rung.PROMPT, "m", [Message(role="assistant", content="a")], Choice, spelled=False, counts=False)
    assert [message["role"] for message in asked["messages"]] == ["assistant", "user"]


prose = st.text(alphabet=st.characters(exclude_characters="{<`", exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=60)
@given(before=prose, after=prose, why=st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_stands_around_the_json_the_same_thought_is_read(before: str, after: str, why: str) -> None:
    thought = Choice(choose="a", why=why)
    for text in (thought.model_dump_json(), json.dumps(thought.model_dump())):
        assert fitting(f"{before}{text}{after}", Choice) == thought
        assert fitting(f"{before}\n```json\n{text}\n```\n{after}", Choice) == thought


@settings(max_examples=100)
@given(st.text(st.sampled_from('{}[]":,\\abchoose why<think>/`\n0.eNaN')))
def test_no_text_brings_anything_but_a_thought_or_one_line(text: str) -> None:
    try:
        told = fitting(text, Choice).model_dump_json()
    except ValueError as error:
        told = str(error)
    assert told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"choose": "a", "why": "b", "why": "b"}', "it has the key 'why' twice"),
        ('{"acts": [{"do": "run", "do": "run"}]}', "it has the key 'do' twice"),
        ('{"choose": Infinity}', "Infinity is no number that can be used"),
        ('{"choose": 1e999}', "1e999 is no number that can be used"),
        ('{"choose": ' + "9" * 5000 + "}", "Exceeds the limit"),
        ('{"choose": "\\ud800"}', "it holds half of a surrogate pair"),
        ('{"choose": "a",}', "it is no JSON: "),
        ('```json\n{"choose": {"choose": "a", "why": "b"}\n```', "it is no JSON: "),
        ('{"choose":' + "[" * 5000, "it is nested too deeply"),
        ("{}", "it holds no JSON object with fields"),
        ("[1, 2]", "it holds no JSON object with fields"),
        ("null", "it holds no JSON object with fields"),
        ("{" * 100_000, "it is no JSON"),
        ("x" + "{" * 100_000, "it holds no JSON object with fields"),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_not_exactly_one_meaning_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        fitting(text, Choice)
    assert problem in str(caught.value)
    assert len(str(caught.value)) < 300


def test_an_empty_object_is_never_taken_for_nothing_to_do() -> None:
    for kind in (Needs, Acts, Decomposition):
        with pytest.raises(ValueError, match="no JSON object with fields"):
            fitting("Nothing to do: {}", kind)


def test_faults_are_told_by_place_and_not_by_value_and_only_the_first_few() -> None:
    parts = [{"title": "secret " * 1000, "stage": 0} for _ in range(5)]
    with pytest.raises(ValueError, match=r"parts\.0\.directive: Field required") as caught:
        fitting(json.dumps({"parts": parts}), Decomposition)
    text = str(caught.value)
    assert "parts.0.stage: Input should be greater than or equal to 1" in text
    assert text.endswith("; and 7 more")
    assert "secret" not in text
