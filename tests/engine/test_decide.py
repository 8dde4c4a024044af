"""What a command writes, what is refused, and which gates ask at which level."""

from __future__ import annotations

from typing import Any

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.answers import checked
from swarm.autonomy import rule_for
from swarm.context import NodeContext
from swarm.decide import decide
from swarm.errors import AlreadyDecided, BadAnswer, Refused, StaleDigest, UnknownName
from swarm.fold import fold
from swarm.frames import EPOCH
from swarm.proposals import (
    AnyProposal,
    Budget,
    Failure,
    InDoubt,
    Merge,
    Run,
    Save,
    Spawn,
    Tag,
    Terminate,
    Write,
)
from swarm.state import Question, Swarm
from swarm.values import LEVELS, Ask, Level, Limits, Report
from tests.engine import kit
from tests.engine.doubles import Shelf
from tests.engine.kit import Stage, child, done, write_child


async def _root(node: NodeContext) -> Report:
    await node.spawn([write_child("a"), child("asks", "b"), child("breaks", "c")])
    return done()


async def _asks(node: NodeContext) -> Report:
    answers = await node.ask(
        [
            Ask(name="exit", text="Which?", choices=("1", "two"), default="1"),
            Ask(name="free", text="Or?", choices=("x", "y"), free=True),
            Ask(name="text", text="What?"),
        ]
    )
    return done(str(answers))


async def _breaks(node: NodeContext) -> Report:
    raise ValueError("broken")


_ACTIONS = {"root": _root, "write": kit.write, "asks": _asks, "breaks": _breaks}


async def _waiting() -> Swarm:
    """A state that waits: a write with its end foreseen, three questions, a failure."""
    stage = Stage(_ACTIONS, world=Shelf())
    async with stage.open() as engine:
        await engine.do(kit.approve(kit.gate_of(await kit.settled(engine), "spawn")))
        return await kit.settled(engine)


def _after(state: Swarm, *commands: c.Command) -> Swarm:
    for command in commands:
        for frame in decide(state, command):
            state = fold([frame.model_copy(update={"frame": state.frame + 1})], state)
    return state


def _written(state: Swarm, command: c.Command) -> list[str]:
    return kit.kinds(decide(state, command))


# Refusals


async def test_a_decision_names_a_gate_that_is_there_and_open() -> None:
    state = await _waiting()
    write = kit.gate_of(state, "write")
    with pytest.raises(UnknownName, match="no gate 99 in run kit-1: `swarm inbox kit-1`"):
        decide(state, c.Decide(gates=(c.Seen(gate="99"),), verb="approve"))
    with pytest.raises(Refused, match="no gate is named"):
        decide(state, c.Decide(gates=(), verb="approve"))
    decided = _after(state, kit.approve(write))
    with pytest.raises(AlreadyDecided, match=f"gate {write.id} is decided \\(approve by you\\)"):
        decide(decided, kit.approve(write))


async def test_a_decision_names_the_digest_that_it_saw() -> None:
    state = await _waiting()
    write = kit.gate_of(state, "write")
    with pytest.raises(StaleDigest, match=f"gate {write.id} is now {write.digest[:12]}, not 0123: look at it again"):
        decide(state, c.Decide(gates=(c.Seen(gate=write.id, digest="0123"),), verb="approve"))
    with pytest.raises(Refused, match=f"{write.digest[:7]} is too short for gate {write.id}: give 8 characters"):
        decide(state, c.Decide(gates=(c.Seen(gate=write.id, digest=write.digest[:7]),), verb="approve"))
    for digest in ("", write.digest[:8], write.digest):
        seen = c.Seen(gate=write.id, digest=digest)
        assert _written(state, c.Decide(gates=(seen,), verb="approve")) == ["gate.decided"]


async def test_of_several_gates_all_are_checked_before_any_is_decided() -> None:
    state = await _waiting()
    write, failure = kit.gate_of(state, "write"), kit.gate_of(state, "failure")
    with pytest.raises(Refused, match="does not offer approve: choose one of retry, edit"):
        decide(state, kit.approve(write, failure))
    edit = c.Decide(gates=kit.seen(write, failure), verb="edit", proposal=write.proposal)
    with pytest.raises(Refused, match="an edit is for one gate"):
        decide(state, edit)


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("write", {"verb": "reject"}, "needs a reason"),
        ("write", {"verb": "reject", "reason": "  "}, "needs a reason"),
        ("write", {"verb": "edit"}, "needs the new proposal: give it as JSON of kind write"),
        ("write", {"verb": "edit", "proposal": Save(name="a", text="b")}, "is a write, the edit a save"),
        ("write", {"verb": "approve", "proposal": Write(path="a", content="x")}, "is an edit: decide edit"),
        ("write", {"verb": "choose", "choice": "retry"}, "does not offer retry"),
        ("write", {"verb": "choose"}, "does not offer that"),
        ("failure", {"verb": "choose", "choice": "report"}, "needs the report: give it as JSON"),
        ("failure", {"verb": "edit"}, "needs the new proposal"),
        ("write", {"verb": "approve", "report": done()}, "comes with the choice report"),
        ("failure", {"verb": "choose", "choice": "retry", "report": done()}, "comes with the choice report"),
    ],
)
async def test_a_decision_that_its_gate_does_not_take_is_refused(kind: str, fields: Any, message: str) -> None:
    state = await _waiting()
    with pytest.raises(Refused, match=message):
        decide(state, c.Decide(gates=kit.seen(kit.gate_of(state, kind)), **fields))


