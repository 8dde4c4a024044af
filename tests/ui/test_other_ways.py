"""Fork, undo and redo on the board, and writing a run to a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, TextArea

from app.screens.board import BoardScreen
from app.screens.fork_form import CARRY, ForkForm
from app.screens.sheet import Sheet
from swarm import frames as f
from swarm.commands import Answer
from swarm.proposals import Failure
from swarm.values import Report
from tests.ui.boards import Board, board
from tests.ui.live import MemorySession
from tests.ui.sample import wordcount_frames
from widgets import arming
from widgets.deliberate import Deliberate
from widgets.forms import NameForm
from widgets.pick import Pick
from widgets.tree import SwarmTree

# -- fork --------------------------------------------------------------------------------------------------------------


async def _forking(b: Board) -> ForkForm:
    await b.press("f")
    await b.on(ForkForm)
    form = b.app.screen
    assert isinstance(form, ForkForm)
    return form


def _frame(form: ForkForm) -> str:
    return form.query_one("#fork-frame", Input).value


async def _shows(b: Board, run: str) -> None:
    await b.until(lambda: b.app.board and b.app.screen is b.app.board and b.app.board.newest.run == run)
    await b.until(lambda: run in b.text)


async def test_in_the_past_the_frame_that_is_shown_is_forked_and_the_fork_opens() -> None:
    async with board() as b:
        before = list(b.session.history)
        await b.press("<", "<")
        await b.until(lambda: b.screen.in_past and b.screen.shown.frame == before[-1].frame - 2)
        form = await _forking(b)
        assert _frame(form) == str(before[-1].frame - 2)
        await b.until(lambda: f"stood at frame {before[-1].frame - 2}," in b.text)
        await b.press("ctrl+s")
        await _shows(b, "wc-2")
        await b.until(lambda: f"wc-2 is a fork of wc-1 at frame {before[-1].frame - 2}; wc-1 is as it was" in b.text)
        assert b.session.history == before
        assert b.desk.carried == [False]
        assert b.screen.newest.origin == f"wc-1@{before[-1].frame - 2}"


async def test_one_thing_may_be_different_and_later_decisions_are_then_carried_over() -> None:
    async with board() as b:
        await b.press("i")
        await b.until(lambda: b.screen.pane == "question")
        form = await _forking(b)
        await b.press("down")
        assert form.topic.kind == "answer"
        await b.press("tab", "right", "right", "ctrl+s")
        await _shows(b, "wc-2")
        assert b.screen.newest.questions["q1"].answer == "2, like grep"
        assert b.session.state.questions["q1"].open
        assert b.desk.carried == [True]
        assert b.sent(Answer) == [], "the first run is not told anything"


async def test_a_decision_in_the_receipts_is_forked_before_it_was_made() -> None:
    async with board() as b:
        await b.press("4", "j")
        form = await _forking(b)
        decided = next(x for x in b.session.history if isinstance(x, f.GateDecided) and x.gate == "12")
        assert _frame(form) == str(decided.frame - 1)
        await b.press("ctrl+s")
        await _shows(b, "wc-2")
        assert "12" in b.screen.newest.open_gates


async def test_a_node_of_the_tree_is_forked_where_it_began_and_takes_another_directive() -> None:
    async with board() as b:
        b.screen.query_one(SwarmTree).go_to("5")
        await b.press("1")
        form = await _forking(b)
        node = b.screen.target
        assert node is not None
        assert _frame(form) == str(node.spawned)
        await b.press("down", "ctrl+s")
        await b.until(lambda: "the same as before" in b.text)
        form.query(TextArea).first().text = "Count bytes only."
        await b.press("ctrl+s")
        await _shows(b, "wc-2")
        assert b.screen.newest.nodes[node.id].directive == "Count bytes only."


async def test_a_reply_that_is_no_json_and_a_frame_that_is_not_there_leave_the_form_open() -> None:
    async with board() as b:
        form = await _forking(b)
        replies = next(place for place, topic in enumerate(form._topics) if topic.kind == "reply")
        form.query_one(OptionList).highlighted = replies
        await b.pilot.pause()
        area = form.query_one(f"#fork-body-{replies}").query_one(TextArea)
        assert area.text == "{}"
        area.text = "{"
        await b.press("ctrl+s")
        await b.until(lambda: "the reply is no JSON" in b.text)
        form.query_one("#fork-frame", Input).value = "999"
        await b.until(lambda: "no frame 999" in b.text)
        await b.press("escape")
        assert isinstance(b.app.screen, BoardScreen)
        assert list(b.desk.runs) == ["wc-1"]


async def test_a_fork_that_is_refused_leaves_the_form_with_all_that_was_filled_in() -> None:
    async with board() as b:
        form = await _forking(b)
        await b.press("down", "tab", "right", "right")
        assert form.topic.kind == "decision"
        await b.press("ctrl+s")
        await b.until(lambda: "a rejection of gate 14 needs a reason" in b.text)
        assert list(b.desk.runs) == ["wc-1"]
        await b.press("tab", *"no", "ctrl+s")
        await _shows(b, "wc-2")
        decision = b.screen.newest.gates["14"].decision
        assert decision is not None
        assert (decision.verb, decision.reason) == ("reject", "no")


async def test_what_is_carried_over_follows_the_change_until_it_was_chosen() -> None:
    async with board() as b:
        form = await _forking(b)
        carry = form.query_one("#fork-carry", Pick)
        assert carry.value != CARRY
        await b.press("down")
        assert carry.value == CARRY
        carry.focus()
        await b.press("space")
        form.query_one(OptionList).focus()
        await b.press("down")
        assert carry.value != CARRY


async def test_a_retry_under_a_parent_that_has_ended_is_offered_as_a_fork() -> None:
    frames = wordcount_frames()
    failure = Failure(error="no disk", directive="x")
    ended = next(x for x in frames if isinstance(x, f.NodeEnded) and x.node == "5")
    before = frames[: ended.frame]
    report = Report(outcome="failed", summary="no disk")
    added: list[f.Frame] = [
        f.GateOpened(node="5", gate="15", seq=3, proposal=failure, digest=failure.digest),
        f.GateDecided(node="5", gate="15", digest=failure.digest, decision="choose", choice="pass", by="you"),
        f.NodeEnded(node="5", report=report),
    ]
    numbered = [x.model_copy(update={"frame": len(before) + n, "at": ended.at}) for n, x in enumerate(added)]
    async with board(MemorySession([*before, *numbered])) as b:
        b.screen.query_one(SwarmTree).action_raw()
        b.screen.query_one(SwarmTree).go_to("5")
        await b.press("1", "v")
        await b.on(ForkForm)
        form = b.app.screen
        assert isinstance(form, ForkForm)
        assert (_frame(form), form.topic.kind, form.topic.pick) == (str(numbered[0].frame), "decision", "retry")
        await b.press("ctrl+s")
        await _shows(b, "wc-2")
        assert b.screen.newest.nodes["5"].attempt == 2


async def test_what_has_not_failed_is_not_tried_again() -> None:
    async with board() as b:
        await b.press("1", "g", "v")
        await b.until(lambda: "has not failed" in b.text)


# -- undo and redo -----------------------------------------------------------------------------------------------------


async def _take_back(b: Board) -> None:
    await b.press("u")
    await b.on(Deliberate)
    await b.until(lambda: b.app.screen.query_one(".decision-bar").has_class("-armed"))
    await b.pilot.pause(2 * arming.ALONE)
    await b.pilot.press("t")


async def test_undo_says_what_it_takes_back_and_redo_leads_back() -> None:
    async with board() as b:
        first = list(b.session.history)
        await b.press("u")
        await b.on(Deliberate)
        await b.until(lambda: "gate 13, spawn 1, of 1 Count: approved by you" in b.text)
        assert "1 new node (8 frames)" in b.text
        await b.press("escape")
        assert list(b.desk.runs) == ["wc-1"]

        await _take_back(b)
        await _shows(b, "wc-2")
        await b.until(lambda: "undone (ctrl+r redoes): gate 13, spawn 1" in b.text)
        assert "13" in b.screen.newest.open_gates
        assert b.desk.closed == [("wc-1", False)]
        assert b.session.history == first

        await b.press("ctrl+r")
        await _shows(b, "wc-1")
        await b.until(lambda: "redone: back in wc-1" in b.text)
        assert b.desk.closed[1:] == [("wc-2", False)]
        await b.press("ctrl+r")
        await b.until(lambda: "nothing undone" in b.text)


async def test_a_held_key_takes_nothing_back() -> None:
    async with board() as b:
        await b.press("u")
        await b.on(Deliberate)
        await b.press("u", "u", "t", "u")
        await b.pilot.pause(3 * arming.ALONE)
        assert isinstance(b.app.screen, Deliberate)
        await b.press("enter", "space", "y")
        assert isinstance(b.app.screen, Deliberate)
        assert list(b.desk.runs) == ["wc-1"]


async def test_what_cannot_be_taken_back_is_refused_with_the_reason() -> None:
    async with board() as b:
        await b.session.put(f.StepEnded(node="7", seq=9, step="tag"))
        await b.until(lambda: b.screen.reversal and b.screen.reversal.lasting)
        assert "undoes" not in b.text
        await b.press("u")
        await b.until(lambda: "made a tag" in b.text)
        assert isinstance(b.app.screen, BoardScreen)


async def test_nothing_is_undone_in_the_past() -> None:
    async with board() as b:
        assert "u undoes 13" in b.text
        await b.press("<")
        await b.until(lambda: b.screen.in_past)
        assert "undoes" not in b.text
        await b.press("u", "ctrl+r")
        await b.until(lambda: "nothing can be decided in the past" in b.text)
        assert isinstance(b.app.screen, BoardScreen)


async def test_what_is_at_work_is_finished_or_left_as_the_human_says() -> None:
    async with board() as b:
        question = f.QuestionAnswered(node="7", question="q1", answer="1, like wc", by="you")
        await b.session.put(question, f.StepBegun(node="7", seq=9, step="think", schema_name="Verdict"))
        await b.until(lambda: b.screen.newest.live and b.screen.newest.status == "running")
        await _take_back(b)
        await b.on(Sheet)
        await b.press("escape")
        assert list(b.desk.runs) == ["wc-1"]
        await _take_back(b)
        await b.on(Sheet)
        await b.press("f")
        await _shows(b, "wc-2")
        assert b.desk.closed == [("wc-1", True)]


async def test_an_origin_that_was_deleted_is_not_gone_back_to() -> None:
    async with board() as b:
        await _take_back(b)
        await _shows(b, "wc-2")
        del b.desk.runs["wc-1"]
        await b.press("ctrl+r")
        await b.until(lambda: "no run wc-1" in b.text)
        assert b.screen.newest.run == "wc-2"


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("command", "ending"), [("export", ".html"), ("snapshot", "-70.snapshot.json")])
async def test_a_run_is_written_to_a_file_that_is_replaced_only_on_demand(
    command: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / f"wc-1{ending}"
    async with board() as b:
        await b.screen.run_action(command)
        await b.on(NameForm)
        await b.press("enter")
        await b.until(lambda: "wrote wc-1" in b.text)
        assert file.read_text() == "wc-1 at 70"
        file.write_text("mine")

        await b.screen.run_action(command)
        await b.on(NameForm)
        await b.press("enter")
        await b.on(Sheet)
        await b.press("escape")
        assert file.read_text() == "mine"

        await b.screen.run_action(command)
        await b.on(NameForm)
        await b.press("enter")
        await b.on(Sheet)
        await b.press("r")
        await b.until(lambda: file.read_text() == "wc-1 at 70")


async def test_in_the_past_that_moment_is_written_and_what_goes_wrong_is_said(tmp_path: Path) -> None:
    async with board() as b:
        await b.press("<")
        await b.until(lambda: b.screen.in_past)
        await b.screen.run_action("export")
        await b.on(NameForm)
        assert "at frame 69" in b.text
        field = b.app.screen.query_one(Input)
        field.value = str(tmp_path / "x.doc")
        await b.press("enter")
        await b.until(lambda: "does not say what to write" in b.text)
        await b.screen.run_action("export")
        await b.on(NameForm)
        b.app.screen.query_one(Input).value = str(tmp_path / "x.svg")
        await b.press("enter")
        await b.until(lambda: (tmp_path / "x.svg").exists())
        assert (tmp_path / "x.svg").read_text() == "wc-1 at 69"
