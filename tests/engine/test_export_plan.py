"""A run as a plan: the plan model does the same again, whoever thought in the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from swarm import frames as f
from swarm.actions.base import Space
from swarm.effects import Effect, Mark
from swarm.errors import UsageError
from swarm.export.plan import plan_text
from swarm.models.base import Model, Request
from swarm.models.plan import PlanModel
from swarm.plan.document import Plan
from swarm.plan.parse import parse
from swarm.proposals import AnyProposal, Run, Save, Tag, Write
from swarm.spaces.builtin import builtin_space
from swarm.state import Gate, Swarm
from swarm.values import Limits, Report
from tests.engine import kit
from tests.engine.doubles import Scripted, Shelf
from tests.engine.hostile import hostile_frames
from tests.engine.kit import Stage
from tests.engine.long_run import long_run


class _Shell(Shelf):
    """Commands that add to files (`add a.txt word`, `add a.txt $NAME`), look for them (`has a.txt`), or `fail`."""

    async def perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        lines = proposal.script.splitlines() if isinstance(proposal, Run) else []
        found = [self._line(line, proposal.environment) for line in lines if isinstance(proposal, Run)]
        effect = await super().perform(proposal, mark)
        code = int(not all(found))
        error = "exit 1" if code and not (isinstance(proposal, Run) and proposal.check) else ""
        return effect.model_copy(update={"value": {**effect.value, "exit_code": code}, "error": error})

    def _line(self, line: str, environment: Mapping[str, str]) -> bool:
        word, *rest = line.split()
        if word == "add":
            value = environment[rest[1][1:]] if rest[1].startswith("$") else rest[1]
            self.files[rest[0]] = self.files.get(rest[0], "") + value
        return rest[0] in self.files if word == "has" else word != "fail"


def _stage(goal: str, model: Model, name: str, **start: Any) -> Stage:
    space = builtin_space()
    actions = {**space.actions, "root": space.actions["organise_context"]}
    stage = Stage(actions, goal=goal, world=_Shell(), model=model, model_name=name, **start)
    stage.space = Space(space.root, stage.space.actions)
    return stage


def planned(text: str, **start: Any) -> Stage:
    return _stage(text, PlanModel(builtin_space().root), "plan", **{"level": "auto", "defaults": True, **start})


def done(stage: Stage) -> list[AnyProposal]:
    """What was done, without what depends on when and where, and on which questions were asked by then."""
    made = [proposal for _, proposal in stage.world.performed]
    blank = {"inputs": {}, "title": "", "before": "", "original": None, "environment": {}}
    made = [item.model_copy(update={key: blank[key] for key in blank if hasattr(item, key)}) for item in made]
    return [
        item.model_copy(update={"script": f"{item.script.strip()}\n"}) if hasattr(item, "script") else item
        for item in made
    ]


def nothing_by_hand(commit: str) -> list[Any]:
    raise AssertionError(f"asked for commit {commit}")


async def again(text: str) -> Stage:
    """The plan, carried out without anybody."""
    stage = planned(text)
    async with stage.open() as engine:
        assert (await kit.settled(engine)).status == "done", text
    return stage


async def there_and_back(stage: Stage, changed: Callable[[str], Any] = nothing_by_hand) -> tuple[Plan, Stage]:
    """The plan of a run, and the run of that plan: the same files."""
    text = plan_text(stage.frames, changed)
    second = await again(text)
    assert second.world.files == stage.world.files, text
    return parse(text, "exported"), second


EVERYTHING = """\
# Everything that a plan can do

Some context, {{colour}}.

? colour: Which colour? [red|blue] = red

## First

```text own.txt
own {{colour}} \\{{colour}}
```

```sh check
has own.txt
```

```sh check
has b.txt
```

### Part A

? size: How large is it, [roughly]? = 3

````markdown docs/a.md
```python inside.py
{{size}}
```
````

#### Deeper one

```text deep1.txt
1
```

#### Deeper two

```sh run
add log.txt $COLOUR
add log.txt $SIZE
```

### Part B

```sh b.txt run
add b.txt b
```