async def test_a_foreseen_gate_can_only_be_approved_or_rejected() -> None:
    state = await _waiting()
    (end,) = kit.foreseen(state)
    for verb in ("stop", "edit"):
        with pytest.raises(Refused, match=f"gate {end.id} is only foreseen"):
            decide(state, c.Decide(gates=kit.seen(end), verb=verb, proposal=end.proposal if verb == "edit" else None))
    assert _written(state, kit.approve(end)) == ["gate.decided"]
    assert _written(state, kit.reject(end)) == ["gate.decided"]


async def test_one_decision_on_a_gate_and_what_follows_from_it_settles_each_of_them_once() -> None:
    state = await _waiting()
    write, (end,) = kit.gate_of(state, "write"), kit.foreseen(state)
    for gates in ((write, end), (end, write), (write, write, end)):
        assert _written(state, kit.approve(*gates)) == ["gate.decided", "gate.decided"]
        rejected = c.Decide(gates=kit.seen(*gates), verb="reject", reason="no")
        assert _written(state, rejected) == ["gate.decided", "gate.closed"]
        after = _after(state, rejected)
        assert (after.gates[write.id].status, after.gates[end.id].status) == ("applied", "withdrawn")


async def test_a_verb_may_be_given_as_a_choice() -> None:
    state = await _waiting()
    write = kit.gate_of(state, "write")
    (decided,) = decide(state, kit.choose(write, "approve"))
    assert isinstance(decided, f.GateDecided)
    assert (decided.decision, decided.choice) == ("approve", "")


# Commands


async def test_a_command_that_is_sent_twice_does_nothing_twice() -> None:
    state = await _waiting()
    for command in (kit.approve(kit.gate_of(state, "write")), c.Tell(node="1", text="hm"), c.Pause(), c.Stop(node="2")):
        frames = decide(state, command)
        assert {frame.command for frame in frames} == {command.id}
        assert decide(fold(frames, state), command) == []


