"""A node that fails waits for what becomes of it, and its parent with it."""

from __future__ import annotations

from typing import Any

import pytest

from swarm import commands as c
from swarm.actions.common import delegate
from swarm.asks import RecallDraft
from swarm.context import NodeContext
from swarm.engine import Engine
from swarm.errors import StepFailed
from swarm.proposals import AnyProposal, Failure, Run
from swarm.state import Gate, Swarm
from swarm.values import Report
from tests.engine import kit
from tests.engine.doubles import Scripted, Shelf
from tests.engine.kit import Stage, child, done
from tests.engine.recount import check_history

# The failure gate


class _Faulty(Shelf):
    """Commands fail as long as told to."""

    fails = True

    async def perform(self, proposal: AnyProposal, mark: Any) -> Any:
        if self.fails and isinstance(proposal, Run):
            self.performed.append((mark.frame, proposal))
            raise OSError("it broke")
        return await super().perform(proposal, mark)


async def _works(node: NodeContext) -> Report:
    thought = await kit.query(node)
    await node.write(f"{node.directive}.txt", thought)
    await node.run(Run(title="make", script=node.directive))
    return done(f"made {node.directive}")


async def _parent(node: NodeContext) -> Report:
    _, pairs = await node.spawn([child("works", "one")])
    return done(f"{pairs[0][1].outcome}: {pairs[0][1].summary}")


def _stage(**start: Any) -> Stage:
    return Stage({"root": _parent, "works": _works}, world=_Faulty(), **start)


async def _at_failure(engine: Engine) -> Gate:
    while not kit.waits_at("failure")(state := await kit.settled(engine)):
        due = sorted((gate for gate in state.open_gates if state.gates[gate].seq is not None), key=int)
        await engine.do(kit.approve(state.gates[due[0]]))
    return kit.gate_of(state, "failure")


def _made(stage: Stage) -> list[str]:
    return [proposal.script if isinstance(proposal, Run) else proposal.path for _, proposal in stage.world.performed]


async def test_a_node_that_fails_waits_and_so_does_its_parent() -> None:
    async with _stage().open() as engine:
        gate = await _at_failure(engine)
        assert gate.proposal == Failure(error="it broke", directive="one")
        assert (engine.state.nodes["2"].status, engine.state.nodes["1"].status) == ("waiting_gate", "waiting_children")
        assert engine.state.status == "waiting"


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_retry_keeps_the_steps_that_went_well(restarted: bool) -> None:
    stage = _stage()
    async with stage.open() as engine:
        gate = await _at_failure(engine)
        stage.world.fails = False
        if not restarted:
            await engine.do(kit.choose(gate, "retry"))
            await kit.drive(engine)
    if restarted:
        async with stage.open() as engine:
            await engine.do(kit.choose(gate, "retry"))
            await kit.drive(engine)
    state = stage.state
    assert state.nodes["1"].report == done("done: made one")
    assert (state.nodes["2"].attempt, len(stage.model.asked)) == (2, 1)
    assert _made(stage) == ["one.txt", "one", "one"]
    check_history(stage.frames)


@pytest.mark.parametrize("keep", [True, False])
async def test_the_retry_command_keeps_them_too_unless_the_human_says_otherwise(keep: bool) -> None:
    stage = _stage()
    async with stage.open() as engine:
        gate = await _at_failure(engine)
        stage.world.fails = False
        await engine.do(c.Retry(node=gate.node, keep=keep))
        await kit.drive(engine)
    assert len(stage.model.asked) == (1 if keep else 2)
    assert _made(stage).count("one.txt") == (1 if keep else 2)
    check_history(stage.frames)


async def test_an_edited_directive_begins_anew_as_its_steps_followed_from_the_old_one() -> None:
    stage = _stage()
    async with stage.open() as engine:
        gate = await _at_failure(engine)
        stage.world.fails = False
        await engine.do(kit.edit(gate, Failure(error="it broke", directive="two")))
        state = await kit.drive(engine)
    assert state.nodes["2"].directive == "two"
    assert state.nodes["1"].report == done("done: made two")
    assert [request.directive for request in stage.model.asked] == ["one", "two"]
    assert stage.world.files == {"one.txt": "about one", "two.txt": "about two"}


