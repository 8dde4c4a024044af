"""The timeline: every frame has its place, every decision its sign, and moving asks for exactly one frame."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import MouseScrollDown, MouseScrollUp

from swarm import frames as f
from swarm.fold import fold
from swarm.proposals import Failure
from swarm.state import Swarm
from swarm.values import Report
from tests.ui.harness import Harness, lines
from tests.ui.sample import wordcount_frames, wordcount_state
from widgets.timeline import Timeline
from widgets.timeline_lines import View
from widgets.timeline_marks import Mark, Marks, best, column, density, frame_at, marks


def kinds(found: Marks) -> list[str]:
    return [mark.kind for mark in found.points]


def sample_marks() -> Marks:
    return marks(wordcount_frames(), wordcount_state())


def test_decisions_of_a_human_ends_and_commits_have_a_sign() -> None:
    found = sample_marks()
    human = [x for x in wordcount_frames() if isinstance(x, f.GateDecided) and not x.rule]
    assert kinds(found).count("gate") == len(human)
    assert [mark.label for mark in found.points if mark.kind == "commit"] == ["core.py written"]
    assert "keep context done" in [mark.label for mark in found.points if mark.kind == "end"]
    assert found.points[0] == Mark(0, "start", "start", True)
    assert (found.commits, found.failed, len(found.weights)) == (1, 0, len(wordcount_frames()))


def test_batch_by_batch_gives_the_same_as_all_at_once() -> None:
    frames, state = wordcount_frames(), wordcount_state()
    found = marks(frames[:10], state)
    for start in range(10, len(frames), 10):
        found = marks(frames[start : start + 10], state, found)
    assert found == sample_marks()


def test_failures_merges_edits_and_the_end_of_a_run_have_a_sign() -> None:
    frames: list[f.Frame] = [
        f.GateOpened(frame=0, node="7", gate="9", seq=1, proposal=Failure(error="", directive=""), digest=""),
        f.NodeEnded(frame=1, node="7", report=Report(outcome="failed", summary="")),
        f.WorkspaceEdited(frame=2, commit="c", paths=("a",), by="you"),
        f.RunMerged(frame=3, gate="9", commit="c", into="main"),
        f.RunEnded(frame=4, status="over_budget"),
    ]
    found = marks(frames, wordcount_state())
    assert [(mark.kind, mark.label) for mark in found.points] == [
        ("failure", "2 Use it failed"),
        ("failure", "2 Use it failed"),
        ("commit", "your edits"),
        ("commit", "merged into main"),
        ("close", "over budget"),
    ]
    assert found.failed == 1


def test_a_long_history_keeps_the_best_sign_of_each_stretch() -> None:
    decided = [f.GateDecided(frame=n, gate="1", digest="", decision="approve", by="you") for n in range(20_000)]
    frames: list[f.Frame] = [*decided[:12_345], f.RunEnded(frame=12_345, status="failed"), *decided[12_346:]]
    found = marks(frames, Swarm())
    assert len(found.points) < 10_000
    assert len(found.weights) == 20_000
    assert Mark(12_345, "close", "failed", True) in found.points


@given(st.integers(0, 5_000), st.integers(1, 300))
def test_every_frame_has_one_column_and_columns_are_in_order(last: int, columns: int) -> None:
    places = [column(frame, last, columns) for frame in range(last + 1)]
    assert places == sorted(places)
    assert places[0] == 0
    assert set(places) == set(range(min(last + 1, columns)))
    for place in set(places):
        first = frame_at(place, last, columns)
        assert places[first] == place
        assert first == 0 or places[first - 1] < place
    bars = density(bytes([1]) * (last + 1), last, columns)
    assert len(bars) == len(set(places))
    assert all(0 <= share <= 1 for share in bars)


def test_of_two_in_one_column_the_rarer_is_shown() -> None:
    points = [Mark(0, "gate"), Mark(1, "failure"), Mark(2, "end"), Mark(9, "gate")]
    assert [mark.kind for mark in best(points, 9, 2).values()] == ["failure", "gate"]


async def test_it_looks_like_the_board() -> None:
    timeline = Timeline()
    async with Harness(timeline).run(120, 6) as pilot:
        timeline.show(View(sample_marks(), 70, 70))
        await pilot.pause()
        title, bar, labels, _ = lines(timeline)[:4]
        assert title.endswith(" 71 frames · 1 commit ━┓")
        assert bar.startswith("┃ < > steps   ")
        assert bar.endswith("0 failed ┃")
        assert bar.count("◆") == 12
        assert "0 start" in labels
        assert "core.py written" in labels
        assert labels.index("70 now") == 14 + 70


async def test_labels_never_overlap_and_the_present_has_one_at_every_width() -> None:
    timeline = Timeline()
    async with Harness(timeline).run(120, 6) as pilot:
        timeline.show(View(sample_marks(), 70, 70))
        for width in (110, 80, 60, 40, 30):
            await pilot.resize_terminal(width, 6)
            labels = lines(timeline)[2]
            assert "70 now" in labels
            assert len(labels) == width


async def test_the_past_is_marked() -> None:
    timeline = Timeline()
    async with Harness(timeline).run(120, 6) as pilot:
        timeline.show(View(sample_marks(), 70, 36))
        await pilot.pause()
        labels = lines(timeline)[2]
        assert labels.index("36") == 14 + 36
        assert "70 now" in labels


async def test_the_commit_stands_before_the_labels_and_what_is_marked_or_played_is_said() -> None:
    timeline = Timeline()
    at = datetime(2026, 11, 21, 10, 4, 12, tzinfo=UTC)
    async with Harness(timeline).run(120, 6) as pilot:
        timeline.show(View(sample_marks(), 70, 36, at, "4f0c2ad9e1b3", marked=12, speed=16))
        await pilot.pause()
        title, bar, labels, _ = lines(timeline)[:4]
        assert "Timeline · 2026-11-21 10:04:12" in title
        assert bar.startswith("┃ play 16/s   ▁")
        assert bar[14 + 12] == "┃"
        assert labels.startswith("┃ ◇ 4f0c2ad   ")
        assert labels.index("12 marked") == 14 + 12


@pytest.mark.parametrize(
    ("key", "by"), [("left", -1), ("h", -1), ("right", 1), ("l", 1), ("pageup", -10), ("pagedown", 10)]
)
async def test_keys_step_from_whatever_was_asked_for_last(key: str, by: int) -> None:
    timeline = Timeline()
    app = Harness(timeline, Timeline.Stepped)
    async with app.run(120, 6) as pilot:
        timeline.show(View(sample_marks(), 70, 36))
        await pilot.press(key)
        (message,) = app.kept
        assert (message.by, message.control) == (by, timeline)


@pytest.mark.parametrize(("key", "frame"), [("home", 0), ("g", 0), ("end", 70), ("G", 70)])
async def test_keys_ask_for_the_first_frame_or_the_last(key: str, frame: int) -> None:
    timeline = Timeline()
    app = Harness(timeline, Timeline.Moved)
    async with app.run(120, 6) as pilot:
        timeline.show(View(sample_marks(), 70, 36))
        await pilot.press(key)
        (message,) = app.kept
        assert (message.frame, message.control) == (frame, timeline)


async def test_a_page_of_a_long_run_is_a_twentieth_of_it() -> None:
    timeline = Timeline()
    app = Harness(timeline, Timeline.Stepped)
    async with app.run(120, 6) as pilot:
        timeline.show(View(Marks(b"\x01" * 100_000), 99_999, 99_999))
        await pilot.press("pageup")
        assert [message.by for message in app.kept] == [-5_000]


async def test_without_a_history_there_is_nothing_to_ask_for() -> None:
    timeline = Timeline()
    app = Harness(timeline, Timeline.Moved, Timeline.Stepped)
    async with app.run(120, 6) as pilot:
        await pilot.press("left", "right", "home", "end", "pageup", "pagedown")
        await pilot.click(timeline, offset=(20, 1))
        assert app.kept == []


async def test_a_click_asks_for_the_frame_under_it() -> None:
    timeline = Timeline()
    app = Harness(timeline, Timeline.Moved)
    async with app.run(120, 6) as pilot:
        timeline.show(View(sample_marks(), 70, 70))
        await pilot.click(timeline, offset=(14 + 12, 1))
        await pilot.click(timeline, offset=(3, 1))
        await pilot.click(timeline, offset=(100, 1))
        assert [message.frame for message in app.kept] == [12]


async def test_a_drag_goes_along_with_the_pointer_and_ends_at_the_ends_of_the_bar() -> None:
    timeline = Timeline()
    app = Harness(timeline, Timeline.Moved)
    async with app.run(120, 6) as pilot:
        timeline.show(View(sample_marks(), 70, 70))
        await pilot.mouse_down(timeline, offset=(14 + 30, 1))
        await pilot.hover(timeline, offset=(14 + 20, 2))
        await pilot.hover(timeline, offset=(2, 1))
        await pilot.hover(timeline, offset=(110, 1))
        await pilot.mouse_up(timeline, offset=(110, 1))
        await pilot.hover(timeline, offset=(14 + 5, 1))
        assert [message.frame for message in app.kept] == [30, 20, 0, 70]


async def test_the_wheel_steps() -> None:
    timeline = Timeline()
    app = Harness(timeline, Timeline.Stepped)
    async with app.run(120, 6) as pilot:
        timeline.show(View(sample_marks(), 70, 70))
        for kind in (MouseScrollUp, MouseScrollDown):
            timeline.post_message(kind(timeline, 0, 0, 0, 0, 0, False, False, False))
        await pilot.pause()
        assert [message.by for message in app.kept] == [-1, 1]


async def test_labels_of_others_are_harmless() -> None:
    timeline = Timeline()
    async with Harness(timeline).run(80, 6) as pilot:
        timeline.show(View(Marks(b"\x01" * 60, (Mark(0, "end", "[/x]\x1b]0;t\x07\n[b]name"),)), 59, 59))
        await pilot.pause()
        assert "0 [/x] [b]name" in lines(timeline)[2]


def test_signs_of_nodes_that_a_state_does_not_have_are_nameless() -> None:
    ended = f.NodeEnded(frame=0, node="99", report=Report(outcome="done", summary=""))
    assert marks([ended], fold([])).points == (Mark(0, "end", " done"),)
