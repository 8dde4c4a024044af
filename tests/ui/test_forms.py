"""Forms: nothing is sent before it is complete, and what was begun is kept."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static, TextArea

from swarm.values import Child, Report
from tests.ui.harness import Harness
from tests.ui.sample import PROPOSED
from widgets.edits import ChildFields, Children, ReportForm, SpawnEdit
from widgets.form import Drafts, Form
from widgets.forms import ConfirmForm, LevelForm, RejectForm, TellForm, TextEdit
from widgets.pick import Pick


class Shown:
    """A form on a screen, and what it was dismissed with."""

    def __init__(self, form: Form[Any]) -> None:
        self.form = form
        self.results: list[Any] = []
        self.app = Harness(Static())

    async def open(self, pilot: Pilot[None]) -> None:
        self.app.push_screen(self.form, self.results.append)
        await pilot.pause()

    @property
    def error(self) -> str:
        return str(self.form.query_one(".form-error", Static).render())


async def test_a_text_is_sent_by_ctrl_s_and_its_draft_is_done() -> None:
    drafts: Drafts = {}
    shown = Shown(TellForm("2 Use it", drafts=drafts, key="tell"))
    async with shown.app.run(60, 20) as pilot:
        await shown.open(pilot)
        await pilot.press(*"hi", "enter", "x", "ctrl+s")
        assert shown.results == ["hi\nx"]
        assert drafts == {}


async def test_an_empty_reason_is_refused_with_a_line_that_says_why() -> None:
    shown = Shown(RejectForm("gate 14"))
    async with shown.app.run(60, 20) as pilot:
        await shown.open(pilot)
        await pilot.press("space", "ctrl+s")
        assert shown.results == []
        assert shown.error == "a rejection needs a reason: the node reads it"


async def test_escape_keeps_the_draft_for_the_next_time() -> None:
    drafts: Drafts = {}
    shown = Shown(RejectForm("gate 14", drafts=drafts, key="reject 14"))
    async with shown.app.run(60, 20) as pilot:
        await shown.open(pilot)
        await pilot.press(*"half", "escape")
        assert shown.results == [None]
        again = RejectForm("gate 14", drafts=drafts, key="reject 14")
        shown.app.push_screen(again)
        await pilot.pause()
        await pilot.press(*" way")
        assert again.query_one(TextArea).text == "half way"


async def test_a_text_to_change_begins_at_its_top_with_numbers() -> None:
    shown = Shown(TextEdit("Edit", "one\ntwo\n"))
    async with shown.app.run(60, 20) as pilot:
        await shown.open(pilot)
        await pilot.press("X", "ctrl+s")
        assert shown.results == ["Xone\ntwo\n"]


async def test_a_title_of_others_is_harmless() -> None:
    shown = Shown(RejectForm("[/x] [@click=app.quit]q[/] \x1b[31m"))
    async with shown.app.run(60, 20) as pilot:
        await shown.open(pilot)
        box = shown.form.query_one(".form")
        assert box._border_title is not None
        assert box._border_title.plain == "Reject · [/x] [@click=app.quit]q[/]"


async def test_something_final_wants_exactly_the_word() -> None:
    shown = Shown(ConfirmForm("Deletes run wc-1 for good.", "wc-1"))
    async with shown.app.run(60, 20) as pilot:
        await shown.open(pilot)
        await pilot.press("enter")
        await pilot.press(*"wc-2", "enter")
        assert shown.results == []
        assert "type wc-1" in shown.error
        shown.form.query_one(Input).value = "wc-1"
        await pilot.press("enter")
        assert shown.results == [True]


async def test_a_number_points_at_a_level_and_enter_sets_it() -> None:
    shown = Shown(LevelForm("the run", "step"))
    async with shown.app.run(60, 20) as pilot:
        await shown.open(pilot)
        assert shown.form.query_one(OptionList).highlighted == 0
        await pilot.press("4")
        assert shown.results == []
        await pilot.press("enter")
        assert shown.results == ["questions"]


async def test_a_level_says_how_many_gates_it_would_approve_at_once() -> None:
    shown = Shown(LevelForm("the run", "step", passing={"step": 0, "effects": 1, "questions": 4}))
    async with shown.app.run(80, 20) as pilot:
        await shown.open(pilot)
        options = [str(option.prompt) for option in shown.form.query_one(OptionList).options]
    ends = ["approves 1 gate at once" in options[2], "approves 4 gates at once" in options[3]]
    assert (ends, sum("at once" in option for option in options)) == ([True, True], 2)


async def test_no_level_looser_than_what_is_above_can_be_set() -> None:
    shown = Shown(LevelForm("2 Use it", "step", "guided"))
    async with shown.app.run(80, 20) as pilot:
        await shown.open(pilot)
        await pilot.press("3", "ctrl+s")
        assert shown.results == []
        assert "effects is looser than what is above it (guided)" in shown.error
        await pilot.press("2", "ctrl+s")
        assert shown.results == ["guided"]


async def test_children_are_reworded_left_out_and_added() -> None:
    shown = Shown(SpawnEdit("gate 14", Children(PROPOSED, frozenset())))
    async with shown.app.run(90, 40) as pilot:
        await shown.open(pilot)
        await pilot.press(*"Well: ")
        shown.form.query(Pick)[1].focus()
        await pilot.press("right")
        await pilot.press("ctrl+n")
        await pilot.press(*"Log", "tab", "tab", *"Write it.")
        await pilot.press("ctrl+s")
        (found,) = shown.results
        assert found.dropped == {1}
        assert found.children[0] == PROPOSED[0].model_copy(update={"directive": f"Well: {PROPOSED[0].directive}"})
        assert found.children[1:3] == PROPOSED[1:]
        assert found.children[3] == Child(title="Log", directive="Write it.")


async def test_children_that_were_not_touched_stay_the_same_value() -> None:
    plan = Child(id="8", directive="## Count\n\nCount words.", source="1")
    shown = Shown(SpawnEdit("gate 14", Children((plan,), frozenset())))
    async with shown.app.run(90, 30) as pilot:
        await shown.open(pilot)
        await pilot.press("ctrl+s")
        assert shown.results == [Children((plan,), frozenset())]


async def test_a_spawn_of_nothing_or_of_an_empty_directive_is_refused() -> None:
    shown = Shown(SpawnEdit("gate 14", Children(PROPOSED[:1], frozenset())))
    async with shown.app.run(90, 30) as pilot:
        await shown.open(pilot)
        shown.form.query_one(Pick).focus()
        await pilot.press("right", "ctrl+s")
        assert "nothing would start" in shown.error
        await pilot.press("right")
        shown.form.query_one(TextArea).text = ""
        await pilot.press("ctrl+s")
        assert "no directive" in shown.error
        assert shown.results == []


async def test_the_draft_of_children_is_kept_with_what_was_left_out() -> None:
    drafts: Drafts = {}
    shown = Shown(SpawnEdit("gate 14", Children(PROPOSED, frozenset()), 2, drafts=drafts, key="edit 14"))
    async with shown.app.run(90, 40) as pilot:
        await shown.open(pilot)
        await pilot.press(*"Now: ", "escape")
        again = SpawnEdit("gate 14", Children(PROPOSED, frozenset()), drafts=drafts, key="edit 14")
        shown.app.push_screen(again)
        await pilot.pause()
        assert list(again.query(ChildFields))[2].child.directive == f"Now: {PROPOSED[2].directive}"


async def test_another_outcome_needs_a_reason() -> None:
    report = Report(outcome="done", summary="All well.", value={"n": 1})
    shown = Shown(ReportForm("gate 3", report, "done"))
    async with shown.app.run(90, 30) as pilot:
        await shown.open(pilot)
        await pilot.press("right", "ctrl+s")
        assert "another outcome needs a reason" in shown.error
        shown.form.query_one(Input).value = "half of it is missing"
        await pilot.press("ctrl+s")
        assert shown.results == [report.model_copy(update={"outcome": "incomplete", "edited": "half of it is missing"})]


async def test_a_report_by_hand_begins_with_nothing_chosen() -> None:
    drafts: Drafts = {}
    shown = Shown(ReportForm("part 1", drafts=drafts, key="report 2"))
    async with shown.app.run(90, 30) as pilot:
        await shown.open(pilot)
        await pilot.press("ctrl+s")
        assert "choose how it went" in shown.error
        await pilot.press("right", "right", "ctrl+s")
        assert "write a summary" in shown.error
        await pilot.press("escape")
        assert drafts == {"report 2": ("incomplete", "", "")}


async def test_a_pick_says_by_a_sign_which_word_is_picked() -> None:
    pick = Pick(("yes", "no [b]"))
    app = Harness(pick, Pick.Changed)
    async with app.run(40, 3) as pilot:
        pick.focus()
        assert str(pick.render()) == "( ) yes   ( ) no [b]"
        assert pick.value is None
        await pilot.press("right", "right")
        assert str(pick.render()) == "( ) yes   (•) no [b]"
        await pilot.click(Pick, offset=(1, 0))
        assert pick.value == "yes"
        assert len(app.kept) == 3
