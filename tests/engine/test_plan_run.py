"""A plan through a whole run: manager, router, action and reviewer, and what a person can do on the way."""

from __future__ import annotations

from typing import Any

import pytest

from swarm import commands as c
from swarm.actions.base import Space
from swarm.asks import ASKS, Choice
from swarm.effects import Effect, Mark
from swarm.models.plan import PlanModel
from swarm.proposals import AnyProposal, Failure, Run, Write
from swarm.spaces.builtin import builtin_space
from swarm.state import Gate, Swarm
from swarm.values import Report
from tests.engine import kit
from tests.engine.doubles import Shelf
from tests.engine.kit import Stage
from tests.engine.recount import check_history
from tests.engine.test_plan_model import PLAN


class _Workshop(Shelf):
    """Checks pass as long as the file that they test for is there."""

    def effect_of(self, proposal: AnyProposal) -> Effect:
        effect = super().effect_of(proposal)
        words = proposal.script.split() if isinstance(proposal, Run) and proposal.check else []
        code = int(bool(words) and words[-1] not in self.files)
        return effect.model_copy(update={"value": {**effect.value, "exit_code": code}})

    async def perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        if isinstance(proposal, Run) and "fail" in proposal.script:
            raise OSError("make: exit 2")
        return await super().perform(proposal, mark)


def _stage(plan: str, **start: Any) -> Stage:
    space = builtin_space()
    actions = {**space.actions, "root": space.actions["organise_context"]}
    stage = Stage(actions, goal=plan, world=_Workshop(), model=PlanModel(space.root), model_name="plan", **start)
    stage.space = Space(space.root, stage.space.actions)
    return stage


def _made(stage: Stage) -> list[str]:
    made = [proposal for _, proposal in stage.world.performed]
    return [item.path if isinstance(item, Write) else item.script.strip() for item in made]


async def test_a_plan_goes_through_manager_router_action_and_reviewer_in_its_order() -> None:
    stage = _stage(PLAN)
    state = await stage.finish(reply=lambda question: {"colour": "blue", "size": "7"}[question.ask.name])
    assert state.status == "done"
    made = _made(stage)
    assert (made[0], sorted(made[1:3]), made[3:]) == ("own.txt", ["a.txt", "echo $SIZE"], ["test -f a.txt", "blue.txt"])
    assert stage.world.files == {"own.txt": "own\n", "a.txt": "blue 7\n", "blue.txt": "second\n"}
    (ran,) = [item for _, item in stage.world.performed if isinstance(item, Run) and not item.check]
    assert ran.environment == {"COLOUR": "blue", "SIZE": "7"}
    assert [node.child.name for node in state.children("2")] == ["First", "Part A", "Part B", "review First", "Second"]
    assert {node.action for node in state.nodes.values()} == {
        *("organise_context", "decompose_directive", "route_action", "carry_out", "review_directive"),
    }
    check_history(stage.frames)


async def test_with_defaults_a_plan_needs_nobody_at_auto() -> None:
    stage = _stage(PLAN, level="auto", defaults=True)
    async with stage.open() as engine:
        assert (await kit.settled(engine)).status == "done"
    assert stage.world.files["a.txt"] == "red 3\n"


ONE = "# One\n\n## Part\n\n```txt a.txt\nfirst\n```\n\n```txt b.txt\nsecond\n```\n"


async def _rejected(stage: Stage, engine: Any) -> Gate:
    """The failure after the second write was rejected."""
    while not kit.waits_at("failure")(state := await kit.settled(engine)):
        due = [state.gates[gate] for gate in sorted(state.open_gates, key=int) if state.gates[gate].seq is not None]
        second = due[0].kind == "write" and due[0].proposal.path == "b.txt"
        await engine.do(kit.reject(due[0], "not this") if second else kit.approve(due[0]))
    return kit.gate_of(state, "failure")


async def test_after_a_rejection_the_card_says_that_a_plan_has_nothing_else_and_offers_what_to_do() -> None:
    stage = _stage(ONE)
    async with stage.open() as engine:
        gate = await _rejected(stage, engine)
    assert gate.proposal.error == "a plan proposes nothing else after a rejection (not this)"
    assert {"edit", "skip", "stop", "hand"} <= set(gate.proposal.choices)
    assert stage.world.files == {"a.txt": "first\n"}


async def test_an_edited_section_is_what_is_carried_out() -> None:
    stage = _stage(ONE)
    async with stage.open() as engine:
        gate = await _rejected(stage, engine)
        edited = gate.proposal.directive.replace("second", "another")
        await engine.do(kit.edit(gate, Failure(error=gate.proposal.error, directive=edited)))
        assert (await kit.drive(engine)).status == "done"
    assert stage.world.files == {"a.txt": "first\n", "b.txt": "another\n"}
    check_history(stage.frames)


async def test_a_section_that_is_skipped_is_left_out_and_the_rest_is_fulfilled() -> None:
    stage = _stage(ONE)
    async with stage.open() as engine:
        await engine.do(kit.choose(await _rejected(stage, engine), "skip"))
        state = await kit.drive(engine)
    assert state.status == "done"
    assert stage.world.files == {"a.txt": "first\n"}


