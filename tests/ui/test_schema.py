"""Every schema that a model is asked for can be filled in by a person."""

from __future__ import annotations

import pytest

from swarm.asks import ASKS, Acts, Decomposition, Needs, Verdict
from widgets.schema import Field, fields_of


def by_name(fields: tuple[Field, ...]) -> dict[str, Field]:
    return {field.name: field for field in fields}


@pytest.mark.parametrize("name", sorted(ASKS))
def test_no_schema_needs_raw_json(name: str) -> None:
    fields = fields_of(ASKS[name].model_json_schema())
    assert fields
    assert all(inner.kind != "json" for field in fields for inner in (field, *field.fields))


def test_a_closed_set_is_a_choice_and_nothing_is_chosen() -> None:
    outcome = by_name(fields_of(Verdict.model_json_schema()))["outcome"]
    assert (outcome.kind, outcome.choices, outcome.default) == ("choice", ("fulfilled", "continue", "stuck"), None)


def test_lists_of_objects_are_groups_without_what_is_to_be_left_empty() -> None:
    parts = by_name(fields_of(Decomposition.model_json_schema()))["parts"]
    assert parts.kind == "groups"
    assert [(field.name, field.kind) for field in parts.fields] == [
        ("title", "line"),
        ("directive", "text"),
        ("stage", "number"),
    ]


def test_what_may_be_null_is_null_when_it_is_empty() -> None:
    query = by_name(fields_of(Needs.model_json_schema()))["questions"]
    fields = by_name(query.fields)
    assert fields["default"].nullable
    assert fields["default"].empty is None
    assert fields["choices"].kind == "lines"


def test_yes_and_no_are_flags() -> None:
    act = by_name(fields_of(Acts.model_json_schema()))["acts"]
    assert by_name(act.fields)["readonly"].kind == "flag"


def test_what_is_not_flat_is_filled_in_as_json() -> None:
    schema = {"properties": {"x": {"type": "object"}}, "type": "object"}
    assert [field.kind for field in fields_of(schema)] == ["json"]


def test_a_label_is_the_name_and_what_it_is_for() -> None:
    assert Field("exit_code", "number", "What it ended with.").label == "Exit code · What it ended with."