@pytest.mark.parametrize(
    ("command", "error", "message"),
    [
        (c.Tell(node="99", text="x"), UnknownName, "no node 99"),
        (c.Tell(node="1", text=" "), Refused, "a note needs a text"),
        (c.Continue(), Refused, "run kit-1 is not paused"),
        (c.Continue(node="1"), Refused, "node 1 is not paused"),
        (c.Retry(node="1"), Refused, "does not wait at a failure"),
        (c.SetLevel(node="2", level="auto"), Refused, "may not be looser than what is above it"),
        (c.Answer(question="q99", answer="x"), UnknownName, "no question q99"),
        (c.Answer(question="q1", answer="3"), BadAnswer, "takes one of 1, two: '3' is none of them"),
        (c.Answer(question="q1", answer=" "), BadAnswer, "needs an answer"),
    ],
)
async def test_a_command_that_does_not_fit_says_why(command: c.Command, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        decide(await _waiting(), command)


@pytest.mark.parametrize(
    ("question", "answer", "kept"),
    [("q1", "two", "two"), ("q1", 2, "two"), ("q1", "1", "1"), ("q2", "z", "z"), ("q2", "2", "y"), ("q3", " a ", "a")],
)
async def test_an_answer_is_a_choice_its_number_or_where_allowed_a_text(question: str, answer: Any, kept: str) -> None:
    (frame,) = decide(await _waiting(), c.Answer(question=question, answer=answer))
    assert isinstance(frame, f.QuestionAnswered)
    assert frame.answer == kept


async def test_a_question_is_answered_once_and_not_after_it_was_withdrawn() -> None:
    state = await _waiting()
    answer = c.Answer(question="q1", answer="1")
    with pytest.raises(AlreadyDecided, match="question q1 is answered"):
        decide(_after(state, answer), answer.model_copy(update={"id": "again"}))
    stopped = _after(state, c.Stop(node=state.questions["q1"].node))
    with pytest.raises(AlreadyDecided, match="question q1 is withdrawn"):
        decide(stopped, answer)


async def test_nothing_can_be_commanded_after_the_end() -> None:
    state = await _waiting()
    ended = _after(state, c.Stop())
    assert (ended.status, ended.waiting) == ("stopped", 0)
    for command in (c.Pause(), c.Stop(), c.SetLevel(level="auto"), c.Stop(node="1"), c.Tell(node="1", text="x")):
        with pytest.raises(Refused, match="has ended"):
            decide(ended, command)


async def test_stopping_a_node_takes_back_all_that_it_and_its_children_ask() -> None:
    state = await _waiting()
    kinds = _written(state, c.Stop(node="1", reason="enough"))
    assert sorted(kinds) == sorted(
        ["node.ended"] * 4 + ["gate.closed"] * 3 + ["question.withdrawn"] * 3 + ["run.ended"]
    )
    assert kinds[0] == "node.ended"  # the top, so that a write that is cut off leaves nobody to go on


# Edits


async def test_an_edited_batch_keeps_the_ids_of_what_it_keeps_and_numbers_the_rest() -> None:
    stage = Stage(_ACTIONS, world=Shelf())
    async with stage.open() as engine:
        state = await kit.settled(engine)
    gate = kit.gate_of(state, "spawn")
    assert isinstance(gate.proposal, Spawn)
    a, b, _ = gate.proposal.children
    edited = Spawn(children=(b, child("leaf", "new"), a, a, child("leaf", "forged", id="1")))
    (decided,) = decide(state, kit.edit(gate, edited))
    assert isinstance(decided, f.GateDecided)
    assert isinstance(decided.proposal, Spawn)
    assert [item.id for item in decided.proposal.children] == [b.id, "5", a.id, "6", "7"]
    assert [item.directive for item in decided.proposal.children] == ["b", "new", "a", "a", "forged"]
    assert fold([decided], state).next_node == 8


# Budgets


async def test_raising_one_limit_does_not_take_back_another_that_was_raised_meanwhile() -> None:
    state = await _waiting()
    few, deep = Limits(nodes=10, depth=2), Limits(nodes=5, depth=20)
    opened = [
        f.GateOpened(node="1", gate=str(number), seq=1, proposal=Budget(why="w", limits=limits), digest=str(number))
        for number, limits in ((50, few), (51, deep))
    ]
    low = [f.LimitsRaised(limits=Limits(nodes=5, depth=2), by="you")]
    state = fold([*low, *opened], state)
    for gate in ("50", "51"):
        state = _after(state, c.Decide(gates=(c.Seen(gate=gate),), verb="choose", choice="raise"))
    assert (state.limits.nodes, state.limits.depth) == (10, 20)


# Levels

_PROPOSALS: dict[str, AnyProposal] = {
    "spawn": Spawn(children=(child("carry_out"),)),
    "routers": Spawn(children=(child(""), child("route_action"))),
    "reviewer": Spawn(children=(child("review_directive"),)),
    "mixed": Spawn(children=(child("review_directive"), child("carry_out"))),
    "terminate": Terminate(report=done()),
    "write": Write(path="a", content="b"),
    "run": Run(title="t", script="s"),
    "unsandboxed": Run(title="t", script="s", tier="none"),
    "tag": Tag(name="v1"),
    "save": Save(name="n", text="t"),
    "failure": Failure(error="e", directive="d"),
    "budget": Budget(why="w", limits=Limits()),
    "in_doubt": InDoubt(what="w", step=1),
    "merge": Merge(branch="b", into="m", commits=1, files=("a",)),
}
_GUIDED = {"routers", "reviewer"}
_SPAWNS = {"spawn", "routers", "reviewer", "mixed", "terminate"}
_EFFECTS = {"write", "run", "tag", "save"}
_PASS: dict[str, set[str]] = {
    "step": set(),
    "guided": _GUIDED,
    "effects": _SPAWNS,
    "questions": _SPAWNS | _EFFECTS | {"failure"},
    "auto": _SPAWNS | _EFFECTS | {"failure"},
}


def _asked(level: Level, action: str = "decompose_directive", model: str = "m", allow: bool = False) -> set[str]:
    started = f.RunStarted(run="r", goal="g", title="t", model=model, level=level, allow_unsandboxed=allow)
    root = f.NodeSpawned(node="1", step=0, index=0, child=child(action))
    state = fold([started, root])
    return {name for name, item in _PROPOSALS.items() if rule_for(state, state.nodes["1"], item) is None}


@pytest.mark.parametrize("level", LEVELS)
def test_which_gates_ask_at_which_level(level: Level) -> None:
    assert _asked(level) == set(_PROPOSALS) - _PASS[level]


def test_at_guided_routers_and_reviewers_end_and_routers_start_what_they_chose() -> None:
    assert _asked("guided", "route_action") == set(_PROPOSALS) - {"spawn", "routers", "reviewer", "mixed", "terminate"}
    assert _asked("guided", "review_directive") == set(_PROPOSALS) - {"routers", "reviewer", "terminate"}


def test_commands_without_a_sandbox_ask_at_every_level_unless_the_run_allows_them() -> None:
    assert all("unsandboxed" in _asked(level) for level in LEVELS)
    assert "unsandboxed" not in _asked("questions", allow=True)
    assert "unsandboxed" in _asked("effects", allow=True)


def test_what_the_human_filled_in_as_the_model_needs_no_gate_but_its_effects_do() -> None:
    assert _asked("step", model="human") == set(_PROPOSALS) - _SPAWNS


def test_a_form_that_is_nested_too_deeply_is_no_answer() -> None:
    ask = Ask(name="Needs", text="?", form={"type": "object"})
    question = Question("q1", "1", 1, ask, 0, EPOCH)
    with pytest.raises(BadAnswer, match="question q1 takes JSON"):
        checked(question, "[" * 100_000)
