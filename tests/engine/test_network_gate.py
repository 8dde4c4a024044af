"""The gate before an endpoint that nobody named: nothing is sent to it before a human allowed that."""

from __future__ import annotations

import asyncio

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.context import NodeContext
from swarm.engine import Engine
from swarm.errors import AlreadyDecided, Refused, StaleDigest
from swarm.network import asked
from swarm.proposals import Network
from swarm.state import Gate, Swarm
from swarm.values import LEVELS, Ask, Level, Prices, Report
from tests.engine import kit
from tests.engine.doubles import OneModel, Scripted
from tests.engine.kit import Stage, approve, choose, done, query, reject

FOUND = Network(host="a.example", url="https://a.example/v1", model="small", variables=("OPENAI_BASE_URL",))
OTHER = FOUND.model_copy(update={"host": "b.example", "url": "https://b.example/v1"})


async def thinker(node: NodeContext) -> Report:
    """One thought, one question, one more thought."""
    first = await query(node)
    await node.ask([Ask(name="go", text="Go on?")])
    return done(f"{first}, {await query(node, key='again')}")


def stage(level: Level = "auto", model: Scripted | None = None) -> Stage:
    return Stage({"root": thinker}, model=model or Scripted(), model_name="openai:env", level=level, network=FOUND)


async def settled(engine: Engine) -> Swarm:
    """The state once nothing goes on, whether the run says that it waits or not."""
    await kit.settled(engine)
    for _ in range(100):
        await asyncio.sleep(0)
    return await kit.settled(engine)


def network_gate(state: Swarm) -> Gate:
    """The one network gate that waits."""
    [gate] = [state.gates[gate] for gate in state.open_gates if state.gates[gate].kind == "network"]
    return gate


def answer(state: Swarm) -> c.Answer:
    [question] = state.open_questions
    return c.Answer(question=question, answer="yes")


def names(monkeypatch: pytest.MonkeyPatch, endpoint: Network) -> None:
    """From now on the environment names another endpoint."""
    monkeypatch.setattr(OneModel, "found", lambda self, spec: None if spec == "human" else endpoint)


@pytest.mark.parametrize("level", LEVELS)
async def test_no_level_lets_a_run_use_an_endpoint_that_nobody_named(level: Level) -> None:
    model = Scripted()
    async with stage(level, model).open() as engine:
        state = await settled(engine)
        gate = network_gate(state)
        assert (state.status, state.nodes["1"].status, model.asked) == ("waiting", "queued", [])
        assert (gate.node, gate.proposal, gate.digest) == ("1", FOUND, FOUND.digest)
        await engine.do(approve(gate))
        state = await settled(engine)
        assert len(model.asked) == 1
        assert (state.gates[gate.id].status, state.network) == ("applied", None)


async def test_a_run_that_was_allowed_is_not_asked_again_and_one_that_waits_keeps_its_gate() -> None:
    run = stage()
    for _ in range(2):
        async with run.open() as engine:
            assert network_gate(await settled(engine)).id == "1"
    async with run.open() as engine:
        await engine.do(approve(network_gate(await settled(engine))))
        await settled(engine)
    state = await run.finish()
    assert (state.ended, len(run.model.asked)) == ("done", 2)
    assert [gate.id for gate in state.gates.values() if gate.kind == "network"] == ["1"]


async def test_a_run_whose_model_was_named_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, FOUND)
    run = Stage({"root": thinker}, model_name="openai:env", level="auto")
    state = await run.finish()
    assert state.ended == "done"
    assert all(gate.kind != "network" for gate in state.gates.values())


async def test_the_human_can_be_the_model_instead() -> None:
    run = stage()
    async with run.open() as engine:
        await engine.do(choose(network_gate(await settled(engine)), "human"))
        state = await settled(engine)
        assert (state.model, state.nodes["1"].model, state.network) == ("human", "human", None)
        [question] = state.open_questions
        assert state.questions[question].ask.form is not None
    state = await run.finish(reply=lambda question: {"query": "mine"} if question.ask.form else "yes")
    assert (state.ended, run.model.asked) == ("done", [])