async def test_handed_to_the_human_the_next_thought_is_a_form() -> None:
    async def thinks(node: NodeContext) -> Report:
        first = await kit.query(node, key="first")
        return done(f"{first}, {await kit.query(node, key='second')}")

    answers = iter([{"query": "model"}, StepFailed("no idea")])
    stage = Stage({"root": thinks}, model=Scripted(lambda _: next(answers)))
    async with stage.open() as engine:
        await engine.do(kit.choose(await _at_failure(engine), "hand"))
        state = await kit.settled(engine)
        assert state.questions["q1"].ask.form == RecallDraft.model_json_schema()
        await engine.do(c.Answer(question="q1", answer={"query": "human"}))
        assert (await kit.settled(engine)).nodes["1"].report == done("model, human")
    check_history(stage.frames)


_ENDS: dict[str, tuple[dict[str, Any], Report]] = {
    "report": ({"report": done("I did it")}, done("I did it", edited="by hand")),
    "skip": ({}, Report(outcome="incomplete", summary="Skipped by the human.", value={"skipped": True})),
    "pass": ({}, Report(outcome="failed", summary="it broke")),
    "stop": ({"reason": "enough"}, Report(outcome="stopped", summary="enough")),
}


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("choice", _ENDS)
async def test_a_failure_that_is_decided_ends_the_node_and_its_parent_reads_how(choice: str, restarted: bool) -> None:
    fields, report = _ENDS[choice]
    stage = _stage()
    async with stage.open() as engine:
        gate = await _at_failure(engine)
        if not restarted:
            await engine.do(kit.choose(gate, choice, **fields))
            await kit.drive(engine)
    if restarted:
        async with stage.open() as engine:
            await engine.do(kit.choose(gate, choice, **fields))
            await kit.drive(engine)
    assert stage.state.nodes["2"].report == report
    assert stage.state.nodes["1"].report == done(f"{report.outcome}: {report.summary}")
    check_history(stage.frames)


async def _insists(node: NodeContext) -> Report:
    """Fails if its child does."""
    if node.directive == "bottom":
        raise ValueError("no\nground")
    report = await delegate(node, child("insists", "bottom" if node.directive == "middle" else "middle"))
    if report.outcome == "failed":
        raise StepFailed(f"{node.directive} cannot go on: {report.summary}")
    return report


async def test_at_auto_a_failure_is_passed_up_until_the_run_fails() -> None:
    stage = Stage({"root": _insists, "insists": _insists}, goal="top", level="auto")
    state = await stage.finish()
    assert state.status == "failed"
    assert state.why == "top cannot go on: middle cannot go on: insists raised ValueError: no ground"
    assert [state.nodes[node].status for node in "123"] == ["failed"] * 3
    assert state.failed == 3
    assert {gate.decision.rule for gate in state.gates.values() if gate.kind == "failure" and gate.decision} == {
        "level auto: effects and failures"
    }
    check_history(stage.frames)


async def test_passing_up_by_hand_asks_at_every_node_on_the_way() -> None:
    stage = Stage({"root": _insists, "insists": _insists}, goal="top")
    nodes = []

    def passing(state: Swarm, gate: Gate) -> c.Decide:
        if gate.kind == "failure":
            nodes.append(gate.node)
        return kit.yes(state, gate)

    assert (await stage.finish(passing)).status == "failed"
    assert nodes == ["3", "2", "1"]


async def test_an_effect_that_cannot_even_be_proposed_is_a_failure() -> None:
    async def root(node: NodeContext) -> Report:
        await node.edit("missing", "no blocks")
        return done()

    stage = Stage({"root": root})
    async with stage.open() as engine:
        gate = await _at_failure(engine)
        assert gate.proposal.error.startswith("this run has no workspace")
        assert engine.state.status == "waiting"
    check_history(stage.frames)


async def test_a_node_that_fails_beside_a_step_that_waits_asks_only_once_that_is_decided() -> None:
    async def root(node: NodeContext) -> Report:
        await node.spawn([child("fails"), child("leaf")])
        return done()

    async def fails(node: NodeContext) -> Report:
        raise RuntimeError(node.directive)

    stage = Stage({"root": root, "fails": fails, "leaf": kit.leaf})
    async with stage.open() as engine:
        await _at_failure(engine)
        assert sorted(engine.state.gates[gate].kind for gate in engine.state.open_gates) == ["failure", "terminate"]
        await kit.drive(engine)
    check_history(stage.frames)
