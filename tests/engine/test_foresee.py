"""What an approval leads to is shown with it, and holds only if everything goes exactly as shown."""

from __future__ import annotations

from typing import Any

import pytest

from swarm import commands as c
from swarm.actions import decompose_directive, review_directive
from swarm.actions.common import delegate, passed_on
from swarm.context import NodeContext
from swarm.engine import Engine
from swarm.models.base import Request
from swarm.proposals import Run, Save, Spawn, Terminate, Write
from swarm.state import Gate, Swarm
from swarm.values import Report
from tests.engine import kit
from tests.engine.doubles import Mortal, Scripted, Shelf
from tests.engine.kit import Stage, child, done, write_child
from tests.engine.recount import check_history


async def _passes_on(node: NodeContext) -> Report:
    return await delegate(node, write_child("a.txt"))


def _stage(**start: Any) -> Stage:
    return Stage({"root": _passes_on, "write": kit.write, "leaf": kit.leaf}, world=Shelf(), **start)


async def _at_write(engine: Engine) -> tuple[Swarm, Gate, list[Gate]]:
    """The run at its write, whose chain of ends is foreseen."""
    state = await kit.settled(engine)
    if state.nodes["1"].gates:
        await engine.do(kit.approve(kit.gate_of(state, "spawn")))
        state = await kit.settled(engine)
    return state, kit.gate_of(state, "write"), kit.foreseen(state)


def _went(state: Swarm) -> list[str]:
    """Kind and status of each gate, in their order."""
    return [f"{gate.kind} {gate.status}" for gate in sorted(state.gates.values(), key=lambda gate: int(gate.id))]


_ALL = ["spawn applied", "write applied", "terminate applied", "terminate applied"]


async def test_an_effect_shows_the_end_that_it_leads_to_and_the_end_of_the_parent_that_passes_it_on() -> None:
    async with _stage().open() as engine:
        _, write, ends = await _at_write(engine)
    assert [(gate.node, gate.after) for gate in ends] == [("2", write.id), ("1", ends[0].id)]
    assert {gate.proposal.report.summary for gate in ends} == {"wrote a.txt"}
    assert all(gate.seq is None and gate.status == "open" for gate in ends)


async def test_approved_all_at_once_nothing_more_is_asked() -> None:
    stage = _stage()
    async with stage.open() as engine:
        _, write, ends = await _at_write(engine)
        await engine.do(kit.approve(write, *ends))
        state = await kit.settled(engine)
    assert (state.status, _went(state)) == ("done", _ALL)
    check_history(stage.frames)


async def test_a_foreseen_gate_comes_due_as_it_was_shown_and_is_asked_then() -> None:
    stage = _stage()
    async with stage.open() as engine:
        _, write, ends = await _at_write(engine)
        await engine.do(kit.approve(write))
        state = await kit.settled(engine)
        due = kit.gate_of(state, "terminate")
        assert (due.id, due.digest, due.seq) == (ends[0].id, ends[0].digest, 2)
        assert [gate.id for gate in kit.foreseen(state)] == [ends[1].id]
        await engine.do(kit.approve(due))
        assert kit.gate_of(await kit.settled(engine), "terminate").id == ends[1].id
        assert _went(await kit.drive(engine)) == _ALL


@pytest.mark.parametrize("decided", ["before", "after"])
async def test_a_restart_changes_nothing_about_what_was_foreseen(decided: str) -> None:
    stage = _stage()
    async with stage.open() as engine:
        _, write, ends = await _at_write(engine)
        if decided == "before":
            await engine.do(kit.approve(*ends))
    async with stage.open() as engine:
        await engine.do(kit.approve(write))
        if decided == "after":
            await engine.do(kit.approve(*ends))
        assert _went(await kit.settled(engine)) == _ALL
    check_history(stage.frames)


@pytest.mark.parametrize("verb", ["reject", "edit", "skip", "stop"])
async def test_what_follows_is_withdrawn_when_the_first_is_not_approved_as_shown(verb: Any) -> None:
    stage = _stage()
    async with stage.open() as engine:
        _, write, ends = await _at_write(engine)
        await engine.do(kit.approve(ends[0]))
        proposal = Write(path="a.txt", content="mine") if verb == "edit" else None
        await engine.do(c.Decide(gates=kit.seen(write), verb=verb, reason="no", proposal=proposal))
        state = await kit.settled(engine)
        assert [state.gates[gate.id].status for gate in ends] == ["withdrawn", "withdrawn"]
        await kit.drive(engine)
    check_history(stage.frames)


