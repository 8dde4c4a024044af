"""The contract of `Runner`, which every kind passes: work begins at least once, and never twice at the same time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm import frames as f
from swarm.runner import Operation, Runner, TaskRunner, work
from swarm.values import Child, Report
from tests.engine.watched import Watched

KINDS: dict[str, Callable[[], Runner]] = {"task": TaskRunner}

Handled = list[dict[str, Any]]


@pytest.fixture(params=KINDS)
async def runner(request: pytest.FixtureRequest) -> AsyncIterator[Runner]:
    runner = KINDS[request.param]()
    yield runner
    await runner.close()


@pytest.fixture
async def watched() -> Watched:
    return Watched()


@pytest.fixture
async def handled() -> AsyncIterator[Handled]:
    """What the event loop's exception handler is told."""
    told: Handled = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(context))
    yield told
    loop.set_exception_handler(None)


async def rounds() -> None:
    """Gives everything that could begin the time to do so."""
    for _ in range(20):
        await asyncio.sleep(0)


class TestSpawn:
    async def test_begins_the_work_of_a_node_but_not_within_the_call(self, runner: Runner, watched: Watched) -> None:
        runner.spawn("1", watched)
        assert watched.begun == []
        await watched.until(lambda: watched.begun == ["1"])

    async def test_begins_the_work_of_many_nodes_side_by_side(self, runner: Runner, watched: Watched) -> None:
        nodes = {str(number) for number in range(100)}
        for node in nodes:
            runner.spawn(node, watched)
        await watched.until(lambda: watched.now == nodes)

    async def test_many_times_never_runs_a_node_twice_at_the_same_time(self, runner: Runner, watched: Watched) -> None:
        for _ in range(5):
            runner.spawn("1", watched)
            await rounds()
        assert watched.begun == ["1"]
        watched.gate("1").set()
        await watched.until(lambda: len(watched.ended) > 1)
        await rounds()
        assert watched.begun == watched.ended

    async def test_during_a_run_has_another_follow(self, runner: Runner, watched: Watched) -> None:
        runner.spawn("1", watched)
        await watched.until(lambda: watched.now == {"1"})
        runner.spawn("1", watched)
        watched.gate("1").set()
        await watched.until(lambda: watched.ended == ["1", "1"])

    async def test_at_the_last_moment_of_a_run_is_not_lost(self, runner: Runner, watched: Watched) -> None:
        async def again(node: str) -> None:
            runner.spawn(node, watched)

        runner.spawn("1", again)
        await watched.until(lambda: watched.begun == ["1"])

    async def test_after_the_end_begins_anew(self, runner: Runner, watched: Watched) -> None:
        watched.gate("1").set()
        for count in (1, 2, 3):
            runner.spawn("1", watched)
            await watched.until(lambda: len(watched.ended) == count)  # noqa: B023

    async def test_of_work_that_raises_is_told_and_hinders_nobody(
        self, runner: Runner, watched: Watched, handled: Handled
    ) -> None:
        async def broken(_: str) -> None:
            raise ValueError("broken")

        runner.spawn("1", broken)
        runner.spawn("2", watched)
        await watched.until(lambda: watched.now == {"2"})
        await rounds()
        assert [(str(told["exception"]), "node 1" in told["message"]) for told in handled] == [("broken", True)]
        runner.spawn("1", watched)
        await watched.until(lambda: watched.now == {"1", "2"})


