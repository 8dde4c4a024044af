from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from swarm import frames as f
from swarm.errors import ModelError, UnknownName, UsageError
from swarm.models.base import Model, Reply, Request
from swarm.models.endpoint import Profile
from swarm.models.openai import OpenAIModel
from swarm.models.registry import Models, resolve
from swarm.models.replay import ReplayModel
from swarm.spaces.builtin import builtin_space

PROFILES = {"local": Profile(name="local", url="http://localhost:1/v1", model="m")}
FRAMES = [f.RunStarted(frame=0, run="wc-1", goal="g", title="g", model="plan", level="step")]


def recording(run: str) -> Iterable[f.Frame]:
    if run != "wc-1":
        raise UnknownName(f"no run {run}")
    return FRAMES


def found(spec: str, profiles: dict[str, Profile] = PROFILES) -> Model:
    return resolve(spec, space=builtin_space(), profiles=lambda: profiles, recording=recording)


class Scripted:
    """A model of a test; closes like one with connections."""

    name = "scripted"

    def __init__(self) -> None:
        self.closed = 0

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        return Reply(value={})

    def foresee(self, request: Request) -> Any:
        return None

    async def aclose(self) -> None:
        self.closed += 1


async def test_a_model_is_built_once_for_its_spec_and_closed_once() -> None:
    built: dict[str, Scripted] = {}
    models = Models(lambda spec: built.setdefault(spec, Scripted()))
    assert models.find("a") is models.find("a")
    assert models.find("b") is not models.find("a")
    await models.aclose()
    await models.aclose()
    assert [model.closed for model in built.values()] == [1, 1]


async def test_models_without_connections_need_no_closing() -> None:
    models = Models(found)
    models.find("plan")
    models.find("openai:local")
    await models.aclose()


@pytest.mark.parametrize("spec", ["plan", "human"])
def test_rules_and_person_are_found_by_their_kind(spec: str) -> None:
    assert found(spec).name == spec


async def test_the_human_is_never_called_and_never_foreseen() -> None:
    human = found("human")
    assert human.foresee(Request(schema_name="Choice")) is None
    with pytest.raises(ModelError, match="asked for Choice in a form"):
        await human.reply(Request(schema_name="Choice"), lambda _: None)


@pytest.mark.parametrize(("spec", "model"), [("openai", "m"), ("openai:local", "m"), ("openai:qwen3:8b", "qwen3:8b")])
def test_an_endpoint_is_found_by_profile_or_model(spec: str, model: str) -> None:
    built = found(spec)
    assert isinstance(built, OpenAIModel)
    assert (built.name, built.profile.model) == ("openai:local", model)


def test_a_recording_is_found_by_run_or_by_file(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    file.write_bytes(f.encode(FRAMES[0]) + b"\n")
    assert isinstance(found("replay:wc-1"), ReplayModel)
    assert isinstance(found(f"replay:{file}"), ReplayModel)


@pytest.mark.parametrize(
    ("spec", "kind", "words"),
    [
        ("gpt", UnknownName, "no model kind 'gpt': there are plan, human, openai, openai:PROFILE_OR_MODEL or replay:"),
        ("", UnknownName, "no model kind ''"),
        ("plan:x", UsageError, "model plan takes no name: say --model plan"),
        ("human:", UsageError, "model human takes no name"),
        ("replay", UsageError, "model replay needs a run or a file"),
        ("replay:", UsageError, "model replay needs a run or a file"),
        ("replay:wc-2", UnknownName, "no run wc-2"),
    ],
)
def test_a_spec_that_leads_nowhere_is_one_clear_line(spec: str, kind: type[UsageError], words: str) -> None:
    with pytest.raises(kind) as caught:
        found(spec)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_endpoint_that_is_not_set_up_is_one_clear_line() -> None:
    with pytest.raises(UsageError, match="no endpoint is set up"):
        found("openai", {})
    keyless = {"a": PROFILES["local"].model_copy(update={"key_env": "MY_KEY"})}
    with pytest.raises(UsageError, match="set MY_KEY"):
        found("openai", keyless)
