"""What was rejected by mistake: a human who retries wants it offered again, one who takes over wants to think."""

from __future__ import annotations

from typing import Any

import pytest

from swarm import commands as c
from swarm.context import NodeContext
from swarm.models.base import Request
from swarm.proposals import Run
from swarm.values import Report
from tests.engine import kit
from tests.engine.doubles import Scripted, Shelf
from tests.engine.kit import Stage, done
from tests.engine.recount import check_history
from tests.engine.test_retry import made, planned, until_gate

CHECKED = "# One\n\n## Part\n\n```txt a.txt\nx\n```\n\n```sh check\ntrue\n```\n"
ROUTED = "# One\n\n## Both\n\n```txt own.txt\nx\n```\n\n```sh check\ntrue\n```\n\n### A\n\n```txt a.txt\nx\n```\n"


def _rejecting(kind: str, action: str) -> Any:
    return lambda state, gate: gate.kind == kind and state.nodes[gate.node].action == action


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("spawn", "organise_context"),
        ("spawn", "decompose_directive"),
        ("spawn", "route_action"),
        ("write", "carry_out"),
        ("terminate", "carry_out"),
        ("run", "review_directive"),
        ("terminate", "review_directive"),
        ("terminate", "route_action"),
    ],
)
async def test_what_was_rejected_by_mistake_is_offered_again_after_a_retry(kind: str, action: str) -> None:
    stage = planned(ROUTED)
    async with stage.open() as engine:
        gate = await until_gate(engine, _rejecting(kind, action))
        await engine.do(kit.reject(gate, "oh no"))
        failure = kit.gate_of(await kit.settled(engine), "failure")
        assert (failure.node, failure.proposal.nothing_new) == (gate.node, True)
        await engine.do(kit.choose(failure, "retry"))
        again = kit.gate_of(await kit.settled(engine), kind, gate.node)
        assert (again.digest, again.revision, again.seq) == (gate.digest, gate.revision, gate.seq)
        assert (await kit.drive(engine)).status == "done"
    assert made(stage) == ["own.txt", "a.txt", "true"]
    check_history(stage.frames)


async def test_a_review_that_was_not_to_start_is_the_humans_once_handed_over() -> None:
    stage = planned(CHECKED)
    async with stage.open() as engine:
        gate = await until_gate(
            engine,
            lambda state, gate: gate.kind == "spawn" and gate.proposal.children[0].action == "review_directive",
        )
        await engine.do(kit.reject(gate, "I judge this myself"))
        await engine.do(kit.choose(kit.gate_of(await kit.settled(engine), "failure"), "hand"))
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "run")))
        assert (await kit.settled(engine)).questions["q1"].ask.name == "Verdict"


def _stubborn(request: Request) -> Any:
    return {"query": "always the same"}


async def _writes(node: NodeContext) -> Report:
    async def draft(reason: str, revision: int) -> Any:
        return await node.write("a", await kit.query(node, rejected=reason), revision=revision)

    result = await node.revised(draft, lambda result: result)
    return done(result.outcome)


async def test_a_model_that_only_repeats_itself_is_offered_again_by_a_retry_and_replaced_by_a_hand() -> None:
    for choice in ("retry", "hand"):
        stage = Stage({"root": _writes}, model=Scripted(_stubborn), world=Shelf())
        async with stage.open() as engine:
            await engine.do(kit.reject(kit.gate_of(await kit.settled(engine), "write"), "shorter"))
            failure = kit.gate_of(await kit.settled(engine), "failure")
            assert failure.proposal.nothing_new
            await engine.do(kit.choose(failure, choice))
            state = await kit.settled(engine)
            if choice == "hand":
                assert "shorter" in state.questions["q1"].ask.prompt
                await engine.do(c.Answer(question="q1", answer={"query": "mine"}))
                state = await kit.settled(engine)
            assert kit.gate_of(state, "write").revision == (2 if choice == "hand" else 1)
            assert (await kit.drive(engine)).nodes["1"].report == done("ok")
        assert stage.world.files == {"a": "mine" if choice == "hand" else "always the same"}
        check_history(stage.frames)


async def test_the_same_command_may_be_proposed_again_after_it_was_skipped() -> None:
    async def root(node: NodeContext) -> Report:
        results = [await node.run(Run(title="test", script="true")) for _ in range(2)]
        return done(" ".join(result.outcome for result in results))

    stage = Stage({"root": root}, world=Shelf())
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "run")
        await engine.do(c.Decide(gates=kit.seen(gate), verb="skip"))
        assert (await kit.drive(engine)).nodes["1"].report == done("skipped ok")
