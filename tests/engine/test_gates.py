"""Gates: each is answered on its own, a decision reaches one node, and what was rejected is not proposed again."""

from __future__ import annotations

from typing import Any

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.actions import decompose_directive, review_directive
from swarm.context import NodeContext
from swarm.errors import AlreadyDecided, StaleDigest
from swarm.models.base import Request
from swarm.proposals import Failure, Run, Spawn, Terminate, Write
from swarm.results import Result
from swarm.state import Gate, Swarm
from swarm.values import Child, Report
from tests.engine import kit
from tests.engine.doubles import Scripted, Shelf
from tests.engine.kit import Stage, child, done
from tests.engine.recount import check_history


async def _drafting(node: NodeContext) -> Report:
    """Thinks of a text and writes it, again after each rejection."""
    known = await kit.query(node, key="known")

    async def draft(reason: str, revision: int) -> Result:
        text = await kit.query(node, rejected=reason)
        return await node.write(node.directive, text, revision=revision)

    result = await node.revised(draft, lambda result: result)
    return done(f"{known}: {result.outcome}{', edited' if result.edited else ''}")


def _echo(request: Request) -> Any:
    return {"query": f"{request.directive} {request.rejected}".strip()}


async def _two(node: NodeContext) -> Report:
    _, pairs = await node.spawn([child("drafting", "a"), child("drafting", "b")])
    return done("; ".join(report.summary for _, report in pairs))


def _stage(**start: Any) -> Stage:
    actions = {"root": _two, "drafting": _drafting, "leaf": kit.leaf}
    return Stage(actions, model=Scripted(_echo), world=Shelf(), **start)


async def _opened(engine: Any) -> dict[str, Gate]:
    """The two write gates, by path."""
    state = await kit.settled(engine)
    if state.nodes["1"].gates:
        await engine.do(kit.approve(kit.gate_of(state, "spawn")))
        state = await kit.settled(engine)
    found = [state.gates[gate] for gate in state.open_gates if state.gates[gate].kind == "write"]
    return {gate.proposal.path: gate for gate in found if isinstance(gate.proposal, Write)}


# Several at once


@pytest.mark.parametrize("order", ["ab", "ba"])
async def test_two_gates_that_are_open_at_once_are_answered_in_either_order_each_by_its_own(order: str) -> None:
    stage = _stage()
    async with stage.open() as engine:
        gates = await _opened(engine)
        assert sorted(gates) == ["a", "b"]
        for path in order:
            text = Write(path=path, content=f"{path} by hand")
            await engine.do(kit.edit(gates[path], text) if path == "a" else kit.approve(gates[path]))
            state = await kit.settled(engine)
            assert gates[path].id not in state.open_gates
        assert stage.world.files == {"a": "a by hand", "b": "b"}
        state = await kit.drive(engine)
    assert state.nodes["1"].report == done("a: ok, edited; b: ok")
    check_history(stage.frames)


async def test_a_rejection_reaches_one_node_changes_its_next_revision_and_redoes_no_earlier_step() -> None:
    stage = _stage()
    async with stage.open() as engine:
        gates = await _opened(engine)
        asked = len(stage.model.asked)
        await engine.do(kit.reject(gates["a"], "say it shorter"))
        state = await kit.settled(engine)
        again = await _opened(engine)
    assert again["b"] == gates["b"]
    assert (again["a"].revision, again["a"].proposal.content) == (2, "a say it shorter")
    assert [request.rejected for request in stage.model.asked[asked:]] == ["say it shorter"]
    assert "say it shorter" in stage.model.asked[-1].messages[-1].content
    assert state.gates[gates["a"].id].decision.reason == "say it shorter"
    node = gates["a"].node
    assert [state.steps[node, seq].outcome for seq in range(1, 6)] == ["ok", "ok", "rejected", "ok", ""]


