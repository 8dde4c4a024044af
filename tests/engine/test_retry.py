"""What another attempt keeps and what it takes anew: after a retry, and where the human takes over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.actions import run_command
from swarm.actions.base import Space
from swarm.context import NodeContext
from swarm.effects import Effect, Mark
from swarm.engine import Engine
from swarm.models.plan import PlanModel
from swarm.proposals import AnyProposal, Run, Spawn, Write
from swarm.spaces.builtin import builtin_space
from swarm.state import Gate, Swarm
from swarm.values import Report
from tests.engine import kit
from tests.engine.doubles import Mortal, Scripted, Shelf
from tests.engine.kit import Stage, done
from tests.engine.recount import check_history


class _Breaking(Shelf):
    """Commands that say `fail` do, so many times."""

    left = 1

    async def perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        if isinstance(proposal, Run) and "fail" in proposal.script and self.left:
            self.left -= 1
            raise OSError("make: exit 2")
        return await super().perform(proposal, mark)


def planned(plan: str, **start: Any) -> Stage:
    space = builtin_space()
    actions = {**space.actions, "root": space.actions["organise_context"]}
    stage = Stage(actions, goal=plan, world=_Breaking(), model=PlanModel(space.root), model_name="plan", **start)
    stage.space = Space(space.root, stage.space.actions)
    return stage


def made(stage: Stage) -> list[str]:
    made = [proposal for _, proposal in stage.world.performed]
    return [item.path if isinstance(item, Write) else item.script.strip() for item in made]


async def until_gate(engine: Engine, stop: Any) -> Gate:
    """Approves what is due, and passes failures up, until a gate is to be stopped at."""
    while True:
        state = await kit.settled(engine)
        due = [state.gates[gate] for gate in sorted(state.open_gates, key=int) if state.gates[gate].seq is not None]
        found = [gate for gate in due if stop(state, gate)]
        if found:
            return found[0]
        assert due, state.status
        await engine.do(kit.yes(state, due[0]))


def _fails(action: str) -> Any:
    return lambda state, gate: gate.kind == "failure" and state.nodes[gate.node].action == action


# Taken over by the human


@pytest.mark.parametrize("script", ["make", "make fail"])
async def test_handed_over_after_a_failed_command_the_human_says_what_to_run_be_it_the_same(script: str) -> None:
    model = Scripted(lambda _: {"script": "make fail"})
    stage = Stage({"root": replace(run_command.ACTION, name="root")}, world=_Breaking(), model=model, goal="make")
    async with stage.open() as engine:
        await engine.do(kit.choose(await until_gate(engine, _fails("root")), "hand"))
        state = await kit.settled(engine)
        assert not state.open_gates
        ask = state.questions["q1"].ask
        assert (ask.name, "make: exit 2" in ask.prompt) == ("CommandDraft", True)
        await engine.do(c.Answer(question="q1", answer={"script": script}))
        gate = kit.gate_of(await kit.settled(engine), "run")
        assert (gate.proposal.script, gate.revision) == (script, 2)
        assert (await kit.drive(engine)).status == "done"
    assert made(stage) == [script]
    check_history(stage.frames)


PARTS = "# One\n\n## Part\n\n```txt a.txt\nx\n```\n\n```sh run\nmake fail\n```\n"


async def test_handed_over_within_several_steps_what_was_done_stays_done() -> None:
    stage = planned(PARTS)
    async with stage.open() as engine:
        await engine.do(kit.choose(await until_gate(engine, _fails("carry_out")), "hand"))
        prompt = (await kit.settled(engine)).questions["q1"].ask.prompt
        assert "Wrote `a.txt`." in prompt
        assert "make: exit 2" in prompt
        await engine.do(c.Answer(question="q1", answer={"acts": [{"do": "run", "text": "true"}]}))
        state = await kit.drive(engine)
    assert (state.status, made(stage)) == ("done", ["a.txt", "true"])
    check_history(stage.frames)


async def test_handed_over_where_the_last_thought_led_nowhere_it_is_thought_anew() -> None:
    async def root(node: NodeContext) -> Report:
        first = await kit.query(node, key="first")
        second = await kit.query(node, key="second")
        return done(f"{first}, {int(second)}")

    stage = Stage({"root": root}, model=Scripted(lambda _: {"query": "many"}))
    async with stage.open() as engine:
        await engine.do(kit.choose(await until_gate(engine, _fails("root")), "hand"))
        await kit.settled(engine)
        await engine.do(c.Answer(question="q1", answer={"query": "7"}))
        assert (await kit.drive(engine)).nodes["1"].report == done("many, 7")
    check_history(stage.frames)


CHECKED = "# One\n\n## Part\n\n```txt a.txt\nx\n```\n\n```sh check\nfail\n```\n"


async def test_a_review_whose_check_cannot_be_run_is_judged_by_the_human_once_handed_over() -> None:
    stage = planned(CHECKED)
    async with stage.open() as engine:
        await engine.do(kit.choose(await until_gate(engine, _fails("review_directive")), "hand"))
        question = (await kit.settled(engine)).questions["q1"]
        assert (question.ask.name, "fail: not seen: make: exit 2" in question.ask.prompt) == ("Verdict", True)
        await engine.do(c.Answer(question="q1", answer={"outcome": "fulfilled", "summary": "I looked."}))
        assert (await kit.drive(engine)).status == "done"
    assert "fail" not in made(stage)


# Parts that failed


SIDES = "# One\n\n## Both\n\n### A\n\n```txt a.txt\nx\n```\n\n### B\n\n```sh run\nmake fail\n```\n"


def _retry_the_manager(state: Swarm, gate: Gate) -> c.Decide:
    again = gate.kind == "failure" and state.nodes[gate.node].action == "decompose_directive"
    return kit.choose(gate, "retry") if again else kit.yes(state, gate)


def _parts(state: Swarm) -> list[tuple[str, str]]:
    return [(node.child.name, node.status) for node in state.children("2")]


async def test_a_retry_of_a_manager_gives_only_the_part_that_failed_another_chance() -> None:
    stage = planned(SIDES)
    async with stage.open() as engine:
        failure = await until_gate(engine, _fails("decompose_directive"))
        assert made(stage) == ["a.txt"]
        await engine.do(kit.choose(failure, "retry"))
        gate = kit.gate_of(await kit.settled(engine), "spawn")
        assert isinstance(gate.proposal, Spawn)
        assert [part.title for part in gate.proposal.children] == ["B"]
        state = await kit.drive(engine)
    assert (state.status, made(stage)) == ("done", ["a.txt", "make fail"])
    assert _parts(state) == [
        *[("A", "done"), ("B", "failed"), ("review Both", "done")],
        *[("B", "done"), ("review Both", "done")],
    ]
    reports = list(state.children("2"))[-1].child.arguments["reports"]
    assert [report["title"] for report in reports] == ["A", "B"]
    assert {report["outcome"] for report in reports} == {"done"}
    check_history(stage.frames)


OWN = SIDES.replace("### A", "```sh run\nmake fail\n```\n\n### A")
"""Its own step comes first, and fails as well."""


@pytest.mark.parametrize("plan", [SIDES, OWN], ids=["parts", "stages"])
@pytest.mark.parametrize("verb", ["edit", "skip"])
async def test_a_failed_part_may_be_left_out_of_the_retry_and_the_others_count(plan: str, verb: str) -> None:
    stage = planned(plan)
    stage.world.left = 2
    async with stage.open() as engine:
        await engine.do(kit.choose(await until_gate(engine, _fails("decompose_directive")), "retry"))
        while (state := await kit.settled(engine)).open_gates and kit.waits_at("spawn")(state):
            gate = kit.gate_of(state, "spawn")
            if gate.proposal.children[0].action == "review_directive":
                break
            nothing = {"proposal": Spawn(children=())} if verb == "edit" else {}
            await engine.do(c.Decide(gates=kit.seen(gate), verb=verb, **nothing))
        state = await kit.drive(engine)
    assert (state.status, made(stage)) == ("done", ["a.txt"])
    check_history(stage.frames)


@pytest.mark.parametrize("choice", ["retry", "hand"])
async def test_a_retry_of_a_part_that_is_rejected_is_offered_again_and_nothing_else_is_done_anew(choice: str) -> None:
    stage = planned(OWN)
    async with stage.open() as engine:
        await engine.do(kit.choose(await until_gate(engine, _fails("decompose_directive")), "retry"))
        await engine.do(kit.reject(kit.gate_of(await kit.settled(engine), "spawn"), "not now"))
        failure = kit.gate_of(await kit.settled(engine), "failure")
        assert failure.proposal.error == "the human would not start again what did not end well: not now"
        await engine.do(kit.choose(failure, choice))
        state = await kit.settled(engine)
        assert [node.child.name for node in state.children("2")][:4] == ["Both", "A", "B", "review Both"]
        if choice == "retry":
            assert len(kit.gate_of(state, "spawn").proposal.children) == 1
            assert (await kit.drive(engine)).status == "done"
        else:
            assert {question.ask.name for question in state.questions.values()} == {"Needs"}
    assert made(stage).count("a.txt") == 1
    check_history(stage.frames)


@pytest.mark.parametrize("level", ["step", "effects"])
async def test_a_retry_of_a_manager_that_is_cut_off_after_any_frame_ends_as_if_it_had_not_been(level: str) -> None:
    whole = planned(SIDES, level=level)
    expected = _parts(await whole.finish(_retry_the_manager))
    retried = next(frame.frame for frame in whole.frames if isinstance(frame, f.NodeRetried))
    for last in range(retried - 1, len(whole.frames) - 1):
        stage = planned(SIDES, level=level)
        stage.log = Mortal(whole.log.lines[: last + 1])
        stage.world.performed = [item for item in whole.world.performed if item[0] <= last]
        stage.world.files, stage.world.left = dict(whole.world.files), 0
        state = await stage.finish(_retry_the_manager)
        assert (state.status, _parts(state)) == ("done", expected), last
        assert made(stage) == made(whole), last
        check_history(stage.frames)
