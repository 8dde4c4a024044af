"""The model that answers what was answered before: a recorded run, whoever thought in it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarm import frames as f
from swarm.errors import Damaged, ModelError, NothingNew, UsageError
from swarm.fold import apply
from swarm.models.base import Reply, Request
from swarm.state import Swarm
from swarm.values import Usage


@dataclass(slots=True)
class _Thought:
    """One thought of the recording, and whether it was handed out."""

    request: Request
    value: Any = None
    error: str = ""
    usage: Usage = Usage()
    answered: bool = False
    used: bool = False


class ReplayModel:
    """Answers from a recording: the same question at the same place of the tree, else the same question, in order.

    Args:
        frames: Of the recorded run, from its beginning.

    Raises:
        UsageError: If they are no whole run.

    A question is the same if its schema and its messages are; prompts hold no ids, times or paths. Once all recorded
    answers of a question were handed out, the last one is given again: a run that is taken up anew may ask twice.
    """

    name = "replay"

    def __init__(self, frames: Iterable[f.Frame]) -> None:
        thoughts, self._foresees = _recorded(frames)
        self._placed: dict[tuple[str, str], list[_Thought]] = defaultdict(list)
        self._asked: dict[str, list[_Thought]] = defaultdict(list)
        for thought in thoughts:
            name = thought.request.content_hash
            self._placed[name, thought.request.position].append(thought)
            self._asked[name].append(thought)

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Answers as it was answered, at the recorded cost; a thought that failed fails again.

        Raises:
            ModelError: If this was never asked, or failed in the recording.
        """
        name = request.content_hash
        thoughts = self._placed.get((name, request.position)) or self._asked.get(name)
        if not thoughts:
            place = request.position or "unknown"
            raise ModelError(f"the recording holds no answer to {request.schema_name} at position {place}: it differs")
        thought = next((thought for thought in thoughts if not thought.used), thoughts[-1])
        thought.used = True
        if thought.error:
            raise (NothingNew if request.rejected else ModelError)(thought.error)
        on_text(json.dumps(thought.value, ensure_ascii=False))
        return Reply(value=thought.value, usage=thought.usage)

    def foresee(self, request: Request) -> Any:
        """The recorded value, if the recorded model could foresee, and there is only one."""
        thoughts = self._asked.get(request.content_hash, []) if self._foresees else []
        values = [thought.value for thought in thoughts if not thought.error]
        return values[0] if values and all(value == values[0] for value in values) else None


def load_recording(path: Path) -> list[f.Frame]:
    """The frames of a file with one frame a line, as `swarm history --json` prints them.

    Raises:
        UsageError: If it cannot be read, or a line is no frame.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    return [_decoded(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _decoded(path: Path, number: int, line: bytes) -> f.Frame:
    try:
        return f.decode(line)
    except Damaged:
        raise UsageError(
            f"{path}:{number}: no frame of a recorded run: `swarm history RUN --json` prints one"
        ) from None


def _recorded(frames: Iterable[f.Frame]) -> tuple[list[_Thought], bool]:
    """The answered thoughts in the order in which they were begun, and whether any gate was foreseen."""
    state, foresees = Swarm(), False
    pending: dict[tuple[str, int], _Thought] = {}
    found: list[_Thought] = []
    for frame in frames:
        state = _applied(state, frame)
        foresees = foresees or (isinstance(frame, f.GateOpened) and frame.seq is None)
        if isinstance(frame, f.StepBegun) and frame.step == "think":
            request = Request.recorded(frame.intent)
            request = request.model_copy(update={"position": state.position(str(frame.node), frame.seq)})
            pending[str(frame.node), frame.seq] = _Thought(request)
            found.append(pending[str(frame.node), frame.seq])
        elif isinstance(frame, f.StepEnded) and frame.step == "think":
            _end(pending.get((str(frame.node), frame.seq)), frame)
        elif isinstance(frame, f.QuestionAnswered):
            question = state.questions[frame.question]
            _answer(pending.get((question.node, question.seq)), frame)
    return [thought for thought in found if thought.answered], foresees


def _applied(state: Swarm, frame: f.Frame) -> Swarm:
    try:
        return apply(state, frame)
    except Damaged:
        number = frame.frame
        raise UsageError(f"the recording is no whole run: frame {number} does not fit what comes before it") from None


def _end(thought: _Thought | None, frame: f.StepEnded) -> None:
    if thought:
        thought.value, thought.error = frame.value, frame.error
        thought.usage, thought.answered = frame.usage or Usage(), True


def _answer(thought: _Thought | None, frame: f.QuestionAnswered) -> None:
    """A form that the human filled in counts, even where the run was killed before the step had ended."""
    if thought:
        thought.value, thought.answered = frame.answer, True
