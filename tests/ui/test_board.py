"""The board as a person uses it: what it shows, and how decisions leave it."""

from __future__ import annotations

import asyncio

from swarm import frames as f
from swarm.commands import Answer, Decide
from swarm.errors import Refused
from tests.ui.boards import a_question, board, write_gate
from tests.ui.harness import lines
from tests.ui.live import MemorySession
from widgets.inbox import Inbox
from widgets.question import QuestionPanel
from widgets.tree import SwarmTree

# -- what is shown -----------------------------------------------------------------------------------------------------


async def test_the_first_thing_that_waits_is_open_with_the_question_beside_it() -> None:
    async with board() as b:
        assert [gate.id for gate in b.card.ballot.gates] == ["14"]
        assert b.screen.focused is b.card
        question = b.screen.query_one("#question", QuestionPanel).question
        assert question is not None
        assert question.id == "q1"
        for words in ("Gate 14 · spawn", "Inbox", "Decided", "Timeline", "waiting for you (2)", "Question q1"):
            assert words in b.text
        assert b.app.title == "(2) wc-1 · swarm"


async def test_three_columns_at_120_by_40() -> None:
    async with board(size=(120, 40)) as b:
        tree, card, inbox = (b.screen.query_one(name).region for name in ("#tree", "#card", "#inbox"))
        assert tree.right == card.x
        assert card.right == inbox.x
        assert inbox.right == 120
        assert card.width > tree.width
        assert b.screen.query_one("#keys").region.y == 39


async def test_a_gate_that_arrives_steals_neither_focus_nor_card() -> None:
    async with board() as b:
        assert "2 wait" in lines(b.screen.query_one(SwarmTree))[0]
        await b.session.put(write_gate("15", "a.txt"))
        await b.until(lambda: "(3)" in b.app.title)
        assert [gate.id for gate in b.card.ballot.gates] == ["14"]
        assert b.screen.focused is b.card
        assert [entry.key for entry in b.screen.query_one(Inbox).order] == ["14", "q1", "15"]


async def test_a_card_that_somebody_else_decided_gives_way_to_its_node_and_a_line_says_so() -> None:
    async with board() as b:
        gate = b.session.state.gates["14"]
        await b.session.put(f.GateDecided(node="7", gate="14", digest=gate.digest, decision="approve", by="somebody"))
        await b.until(lambda: "approve by somebody" in b.text)
        assert b.screen.middle.current == "detail"
        assert b.screen.choice.node == "7"


async def test_a_run_that_has_only_begun_is_an_empty_board() -> None:
    async with board(MemorySession([])) as b:
        assert b.screen.middle.current == "card"
        for frame in MemorySession().history[:6]:
            await b.session.put(frame)
        await b.until(lambda: b.screen.newest.frame == 5)
        await b.until(lambda: b.screen.choice.node == "1" or b.screen.choice.gates)


async def test_many_frames_are_shown_without_a_picture_for_each() -> None:
    async with board() as b:
        calls = 0
        shown = b.screen.show_run

        def count() -> None:
            nonlocal calls
            calls += 1
            shown()

        b.screen.show_run = count  # type: ignore[method-assign]
        for number in range(300):
            await b.session.put(f.NodeTold(node="7", text=str(number), by="you"))
        await b.until(lambda: b.screen.newest.frame == b.session.state.frame)
        assert calls < 100


# -- deciding ----------------------------------------------------------------------------------------------------------


async def test_an_approval_goes_out_once_with_the_digest_that_was_seen() -> None:
    async with board() as b:
        await b.decide("a")
        await b.until(lambda: b.sent(Decide))
        command = b.sent(Decide)[0]
        assert command.verb == "approve"
        assert [(seen.gate, seen.digest) for seen in command.gates] == [("14", b.session.state.gates["14"].digest)]
        assert b.session.state.gates["14"].status == "decided"


async def test_after_a_decision_the_next_thing_that_waits_is_open() -> None:
    async with board() as b:
        await b.session.put(write_gate("15", "a.txt"), write_gate("16", "b.txt", seq=5))
        await b.until(lambda: len(b.screen.query_one(Inbox).order) == 3)
        await b.decide("a")
        await b.until(lambda: "15" in b.screen.choice.gates)
        assert b.screen.query_one(QuestionPanel) is not None


async def test_after_the_last_decision_the_node_is_shown_and_the_next_gate_opens_by_itself() -> None:
    async with board() as b:
        await b.session.do(Answer(question="q1", answer="1"))
        await b.decide("a")
        await b.until(lambda: b.screen.middle.current == "detail")
        await b.session.put(write_gate("15", "a.txt"))
        await b.until(lambda: b.screen.choice.gates == ("15",))
        assert b.screen.middle.current == "card"
        await b.until(lambda: b.screen.focused is b.card)


async def test_what_the_human_opened_meanwhile_is_not_replaced_by_the_next_gate() -> None:
    async with board() as b:
        await b.session.do(Answer(question="q1", answer="1"))
        await b.decide("a")
        await b.until(lambda: b.screen.middle.current == "detail")
        await b.press("1", "g", "enter")
        await b.session.put(write_gate("15", "a.txt"))
        await b.until(lambda: "(1)" in b.app.title)
        assert b.screen.choice.gates == ()
        assert b.screen.middle.current == "detail"


async def test_a_refused_command_is_one_calm_line() -> None:
    class Refusing(MemorySession):
        async def do(self, command: object) -> None:
            raise Refused("gate 14 is [bold]closed[/x]: nothing was changed")

    async with board(Refusing()) as b:
        await b.decide("a")
        await b.until(lambda: "gate 14 is [bold]closed[/x]: nothing was changed" in b.text)
        assert b.screen.choice.gates == ("14",)


async def test_a_second_key_for_a_decision_that_is_on_its_way_is_not_sent() -> None:
    class Slow(MemorySession):
        def __init__(self) -> None:
            super().__init__()
            self.go = asyncio.Event()

        async def do(self, command: object) -> None:
            self.sent.append(command)  # type: ignore[arg-type]
            await self.go.wait()

    session = Slow()
    async with board(session) as b:
        await b.decide("a")
        await b.until(lambda: session.sent)
        await b.decide("a")
        await b.pilot.pause(0.2)
        assert len(session.sent) == 1
        session.go.set()


async def test_an_answer_reaches_its_question_and_the_card_is_next() -> None:
    async with board() as b:
        await b.press("i")
        await b.until(lambda: b.screen.pane == "question")
        await b.press("2")
        await b.until(lambda: b.screen.query_one("#question .decision-bar").has_class("-armed"))
        await b.pilot.pause(0.13)
        await b.pilot.press("enter")
        await b.until(lambda: b.sent(Answer))
        assert b.session.state.questions["q1"].answer == "2, like grep"
        await b.until(lambda: b.screen.focused is b.card)
        assert b.screen.choice.gates == ("14",)
        assert not b.screen.query_one("#question").display


async def test_a_form_takes_the_middle_and_tab_walks_through_its_fields() -> None:
    schema = {"type": "object", "properties": {"one": {"type": "string"}, "two": {"type": "string"}}}
    async with board() as b:
        await b.session.put(a_question("q2", form=schema, prompt="Fill this in."))
        await b.until(lambda: len(b.screen.query_one(Inbox).order) == 3)
        await b.press("n", "n")
        await b.until(lambda: b.screen.middle.current == "form")
        first = b.screen.focused
        await b.press("tab")
        assert b.screen.focused is not first
        assert b.screen.pane == "middle"
        assert b.screen.query_one("#question", QuestionPanel).question.id == "q1"  # type: ignore[union-attr]
