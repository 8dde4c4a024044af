"""The way to the next moment of a kind, and to a time: the same as by looking at every frame."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from app.moments import Moments
from swarm import frames as f
from swarm.errors import UsageError
from tests.engine.long_run import long_run
from tests.ui.sample import START, TICK, wordcount_frames
from widgets.moment_form import moment

FRAMES = wordcount_frames()
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def all_of(frames: list[f.Frame]) -> Moments:
    moments = Moments()
    moments.add(frames)
    return moments


def opened(frame: f.Frame) -> bool:
    return isinstance(frame, f.GateOpened | f.QuestionAsked)


@pytest.mark.parametrize("here", [0, 5, 36, 69, 70])
def test_gates_are_found_forwards_and_backwards(here: int) -> None:
    gates = [frame.frame for frame in FRAMES if opened(frame)]
    moments = all_of(FRAMES)
    assert moments.next("gate", here, 1) == min((gate for gate in gates if gate > here), default=None)
    assert moments.next("gate", here, -1) == max((gate for gate in gates if gate < here), default=None)


def test_each_kind_has_moments_of_its_own() -> None:
    moments = all_of(FRAMES)
    commit = next(frame.frame for frame in FRAMES if isinstance(frame, f.StepEnded) and frame.commit)
    assert moments.next("commit", 0, 1) == commit
    assert moments.next("commit", commit, 1) is None
    assert moments.next("failure", 0, 1) is None


def test_frames_of_a_node_are_those_that_are_about_it() -> None:
    moments = all_of(FRAMES)
    own = [frame.frame for frame in FRAMES if frame.node == "5"]
    found, here = [], -1
    while (frame := moments.next_of_node("5", here, 1)) is not None:
        found.append(here := frame)
    assert found == own
    assert moments.next_of_node("5", own[2], -1) == own[1]
    assert moments.next_of_node("5", 0, -1) is None
    assert moments.node(own[0]) == "5"
    assert moments.node(0) == ""


def test_a_batch_that_comes_again_changes_nothing() -> None:
    twice = all_of(FRAMES)
    twice.add(FRAMES[30:])
    assert twice.next("gate", 69, 1) == all_of(FRAMES).next("gate", 69, 1)
    assert twice.at(NOON + timedelta(days=9)) == len(FRAMES) - 1


def test_a_time_is_the_last_frame_that_there_was() -> None:
    moments = all_of(FRAMES)
    assert moments.at(START + 12 * TICK) == 12
    assert moments.at(START + 12 * TICK - timedelta(seconds=1)) == 11
    assert moments.at(START - timedelta(days=1)) == 0
    assert moments.at(START + timedelta(days=1)) == len(FRAMES) - 1


def test_a_clock_that_goes_back_hides_no_frame() -> None:
    back = [frame.model_copy(update={"at": frame.at - timedelta(hours=2)}) for frame in FRAMES[20:]]
    moments = all_of([*FRAMES[:20], *back])
    assert moments.at(START + 19 * TICK) == len(FRAMES) - 1
    assert moments.at(START + 18 * TICK) == 18


def test_a_hundred_thousand_frames_are_searched_within_a_key() -> None:
    frames = list(long_run(5_000))
    moments = Moments()
    for turn in range(20):
        moments.add(frame.model_copy(update={"frame": turn * 5_000 + frame.frame}) for frame in frames)
    began = time.perf_counter()
    assert moments.next("failure", 99_999, -1) is None
    assert moments.next_of_node("999999", 99_999, -1) is None
    assert moments.next("commit", 0, 1) is not None
    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("120", 120),
        ("frame 12", 12),
        (" Frame 0 ", 0),
        ("-10m", NOON - timedelta(minutes=10)),
        ("+ 2h", NOON + timedelta(hours=2)),
        ("-1d", NOON - timedelta(days=1)),
        ("10:05:30", NOON.replace(hour=10, minute=5, second=30, microsecond=999_999)),
        ("9:05", NOON.replace(hour=9, minute=5, microsecond=999_999)),
        ("2026-11-20 14:05", datetime(2026, 11, 20, 14, 5, tzinfo=UTC)),
    ],
)
def test_words_for_a_moment(words: str, found: int | datetime) -> None:
    assert moment(words, NOON, 200) == found


@pytest.mark.parametrize("words", ["", "frame 201", "soon", "25:00", "-999999999d", "10:99", "99999999999999"])
def test_words_for_no_moment_say_so(words: str) -> None:
    with pytest.raises(UsageError, match=r"the last is 200|say a time"):
        moment(words, NOON, 200)
