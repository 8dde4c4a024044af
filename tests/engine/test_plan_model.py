"""A plan as the model: the same requests as any other, answered by the rules of the document."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from swarm.asks import ASKS, Acts, Choice, Decomposition, Needs, Verdict
from swarm.errors import BadReply, NothingNew
from swarm.models.base import Request
from swarm.models.plan import PlanModel, _one_act
from swarm.plan.document import Act
from swarm.spaces.builtin import builtin_space

PLAN = """# Build it

Context for all.

? colour: Which colour? [red|blue] = red

## First

? size: How big, if it is {{colour}}? = 3

```sh check
test -f a.txt
```

```txt own.txt
own
```

### Part A

```txt a.txt
{{colour}} {{size}}
```

### Part B

- [x] done before
- [ ] an item

  ```sh run
  echo $SIZE
  ```

## Second

```txt {{colour}}.txt
second
```
"""

MODEL = PlanModel(builtin_space().root)


async def _ask(schema: str, directive: str = PLAN, source: str = "", **fields: Any) -> Any:
    inputs = {"round": 1, "answers": {}, "done": [], **fields.pop("inputs", {})}
    request = Request(schema_name=schema, directive=directive, source=source, inputs=inputs, **fields)
    value = (await MODEL.reply(request, lambda _: None)).value
    assert MODEL.foresee(request) == value
    return ASKS[schema].model_validate(value)


_DONE = [{"title": "First", "summary": "it was done"}]


# What it answers


async def test_phases_go_one_after_another_and_the_parts_of_one_side_by_side_after_its_own_steps() -> None:
    first: Decomposition = await _ask("Decomposition")
    assert [(part.title, part.stage, part.action) for part in first.parts] == [
        ("First", 1, "carry_out"),
        ("Part A", 2, ""),
        ("Part B", 2, ""),
    ]
    assert [(check.title, check.script) for check in first.checks] == [("test -f a.txt", "test -f a.txt\n")]
    second: Decomposition = await _ask("Decomposition", inputs={"round": 2, "done": _DONE})
    assert [part.title for part in second.parts] == ["Second"]
    assert await _ask("Decomposition", inputs={"round": 3, "done": _DONE * 2}) == Decomposition()


async def test_a_part_is_a_plan_of_its_own_which_ticked_items_are_left_out_of() -> None:
    first: Decomposition = await _ask("Decomposition")
    part = first.parts[2]
    inner: Decomposition = await _ask("Decomposition", part.directive, part.source)
    assert [(item.title, item.action) for item in inner.parts] == [("an item", "")]
    assert await _ask("Decomposition", part.directive, part.source, inputs={"round": 2}) == Decomposition()


async def test_the_questions_of_plan_and_phase_are_asked_first_in_an_order_that_can_be_filled_in() -> None:
    needs: Needs = await _ask("Needs")
    assert [(ask.name, ask.choices, ask.default) for ask in needs.questions] == [("colour", ["red", "blue"], "red")]
    needs = await _ask("Needs", inputs={"answers": {"colour": "blue"}})
    assert [(ask.name, ask.text) for ask in needs.questions] == [("size", "How big, if it is blue?")]
    assert await _ask("Needs", inputs={"round": 2, "done": _DONE}) == Needs()


async def test_answers_are_filled_in_where_they_are_text_and_never_into_code() -> None:
    first: Decomposition = await _ask("Decomposition")
    answers = {"answers": {"colour": "blue", "size": "3"}}
    acts: Acts = await _ask("Acts", first.parts[1].directive, first.parts[1].source, inputs=answers)
    assert [(act.do, act.path, act.text) for act in acts.acts] == [("write", "a.txt", "blue 3\n")]
    inner: Decomposition = await _ask("Decomposition", first.parts[2].directive, first.parts[2].source)
    acts = await _ask("Acts", inner.parts[0].directive, inner.parts[0].source, inputs=answers)
    assert [(act.do, act.text) for act in acts.acts] == [("run", "echo $SIZE\n")]
    second: Decomposition = await _ask("Decomposition", inputs={"round": 2, "done": _DONE})
    acts = await _ask("Acts", second.parts[0].directive, second.parts[0].source, inputs=answers)
    assert [act.path for act in acts.acts] == ["blue.txt"]


async def test_steps_that_were_done_are_not_listed_again() -> None:
    directive = "## Two\n\n```txt a.txt\na\n```\n\n```txt b.txt\nb\n```\n"
    acts: Acts = await _ask("Acts", directive, "1", inputs={"done_so_far": ["Wrote `a.txt`."]})
    assert [act.path for act in acts.acts] == ["b.txt"]


async def test_a_file_that_is_also_run_is_two_steps() -> None:
    acts: Acts = await _ask("Acts", "## Run it\n\n```python tool/go.py run\nprint(1)\n```\n", "1")
    assert [(act.do, act.path, act.interpreter) for act in acts.acts] == [
        ("write", "tool/go.py", "sh"),
        ("run", "tool/go.py", "python"),
    ]


@pytest.mark.parametrize(
    ("directive", "chosen"),
    [
        ("## A\n\n```txt a.txt\nx\n```\n", "carry_out"),
        ("## A\n\n```sh check\ntrue\n```\n", "decompose_directive"),
        ("## A\n\n- [ ] b\n", "decompose_directive"),
        ("## A\n\n? n: What?\n", "decompose_directive"),
        ("## A\n\nOnly words.\n", "ask_user"),
    ],
)
async def test_the_way_to_an_action_leads_through_its_folders(directive: str, chosen: str) -> None:
    folders = [{"name": entry.name} for entry in builtin_space().root.entries or ()]
    folder: Choice = await _ask("Choice", directive, "1", inputs={"choices": folders})
    (entry,) = [entry for entry in builtin_space().root.entries or () if entry.name == folder.choose]
    leaves = [{"name": leaf.name} for leaf in entry.entries or ()]
    inside: Choice = await _ask("Choice", directive, "1", inputs={"choices": leaves})
    assert inside.choose == chosen
    assert (await _ask("Choice", directive, "1", inputs={"choices": [{"name": "tag"}]})).choose == "none"


_GOOD = {"title": "A", "outcome": "done", "summary": "fine", "skipped": False}


@pytest.mark.parametrize(
    ("reports", "checks", "done", "outcome", "missing"),
    [
        ([_GOOD], [], [], "continue", "Next: Second"),
        ([_GOOD], [{"text": "t: passed", "passed": True}], _DONE, "fulfilled", ""),
        ([_GOOD], [{"text": "t: exit 1", "passed": False}], _DONE, "stuck", "t: exit 1"),
        ([_GOOD], [{"text": "t: left out by the human"}], _DONE, "fulfilled", ""),
        ([{**_GOOD, "outcome": "failed"}], [], [], "stuck", "A ended failed"),
        ([{**_GOOD, "outcome": "stopped"}], [], _DONE, "stuck", "A ended stopped"),
        ([{**_GOOD, "outcome": "incomplete"}], [], _DONE, "stuck", "A ended incomplete"),
        ([{**_GOOD, "outcome": "incomplete", "skipped": True}], [], _DONE, "fulfilled", ""),
        ([{**_GOOD, "summary": ""}], [], _DONE, "fulfilled", ""),
    ],
)
async def test_the_verdict_follows_from_reports_and_checks(
    reports: Any, checks: Any, done: Any, outcome: str, missing: str
) -> None:
    verdict: Verdict = await _ask("Verdict", inputs={"reports": reports, "checks": checks, "done": done})
    assert (verdict.outcome, verdict.missing) == (outcome, missing)


async def test_it_has_nothing_new_after_a_rejection() -> None:
    request = Request(schema_name="Acts", directive=PLAN, source="1", rejected="shorter")
    assert MODEL.foresee(request) is None
    with pytest.raises(NothingNew, match="shorter"):
        await MODEL.reply(request, lambda _: None)


@pytest.mark.parametrize(
    ("schema", "directive", "message"),
    [
        ("Acts", "## A\n\n```txt a.txt\nno end\n", "no plan that can be carried out"),
        ("TagDraft", "## A\n\nwords\n", "says nothing that tag could do"),
        ("TagDraft", '```toml do tag\nnamed = "v1"\n```\n', "`do tag`: name: Field required"),
    ],
)
async def test_what_it_cannot_answer_it_says_in_one_line(schema: str, directive: str, message: str) -> None:
    request = Request(schema_name=schema, action="tag", directive=directive, source="1")
    assert MODEL.foresee(request) is None
    with pytest.raises(BadReply, match=message) as caught:
        await MODEL.reply(request, lambda _: None)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["a bee \U0001f41d", "a\x7fb", 'é \\ " \t', "{{x}}"])
def test_an_argument_of_an_action_comes_back_as_it_was(text: str) -> None:
    directive = _one_act(Act(kind="do", line=1, name="write_file", arguments={"text": text, "path": "a b"}))
    assert tomllib.loads(directive.partition("\n")[2].rpartition("```")[0]) == {"text": text, "path": "a b"}
