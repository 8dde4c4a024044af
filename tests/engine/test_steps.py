"""Steps are durable: finished ones hand back what they recorded, the first unfinished one goes on."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.asks import Act, Acts, RecallDraft, Verdict
from swarm.context import NodeContext
from swarm.errors import BadAnswer, BadReply, ModelError, NothingNew
from swarm.models.base import Request
from swarm.proposals import AnyProposal, Failure, Run
from swarm.state import Swarm
from swarm.values import Ask, Document, Report
from tests.engine import kit
from tests.engine.doubles import Mortal, Scripted, Shelf
from tests.engine.kit import Stage, child, done
from tests.engine.recount import check_history


def _prompt(request: Request) -> str:
    return request.messages[-1].content


async def _twice(node: NodeContext) -> Report:
    first = await kit.query(node, key="one")
    second = await kit.query(node, key="two", first=first)
    return done(f"{first}, {second}")


# Thoughts


async def test_a_thought_is_asked_once_and_its_answer_and_usage_are_kept() -> None:
    model = Scripted(lambda request: {"query": f"answer {len(model.asked)}"})
    stage = Stage({"root": _twice}, model=model)
    for _ in range(3):
        async with stage.open() as engine:
            state = await kit.settled(engine)
    assert kit.gate_of(state, "terminate").proposal.report.summary == "answer 1, answer 2"
    assert len(model.asked) == 2
    assert (state.usage.calls, state.usage.input_tokens, state.nodes["1"].usage.output_tokens) == (2, 20, 10)


async def test_a_thought_that_was_cut_off_is_asked_again_in_the_words_of_its_record() -> None:
    stage = Stage({"root": _twice})
    async with stage.open() as engine:
        await kit.settled(engine)
    begun = next(frame.frame for frame in stage.frames if isinstance(frame, f.StepBegun) and frame.key == "two")
    asked = stage.model.asked[1]
    stage.log = Mortal(stage.log.lines[: begun + 1])
    stage.model.asked.clear()
    async with stage.open() as engine:
        await engine.do(c.Tell(node="1", text="too late for this one"))
        await kit.settled(engine)
    assert [request.messages for request in stage.model.asked] == [asked.messages]


async def test_a_note_is_read_by_its_node_at_the_next_thought_and_by_no_other() -> None:
    async def root(node: NodeContext) -> Report:
        await kit.query(node)
        await node.spawn([child("leaf", "other")])
        await kit.query(node, key="again")
        return done()

    async def other(node: NodeContext) -> Report:
        return done(await kit.query(node))

    stage = Stage({"root": root, "leaf": other})
    async with stage.open() as engine:
        await kit.settled(engine)
        await engine.do(c.Tell(node="1", text="mind the gap"))
        await kit.drive(engine)
    assert ["mind the gap" in _prompt(request) for request in stage.model.asked] == [False, False, True]
    assert [frame.notes for frame in stage.frames if isinstance(frame, f.StepBegun) and frame.step == "think"] == [
        0,
        0,
        1,
    ]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (ModelError("the endpoint is gone"), "the endpoint is gone"),
        (BadReply("no JSON"), "no JSON"),
        (NothingNew("nothing else"), "nothing else"),
        (KeyError("a bug"), "'a bug'"),
        (OSError("two\nlines"), "two lines"),
        ({"wrong": "field"}, "2 validation errors for RecallDraft"),
        ({"query": "half a \ud83d"}, "text that cannot be written"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_a_thought_that_fails_in_any_way_is_its_nodes_failure(answer: Any, told: str) -> None:
    stage = Stage({"root": _twice}, model=Scripted(lambda _: answer))
    async with stage.open() as engine:
        state = await kit.settled(engine)
        failure = kit.gate_of(state, "failure").proposal
        assert isinstance(failure, Failure)
        assert told in failure.error
        assert "\n" not in failure.error
        assert (state.status, state.nodes["1"].status) == ("waiting", "waiting_gate")
        assert state.steps["1", 1].outcome == "failed"
        await engine.do(kit.choose(kit.gate_of(state, "failure"), "pass"))
        assert (await kit.settled(engine)).status == "failed"
    check_history(stage.frames)


async def test_thoughts_of_different_nodes_run_side_by_side() -> None:
    inside, most = 0, 0

    class Slow(Scripted):
        async def reply(self, request: Request, on_text: Any) -> Any:
            nonlocal inside, most
            inside, most = inside + 1, max(most, inside + 1)
            for _ in range(20):
                await asyncio.sleep(0)
            inside -= 1
            return await super().reply(request, on_text)

    async def root(node: NodeContext) -> Report:
        await node.spawn([child("leaf", str(number)) for number in range(12)])
        return done()

    async def leaf(node: NodeContext) -> Report:
        return done(await kit.query(node))

    stage = Stage({"root": root, "leaf": leaf}, model=Slow(), level="auto")
    assert (await stage.finish()).status == "done"
    assert most == 8


async def test_what_streams_is_seen_and_not_recorded() -> None:
    class Streaming(Scripted):
        async def reply(self, request: Request, on_text: Any) -> Any:
            on_text("half")
            seen.append(engine.live("1"))
            on_text(" an answer")
            seen.append(engine.live("1"))
            return await super().reply(request, on_text)

    seen: list[str] = []
    stage = Stage({"root": _twice}, model=Streaming())
    async with stage.open() as engine:
        await kit.settled(engine)
    assert seen == ["half", "half an answer"] * 2
    assert not any(b"half" in line for line in stage.log.lines)


# Questions


async def _asking(node: NodeContext) -> Report:
    questions = [Ask(name="a", text="a?", choices=("x", "y"), default="x"), Ask(name="b", text="b?")]
    return done(json.dumps(await node.ask(questions)))


async def test_a_node_sleeps_until_all_its_questions_are_answered_in_any_order_and_over_restarts() -> None:
    stage = Stage({"root": _asking})
    for question, answer in (("q2", "long"), ("q1", 2)):
        async with stage.open() as engine:
            state = await kit.settled(engine)
            assert state.nodes["1"].status == "waiting_answer"
            await engine.do(c.Answer(question=question, answer=answer))
    state = await stage.finish()
    assert state.nodes["1"].report == done('{"a": "y", "b": "long"}')
    assert len(state.questions) == 2


async def test_defaults_are_taken_where_there_are_some_and_recorded_as_assumptions() -> None:
    stage = Stage({"root": _asking}, level="auto", defaults=True)
    async with stage.open() as engine:
        state = await kit.settled(engine)
        assert (state.status, list(state.open_questions)) == ("waiting", ["q2"])
        assert (state.questions["q1"].answer, state.questions["q1"].rule) == ("x", "--defaults: an assumption")
        await engine.do(c.Answer(question="q2", answer="b"))
        assert (await kit.settled(engine)).status == "done"


async def test_without_leave_to_take_defaults_even_auto_asks() -> None:
    stage = Stage({"root": _asking}, level="auto")
    async with stage.open() as engine:
        assert sorted((await kit.settled(engine)).open_questions) == ["q1", "q2"]


# The human as the model


async def test_the_human_as_the_model_fills_in_a_form_with_the_prompt_and_the_schema_in_view() -> None:
    async def root(node: NodeContext) -> Report:
        acts = await node.think(Acts, hint="what the model would be told")
        await node.spawn([child("leaf", acts.acts[0].text)])
        return done(acts.acts[0].text)

    stage = Stage({"root": root, "leaf": kit.leaf}, model_name="human")
    async with stage.open() as engine:
        state = await kit.settled(engine)
        ask = state.questions["q1"].ask
        assert (ask.name, ask.form) == ("Acts", Acts.model_json_schema())
        assert "what the model would be told" in ask.prompt
        with pytest.raises(BadAnswer, match="q1 takes JSON"):
            await engine.do(c.Answer(question="q1", answer="no json"))
        with pytest.raises(BadAnswer, match=r"q1 takes Acts: acts\.0\.do"):
            await engine.do(c.Answer(question="q1", answer={"acts": [{"do": "fly"}]}))
        form = Acts(acts=[Act(do="run", text="by hand")])
        await engine.do(c.Answer(question="q1", answer=form.model_dump_json()))
        state = await kit.settled(engine)
    assert (state.status, state.nodes["1"].report) == ("done", done("by hand"))
    assert {gate.decision.rule for gate in state.gates.values() if gate.decision} == {"you filled it in"}
    assert stage.model.asked == []


# Together, and one at a time


async def test_a_second_step_while_one_is_pending_fails_the_node() -> None:
    async def root(node: NodeContext) -> Report:
        await asyncio.gather(kit.query(node), kit.query(node, key="second"))
        return done()

    stage = Stage({"root": root})
    async with stage.open() as engine:
        failure = kit.gate_of(await kit.settled(engine), "failure").proposal
    assert isinstance(failure, Failure)
    assert failure.error == "node 1 began a think step while another was pending: use together()"


async def test_steps_taken_together_are_numbered_in_the_order_given() -> None:
    async def root(node: NodeContext) -> Report:
        found = await node.together(*(kit.query(node, key=key) for key in "cab"))
        return done(" ".join(found))

    def answer(request: Request) -> Any:
        return {"query": request.position}

    stage = Stage({"root": root}, model=Scripted(answer), level="auto")
    state = await stage.finish()
    assert [state.steps["1", seq].key for seq in (1, 2, 3)] == ["c", "a", "b"]
    check_history(stage.frames)


async def test_of_steps_taken_together_one_that_fails_leaves_none_of_the_others_under_way() -> None:
    async def root(node: NodeContext) -> Report:
        run = [node.run(Run(title=name, script=name), key=name) for name in ("bad", "good")]
        return done(str(len(await node.together(*run))))

    failing = True

    class Bad(Shelf):
        async def perform(self, proposal: AnyProposal, mark: Any) -> Any:
            if failing and isinstance(proposal, Run) and proposal.title == "bad":
                raise OSError("no")
            return await super().perform(proposal, mark)

    stage = Stage({"root": root}, world=Bad())
    async with stage.open() as engine:
        state = await kit.settled(engine)
        bad, good = (state.gates[name] for name in sorted(state.open_gates, key=int))
        await engine.do(kit.approve(bad))
        state = await kit.settled(engine)
        assert list(state.open_gates) == [good.id]  # the failure waits until the other one is decided
        await engine.do(kit.approve(good))
        state = await kit.settled(engine)
        failing = False
        await engine.do(kit.choose(kit.gate_of(state, "failure"), "retry"))
        assert (await kit.drive(engine)).nodes["1"].report == done("2")
    assert [proposal.title for _, proposal in stage.world.performed] == ["good", "bad"]
    check_history(stage.frames)


# Looking and remembering


async def test_what_was_read_and_recalled_is_not_looked_up_again() -> None:
    async def root(node: NodeContext) -> Report:
        await node.remember(Document(name="colour", text="red"))
        (found,) = await node.recall("colour")
        text = await node.read("a")
        return done(f"{found.text} {text} {await kit.query(node)}")

    stage = Stage({"root": root}, world=Shelf())
    stage.world.files["a"] = "then"
    async with stage.open() as engine:
        await kit.settled(engine)
    stage.world.files["a"] = "now"
    state = await stage.finish()
    assert state.nodes["1"].report == done("red then about the goal")
    assert kit.kinds(stage.frames).count("step.ended") == 4


async def test_a_look_that_fails_is_a_failure_and_not_a_traceback() -> None:
    async def root(node: NodeContext) -> Report:
        return done(await node.read("missing"))

    stage = Stage({"root": root}, world=Shelf())
    async with stage.open() as engine:
        state = await kit.settled(engine)
    assert kit.gate_of(state, "failure").proposal.error == "'missing'"


# Actions that changed


async def _drive_changed(stage: Stage, body: kit.Body, choice: str) -> Swarm:
    stage.space.actions["root"] = kit.action("root", body)
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "failure")
        assert isinstance(gate.proposal, Failure)
        assert "was think:one and would now be think:other: retry starts the node anew" in gate.proposal.error
        assert gate.proposal.restart
        await engine.do(kit.choose(gate, choice))
        return await kit.drive(engine)


async def _changed(node: NodeContext) -> Report:
    first = await kit.query(node, key="other")
    _, pairs = await node.spawn([child("leaf", "new")])
    return done(f"{first} {len(pairs)}")


async def test_an_action_that_no_longer_makes_the_steps_on_record_asks_and_begins_anew() -> None:
    stage = Stage({"root": _twice})
    stage.space.actions["leaf"] = kit.action("leaf", kit.leaf)
    async with stage.open() as engine:
        await kit.settled(engine)
    state = await _drive_changed(stage, _changed, "retry")
    assert state.nodes["1"].report == done("about the goal 1")
    assert len(stage.model.asked) == 3
    check_history(stage.frames)


async def test_a_mismatch_names_the_version_that_the_node_began_with_where_it_is_another_one_now() -> None:
    stage = Stage({"root": kit.action("root", _twice, version="1")})
    async with stage.open() as engine:
        await kit.settled(engine)
    stage.space.actions["root"] = kit.action("root", _changed, version="2")
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "failure")
    assert gate.proposal.error == (
        "step 1 was think:one and would now be think:other (root was version 1 and is 2): retry starts the node anew"
    )


async def _thinks_and_spawns(node: NodeContext) -> Report:
    await kit.query(node, key="one")
    await node.spawn([child("asks", "old"), child("asks", "older")])
    return done()


@pytest.mark.parametrize("choice", ["retry", "pass", "skip", "stop"])
async def test_children_of_a_node_that_begins_anew_or_ends_are_stopped_and_ask_no_more(
    choice: str,
) -> None:
    stage = Stage({"root": _thinks_and_spawns, "asks": _asking, "leaf": kit.leaf})
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        assert len((await kit.settled(engine)).open_questions) == 4
    state = await _drive_changed(stage, _changed, choice)
    assert [state.nodes[node].status for node in ("2", "3")] == ["stopped", "stopped"]
    assert state.status == {"retry": "done", "pass": "failed", "skip": "done", "stop": "stopped"}[choice]
    check_history(stage.frames)


async def test_a_gate_that_was_open_when_its_action_changed_is_taken_back() -> None:
    stage = Stage({"root": _thinks_and_spawns, "asks": _asking})
    async with stage.open() as engine:
        await kit.settled(engine)
    state = await _drive_changed(stage, _changed_without_children, "retry")
    assert {gate.kind: gate.status for gate in state.gates.values()} == {
        "spawn": "withdrawn",
        "failure": "applied",
        "terminate": "applied",
    }
    check_history(stage.frames)


async def _changed_without_children(node: NodeContext) -> Report:
    return done(await kit.query(node, key="other"))


async def test_a_failure_that_waits_still_waits_after_its_cause_is_gone() -> None:
    stage = Stage({"root": _twice})
    async with stage.open() as engine:
        await kit.settled(engine)
    old = stage.space.actions["root"]
    stage.space.actions["root"] = kit.action("root", _changed_without_children)
    async with stage.open() as engine:
        await kit.settled(engine)
    stage.space.actions["root"] = old
    async with stage.open() as engine:
        state = await kit.settled(engine)
        assert [state.gates[gate].kind for gate in state.open_gates] == ["failure"]
        await engine.do(kit.choose(kit.gate_of(state, "failure"), "retry"))
        await kit.drive(engine)
    assert check_history(stage.frames).status == "done"


async def test_an_action_that_is_gone_is_its_nodes_failure() -> None:
    async def root(node: NodeContext) -> Report:
        _, pairs = await node.spawn([child("gone")])
        return done(pairs[0][1].summary)

    stage = Stage({"root": root})
    state = await stage.finish()
    assert state.nodes["1"].report == done("no action gone: `swarm actions` lists them")


async def test_schemas_are_matched_by_name() -> None:
    async def root(node: NodeContext) -> Report:
        await node.think(RecallDraft)
        return done()

    async def other(node: NodeContext) -> Report:
        await node.think(Verdict)
        return done()

    stage = Stage({"root": root})
    async with stage.open() as engine:
        await kit.settled(engine)
    stage.space.actions["root"] = kit.action("root", other)
    async with stage.open() as engine:
        failure = kit.gate_of(await kit.settled(engine), "failure").proposal
    assert isinstance(failure, Failure)
    assert failure.error == "step 1 was think:RecallDraft and would now be think:Verdict: retry starts the node anew"
