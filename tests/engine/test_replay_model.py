from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from swarm import frames as f
from swarm.errors import ModelError, NothingNew, UsageError
from swarm.fold import fold
from swarm.models.base import Message, Reply, Request
from swarm.models.replay import ReplayModel, load_recording
from swarm.proposals import Spawn
from swarm.values import Ask, Child, Usage

RECORDED = Usage(calls=2, input_tokens=10, output_tokens=5, cost=0.01)


class Recording:
    """A run written down by hand: a root with children, and what they thought."""

    def __init__(self, model: str = "openai") -> None:
        self.frames: list[f.Frame] = []
        self.put(f.RunStarted(run="r-1", goal="g", title="g", model=model, level="auto"))
        self.node("1", None)

    def put(self, *frames: f.Frame) -> None:
        start = len(self.frames)
        self.frames += [frame.model_copy(update={"frame": start + n}) for n, frame in enumerate(frames)]

    def node(self, node: str, parent: str | None) -> None:
        child = Child(directive="d", action="a", id=node)
        self.put(f.NodeSpawned(node=node, parent=parent, step=1, index=0, child=child))

    def asks(self, node: str, seq: int, text: str, schema: str = "Choice") -> None:
        intent = {"schema_name": schema, "messages": [{"role": "user", "content": text}]}
        self.put(f.StepBegun(node=node, seq=seq, step="think", schema_name=schema, intent=intent))

    def gets(self, node: str, seq: int, value: Any = None, error: str = "", usage: Usage | None = RECORDED) -> None:
        outcome: Any = "failed" if error else "ok"
        self.put(f.StepEnded(node=node, seq=seq, step="think", value=value, error=error, outcome=outcome, usage=usage))

    def thinks(self, node: str, seq: int, text: str, value: Any) -> None:
        self.asks(node, seq, text)
        self.gets(node, seq, value)


def request(text: str, place: str = "", schema: str = "Choice", rejected: str = "") -> Request:
    messages = (Message(role="user", content=text),)
    return Request(schema_name=schema, messages=messages, position=place, rejected=rejected)


async def told(model: ReplayModel, asked: Request) -> Any:
    return (await model.reply(asked, lambda _: None)).value


@pytest.fixture
def recording() -> Recording:
    found = Recording()
    found.node("2", "1")
    found.node("3", "1")
    found.node("4", "3")
    return found


async def test_the_same_question_gets_the_answer_of_its_place(recording: Recording) -> None:
    recording.thinks("4", 3, "which?", {"choose": "deep"})
    recording.thinks("2", 1, "which?", {"choose": "first"})
    model = ReplayModel(recording.frames)
    assert await told(model, request("which?", "0.0#1")) == {"choose": "first"}
    assert await told(model, request("which?", "0.1.0#3")) == {"choose": "deep"}


def test_places_are_ranks_from_the_root_and_hold_no_ids(recording: Recording) -> None:
    state = fold(recording.frames)
    assert [state.position(node, 7) for node in "1234"] == ["0#7", "0.0#7", "0.1#7", "0.1.0#7"]


async def test_elsewhere_in_the_tree_answers_come_in_the_order_of_their_questions(recording: Recording) -> None:
    recording.asks("2", 1, "which?")
    recording.asks("3", 1, "which?")
    recording.gets("3", 1, {"choose": "second"})
    recording.gets("2", 1, {"choose": "first"})
    model = ReplayModel(recording.frames)
    answers = [await told(model, request("which?", "0.5.5#1")) for _ in range(3)]
    assert answers == [{"choose": "first"}, {"choose": "second"}, {"choose": "second"}]


async def test_a_repeated_thought_gives_its_answers_in_order_and_the_last_one_again(recording: Recording) -> None:
    recording.thinks("2", 1, "which?", {"choose": "a"})
    recording.put(f.NodeRetried(node="2", attempt=2, keep=False))
    recording.thinks("2", 1, "which?", {"choose": "b"})
    model = ReplayModel(recording.frames)
    answers = [await told(model, request("which?", "0.0#1")) for _ in range(3)]
    assert [answer["choose"] for answer in answers] == ["a", "b", "b"]


async def test_a_reply_has_the_recorded_usage_and_streams_its_text(recording: Recording) -> None:
    recording.thinks("2", 1, "which?", {"choose": "a"})
    pieces: list[str] = []
    reply = await ReplayModel(recording.frames).reply(request("which?", "0.0#1"), pieces.append)
    assert reply == Reply(value={"choose": "a"}, usage=RECORDED)
    assert pieces == ['{"choose": "a"}']


