"""The front matter of a plan: YAML with four known keys."""

from __future__ import annotations

from math import inf
from typing import Any

from pydantic import Field, StrictFloat, StrictInt, ValidationError, field_validator

from swarm.plan.notes import Notes
from swarm.values import LEVELS, Level, Limits, Value


class Settings(Value):
    """The front matter.

    Attributes:
        model: `KIND[:NAME]`, as for `--model`.
        autonomy: Level that the run starts with.
        budget: Limits by name; those that are not named keep their value.
        context: Files to attach, as for `--context`.
    """

    model: str | None = None
    autonomy: Level | None = None
    budget: dict[str, StrictInt | StrictFloat] = Field(default_factory=dict)
    context: tuple[str, ...] = ()

    @field_validator("budget")
    @classmethod
    def _fits(cls, budget: dict[str, int | float]) -> dict[str, int | float]:
        Limits.model_validate(budget, strict=True)
        if not all(0 < amount < inf for amount in budget.values()):
            raise ValueError("a limit is a number above 0")
        return budget

    def limits(self, base: Limits) -> Limits:
        """`base` with what the budget names."""
        return base.model_copy(update=dict(self.budget))


_KEYS = tuple(Settings.model_fields)
_WANTED = {
    "model": "write one name, such as `plan` or `openai:NAME`",
    "autonomy": f"write one of {', '.join(LEVELS)}",
    "budget": f"write numbers above 0 for any of {', '.join(Limits.model_fields)}",
    "context": "write a path or a list of paths",
}


def read_settings(text: str, line: int, notes: Notes) -> Settings:
    """Read front matter whose first line has number `line`; what is wrong is noted, and left out."""
    import yaml

    try:
        node = yaml.compose(text, yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark.line if error.problem_mark else 0
        notes.error(line + at, f"the front matter is no YAML ({error.problem}); write `key: value` lines")
        return Settings()
    except (yaml.YAMLError, ValueError, RecursionError):
        notes.error(line, "the front matter is no YAML that can be read; write `key: value` lines")
        return Settings()
    if node is None:
        return Settings()
    if not isinstance(node, yaml.MappingNode):
        notes.error(line, f"the front matter is no mapping; write `key: value` lines with {_known()}")
        return Settings()
    lines: dict[str, int] = {}
    for key, _ in node.value:
        _key(str(key.value), line + key.start_mark.line, lines, notes)
    return _checked({key: values[key] for key in lines}, lines, notes)


def _key(key: str, line: int, lines: dict[str, int], notes: Notes) -> None:
    if key not in _KEYS:
        notes.error(line, f"`{key}` is no key of the front matter; use {_known()}")
    elif key in lines:
        notes.error(line, f"`{key}` is set twice; keep one")
    else:
        lines[key] = line


def _checked(values: dict[str, Any], lines: dict[str, int], notes: Notes) -> Settings:
    if isinstance(values.get("context"), str):
        values["context"] = [values["context"]]
    bad = set()
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        bad = {str(wrong["loc"][0]) for wrong in error.errors()}
        settings = Settings()
    for key in sorted(bad, key=lines.__getitem__):
        notes.error(lines[key], f"the value of `{key}` does not fit; {_WANTED[key]}")
    return settings


def _known() -> str:
    return ", ".join(_KEYS)