async def test_three_rejections_ask_the_human_and_a_retry_goes_on_from_the_last_reason() -> None:
    stage = _stage()
    async with stage.open() as engine:
        for number in range(3):
            gate = (await _opened(engine))["a"]
            assert gate.revision == number + 1
            await engine.do(kit.reject(gate, f"no {number}"))
        state = await kit.settled(engine)
        failure = kit.gate_of(state, "failure")
        assert isinstance(failure.proposal, Failure)
        assert failure.proposal.error == "3 proposals were rejected, the last one because: no 2"
        asked = len(stage.model.asked)
        await engine.do(kit.choose(failure, "retry"))
        gate = (await _opened(engine))["a"]
        assert (gate.revision, gate.proposal.content) == (4, "a no 2")
        assert len(stage.model.asked) == asked + 1
        assert (await kit.drive(engine)).status == "done"
    check_history(stage.frames)


@pytest.mark.parametrize("restart", [False, True])
async def test_what_was_rejected_is_not_proposed_again_also_after_a_restart(restart: bool) -> None:
    stage = _stage()
    stage.model = Scripted(lambda request: {"query": "always the same"})
    async with stage.open() as engine:
        gate = (await _opened(engine))["a"]
        if not restart:
            await engine.do(kit.reject(gate, "no"))
            state = await kit.settled(engine)
    if restart:
        async with stage.open() as engine:
            await engine.do(kit.reject(gate, "no"))
            state = await kit.settled(engine)
    error = kit.gate_of(state, "failure").proposal.error
    assert error == "the same was proposed and rejected before: there is nothing else to propose"


async def test_a_skip_leaves_one_effect_out_and_the_node_goes_on() -> None:
    stage = _stage()
    async with stage.open() as engine:
        gates = await _opened(engine)
        await engine.do(c.Decide(gates=kit.seen(gates["a"]), verb="skip", reason="not needed"))
        state = await kit.drive(engine)
    assert state.nodes["1"].report == done("a: skipped; b: ok")
    assert stage.world.files == {"b": "b"}


async def test_reject_and_stop_ends_the_subtree_and_its_parent_goes_on() -> None:
    stage = _stage()
    async with stage.open() as engine:
        gates = await _opened(engine)
        await engine.do(c.Decide(gates=kit.seen(gates["a"]), verb="stop", reason="leave it"))
        state = await kit.drive(engine)
    assert state.nodes[gates["a"].node].report == Report(outcome="stopped", summary="leave it")
    assert state.nodes["1"].report == done("leave it; b: ok")
    check_history(stage.frames)


async def test_a_gate_is_decided_once_and_only_as_it_was_seen() -> None:
    stage = _stage()
    async with stage.open() as engine:
        gate = (await _opened(engine))["a"]
        with pytest.raises(StaleDigest):
            await engine.do(c.Decide(gates=(c.Seen(gate=gate.id, digest="f" * 32),), verb="approve"))
        before = engine.state.frame
        approve = kit.approve(gate)
        await engine.do(approve)
        await engine.do(approve)
        with pytest.raises(AlreadyDecided):
            await engine.do(kit.approve(gate))
        frames = await engine.frames(before)
        assert [frame.command for frame in frames if isinstance(frame, f.GateDecided)] == [approve.id]


# Batches


async def _batch(node: NodeContext) -> Report:
    result, pairs = await node.spawn([child("leaf", name) for name in "abc"])
    told = ",".join(f"{child.directive}={report.summary}" for child, report in pairs)
    return done(f"{told} {result.edited}")


def _moved(children: tuple[Child, ...]) -> tuple[Child, ...]:
    return tuple(reversed(children))


def _reworded(children: tuple[Child, ...]) -> tuple[Child, ...]:
    return (children[0].model_copy(update={"directive": "A"}), *children[1:])


_EDITS: dict[str, tuple[Any, str]] = {
    "left out": (lambda children: children[1:], "b=b,c=c True"),
    "all left out": (lambda children: (), " True"),
    "added": (lambda children: (*children, child("leaf", "d")), "a=a,b=b,c=c,d=d True"),
    "reworded": (_reworded, "A=A,b=b,c=c True"),
    "reordered": (_moved, "c=c,b=b,a=a True"),
    "doubled": (lambda children: (*children[:1], *children[:1]), "a=a,a=a True"),
}


