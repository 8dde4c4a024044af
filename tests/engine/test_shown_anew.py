"""Effects that are shown anew because what they touch has changed: what a human made of them is not lost."""

from __future__ import annotations

import pytest

from swarm import frames as f
from swarm.context import NodeContext
from swarm.engine import Engine
from swarm.proposals import Write
from swarm.state import Gate
from swarm.values import Report
from tests.engine import kit
from tests.engine.doubles import Mortal, Shelf
from tests.engine.kit import Stage, done
from tests.engine.recount import check_history


async def _write(node: NodeContext) -> Report:
    result = await node.write(node.directive, "text", then=lambda _: done("edited: False"))
    return done(f"edited: {result.edited}")


def _stage() -> Stage:
    return Stage({"root": _write}, goal="a", world=Shelf())


async def _gate(engine: Engine) -> Gate:
    return kit.gate_of(await kit.settled(engine), "write")


async def _edited(stage: Stage) -> None:
    """Edits the write while its file changes, so that it is shown anew."""
    async with stage.open() as engine:
        gate = await _gate(engine)
        stage.world.files["a"] = "by somebody else"
        await engine.do(kit.edit(gate, Write(path="a", content="mine")))
        await kit.settled(engine)


async def test_an_edit_survives_a_cut_anywhere_between_its_decision_and_the_gate_that_shows_it_anew() -> None:
    whole = _stage()
    await _edited(whole)
    kinds = kit.kinds(whole.frames)
    decided = kinds.index("gate.decided")
    assert kinds[decided:] == ["gate.decided", "gate.closed", "gate.closed", "gate.opened", "gate.opened"]
    for last in range(decided, len(kinds)):
        stage = _stage()
        stage.world.files["a"] = "by somebody else"
        stage.log = Mortal(whole.log.lines[: last + 1])
        async with stage.open() as engine:
            gate = await _gate(engine)
            assert isinstance(gate.proposal, Write)
            assert (gate.proposal.content, gate.proposal.original) == ("mine", "by somebody else"), last
            state = await kit.drive(engine)
        assert (state.nodes["1"].report, stage.world.files) == (done("edited: True"), {"a": "mine"}), last
        check_history(stage.frames)


@pytest.mark.parametrize("verb", ["approve", "edit"])
async def test_a_file_that_changes_again_and_again_is_shown_each_time_with_the_last_edit(verb: str) -> None:
    stage = _stage()
    await _edited(stage)
    async with stage.open() as engine:
        for number in range(2):
            gate = await _gate(engine)
            stage.world.files["a"] = f"changed {number}"
            mine = Write(path="a", content=f"mine {number}")
            await engine.do(kit.approve(gate) if verb == "approve" else kit.edit(gate, mine))
        gate = await _gate(engine)
        assert isinstance(gate.proposal, Write)
        expected = "mine" if verb == "approve" else "mine 1"
        assert (gate.proposal.content, gate.proposal.original) == (expected, "changed 1")
        assert stage.world.performed == []
        await kit.drive(engine)
    assert stage.world.files == {"a": expected}
    assert [frame.status for frame in stage.frames if isinstance(frame, f.GateClosed)].count("stale") >= 3
    check_history(stage.frames)
