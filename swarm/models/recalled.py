"""A model that is not asked again what it has answered in the run that a fork comes from."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from swarm import frames as f
from swarm.models.base import Model, Reply, Request


class Answers:
    """The answers that models gave in a run, by what they were asked; each is handed out once.

    Args:
        frames: Of that run.
        after: Only what was answered after this frame counts.
    """

    def __init__(self, frames: Iterable[f.Frame], after: int) -> None:
        asked: dict[tuple[str | None, int], str] = {}
        self._left: dict[str, list[Any]] = defaultdict(list)
        for frame in frames:
            if isinstance(frame, f.StepBegun) and frame.step == "think":
                asked[frame.node, frame.seq] = Request.recorded(frame.intent).content_hash
            elif isinstance(frame, f.StepEnded) and frame.step == "think" and frame.outcome == "ok":
                question = asked.pop((frame.node, frame.seq), "")
                if frame.frame > after:
                    self._left[question].append(frame.value)

    def take(self, request: Request) -> Any:
        """The next answer to a question; None if there is none left."""
        left = self._left.get(request.content_hash)
        return left.pop(0) if left else None


class Recalled:
    """A `Model` that hands out what was answered before, for nothing, and asks another one for the rest.

    Args:
        model: The other one.
        answers: What was answered before.
    """

    def __init__(self, model: Model, answers: Answers) -> None:
        self.name, self._model, self._answers = model.name, model, answers

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """See `Model.reply`."""
        value = self._answers.take(request)
        if value is None:
            return await self._model.reply(request, on_text)
        on_text(json.dumps(value, ensure_ascii=False))
        return Reply(value=value)

    def foresee(self, request: Request) -> Any:
        """See `Model.foresee`."""
        return self._model.foresee(request)