@pytest.mark.parametrize("name", _EDITS)
async def test_an_edited_batch_starts_what_was_edited(name: str) -> None:
    change, expected = _EDITS[name]
    stage = Stage({"root": _batch, "leaf": kit.leaf})
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "spawn")
        assert isinstance(gate.proposal, Spawn)
        await engine.do(kit.edit(gate, Spawn(children=change(gate.proposal.children))))
        state = await kit.drive(engine)
    assert state.nodes["1"].report == done(expected)
    assert len(state.nodes) == len(expected.partition(" ")[0].split(",")) * bool(expected.strip() != "True") + 1
    check_history(stage.frames)


async def test_an_edited_batch_is_what_a_restart_finds() -> None:
    stage = Stage({"root": _batch, "leaf": kit.leaf})
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "spawn")
        assert isinstance(gate.proposal, Spawn)
        await engine.do(kit.edit(gate, Spawn(children=gate.proposal.children[:1])))
    assert (await stage.finish()).nodes["1"].report == done("a=a True")


async def test_a_rejected_batch_is_told_why_and_may_be_proposed_in_another_way() -> None:
    async def root(node: NodeContext) -> Report:
        async def draft(reason: str, revision: int) -> tuple[Result, list[Any]]:
            return await node.spawn([child("leaf", reason or "first")], revision=revision)

        _, pairs = await node.revised(draft, lambda pair: pair[0])
        return done(pairs[0][1].summary)

    stage = Stage({"root": root, "leaf": kit.leaf})
    async with stage.open() as engine:
        await engine.do(kit.reject(kit.gate_of(await kit.settled(engine), "spawn"), "second"))
        assert kit.gate_of(await kit.settled(engine), "spawn").revision == 2
        state = await kit.drive(engine)
    assert state.nodes["1"].report == done("second")
    assert len(state.nodes) == 2


# Ends


def _end(state: Swarm, **changes: Any) -> tuple[Gate, Terminate]:
    gate = kit.gate_of(state, "terminate")
    assert isinstance(gate.proposal, Terminate)
    return gate, Terminate(report=gate.proposal.report.model_copy(update=changes))


async def test_an_edited_end_is_marked_and_another_outcome_needs_a_reason() -> None:
    stage = Stage({"root": kit.leaf})
    async with stage.open() as engine:
        state = await kit.settled(engine)
        gate, failed = _end(state, outcome="failed", summary="I saw it fail")
        with pytest.raises(Exception, match="changing the outcome at gate 1 needs a reason"):
            await engine.do(kit.edit(gate, failed))
        await engine.do(kit.edit(gate, failed, "it does not start"))
        state = await kit.settled(engine)
    report = state.nodes["1"].report
    assert report == Report(outcome="failed", summary="I saw it fail", edited="it does not start")
    assert state.status == "failed"


async def test_an_edit_of_the_words_of_an_end_needs_no_reason() -> None:
    stage = Stage({"root": kit.leaf})
    async with stage.open() as engine:
        gate, words = _end(await kit.settled(engine), summary="in other words", edited="forged")
        await engine.do(kit.edit(gate, words))
        state = await kit.settled(engine)
    assert state.nodes["1"].report == done("in other words", edited="by hand")


async def test_a_rejected_end_is_revised_with_the_reason_three_times_at_most_in_each_attempt() -> None:
    stage = Stage({"root": kit.leaf})
    async with stage.open() as engine:
        summaries = []
        for number in range(3):
            gate, _ = _end(await kit.settled(engine))
            summaries.append(gate.proposal.report.summary)
            await engine.do(kit.reject(gate, f"no {number}"))
        assert summaries == ["the goal", "the goal, revised: no 0", "the goal, revised: no 0, revised: no 1"]
        failure = kit.gate_of(await kit.settled(engine), "failure")
        assert failure.proposal.error == "3 reports were rejected, the last one because: no 2"
        await engine.do(kit.choose(failure, "retry"))
        gate, _ = _end(await kit.settled(engine))
        assert gate.revision == 4
        assert gate.proposal.report.summary.endswith("revised: no 2")


def _manager_model(request: Request) -> Any:
    match request.schema_name:
        case "Decomposition":
            missing = request.inputs["missing"]
            return {"parts": [{"title": missing or "first", "directive": missing or "first", "action": "leaf"}]}
        case "Verdict":
            return {"outcome": "fulfilled", "summary": f"round {request.inputs['round']} is fine"}
        case "Needs":
            return {}
    raise AssertionError(request)