class TestTerminate:
    async def test_takes_back_the_work_of_one_node(self, runner: Runner, watched: Watched) -> None:
        for node in ("1", "2"):
            runner.spawn(node, watched)
        await watched.until(lambda: watched.now == {"1", "2"})
        runner.terminate("1")
        await watched.until(lambda: watched.ended == ["1"])
        assert watched.now == {"2"}

    async def test_takes_back_work_that_has_not_begun(self, runner: Runner, watched: Watched) -> None:
        runner.spawn("1", watched)
        runner.terminate("1")
        await rounds()
        assert watched.begun == []

    async def test_takes_back_the_work_that_would_follow(self, runner: Runner, watched: Watched) -> None:
        runner.spawn("1", watched)
        await watched.until(lambda: watched.now == {"1"})
        runner.spawn("1", watched)
        runner.terminate("1")
        await watched.until(lambda: watched.ended == ["1"])
        await rounds()
        assert watched.begun == ["1"]

    async def test_is_over_before_a_later_spawn_begins(self, runner: Runner, watched: Watched) -> None:
        runner.spawn("1", watched)
        await watched.until(lambda: watched.now == {"1"})
        runner.terminate("1")
        runner.spawn("1", watched)
        await watched.until(lambda: watched.begun == ["1", "1"])
        assert watched.ended == ["1"]

    async def test_of_a_node_that_does_not_run_is_nothing(self, runner: Runner, watched: Watched) -> None:
        runner.terminate("1")
        runner.terminate("1")
        runner.spawn("1", watched)
        await watched.until(lambda: watched.now == {"1"})


class TestClose:
    async def test_takes_back_all_work_and_waits_until_it_is_over(self, runner: Runner, watched: Watched) -> None:
        before = asyncio.all_tasks()
        for node in ("1", "2", "3"):
            runner.spawn(node, watched)
        await watched.until(lambda: watched.now == {"1", "2", "3"})
        runner.spawn("1", watched)
        runner.spawn("late", watched)
        await runner.close()
        assert watched.now == set()
        assert sorted(watched.ended) == ["1", "2", "3"]
        assert asyncio.all_tasks() == before

    async def test_lets_nothing_begin_any_more(self, runner: Runner, watched: Watched) -> None:
        async def again(node: str) -> None:
            try:
                await watched(node)
            finally:
                runner.spawn(node, watched)

        runner.spawn("1", again)
        await watched.until(lambda: watched.now == {"1"})
        await runner.close()
        runner.spawn("2", watched)
        await rounds()
        assert watched.begun == ["1"]

    async def test_is_not_hindered_by_work_that_raises(
        self, runner: Runner, watched: Watched, handled: Handled
    ) -> None:
        async def broken(node: str) -> None:
            try:
                await watched(node)
            finally:
                raise ValueError("broken")

        runner.spawn("1", broken)
        runner.spawn("2", watched)
        await watched.until(lambda: watched.now == {"1", "2"})
        await runner.close()
        assert sorted(watched.ended) == ["1", "2"]
        assert [str(told["exception"]) for told in handled] == ["broken"]

    async def test_twice_is_as_good_as_once(self, runner: Runner, watched: Watched) -> None:
        runner.spawn("1", watched)
        await watched.until(lambda: watched.now == {"1"})
        await asyncio.gather(runner.close(), runner.close())
        await runner.close()
        assert watched.ended == ["1"]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=100, deadline=None)
@given(calls=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["spawn", "terminate", "free", "wait"]))))
def test_the_last_spawn_is_followed_by_work_whatever_happens_around_it(kind: str, calls: list[tuple[str, str]]) -> None:
    async def play() -> None:
        runner, watched = KINDS[kind](), Watched()
        owed: dict[str, int] = {}  # how often work had begun when it was asked for
        for node, call in calls:
            if call == "spawn":
                runner.spawn(node, watched)
                owed[node] = watched.begun.count(node)
            elif call == "terminate":
                runner.terminate(node)
                owed.pop(node, None)
            elif call == "free":
                watched.gate(node).set()
            await asyncio.sleep(0)
        for node in "ab":
            watched.gate(node).set()
        await watched.until(lambda: all(watched.begun.count(node) > count for node, count in owed.items()))
        await runner.close()
        assert sorted(watched.begun) == sorted(watched.ended)

    asyncio.run(play())


# Operations


@pytest.mark.parametrize(
    ("frame", "operations"),
    [
        (f.NodeSpawned(node="1", step=1, index=0, child=Child(directive="d")), [Operation(kind="spawn", node="1")]),
        (f.NodeRetried(node="1", attempt=2), [Operation(kind="spawn", node="1")]),
        (f.NodeEnded(node="1", report=Report(outcome="done", summary="")), [Operation(kind="terminate", node="1")]),
        (f.Continued(by="you"), []),
    ],
)
def test_what_follows_from_a_frame(frame: f.Frame, operations: list[Operation]) -> None:
    assert work(frame) == operations
