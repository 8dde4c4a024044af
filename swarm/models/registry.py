"""Finds models by their spec: `plan`, `human`, `openai`, `openai:PROFILE_OR_MODEL`, `replay:RUN_OR_FILE`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from swarm.errors import UnknownName, UsageError
from swarm.frames import Frame
from swarm.models.base import Message, Model, Request
from swarm.models.endpoint import Profile
from swarm.proposals import Network

if TYPE_CHECKING:
    from swarm.actions.base import Space
    from swarm.models.openai import OpenAIModel

KINDS = "plan, human, openai, openai:PROFILE_OR_MODEL or replay:RUN_OR_FILE"


@runtime_checkable
class _Closable(Protocol):
    async def aclose(self) -> None: ...


class Models:
    """Models by their spec, each built once.

    Args:
        build: Makes the model of a spec such as `plan` or `openai:local`.
        found: Gives the endpoint behind a spec, if only the environment tells where it is.
    """

    def __init__(self, build: Callable[[str], Model], found: Callable[[str], Network | None] = lambda _: None) -> None:
        self._build, self.found = build, found
        self._built: dict[str, Model] = {}

    def find(self, spec: str) -> Model:
        """The model of a spec.

        Raises:
            UsageError: If there is no such kind or name, or it lacks a key or a model.
        """
        if spec not in self._built:
            self._built[spec] = self._build(spec)
        return self._built[spec]

    async def aclose(self) -> None:
        """Closes the connections of all that have any."""
        while self._built:
            _, model = self._built.popitem()
            if isinstance(model, _Closable):
                await model.aclose()


def resolve(
    spec: str,
    *,
    space: Space,
    profiles: Callable[[], Mapping[str, Profile]],
    recording: Callable[[str], Iterable[Frame]],
) -> Model:
    """The model of a spec; nothing is called, but a recording is read.

    Args:
        spec: `KIND[:NAME]`.
        space: The actions that the plan model may choose.
        profiles: Reads the endpoint profiles.
        recording: Reads the frames of a run, by its id.

    Raises:
        UnknownName: If there is no such kind, profile or run.
        UsageError: If it lacks a name, a key or a model.
    """
    kind, named, name = spec.partition(":")
    if kind in ("plan", "human") and named:
        raise UsageError(f"model {kind} takes no name: say --model {kind}")
    if kind == "plan":
        from swarm.models.plan import PlanModel

        return PlanModel(space.root)
    if kind == "human":
        from swarm.models.human import HumanModel

        return HumanModel()
    if kind == "openai":
        from swarm.models.openai import OpenAIModel
        from swarm.models.profiles import profile

        return OpenAIModel(profile(profiles(), name))
    if kind == "replay" and name:
        from swarm.models.replay import ReplayModel, load_recording

        return ReplayModel(load_recording(Path(name)) if Path(name).is_file() else recording(name))
    if kind == "replay":
        raise UsageError("model replay needs a run or a file: say --model replay:RUN_OR_FILE")
    raise UnknownName(f"no model kind {kind!r}: there are {KINDS}")


async def check_endpoint(model: OpenAIModel) -> str:
    """Asks an endpoint one tiny thing, live.

    Returns:
        One line that says which model answered, where, how fast, and how it takes a schema.

    Raises:
        ModelError: With one line that says what is wrong.
    """
    messages = (
        Message(role="system", content="You are asked one small thing, to see in which form you can answer."),
        Message(role="user", content="The offered choices are `yes` and `no`. Choose `yes`, for the reason `test`."),
    )
    begun = time.perf_counter()
    await model.reply(Request(schema_name="Choice", messages=messages), lambda _: None)
    taken = time.perf_counter() - begun
    profile = model.profile
    return f"{profile.model} at {profile.host} answers in {taken:.1f} s; structured output: {model.rung.words}"