async def test_a_rejected_end_of_a_manager_leads_to_a_further_round_that_knows_why() -> None:
    both = {action.ACTION.name: action.ACTION for action in (decompose_directive, review_directive)}
    stage = Stage({"root": _manage, "leaf": kit.leaf, **both}, model=Scripted(_manager_model), world=Shelf())

    def reject_once(state: Swarm, gate: Gate) -> c.Decide:
        node = state.nodes[gate.node]
        if (gate.kind, gate.revision, node.action, node.rank) == ("terminate", 1, "decompose_directive", 0):
            return kit.reject(gate, "the tests are missing")
        return kit.yes(state, gate)

    state = await stage.finish(reject_once)
    rounds = [node for node in state.subtree("1") if node.action == "decompose_directive"]
    assert [node.depth for node in rounds] == [1, 1]
    assert rounds[1].child.arguments["missing"] == "the tests are missing"
    assert rounds[1].child.arguments["done"] == [{"title": "manage", "summary": "round 1 is fine"}]
    assert "the tests are missing" in kit.named(state)
    assert rounds[0].report == rounds[1].report
    assert "round 2 is fine" in state.nodes["1"].report.summary
    check_history(stage.frames)


async def _manage(node: NodeContext) -> Report:
    _, pairs = await node.spawn([child("decompose_directive", "manage")])
    return pairs[0][1]


# Effects that changed under their gate


async def test_a_write_whose_file_changed_since_is_shown_anew_before_anything_is_done() -> None:
    stage = _stage()
    async with stage.open() as engine:
        gate = (await _opened(engine))["a"]
        stage.world.files["a"] = "by somebody else"
        await engine.do(kit.approve(gate))
        again = (await _opened(engine))["a"]
        assert engine.state.gates[gate.id].status == "stale"
        assert (again.id, again.proposal.original) == (str(int(gate.id) + 2), "by somebody else")
        await engine.do(kit.approve(again))
        await kit.settled(engine)
    assert stage.world.files["a"] == "a"
    check_history(stage.frames)


async def test_a_human_s_edit_whose_file_changed_since_is_shown_anew_as_it_was_edited() -> None:
    stage = _stage()
    async with stage.open() as engine:
        gate = (await _opened(engine))["a"]
        stage.world.files["a"] = "by somebody else"
        await engine.do(kit.edit(gate, Write(path="a", content="mine")))
        again = (await _opened(engine))["a"]
        assert again.proposal == Write(
            path="a", content="mine", before=again.proposal.before, original="by somebody else"
        )
        await engine.do(kit.approve(again))
        await kit.settled(engine)
    assert stage.world.files["a"] == "mine"


@pytest.mark.parametrize("script", ["ls", "cat a", "cat a b", "cat b"])
async def test_an_edited_command_is_what_runs_at_once_also_where_it_names_other_files(script: str) -> None:
    async def root(node: NodeContext) -> Report:
        result = await node.run(Run(title="t", script="rm a"))
        return done(str(result.edited))

    stage = Stage({"root": root}, world=Shelf())
    stage.world.files.update(a="one", b="two")
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "run")
        await engine.do(kit.edit(gate, gate.proposal.model_copy(update={"script": script})))
        state = await kit.drive(engine)
    assert [proposal.script for _, proposal in stage.world.performed] == [script]
    assert (state.nodes["1"].report, len(state.gates)) == (done("True"), 2)


@pytest.mark.parametrize("verb", ["approve", "edit"])
async def test_a_command_that_names_a_file_which_changed_since_is_shown_anew(verb: str) -> None:
    async def root(node: NodeContext) -> Report:
        await node.run(Run(title="t", script="sh a"))
        return done()

    stage = Stage({"root": root}, world=Shelf())
    stage.world.files["a"] = "harmless"
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "run")
        stage.world.files["a"] = "changed"
        longer = gate.proposal.model_copy(update={"timeout": 5})
        await engine.do(kit.approve(gate) if verb == "approve" else kit.edit(gate, longer))
        again = kit.gate_of(await kit.settled(engine), "run")
    assert (again.id != gate.id, stage.world.performed) == (True, [])