async def test_a_section_handed_to_the_human_goes_on_from_what_was_done() -> None:
    stage = _stage(ONE)
    async with stage.open() as engine:
        await engine.do(kit.choose(await _rejected(stage, engine), "hand"))
        state = await kit.settled(engine)
        question = state.questions["q1"]
        assert question.ask.name == "Acts"
        assert "Wrote `a.txt`." in question.ask.prompt
        assert "not this" in question.ask.prompt
        form = {"acts": [{"do": "write", "path": "b.txt", "text": "by hand"}]}
        await engine.do(c.Answer(question="q1", answer=form))
        assert (await kit.drive(engine)).status == "done"
    assert stage.world.files == {"a.txt": "first\n", "b.txt": "by hand"}
    assert _made(stage) == ["a.txt", "b.txt"]
    check_history(stage.frames)


CHECKED = "# Checked\n\n## Part\n\n```sh check\ntest -f late.txt\n```\n\n```txt a.txt\nx\n```\n"


async def test_a_check_that_fails_is_a_failure_of_its_section_that_names_it() -> None:
    stage = _stage(CHECKED, level="effects")
    async with stage.open() as engine:
        gate = await _at_failure(engine)
        assert gate.proposal.error == "test -f late.txt: exit 1"
        assert engine.state.nodes[gate.node].action == "decompose_directive"


async def _at_failure(engine: Any) -> Gate:
    while not kit.waits_at("failure")(state := await kit.settled(engine)):
        due = [state.gates[gate] for gate in sorted(state.open_gates, key=int) if state.gates[gate].seq is not None]
        await engine.do(kit.approve(due[0]))
    return kit.gate_of(state, "failure")


async def test_a_retry_after_a_failed_check_reviews_again_and_redoes_no_part() -> None:
    stage = _stage(CHECKED)
    async with stage.open() as engine:
        gate = await _at_failure(engine)
        stage.world.files["late.txt"] = "mended by hand"
        await engine.do(kit.choose(gate, "retry"))
        state = await kit.drive(engine, _no_failure)
    assert state.status == "done"
    assert _made(stage) == ["a.txt", "test -f late.txt", "test -f late.txt"]
    check_history(stage.frames)


def _no_failure(state: Swarm, gate: Gate) -> c.Decide:
    assert gate.kind != "failure", gate.proposal
    return kit.yes(state, gate)


async def test_at_auto_a_failed_command_fails_its_part_and_so_the_run() -> None:
    stage = _stage("# F\n\n## Part\n\n```sh run\nfail\n```\n", level="auto")
    async with stage.open() as engine:
        state = await kit.settled(engine)
    assert state.status == "failed"
    assert "make: exit 2" in {node.report.summary for node in state.nodes.values() if node.report}
    check_history(stage.frames)


@pytest.mark.parametrize(
    ("answer", "status"), [("done", "done"), ("skip", "incomplete"), ("## Mine\n\n```txt a.txt\nx\n```\n", "done")]
)
async def test_a_section_with_nothing_to_do_asks_what_to_do_with_it(answer: str, status: str) -> None:
    stage = _stage("# Idle\n\n## Only words\n\nThink about it.\n")

    def reply(question: Any) -> Any:
        if question.ask.name == "what":
            return answer
        schema = ASKS[question.ask.name]
        return {"choose": "none"} if schema is Choice else {}

    async with stage.open() as engine:
        state = await kit.settled(engine)
        while not state.open_questions:
            await engine.do(kit.approve(state.gates[min(state.open_gates, key=int)]))
            state = await kit.settled(engine)
        assert state.questions["q1"].ask.text == "What is to be done with “Only words”?"
        assert state.questions["q1"].ask.choices == ("done", "skip")
        await engine.do(c.Answer(question="q1", answer=answer))
        state = await kit.settled(engine)
    asked = next(node for node in state.nodes.values() if node.action == "ask_user")
    if answer in ("done", "skip"):
        assert kit.gate_of(state, "terminate", asked.id).proposal.report.outcome == status
    else:
        assert kit.gate_of(state, "spawn", asked.id).proposal.children[0].model == "human"


async def test_a_rejected_end_of_a_phase_asks_what_is_still_to_be_done() -> None:
    stage = _stage("# One\n\n## Part\n\n```txt a.txt\nx\n```\n")
    rejected: list[str] = []

    def choose(state: Swarm, gate: Gate) -> c.Decide:
        if gate.kind == "terminate" and state.nodes[gate.node].action == "decompose_directive" and not rejected:
            rejected.append(gate.id)
            return kit.reject(gate, "there is no test")
        return kit.yes(state, gate)

    def reply(question: Any) -> str:
        assert "there is no test" in question.ask.text
        return "done"

    state = await stage.finish(choose, reply)
    assert state.status == "done"
    assert len(state.questions) == 1
    check_history(stage.frames)


async def test_a_report_by_hand_for_a_section_is_what_its_review_reads() -> None:
    stage = _stage("# F\n\n## Part\n\n```sh run\nfail\n```\n", level="effects")
    async with stage.open() as engine:
        report = Report(outcome="done", summary="I made it by hand")
        await engine.do(kit.choose(await _at_failure(engine), "report", report=report))
        state = await kit.drive(engine)
    assert state.status == "done"
    assert "I made it by hand" in state.nodes["1"].report.summary
