"""The inbox: everything that waits, the most wanted first, each with who asks and for how long."""

from __future__ import annotations

from datetime import timedelta

from immutables import Map
from msgspec.structs import replace

from swarm import frames as f
from swarm.fold import fold
from swarm.proposals import Terminate, Write
from swarm.state import Swarm
from swarm.values import Child, Report
from tests.ui.harness import Harness, lines
from tests.ui.sample import NOW, Script, wordcount_frames, wordcount_state
from widgets.inbox import Inbox, waiting


def three_writers() -> Swarm:
    """Three siblings that each want to write a file; one of them would end with it."""
    script = Script()
    script.add(f.RunStarted, run="r", goal="g", title="three", model="plan", level="step")
    root = Child(action="decompose_directive", title="root", directive="")
    script.add(f.NodeSpawned, "1", parent=None, step=0, index=0, child=root)
    children = [Child(id=str(n), action="carry_out", title=f"part {n}", directive="") for n in (2, 3, 4)]
    script.spawn("1", 1, *children)
    for child in children:
        gate = script.open(child.id, 1, Write(path=f"src/{child.id}.py", content=""))
    script.open("4", None, Terminate(report=Report(outcome="done", summary="")), after=gate)
    return fold(script.frames)


async def test_it_shows_what_is_asked_by_whom_and_for_how_long() -> None:
    inbox = Inbox()
    async with Harness(inbox).run(30, 8) as pilot:
        inbox.show(wordcount_state(), NOW)
        await pilot.pause()
        assert lines(inbox)[:5] == [
            "┏━ Inbox ━━━━━━━━━━━━━━━━ 2 ━┓",
            "┃▌14 spawn 3       unblocks 4┃",
            "┃▌   2 Use it            0:41┃",
            "┃ q1 question      unblocks 1┃",
            "┃    2 Use it · missing… 0:48┃",
        ]


async def test_time_goes_on() -> None:
    inbox = Inbox()
    async with Harness(inbox).run(30, 8) as pilot:
        state = wordcount_state()
        inbox.show(state, NOW)
        await pilot.pause()
        inbox.show(state, NOW + timedelta(hours=2))
        await pilot.pause()
        assert lines(inbox)[2].endswith("2:00:41┃")


async def test_when_nothing_waits_it_says_so() -> None:
    inbox = Inbox()
    async with Harness(inbox).run(30, 6) as pilot:
        inbox.show(wordcount_state(), NOW)
        inbox.show(wordcount_state(10), NOW)
        await pilot.pause()
        assert "Nothing waits for you." in lines(inbox)[1]
        assert inbox.order == []


async def test_opening_tells_which_card_or_question() -> None:
    inbox = Inbox()
    app = Harness(inbox, Inbox.Opened)
    async with app.run(30, 8) as pilot:
        inbox.show(wordcount_state(), NOW)
        await pilot.press("enter", "j", "enter")
        assert [(message.card_id, message.question_id) for message in app.kept] == [("14", None), (None, "q1")]
        assert app.kept[0].control is inbox


async def test_it_keeps_the_cursor_on_its_entry_while_others_come_and_go() -> None:
    inbox = Inbox()
    async with Harness(inbox).run(30, 8) as pilot:
        inbox.show(wordcount_state(), NOW)
        await pilot.press("j")
        state = wordcount_state()
        inbox.show(replace(state, gates=state.gates.delete("14"), open_gates=Map()), NOW)
        assert inbox.current
        assert inbox.current.question == "q1"


def test_gates_of_one_card_are_one_entry() -> None:
    (entry,) = waiting(three_writers())
    assert entry.what == "2 write ×3"
    assert entry.who == "part 2 and 2 more"
    assert entry.blocks == 3


def test_a_card_names_the_end_that_follows() -> None:
    frames = wordcount_frames()
    opened = next(x.frame for x in frames if isinstance(x, f.GateOpened) and x.seq is None)
    (entry,) = waiting(fold(frames[: opened + 1]))
    assert entry.what == "7 write core.py, then end"
    assert entry.who == "write core.py"


def test_what_holds_up_most_comes_first_then_what_waits_longest() -> None:
    entries = waiting(wordcount_state())
    assert [(entry.key, entry.blocks) for entry in entries] == [("14", 4), ("q1", 1)]