async def test_what_was_approved_beforehand_does_not_hold_when_it_went_another_way() -> None:
    class Talkative(Shelf):
        def effect_of(self, proposal: Any) -> Any:
            effect = super().effect_of(proposal)
            return effect.model_copy(update={"value": {**effect.value, "output": "something else"}})

    async def shout(node: NodeContext) -> Report:
        result = await node.run(Run(title="t", script="s"), then=lambda _: done("it said nothing"))
        return done(f"it said {result.value['output'] or 'nothing'}")

    stage = Stage({"root": shout}, world=Talkative())
    async with stage.open() as engine:
        state = await kit.settled(engine)
        (end,) = kit.foreseen(state)
        await engine.do(kit.approve(kit.gate_of(state, "run"), end))
        state = await kit.settled(engine)
        assert (state.gates[end.id].status, state.gates[end.id].why) == ("stale", "it went another way than was shown")
        assert kit.gate_of(state, "terminate").proposal == Terminate(report=done("it said something else"))
    check_history(stage.frames)


async def test_an_effect_that_fails_makes_what_would_follow_stale() -> None:
    class Full(Shelf):
        async def perform(self, proposal: Any, mark: Any) -> Any:
            raise OSError("the disk is full")

    stage = Stage({"root": _passes_on, "write": kit.write}, world=Full())
    async with stage.open() as engine:
        _, write, ends = await _at_write(engine)
        await engine.do(kit.approve(write, *ends))
        state = await kit.settled(engine)
        assert [state.gates[gate.id].status for gate in ends] == ["stale", "stale"]
        assert kit.gate_of(state, "failure").proposal.error == "the disk is full"
    check_history(stage.frames)


async def test_an_end_that_is_rejected_beforehand_is_revised_when_it_comes() -> None:
    stage = _stage()
    async with stage.open() as engine:
        _, write, ends = await _at_write(engine)
        await engine.do(kit.reject(ends[0], "say more"))
        await engine.do(kit.approve(write))
        state = await kit.settled(engine)
        assert state.gates[ends[1].id].status == "withdrawn"
        again = kit.gate_of(state, "terminate")
        assert (again.revision, again.proposal.report.summary) == (2, "wrote a.txt, revised: say more")
        state = await kit.drive(engine)
    assert state.nodes["1"].report.summary == "wrote a.txt, revised: say more"
    check_history(stage.frames)


async def test_the_end_of_a_parent_is_foreseen_only_with_the_last_of_its_children() -> None:
    async def root(node: NodeContext) -> Report:
        _, pairs = await node.spawn([write_child("a"), write_child("b")], then=both)
        return both(pairs)

    def both(pairs: Any) -> Report:
        return done(" ".join(report.summary for _, report in pairs))

    stage = Stage({"root": root, "write": kit.write}, world=Shelf())
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        state = await kit.settled(engine)
        assert [gate.node for gate in kit.foreseen(state)] == ["2", "3"]
        first, second = (state.gates[name] for name in sorted(state.open_gates, key=int) if state.gates[name].seq)
        ends = kit.foreseen(state)
        await engine.do(kit.approve(first, ends[0]))
        state = await kit.settled(engine)
        assert [gate.node for gate in kit.foreseen(state)] == ["3"]  # shown before: its parent still waited for two
        await engine.do(kit.approve(second))
        state = await kit.settled(engine)
        assert [gate.node for gate in kit.foreseen(state)] == []
        assert (await kit.drive(engine)).nodes["1"].report == done("wrote a wrote b")


