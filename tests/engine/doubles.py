"""Doubles for what is around the engine: a clock, a model, a world of files, and a disk that may fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from swarm import frames as f
from swarm.effects import Effect, Mark
from swarm.errors import WriteFailed
from swarm.models.base import Model, Reply, Request
from swarm.proposals import AnyProposal, Run, Write
from swarm.store.blobs import digest_of
from swarm.store.log import MemoryLog
from swarm.values import Evidence, Usage
from swarm.workspace.turns import Turns
from swarm.world import NoWorld

RUN = "kit-1"


class Clock:
    """One second later each time it is asked."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


class Scripted:
    """A model that answers by a function and remembers what it was asked.

    Args:
        answer: The value for a request, or an exception to raise; the default answers a `RecallDraft`.
    """

    name = "scripted"

    def __init__(self, answer: Callable[[Request], Any] | None = None) -> None:
        self._answer = answer or (lambda request: {"query": f"about {request.directive}"})
        self.asked: list[Request] = []

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        self.asked.append(request)
        value = self._answer(request)
        if isinstance(value, BaseException):
            raise value
        return Reply(value=value, usage=Usage(calls=1, input_tokens=10, output_tokens=5))

    def foresee(self, request: Request) -> Any:
        return None


class OneModel:
    """Finds the same model under every name; the environment tells of no endpoint."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def found(self, spec: str) -> None:
        return None

    def find(self, spec: str) -> Model:
        return self._model


class Shelf(NoWorld):
    """A world of files in memory. What was performed is kept by the frame of its intent, as commits would.

    Attributes:
        files: Text by path.
        performed: Frame of the intent and proposal, in order.
        provable: Whether a command that was performed leaves a proof.
        before: Called before each effect is performed; may raise, or wait.
    """

    tier = "full"
    acts = True

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.performed: list[tuple[int, AnyProposal]] = []
        self.provable = True
        self.before: Callable[[AnyProposal], Awaitable[None]] | None = None
        self._turns = Turns()

    @property
    def head(self) -> str:  # type: ignore[override]
        return f"c{len(self.performed)}"

    def reopened(self) -> Shelf:
        """The same world as the next process finds it."""
        self._turns = Turns()
        return self

    async def write(self, path: str, content: str) -> Write:
        before = self.files.get(path)
        known = digest_of(before.encode()) if before is not None else ""
        return Write(path=path, content=content, before=known, original=before)

    async def command(self, command: Run) -> Run:
        named = [word for word in command.script.split() if word in self.files]
        return command.model_copy(update={"inputs": {word: digest_of(self.files[word].encode()) for word in named}})

    async def refreshed(self, proposal: AnyProposal) -> AnyProposal:
        if isinstance(proposal, Write):
            return await self.write(proposal.path, proposal.content)
        return await self.command(proposal) if isinstance(proposal, Run) else proposal

    async def read(self, path: str) -> str:
        return self.files[path]

    def turn(self, proposal: AnyProposal, owner: tuple[str, int]) -> Any:
        return self._turns.take(owner, shared=False)

    def doubt(self, owners: Any) -> None:
        self._turns.doubt(owners)

    def certain(self, owner: tuple[str, int]) -> None:
        self._turns.certain(owner)

    async def perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        if self.before:
            await self.before(proposal)
        if isinstance(proposal, Write):
            self.files[proposal.path] = proposal.content
        self.performed.append((mark.frame, proposal))
        return self.effect_of(proposal)

    def effect_of(self, proposal: AnyProposal) -> Effect:
        value: dict[str, Any] = {"exit_code": 0, "output": ""}
        if isinstance(proposal, Write | Run):
            evidence = _evidence(proposal)
            value["evidence"] = [evidence.model_dump(exclude_defaults=True)]
        return Effect(value=value, commit=self.head)

    async def prove(self, proposal: AnyProposal, mark: Mark) -> Effect | None:
        was_done = any(frame == mark.frame for frame, _ in self.performed)
        if isinstance(proposal, Run) and not (was_done and self.provable):
            return None
        return self.effect_of(proposal) if was_done else await self.perform(proposal, mark)

    async def take(self, proposal: AnyProposal, mark: Mark) -> Effect:
        return self.effect_of(proposal)


def _evidence(proposal: Write | Run) -> Evidence:
    if isinstance(proposal, Write):
        return Evidence(kind="commit", text=proposal.path, path=proposal.path)
    return Evidence(kind="exit", text=f"{proposal.title}: exit 0", passed=True, exit_code=0)


class Mortal(MemoryLog):
    """A log whose disk fails after a frame: the rest of that group, and all that comes, is lost.

    Args:
        frames: What it holds at first.
        last: Number of the last frame that it takes; None for no end.
        lag: How often the event loop goes round before a group counts as written.
    """

    def __init__(self, frames: Sequence[bytes] = (), last: int | None = None, lag: int = 0) -> None:
        super().__init__()
        self._frames[RUN] = list(frames)
        self.last, self._lag = last, lag

    async def append(self, run: str, expected: int, frames: Sequence[bytes]) -> int:
        for _ in range(self._lag):
            await asyncio.sleep(0)
        room = len(frames) if self.last is None else max(0, self.last - expected)
        if room:
            await super().append(run, expected, frames[:room])
        if room < len(frames):
            raise WriteFailed("the disk is full: make room, then open the run again")
        return expected + len(frames)

    @property
    def lines(self) -> list[bytes]:
        return self._frames[RUN]

    @property
    def frames(self) -> list[f.Frame]:
        return [f.decode(line) for line in self.lines]