- [ ] an item

  ```text c/item
  x
  ```

- [x] done already

## Second

```toml do tag
name = "v{{colour}}"
message = "Tagged"
```

```md remember notes
Kept {{colour}}.
```

```md edit own.txt
<<<<<<< SEARCH
own red {{colour}}
=======
edited {{colour}}
>>>>>>> REPLACE
```

```python run readonly
has own.txt
```
"""


class _Editor(_Shell):
    """Edits as well."""

    async def edit(self, path: str, edit: str) -> Write:
        from swarm.workspace.edits import apply_edit

        return await self.write(path, apply_edit(self.files[path], edit))


async def test_a_plan_that_uses_everything_comes_back_as_one_that_does_the_same() -> None:
    first = planned(EVERYTHING.replace("{{colour}}\n=======", "\\{{colour}}\n======="))
    first.world = _Editor()
    await first.finish()
    assert first.state.status == "done"
    plan, second = await there_and_back(first)
    assert [phase.title for phase in plan.phases] == ["First", "Second"]
    assert plan.phases[0].questions[0].name == "colour"
    assert sorted(map(repr, done(first))) == sorted(map(repr, done(second)))
    tags = [item for item in done(second) if isinstance(item, Tag | Save)]
    assert tags == [Tag(name="vred", message="Tagged"), Save(name="notes", text="Kept red.\n")]


async def test_what_is_exported_again_is_the_same_plan() -> None:
    once = plan_text(
        (await again("# P\n\n## One\n\n```text a.txt\nx\n```\n\n### Two\n\n```sh run\nadd b.txt y\n```\n")).frames, list
    )
    twice = plan_text((await again(once)).frames, list)
    drop = "What run"
    assert [line for line in once.splitlines() if drop not in line] == [
        line for line in twice.splitlines() if drop not in line
    ]


# Another model


class _Mind:
    """Answers by directive: how it is broken down round by round, which action fits, what the action needs."""

    def __init__(self, **directives: dict[str, Any]) -> None:
        self._directives = directives
        self._root = builtin_space().root

    def __call__(self, request: Request) -> Any:
        wanted, inputs = self._directives[request.directive.split()[0]], request.inputs
        number = inputs.get("round", 1) - 1
        match request.schema_name:
            case "Needs":
                return {"questions": [] if inputs.get("round", 1) > 1 else wanted.get("asks", [])}
            case "Choice":
                offered = {choice["name"] for choice in inputs["choices"]}
                return {"choose": next(name for name in self._root.path(wanted["action"]) or () if name in offered)}
            case "Decomposition":
                return wanted["rounds"][number]
            case "Verdict":
                more = number + 1 < len(wanted["rounds"])
                return {"outcome": "continue" if more else "fulfilled", "summary": "s", "missing": "what is left"}
        return wanted["draft"]


def _part(directive: str, stage: int = 1) -> dict[str, Any]:
    return {"title": directive.split()[0].capitalize(), "directive": directive, "stage": stage}


def _write(path: str, content: str) -> dict[str, Any]:
    return {"action": "write_file", "draft": {"path": path, "content": content}}


def _run(script: str) -> dict[str, Any]:
    return {"action": "run_command", "draft": {"title": "a command", "script": script}}


def _acts(*acts: dict[str, Any], asks: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return {"action": "carry_out", "draft": {"acts": list(acts)}, "asks": list(asks)}


async def thought(level: str = "auto", **directives: dict[str, Any]) -> Stage:
    start = {"level": level, "defaults": True, "limits": Limits(depth=30)}
    stage = _stage("goal: make it", Scripted(_Mind(**directives)), "openai:kit", **start)
    await stage.finish()
    assert stage.state.status == "done"
    return stage


def _rounds(*rounds: dict[str, Any]) -> dict[str, Any]:
    return {"action": "decompose_directive", "rounds": list(rounds)}


async def test_rounds_and_stages_of_a_model_become_phases_in_their_order() -> None:
    stage = await thought(
        **{"goal:": _rounds(
            {"title": "Begin", "parts": [_part("one"), _part("two"), _part("three", 2)], "checks": []},
            {"title": "Go on", "parts": [_part("four")], "checks": [{"title": "c", "script": "has b.txt"}]},
        )},
        one=_write("a.txt", "a\n"), two=_write("b.txt", "b\n"),
        three=_run("add a.txt more"), four=_run("add b.txt more"),
    )  # fmt: skip
    plan, _ = await there_and_back(stage)
    assert [phase.title for phase in plan.phases] == ["Begin", "Begin (2)", "Go on"]
    assert [part.title for part in plan.phases[0].parts] == ["One", "Two"]
    assert [check.body for check in plan.phases[2].checks] == ["has b.txt\n"]
    assert "> goal: make it" in plan_text(stage.frames, list)
    assert "what is left" in plan.phases[2].text


async def test_parts_that_need_each_other_follow_each_other() -> None:
    stage = await thought(
        **{"goal:": _rounds({"title": "T", "parts": [_part("one"), _part("two"), _part("three")]})},
        one=_write("a.txt", "a\n"), two=_run("add a.txt more"), three=_write("b.txt", "b\n"),
    )  # fmt: skip
    plan, second = await there_and_back(stage)
    assert [phase.title for phase in plan.phases] == ["T", "T (2)", "T (3)"]
    assert sorted(part.title for phase in plan.phases for part in phase.parts) == ["One", "Three", "Two"]
    assert done(second) == done(stage)


async def test_parts_that_took_turns_are_done_in_a_row() -> None:
    both = [[{"do": "run", "text": f"add {name}{number}.txt x"} for number in "12"] for name in "ab"]
    stage = await thought(
        level="effects", **{"goal:": _rounds({"title": "T", "parts": [_part("one"), _part("two")]})},
        one=_acts(*both[0]), two=_acts(*both[1]),
    )  # fmt: skip
    assert list(stage.world.files) == ["a1.txt", "b1.txt", "a2.txt", "b2.txt"]
    plan, second = await there_and_back(stage)
    [phase] = plan.phases
    assert (phase.title, len(phase.acts), phase.parts) == ("T", 4, ())
    assert done(second) == done(stage)


async def test_a_part_that_took_several_rounds_is_done_in_a_row() -> None:
    stage = await thought(
        **{"goal:": _rounds({"parts": [_part("inner"), _part("other")]})},
        inner=_rounds(
            {"title": "R1", "parts": [_part("one")]},
            {"title": "R2", "parts": [_part("two")], "checks": [{"title": "c", "script": "has b.txt"}]},
        ),
        one=_write("a.txt", "1\n"), two=_write("b.txt", "2\n"), other=_write("o.txt", "o\n"),
    )  # fmt: skip
    plan, _ = await there_and_back(stage)
    inner, other = plan.phases[0].parts
    assert [act.path for act in inner.acts] == ["a.txt", "b.txt"]
    assert [check.body for check in inner.checks] == ["has b.txt\n"]
    assert (other.title, other.text) == ("Other", "> other")


async def test_what_a_fence_cannot_hold_is_an_action_with_arguments() -> None:
    stage = await thought(
        **{"goal:": _rounds({"parts": [_part("one"), _part("two"), _part("three")]})},
        one=_write("no newline.txt", "no newline"), two=_write("b.txt", "cr\r\n\x7f \\{{x}} {{y}}\n"),
        three=_write("c.txt", "``````\n~~~\n\ttab {{y}}\n"),
    )  # fmt: skip
    plan, _ = await there_and_back(stage)
    kinds = [part.acts[0].kind for part in plan.phases[0].parts]
    assert kinds == ["do", "do", "write"]


async def test_a_question_keeps_its_answer_as_the_default_and_commands_find_it() -> None:
    stage = await thought(
        **{"goal:": {
            **_rounds({"parts": [_part("one")]}),
            "asks": [{"name": "word", "text": "Which [a|b] word?\nSay it.", "choices": ["x y", "z"], "default": "x y"}],
        }},
        one=_acts(
            {"do": "run", "text": "add a.txt $WORD"}, asks=[{"name": "home", "text": "Where?", "default": "here"}]
        ),
    )  # fmt: skip
    plan, second = await there_and_back(stage)
    [question] = plan.phases[0].questions
    assert (question.name, question.choices, question.default) == ("word", ("x y", "z"), "x y")
    assert second.world.files == {"a.txt": "x y"}


async def test_two_answers_under_one_name_reach_each_its_own_commands() -> None:
    ask = {"name": "word", "text": "Which?", "default": "first"}
    stage = await thought(
        **{"goal:": _rounds({"parts": [_part("one")]}, {"parts": [_part("two")]})},
        one=_acts({"do": "run", "text": "add a.txt $WORD"}, asks=[ask]),
        two=_acts({"do": "run", "text": "add a.txt $WORD"}, asks=[{**ask, "default": "second's"}]),
    )  # fmt: skip
    text = plan_text(stage.frames, list)
    assert "WORD='second'\"'\"'s'; export WORD\n" in text
    assert text.count("? word:") == 1


# What humans do


async def test_what_a_human_edited_is_what_the_plan_does_and_what_was_rejected_or_skipped_is_not() -> None:
    stage = planned(
        "# P\n\n## One\n\n```text a.txt\nx\n```\n\n```text b.txt\ny\n```\n\n```text c.txt\nz\n```\n", level="effects"
    )

    def choose(state: Swarm, gate: Gate) -> Any:
        if isinstance(gate.proposal, Write) and gate.proposal.path == "a.txt":
            return kit.edit(gate, gate.proposal.model_copy(update={"content": "by hand\n"}))
        if isinstance(gate.proposal, Write) and gate.proposal.path == "b.txt":
            return kit.c.Decide(gates=kit.seen(gate), verb="skip")
        return kit.yes(state, gate)

    await stage.finish(choose)
    plan, _ = await there_and_back(stage)
    assert [(act.path, act.body) for act in plan.phases[0].acts] == [("a.txt", "by hand\n"), ("c.txt", "z\n")]


async def test_a_section_that_was_left_out_is_ticked() -> None:
    stage = planned(
        "# P\n\n## One\n\n### A\n\n```text a.txt\nx\n```\n\n### B\n\n```text b.txt\ny\n```\n", level="effects"
    )

    def choose(state: Swarm, gate: Gate) -> Any:
        skip = isinstance(gate.proposal, Write) and gate.proposal.path == "b.txt"
        return kit.c.Decide(gates=kit.seen(gate), verb="skip") if skip else kit.yes(state, gate)

    await stage.finish(choose)
    plan, _ = await there_and_back(stage)
    assert [(child.title, child.done) for child in plan.phases[0].children] == [("B", True), ("A", False)]


async def test_the_edits_of_a_human_are_done_between_the_steps_where_they_were_made() -> None:
    stage = planned("# P\n\n## One\n\n```text a.txt\nx\n```\n\n## Two\n\n```sh run\nadd a.txt y\n```\n")
    await stage.finish()
    frames = list(stage.frames)
    place = (
        next(index for index, frame in enumerate(frames) if getattr(frame, "gate", "") and frame.kind == "step.ended")
        + 1
    )
    frames.insert(place, f.WorkspaceEdited(commit="c0ffee", paths=("a.txt", "gone.txt"), by="Ann"))
    frames = [frame.model_copy(update={"frame": number}) for number, frame in enumerate(frames)]
    by_hand = [Write(path="a.txt", content="mended\n"), Run(interpreter="sh", script="add gone.txt z\n")]
    text = plan_text(frames, {"c0ffee": by_hand}.__getitem__)
    second = await again(text)
    assert second.world.files == {"a.txt": "mended\ny", "gone.txt": "z"}
    assert "> Edited by hand" in text
    assert [act.kind for act in parse(text, "p").phases[1].acts] == ["write", "run", "run"]


async def test_what_a_failed_command_left_is_written_and_the_command_is_not_run() -> None:
    stage = planned("# P\n\n## One\n\n```sh run\nadd a.txt half\nfail\n```\n", level="effects")
    retried: list[str] = []

    def choose(state: Swarm, gate: Gate) -> Any:
        if gate.kind != "failure":
            return kit.yes(state, gate)
        retried.append(gate.id)
        return kit.choose(gate, "report", report=Report(outcome="done", summary="good enough"))

    await stage.finish(choose)
    assert retried
    plan, _ = await there_and_back(stage, lambda commit: [Write(path="a.txt", content="half")])
    assert [act.name for act in plan.phases[0].acts] == ["write_file"]


# The document


async def test_files_that_are_written_again_before_anything_looks_are_written_once() -> None:
    acts = [{"do": "write", "path": "a.txt", "text": text} for text in ("1\n", "2\n")]
    acts += [{"do": "run", "text": "add b.txt x"}, {"do": "write", "path": "a.txt", "text": "3\n"}]
    stage = await thought(**{"goal:": _rounds({"parts": [_part("one")]})}, one=_acts(*acts))
    plan, _ = await there_and_back(stage)
    assert [(act.path, act.body) for act in plan.phases[0].parts[0].acts] == [
        ("a.txt", "2\n"), ("", "add b.txt x\n"), ("a.txt", "3\n"),
    ]  # fmt: skip


async def test_a_run_with_more_nodes_than_usual_takes_its_limits_along() -> None:
    stage = planned("# P\n\n## One\n\n```text a.txt\nx\n```\n", limits=Limits(nodes=900, fan_out=40))
    await stage.finish()
    assert parse(plan_text(stage.frames, list), "p").settings.budget == {"nodes": 900, "fan_out": 40}


async def test_a_run_whose_every_text_is_hostile_is_a_plan_that_does_only_what_it_did() -> None:
    frames = await hostile_frames()
    plan = parse(plan_text(frames, list), "hostile")
    kinds = [act.kind for section in plan.phases for inner in section.walk() for act in inner.acts]
    carried = [frame for frame in frames if isinstance(frame, f.StepEnded) and frame.gate]
    assert len(kinds) == len(carried)
    assert set(kinds) == {"do"}
    assert not [ask for section in plan.phases for inner in section.walk() for ask in inner.questions]


async def test_a_run_that_did_nothing_is_no_plan() -> None:
    async def root(node: Any) -> Report:
        return kit.done()

    stage = Stage({"root": root})
    await stage.finish()
    with pytest.raises(UsageError, match="run kit-1 changed, ran and kept nothing by frame"):
        plan_text(stage.frames, list)
    with pytest.raises(UsageError, match="nothing"):
        plan_text(stage.frames[:2], list)


def test_a_plan_that_nobody_could_read_back_is_refused() -> None:
    large = Write(path="a.txt", content="x" * (3 * 1024 * 1024))
    frames = [*long_run(11)]
    opened = next(frame for frame in frames if isinstance(frame, f.GateOpened))
    frames[frames.index(opened)] = opened.model_copy(update={"proposal": large})
    with pytest.raises(UsageError, match="larger than 2048 KiB"):
        plan_text(frames, list)


def test_a_run_without_managers_is_a_plan_as_well() -> None:
    plan = parse(plan_text(long_run(22), list), "long")
    parts = [part for phase in plan.phases for part in phase.parts]
    assert [(part.title, [act.kind for act in part.acts]) for part in parts] == [
        ("Thing 2", ["write"]),
        ("Thing 3", ["run"]),
    ]


async def test_six_levels_of_headings_are_the_most_and_what_is_below_is_done_in_a_row() -> None:
    parts = {f"d{depth}": _rounds({"parts": [_part(f"d{depth + 1}"), _part(f"w{depth}")]}) for depth in range(7)}
    files = {f"w{depth}": _write(f"{depth}.txt", f"{depth}\n") for depth in range(7)}
    stage = await thought(
        **{"goal:": _rounds({"parts": [_part("d0")]})}, **parts, **files, d7=_write("last.txt", "x\n")
    )
    plan, _ = await there_and_back(stage)
    assert max(section.level for section in plan.phases[0].walk()) == 6
    assert len(stage.world.files) == 8