async def test_what_was_never_asked_is_named_by_place_and_schema(recording: Recording) -> None:
    recording.thinks("2", 1, "which?", {"choose": "a"})
    model = ReplayModel(recording.frames)
    for asked in (request("Which?", "0.0#1"), request("which?", "0.0#1", schema="Verdict")):
        with pytest.raises(ModelError, match=rf"no answer to {asked.schema_name} at position 0\.0#1"):
            await told(model, asked)


async def test_a_thought_that_failed_fails_again_and_then_goes_on(recording: Recording) -> None:
    recording.asks("2", 1, "which?")
    recording.gets("2", 1, error="the endpoint was down")
    recording.put(f.NodeRetried(node="2", attempt=2))
    recording.thinks("2", 1, "which?", {"choose": "a"})
    model = ReplayModel(recording.frames)
    with pytest.raises(ModelError, match="the endpoint was down"):
        await told(model, request("which?", "0.0#1"))
    assert await told(model, request("which?", "0.0#1")) == {"choose": "a"}


async def test_a_plan_that_had_no_second_idea_has_none_again(recording: Recording) -> None:
    recording.asks("2", 1, "rejected: no")
    recording.gets("2", 1, error="a plan proposes nothing else")
    with pytest.raises(NothingNew, match="nothing else"):
        await told(ReplayModel(recording.frames), request("rejected: no", "0.0#1", rejected="no"))


async def test_a_human_is_replayed_too_even_if_killed_before_the_step_ended() -> None:
    recording = Recording("human")
    for seq, question in ((1, "q1"), (2, "q2")):
        recording.asks("1", seq, f"form {seq}")
        recording.put(f.QuestionAsked(node="1", question=question, seq=seq, ask=Ask(name="Choice", text="?", form={})))
        recording.put(f.QuestionAnswered(node="1", question=question, answer={"choose": f"{seq}"}, by="me"))
    recording.gets("1", 1, {"choose": "1"}, usage=None)
    model = ReplayModel(recording.frames)
    assert await told(model, request("form 1", "0#1")) == {"choose": "1"}
    assert await told(model, request("form 2", "0#2")) == {"choose": "2"}


async def test_a_thought_without_an_answer_was_never_answered(recording: Recording) -> None:
    recording.asks("2", 1, "which?")
    with pytest.raises(ModelError, match="holds no answer"):
        await told(ReplayModel(recording.frames), request("which?", "0.0#1"))


def test_it_foresees_only_if_the_recorded_model_did_and_only_what_is_certain(recording: Recording) -> None:
    recording.thinks("2", 1, "same", {"choose": "a"})
    recording.thinks("3", 1, "same", {"choose": "a"})
    recording.thinks("2", 2, "varies", {"choose": "a"})
    recording.thinks("3", 2, "varies", {"choose": "b"})
    assert ReplayModel(recording.frames).foresee(request("same")) is None
    spawn = Spawn(children=(Child(directive="d", id="9"),))
    recording.put(f.GateOpened(node="2", gate="1", seq=None, proposal=spawn, digest=spawn.digest, after=None))
    model = ReplayModel(recording.frames)
    assert model.foresee(request("same")) == {"choose": "a"}
    assert model.foresee(request("varies")) is None
    assert model.foresee(request("new")) is None


def test_frames_that_are_no_whole_run_are_refused(recording: Recording) -> None:
    recording.thinks("2", 1, "which?", {"choose": "a"})
    with pytest.raises(UsageError, match="no whole run: frame 2 does not fit"):
        ReplayModel([recording.frames[0], *recording.frames[2:]])


# -- files -----------------------------------------------------------------------------------------------------------


def saved(path: Path, frames: Sequence[f.Frame]) -> Path:
    path.write_bytes(b"".join(f.encode(frame) + b"\n" for frame in frames))
    return path


async def test_a_history_in_a_file_is_a_recording(recording: Recording, tmp_path: Path) -> None:
    recording.thinks("2", 1, "welche? ü\u2028", {"choose": "a"})
    file = saved(tmp_path / "run.jsonl", recording.frames)
    assert await told(ReplayModel(load_recording(file)), request("welche? ü\u2028", "0.0#1")) == {"choose": "a"}


def test_a_file_that_is_none_is_refused_with_its_line(recording: Recording, tmp_path: Path) -> None:
    file = saved(tmp_path / "run.jsonl", recording.frames)
    file.write_bytes(file.read_bytes() + b'\n{"kind": "nonsense"}\n')
    line = len(recording.frames) + 2
    with pytest.raises(UsageError, match=rf"run\.jsonl:{line}: no frame"):
        load_recording(file)
    with pytest.raises(UsageError, match="cannot be read"):
        load_recording(tmp_path / "missing")