async def test_a_rejection_has_a_reason_and_stops_the_run() -> None:
    run = stage()
    async with run.open() as engine:
        gate = network_gate(await settled(engine))
        with pytest.raises(Refused, match="needs a reason"):
            await engine.do(reject(gate, " "))
        await engine.do(reject(gate, "too dear"))
        state = await settled(engine)
    assert (state.ended, state.why) == ("stopped", "a.example was not to be used: too dear")
    assert (state.waiting, run.model.asked) == (0, [])
    async with run.open() as engine:
        assert (await settled(engine)).waiting == 0


@pytest.mark.parametrize("verb", ["edit", "skip", "stop"])
async def test_nothing_else_is_offered(verb: str) -> None:
    async with stage().open() as engine:
        gate = network_gate(await settled(engine))
        with pytest.raises(Refused, match="choose one of approve, human, reject"):
            await engine.do(c.Decide(gates=(c.Seen(gate=gate.id),), verb=verb))  # type: ignore[arg-type]


async def test_a_decision_is_bound_to_what_was_shown() -> None:
    dearer = FOUND.model_copy(update={"prices": Prices(input=1, output=2)})
    async with stage().open() as engine:
        gate = network_gate(await settled(engine))
        with pytest.raises(StaleDigest):
            await engine.do(c.Decide(gates=(c.Seen(gate=gate.id, digest=dearer.digest),), verb="approve"))


async def test_another_endpoint_than_the_one_that_was_allowed_is_asked_about_and_holds_all_nodes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = stage()
    async with run.open() as engine:
        await engine.do(approve(network_gate(await settled(engine))))
        await settled(engine)
    names(monkeypatch, OTHER)
    async with run.open() as engine:
        state = await settled(engine)
        gate = network_gate(state)
        assert (gate.proposal, gate.revision, gate.status) == (OTHER, 2, "open")
        await engine.do(answer(state))
        state = await settled(engine)
        assert (state.status, len(run.model.asked)) == ("waiting", 1)
        await engine.do(approve(gate))
        assert (await settled(engine)).ended == "done"
    assert len(run.model.asked) == 2


async def test_a_gate_about_an_endpoint_that_is_gone_takes_no_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    run = stage()
    async with run.open() as engine:
        first = network_gate(await settled(engine))
    names(monkeypatch, OTHER)
    async with run.open() as engine:
        assert network_gate(await settled(engine)).proposal == OTHER
        with pytest.raises(AlreadyDecided, match="another endpoint"):
            await engine.do(approve(first))


async def test_a_write_that_was_cut_off_leaves_no_way_around_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    run = stage()
    async with run.open() as engine:
        await settled(engine)
    names(monkeypatch, OTHER)
    async with run.open() as engine:
        await settled(engine)
    closing = next(frame.frame for frame in run.frames if isinstance(frame, f.GateClosed))
    for last in range(2, len(run.frames) + 1):
        cut = stage()
        cut.log = type(run.log)([f.encode(frame) for frame in run.frames[:last]])
        async with cut.open() as engine:
            assert network_gate(await settled(engine)).proposal == OTHER, f"cut after frame {last - 1} of {closing}"
        assert cut.model.asked == []


async def test_stopping_the_run_takes_the_gate_back() -> None:
    async with stage().open() as engine:
        gate = network_gate(await settled(engine))
        await engine.do(c.Stop())
        state = await settled(engine)
    assert (state.ended, state.gates[gate.id].status) == ("stopped", "withdrawn")


async def test_a_root_that_ends_by_its_failure_takes_the_gate_along(monkeypatch: pytest.MonkeyPatch) -> None:
    run = stage("step", Scripted(lambda _: ValueError("no")))
    async with run.open() as engine:
        await engine.do(approve(network_gate(await settled(engine))))
        await settled(engine)
    names(monkeypatch, OTHER)
    async with run.open() as engine:
        state = await settled(engine)
        [failure] = [state.gates[gate] for gate in state.open_gates if state.gates[gate].kind == "failure"]
        await engine.do(choose(failure, "pass"))
        state = await settled(engine)
    assert (state.ended, state.waiting) == ("failed", 0)


def test_what_the_environment_no_longer_tells_is_as_it_was() -> None:
    state = Swarm(network=FOUND, root="1", model="openai:env")
    [opened] = asked(state, lambda _: None)
    assert isinstance(opened, f.GateOpened)
    assert opened.proposal == FOUND
    assert asked(Swarm(root="1", model="openai:env"), lambda _: OTHER) == []