async def test_no_more_than_a_dozen_steps_are_foretold() -> None:
    async def down(node: NodeContext) -> Report:
        left = int(node.directive)
        if not left:
            return await kit.write(node)
        return await delegate(node, child("down", str(left - 1)))

    stage = Stage({"root": down, "down": down}, world=Shelf(), goal="20", limits={"depth": 30})
    async with stage.open() as engine:
        for _ in range(20):
            await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        state = await kit.settled(engine)
        assert len(kit.foreseen(state)) == 11
        await engine.do(kit.approve(kit.gate_of(state, "write"), *kit.foreseen(state)))
        state = await kit.settled(engine)
        assert (state.nodes["11"].status, state.nodes["10"].status) == ("done", "waiting_gate")
        assert (await kit.drive(engine)).status == "done"


async def test_what_the_level_lets_through_is_decided_with_the_card() -> None:
    stage = _stage(level="effects")
    async with stage.open() as engine:
        state = await kit.settled(engine)
        write = kit.gate_of(state, "write")
        rules = [gate.decision.rule for gate in state.gates.values() if gate.seq is None and gate.decision]
        assert rules == ["level effects: spawns and ends"] * 2
        await engine.do(kit.approve(write))
        assert (await kit.settled(engine)).status == "done"
    check_history(stage.frames)


# A reviewer, its checks, its verdict and what that leads to


def _model(request: Request) -> Any:
    match request.schema_name:
        case "Needs":
            return {}
        case "Decomposition":
            part = {"title": "part", "directive": "part", "action": "leaf"}
            checks = [{"title": name, "script": name} for name in ("one", "two")]
            return {"parts": [part], "checks": checks}
    rounds = request.inputs["round"]
    return {"outcome": "continue" if rounds == 1 else "fulfilled", "summary": f"round {rounds}", "missing": "more"}


class _Certain(Scripted):
    def foresee(self, request: Request) -> Any:
        return _model(request)


def _managed() -> Stage:
    async def root(node: NodeContext) -> Report:
        _, pairs = await node.spawn([child("decompose_directive", "manage")], then=passed_on)
        return pairs[0][1]

    both = {action.ACTION.name: action.ACTION for action in (decompose_directive, review_directive)}
    return Stage({"root": root, "leaf": kit.leaf, **both}, model=_Certain(_model), world=_Checks())


class _Checks(Shelf):
    """Checks that pass, with their own kind of evidence."""

    failing = ""

    def effect_of(self, proposal: Any) -> Any:
        effect = super().effect_of(proposal)
        code = int(isinstance(proposal, Run) and proposal.title == self.failing)
        return effect.model_copy(update={"value": {**effect.value, "exit_code": code}})


async def _at_review(engine: Engine) -> tuple[Gate, list[Gate]]:
    while True:
        state = await kit.settled(engine)
        spawns = [state.gates[gate] for gate in state.open_gates if state.gates[gate].kind == "spawn"]
        review = [gate for gate in spawns if gate.proposal.children[0].action == "review_directive"]
        if review:
            return review[0], kit.foreseen(state)
        due = [state.gates[gate] for gate in sorted(state.open_gates, key=int) if state.gates[gate].seq is not None]
        await engine.do(kit.approve(due[0]))


async def test_a_reviewer_is_shown_with_its_checks_and_they_with_the_verdict_and_the_next_round() -> None:
    stage = _managed()
    async with stage.open() as engine:
        review, checks = await _at_review(engine)
        assert [(gate.node, gate.proposal.script) for gate in checks] == [("4", "one"), ("4", "two")]
        await engine.do(kit.approve(review, *checks))
        state = await kit.settled(engine)
        assert [gate.status for gate in (state.gates[gate.id] for gate in checks)] == ["applied", "applied"]
        verdict = kit.gate_of(state, "terminate")
        (following,) = kit.foreseen(state)
        assert verdict.proposal.report.value["outcome"] == "continue"
        assert isinstance(following.proposal, Spawn)
        assert following.proposal.children[0].arguments["round"] == 2
        await engine.do(kit.approve(verdict, following))
        state = await kit.settled(engine)
        assert [gate.status for gate in (state.gates[following.id],)] == ["applied"]
        assert (await kit.drive(engine)).status == "done"
    check_history(stage.frames)


async def test_checks_that_were_shown_with_their_reviewer_are_found_again_after_a_restart() -> None:
    stage = _managed()
    async with stage.open() as engine:
        review, checks = await _at_review(engine)
        await engine.do(kit.approve(review, checks[0]))
        state = await kit.settled(engine)
        assert kit.gate_of(state, "run").id == checks[1].id
    async with stage.open() as engine:
        await engine.do(kit.approve(checks[1]))
        state = await kit.settled(engine)
        assert kit.gate_of(state, "terminate").node == "4"
    assert [proposal.script for _, proposal in stage.world.performed] == ["one", "two"]


