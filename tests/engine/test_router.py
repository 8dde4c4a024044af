"""The router: what it is told, what it offers, and what becomes of a directive that is too big."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from swarm import commands as c
from swarm.actions import route_action
from swarm.actions.base import Entry, Space
from swarm.context import NodeContext
from swarm.models.base import Request
from swarm.spaces.builtin import builtin_space
from swarm.state import Gate, Swarm
from swarm.values import Report
from tests.engine import kit
from tests.engine.doubles import Scripted
from tests.engine.kit import Stage
from tests.engine.recount import check_history
from tests.engine.test_going_on import rejecting_once, with_child, words


def _router(answer: Callable[[Request], Any], **bodies: Any) -> Stage:
    actions = {"root": replace(route_action.ACTION, name="root"), "decompose_directive": kit.leaf, **bodies}
    stage = Stage(actions, model=Scripted(answer))
    entries = (
        Entry("carry_out", "Steps."),
        Entry("inner", "Not to be chosen.", entries=(Entry("x", ""),), routable=False),
    )
    stage.space = Space(Entry("all", "", entries=entries), stage.space.actions)
    return stage


async def _too_big(node: NodeContext) -> Report:
    return Report(outcome="incomplete", summary="too big", value={"too_big": True})


async def test_why_something_is_not_to_be_broken_down_reaches_the_router() -> None:
    stage = _router(lambda request: {"choose": "small" if request.rejected else "carry_out"}, carry_out=_too_big)
    entries = (*(stage.space.root.entries or ()), Entry("small", "One step."))
    stage.space = Space(
        Entry("all", "", entries=entries), {**stage.space.actions, "small": kit.action("small", kit.leaf)}
    )
    breaks_down = lambda gate: gate.proposal.children[0].action == "decompose_directive"  # noqa: E731
    state = await stage.finish(rejecting_once("spawn", "one step will do", breaks_down))
    assert [request.rejected for request in stage.model.asked] == ["", "one step will do"]
    assert (state.status, [node.action for node in state.children("1")]) == ("done", ["carry_out", "small"])
    check_history(stage.frames)


async def test_what_is_too_big_is_broken_down_or_left_out() -> None:
    for verb, status in (("approve", "done"), ("skip", "incomplete")):
        stage = _router(lambda _: {"choose": "carry_out"}, carry_out=_too_big)

        def choose(state: Swarm, gate: Gate, verb: Any = verb) -> c.Decide:
            breaks_down = gate.kind == "spawn" and gate.proposal.children[0].action == "decompose_directive"
            return c.Decide(gates=kit.seen(gate), verb=verb) if breaks_down else kit.yes(state, gate)

        report = (await stage.finish(choose)).nodes["1"].report
        assert (report.outcome, report.left_out) == (status, verb == "skip")


async def test_the_router_is_told_what_was_answered_and_offers_only_what_can_work() -> None:
    stage = with_child(_router(lambda _: {"choose": "none"}), arguments={"answers": {"tool": "make"}})
    async with stage.open() as engine:
        state = await kit.settled(engine)
    assert '"tool": "make"' in words(stage.model.asked[0])
    assert state.questions["q1"].ask.choices == ("fill it in myself", "skip", "carry_out", "decompose_directive")


async def test_the_router_offers_none_of_the_actions_that_only_the_swarm_starts() -> None:
    stage = _router(lambda _: {"choose": "none"})
    stage.space = Space(builtin_space().root, {**stage.space.actions})
    async with stage.open() as engine:
        choices = (await kit.settled(engine)).questions["q1"].ask.choices
    assert {"edit_file", "carry_out", "decompose_directive"} < set(choices)
    assert not {"organise_context", "review_directive", "route_action", "root"} & set(choices)
