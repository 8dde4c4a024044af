"""Questions: a number points, enter sends alone, drafts survive, and a form stands in for a model."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.widgets import Button, Input, Static, TextArea

from swarm import frames as f
from swarm.asks import Decomposition, Needs, Verdict
from swarm.decide import decide
from swarm.state import Swarm
from swarm.values import Ask
from tests.ui.gates import Bench, Clock, after, asking, bench
from tests.ui.harness import lines
from tests.ui.sample import wordcount_state
from widgets.answer_form import FieldBox, Group
from widgets.form import Drafts
from widgets.lines import Lines
from widgets.pick import Pick
from widgets.question import QuestionPanel

FREE = Ask(name="style", text="Which style?")
WITH_DEFAULT = Ask(name="style", text="Which style?", default="PEP 8")
VERDICT = Ask(name="Verdict", text="Judge it.", form=Verdict.model_json_schema(), prompt="You are a reviewer.")
PARTS = Ask(name="Decomposition", text="Break it down.", form=Decomposition.model_json_schema(), prompt="You are.")


@asynccontextmanager
async def asked(
    state: Swarm, drafts: Drafts | None = None, width: int = 70, height: int = 36
) -> AsyncIterator[tuple[Bench, QuestionPanel]]:
    """The first question of a state, with the focus where it is answered."""
    clock = Clock()
    panel = QuestionPanel(clock=clock, drafts=drafts)
    async with bench(
        panel, clock, QuestionPanel.Answered, QuestionPanel.FieldTaken, width=width, height=height
    ) as made:
        panel.show(state.questions["q1"], state)
        await made.pilot.pause()
        panel.focus()
        await made.pilot.pause()
        yield made, panel


def answers(bench: Bench, state: Swarm) -> list[Any]:
    """What was answered, as the engine would keep it."""
    kept = [message for message in bench.kept if isinstance(message, QuestionPanel.Answered)]
    frames = [frame for message in kept for frame in decide(state, message.command)]
    return [frame.answer for frame in frames if isinstance(frame, f.QuestionAnswered)]


def error(panel: QuestionPanel) -> str:
    return str(panel.query_one(".question-error", Static).render())


async def test_choices_are_numbered_the_default_is_marked_and_nothing_is_chosen() -> None:
    state = wordcount_state()
    async with asked(state, width=40, height=14) as (bench, panel):
        assert panel.query_one(Lines).plain.splitlines() == [
            "Exit code when a file is missing?",
            "for 2 Use it",
            "",
            "  1  1, like wc  default",
            "  2  2, like grep",
            "  3  0, and a warning",
        ]
        await bench.decide("enter")
        assert bench.kept == []


async def test_a_number_points_and_enter_sends() -> None:
    state = wordcount_state()
    async with asked(state) as (bench, panel):
        await bench.press("2")
        assert any(line.startswith("┃ ▌ 2  2, like grep") for line in lines(panel))
        assert bench.kept == []
        await bench.decide("enter")
        assert answers(bench, state) == ["2, like grep"]


async def test_enter_among_other_keys_sends_nothing() -> None:
    async with asked(wordcount_state()) as (bench, _):
        await bench.wait(1)
        await bench.press(*"2 likes", "enter", gap=0.05)
        await bench.wait(1)
        assert bench.kept == []


async def test_enter_before_the_question_has_stood_sends_nothing() -> None:
    async with asked(wordcount_state()) as (bench, _):
        await bench.press("1")
        await bench.press("enter", gap=0.3)
        await bench.wait(1)
        assert bench.kept == []


async def test_moves_point_too_and_stay_within_the_choices() -> None:
    state = wordcount_state()
    async with asked(state) as (bench, _):
        await bench.press(*"jjjjj")
        await bench.press("k")
        await bench.decide("enter")
        assert answers(bench, state) == ["2, like grep"]


async def test_free_text_is_sent_by_ctrl_s_and_may_have_several_lines() -> None:
    state = asking(FREE)
    async with asked(state) as (bench, panel):
        await bench.pilot.press("ctrl+s")
        assert "needs an answer" in error(panel)
        await bench.pilot.press(*"a", "enter", *"b", "ctrl+s")
        assert answers(bench, state) == ["a\nb"]


async def test_a_default_is_a_choice_beside_something_else() -> None:
    state = asking(WITH_DEFAULT)
    async with asked(state) as (bench, panel):
        assert "  1  PEP 8  default" in panel.query_one(Lines).plain
        await bench.press("1")
        await bench.decide("enter")
        assert answers(bench, state) == ["PEP 8"]


async def test_something_else_opens_a_field_that_is_empty() -> None:
    state = asking(WITH_DEFAULT)
    async with asked(state) as (bench, panel):
        await bench.press("2")
        await bench.decide("enter")
        assert panel.query_one(TextArea).text == ""
        await bench.pilot.press(*"black", "ctrl+s")
        assert answers(bench, state) == ["black"]


async def test_what_was_typed_survives_another_question_and_new_frames() -> None:
    state, drafts = asking(FREE), Drafts()
    async with asked(state, drafts) as (bench, panel):
        await bench.pilot.press(*"half")
        moved = after(state, f.NodeTold(node="2", text="x", by="you"))
        panel.show(moved.questions["q1"], moved)
        await bench.pilot.press(*" way")
        assert panel.query_one(TextArea).text == "half way"
        panel.show(None, state)
        await bench.pilot.pause()
        panel.show(state.questions["q1"], state)
        await bench.pilot.pause()
        assert panel.query_one(TextArea).text == "half way"


async def test_a_field_that_the_app_takes_away_is_told() -> None:
    state = asking(FREE)
    async with asked(state) as (bench, panel):
        await bench.pilot.press("x")
        settled = after(state, f.QuestionAnswered(node="2", question="q1", answer="PEP 8", by="somebody"))
        panel.show(settled.questions["q1"], settled)
        await bench.pilot.pause()
        assert [type(message) for message in bench.kept] == [QuestionPanel.FieldTaken]
        assert "answered by somebody: PEP 8" in panel.query_one(Lines).plain


async def test_in_the_past_nothing_can_be_answered() -> None:
    state = asking(FREE)
    async with asked(state) as (bench, panel):
        panel.show(state.questions["q1"], state, past=True)
        await bench.pilot.pause()
        assert not panel.query(TextArea)
        assert "it was open at this frame" in panel.query_one(Lines).plain


async def test_a_form_gives_the_value_that_a_model_would() -> None:
    state = asking(VERDICT)
    async with asked(state) as (bench, panel):
        await bench.pilot.press("ctrl+s")
        assert "outcome" in error(panel)
        panel.query_one(Pick).focus()
        await bench.pilot.press("right", "right")
        panel.query(TextArea)[0].text = "Half of it."
        await bench.pilot.press("ctrl+s")
        assert answers(bench, state) == [{"outcome": "continue", "summary": "Half of it.", "missing": "", "next": ""}]


async def test_tab_goes_to_the_next_field_of_a_form() -> None:
    async with asked(asking(VERDICT)) as (bench, panel):
        assert bench.app.focused is panel.query_one(Pick)
        await bench.pilot.press("tab")
        assert bench.app.focused is panel.query(TextArea)[0]
        await bench.pilot.press("shift+tab")
        assert bench.app.focused is panel.query_one(Pick)


async def test_groups_grow_and_empty_ones_are_left_out() -> None:
    state = asking(PARTS)
    async with asked(state, width=90, height=50) as (bench, panel):
        first = panel.query(Group)[0]
        first.query(Input)[0].value = "Count"
        first.query_one(TextArea).text = "Count words."
        panel.query(".answer-more").first(Button).press()
        await bench.pilot.pause()
        second = panel.query(Group)[1]
        second.query(Input)[0].value = "Use"
        second.query_one(TextArea).text = "Make it usable."
        second.query(Input)[1].value = "2"
        panel.query(".answer-more").first(Button).press()
        await bench.pilot.pause()
        await bench.pilot.press("ctrl+s")
        (value,) = answers(bench, state)
        assert [(part["title"], part["stage"]) for part in value["parts"]] == [("Count", 1), ("Use", 2)]
        assert value["checks"] == []


async def test_a_number_that_is_none_is_refused_with_its_field() -> None:
    async with asked(asking(PARTS), width=90, height=50) as (bench, panel):
        panel.query(Group)[0].query(Input)[1].value = "two"
        await bench.pilot.press("ctrl+s")
        assert error(panel) == "stage is a number: 'two' is none"


async def test_lines_become_a_list_and_an_empty_default_null() -> None:
    state = asking(Ask(name="Needs", text="Enough?", form=Needs.model_json_schema()))
    async with asked(state, width=90, height=50) as (bench, panel):
        group = panel.query_one(Group)
        group.query(Input)[0].value = "version"
        group.query(TextArea)[0].text = "Which one?"
        group.query(TextArea)[1].text = "3.11\n\n3.12\n"
        await bench.pilot.press("ctrl+s")
        (value,) = answers(bench, state)
        assert value["questions"] == [
            {"name": "version", "text": "Which one?", "choices": ["3.11", "3.12"], "default": None}
        ]


async def test_the_draft_of_a_form_survives() -> None:
    state, drafts = asking(VERDICT), Drafts()
    async with asked(state, drafts) as (bench, panel):
        panel.query(TextArea)[0].text = "Nearly."
        await bench.pilot.pause()
        panel.show(None, state)
        await bench.pilot.pause()
        panel.show(state.questions["q1"], state)
        await bench.pilot.pause()
        assert panel.query(TextArea)[0].text == "Nearly."


async def test_prompt_and_schema_are_copied_for_any_chat() -> None:
    async with asked(asking(VERDICT)) as (bench, panel):
        panel.query_one(".question-copy", Button).press()
        await bench.pilot.pause()
        assert bench.app.clipboard.startswith("You are a reviewer.")
        schema = bench.app.clipboard.partition("nothing else:\n")[2]
        assert json.loads(schema)["required"] == ["outcome", "summary"]


async def test_a_pasted_answer_fills_the_form_in_and_is_sent_only_by_ctrl_s() -> None:
    state = asking(VERDICT)
    async with asked(state) as (bench, panel):
        panel.query_one(".question-paste", Button).press()
        await bench.pilot.pause()
        bench.app.screen.query_one(TextArea).text = '```json\n{"outcome": "stuck", "summary": "No way on."}\n```\n'
        await bench.pilot.press("ctrl+s")
        await bench.pilot.pause()
        assert bench.kept == []
        assert panel.query_one(Pick).value == "stuck"
        panel.focus()
        await bench.pilot.press("ctrl+s")
        assert answers(bench, state)[0]["summary"] == "No way on."


@pytest.mark.parametrize(
    ("form", "text", "says"),
    [
        (VERDICT, '{"outcome": "stuck", "summary": ["No", "way"]}', "does not fit the form at summary"),
        (PARTS, '{"parts": "Count words"}', "does not fit the form at parts"),
        (PARTS, '{"parts": [{"title": 1}]}', "does not fit the form at parts"),
        (PARTS, '{"parts": ' + "[" * 100_000, "that is no JSON"),
    ],
)
async def test_what_was_pasted_and_fits_no_field_leaves_the_form_as_it_was(form: Ask, text: str, says: str) -> None:
    async with asked(asking(form)) as (bench, panel):
        panel.query_one(".question-paste", Button).press()
        await bench.pilot.pause()
        bench.app.screen.query_one(TextArea).text = text
        await bench.pilot.press("ctrl+s")
        await bench.pilot.pause()
        assert says in error(panel)
        assert panel.query(FieldBox)


async def test_what_was_pasted_and_is_no_json_is_kept_and_the_reason_told() -> None:
    async with asked(asking(VERDICT)) as (bench, panel):
        panel.query_one(".question-paste", Button).press()
        await bench.pilot.pause()
        bench.app.screen.query_one(TextArea).text = "Sure! Here it is"
        await bench.pilot.press("ctrl+s")
        await bench.pilot.pause()
        assert "that is no JSON" in error(panel)
        panel.query_one(".question-paste", Button).press()
        await bench.pilot.pause()
        assert bench.app.screen.query_one(TextArea).text == "Sure! Here it is"