async def test_a_check_that_fails_takes_back_the_verdict_that_was_shown() -> None:
    stage = _managed()
    async with stage.open() as engine:
        review, checks = await _at_review(engine)
        await engine.do(kit.approve(review))
        state = await kit.settled(engine)
        one, two = (state.gates[gate.id] for gate in checks)
        verdict = [gate for gate in kit.foreseen(state) if gate.kind == "terminate"]
        assert verdict == []  # checks that were shown with the spawn foretell nothing further
        stage.world.failing = "two"
        await engine.do(kit.approve(one, two))
        state = await kit.settled(engine)
        report = kit.gate_of(state, "terminate").proposal.report
    assert [(item.text, item.passed) for item in report.evidence] == [("one: passed", True), ("two: exit 1", False)]


async def test_an_edited_reviewer_brings_checks_of_its_own() -> None:
    stage = _managed()
    async with stage.open() as engine:
        review, checks = await _at_review(engine)
        (reviewer,) = review.proposal.children
        arguments = {**reviewer.arguments, "checks": [{"title": "three", "script": "three"}]}
        edited = Spawn(children=(reviewer.model_copy(update={"arguments": arguments}),))
        await engine.do(kit.edit(review, edited))
        state = await kit.settled(engine)
        assert [state.gates[gate.id].status for gate in checks] == ["withdrawn", "withdrawn"]
        assert kit.gate_of(state, "run").proposal.script == "three"
        await kit.drive(engine)
    check_history(stage.frames)


async def test_stopping_the_run_takes_back_what_a_proposed_child_would_ask() -> None:
    stage = _managed()
    async with stage.open() as engine:
        await _at_review(engine)
        await engine.do(c.Stop())
        assert (await kit.settled(engine)).waiting == 0
    check_history(stage.frames)


async def test_stopping_a_child_takes_back_the_end_that_its_parent_would_have_proposed() -> None:
    stage = _stage()
    async with stage.open() as engine:
        _, _, ends = await _at_write(engine)
        await engine.do(kit.approve(ends[0]))
        await engine.do(c.Stop(node="2"))
        state = await kit.settled(engine)
    assert [state.gates[gate.id].status for gate in ends] == ["withdrawn", "withdrawn"]
    assert kit.gate_of(state, "terminate").proposal.report.outcome == "stopped"
    check_history(stage.frames)


async def test_a_chain_whose_end_was_cut_off_by_a_crash_leaves_no_gate_behind() -> None:
    stage = _stage()
    async with stage.open() as engine:
        _, write, _ = await _at_write(engine)
        await engine.do(kit.reject(write, "no"))
    first = next(frame.frame for frame in stage.frames if frame.kind == "gate.closed")
    stage.log = Mortal(stage.log.lines[: first + 1])
    async with stage.open() as engine:
        await kit.drive(engine)
    check_history(stage.frames)


async def test_a_stop_that_was_cut_off_takes_each_foreseen_gate_back_once() -> None:
    stage = _stage()
    async with stage.open() as engine:
        await _at_write(engine)
        await engine.do(c.Stop())
    whole = list(stage.log.lines)
    stopped = next(frame.frame for frame in stage.frames if frame.kind == "node.ended")
    for last in range(stopped, len(whole)):
        stage.log = Mortal(whole[: last + 1])
        async with stage.open() as engine:
            assert (await kit.settled(engine)).status == "stopped"
        check_history(stage.frames)


async def test_effects_that_keep_or_tag_foretell_their_end_too() -> None:
    async def root(node: NodeContext) -> Report:
        await node.gated(Save(name="n", text="t"), then=lambda _: done("kept"))
        return done("kept")

    stage = Stage({"root": root}, world=Shelf())
    async with stage.open() as engine:
        state = await kit.settled(engine)
        await engine.do(kit.approve(kit.gate_of(state, "save"), *kit.foreseen(state)))
        assert (await kit.settled(engine)).status == "done"
