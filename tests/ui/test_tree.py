"""The tree on a screen: it follows the run, keeps the cursor, and stays fast and readable however large it is."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from swarm import frames as f
from swarm.fold import fold
from swarm.proposals import Spawn
from swarm.state import Swarm
from swarm.values import Child
from tests.ui.harness import Harness, lines
from tests.ui.large import large_state
from tests.ui.sample import MISSING_FILE, Script, wordcount_frames, wordcount_state
from widgets import tree as tree_module
from widgets.tree import SwarmTree


def tree_app() -> tuple[Harness, SwarmTree]:
    tree = SwarmTree(id="tree")
    return Harness(tree, SwarmTree.Highlighted), tree


def texts(tree: SwarmTree) -> list[str]:
    """The rows, without border and scrollbar."""
    return [line[1 : 1 + tree.room.width].rstrip("│┃") for line in lines(tree)[1:-1]]


async def test_it_looks_like_the_board() -> None:
    app, tree = tree_app()
    async with app.run(34, 13) as pilot:
        tree.show(wordcount_state())
        await pilot.pause()
        assert lines(tree) == [
            "┏━ Tree ━━━━━━━━━━━━━━━━ 2 wait ━┓",
            "┃▌▾ ? waiting wordcount         2┃",
            "┃   ✓ done    keep context       ┃",
            "┃ ▾ ✓ done    1 Count            ┃",
            "┃     ✓ done    write core.py    ┃",
            "┃     ✓ done    review · ok      ┃",
            "┃ ▾ ? waiting 2 Use it          2┃",
            "┃     ? asks    spawn 3        14┃",
            "┃     + new     1 Command line   ┃",
            "┃     + new     2 Tests          ┃",
            "┃     + new     3 README         ┃",
            "┃     ? asks    missing file?  q1┃",
            "┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛",
        ]


async def test_before_anything_has_started_it_says_so() -> None:
    app, tree = tree_app()
    async with app.run() as pilot:
        tree.show(Swarm())
        await pilot.press("j", "enter", "l", "h", "space")
        assert "Nothing has started yet." in texts(tree)[0]
        assert tree.cursor_node is None


async def test_moving_tells_what_the_cursor_is_on_and_enter_opens_it() -> None:
    app, tree = tree_app()
    async with app.run() as pilot:
        tree.show(wordcount_state())
        await pilot.press("j", "down", "k", "G", "up", "enter")
        seen = [(message.node_id, message.gate_id, message.question_id) for message in app.kept]
        assert seen == [
            ("1", None, None),
            ("2", None, None),
            ("3", None, None),
            ("2", None, None),
            ("7", None, "q1"),
            ("7", "14", None),
            ("7", "14", None),
        ]
        assert [type(message) for message in app.kept[-2:]] == [SwarmTree.Highlighted, SwarmTree.Opened]
        assert tree.cursor_node == "7"


@pytest.mark.parametrize(
    ("keys", "place"), [("pagedown", 4), ("end", 10), ("pagedown pagedown pageup", 4), ("end home", 0)]
)
async def test_pages_and_ends(keys: str, place: int) -> None:
    app, tree = tree_app()
    async with app.run(40, 7) as pilot:
        tree.show(wordcount_state())
        await pilot.press(*keys.split())
        assert tree.find(tree.current.key if tree.current else "") == place
        assert any(line.startswith("▌") for line in texts(tree))


async def test_parts_are_closed_and_opened() -> None:
    app, tree = tree_app()
    async with app.run() as pilot:
        tree.show(wordcount_state())
        await pilot.press("j", "j", "h")
        assert "▸ ✓ done    1 Count" in texts(tree)[2]
        assert "2 Use it" in texts(tree)[3]
        await pilot.press("l")
        assert "write core.py" in texts(tree)[3]
        await pilot.press("l", "h")
        assert tree.cursor_node == "3"
        await pilot.press("space")
        assert "2 Use it" in texts(tree)[3]
        await pilot.press("left", "left", "h")
        assert tree.cursor_node == "1"
        assert texts(tree)[0].startswith("▌▸ ? waiting wordcount")
        assert not texts(tree)[1].strip()


async def test_what_was_closed_by_hand_stays_closed() -> None:
    app, tree = tree_app()
    async with app.run() as pilot:
        frames = wordcount_frames()
        tree.show(fold(frames[:60]))
        await pilot.press("j", "j", "h")
        tree.show(fold(frames))
        await pilot.pause()
        assert "▸ ✓ done    1 Count" in texts(tree)[2]


async def test_the_cursor_keeps_its_row_and_its_line_while_rows_come_above_it() -> None:
    state = large_state(300, 300)
    app, tree = tree_app()
    async with app.run(40, 12) as pilot:
        tree.show(state)
        tree.go_to("200")
        await pilot.press("k", "k", "k")
        before = texts(tree)
        gate = Spawn(children=tuple(Child(title=f"extra {n}", directive="") for n in range(5)))
        opened = f.GateOpened(frame=400, node="2", gate="1", seq=1, proposal=gate, digest=gate.digest)
        tree.show(fold([opened], state))
        await pilot.pause()
        assert tree.cursor_node == "197"
        assert texts(tree) == before
        assert tree.find("197") == 196 + 6


async def test_the_view_stays_where_someone_scrolled_to() -> None:
    state = large_state(300, 300)
    app, tree = tree_app()
    async with app.run(40, 12) as pilot:
        tree.show(state)
        tree.scroll_to(y=100, animate=False, force=True)
        await pilot.pause()
        before = texts(tree)
        opened = f.QuestionAsked(frame=401, node="2", question="q1", seq=1, ask=MISSING_FILE)
        begun = f.StepBegun(frame=400, node="2", seq=1, step="ask")
        tree.show(fold([begun, opened], state))
        await pilot.pause()
        assert texts(tree)[1:] == before[1:]


async def test_the_cursor_follows_a_router_to_the_action_that_it_chose() -> None:
    frames = wordcount_frames()
    chosen = next(frame.frame for frame in frames if isinstance(frame, f.NodeSpawned) and frame.node == "5")
    app, tree = tree_app()
    async with app.run():
        tree.show(fold(frames[:chosen]))
        assert tree.go_to("4")
        tree.show(fold(frames[: chosen + 1]))
        assert tree.cursor_node == "5"


async def test_when_its_gate_is_decided_the_cursor_stays_at_the_node() -> None:
    state = wordcount_state()
    gate = state.gates["14"]
    app, tree = tree_app()
    async with app.run() as pilot:
        tree.show(state)
        assert tree.go_to(gate="14")
        await pilot.press("j")
        decided = f.GateDecided(frame=80, node="7", gate="14", digest=gate.digest, decision="approve", by="you")
        tree.show(fold([decided], state))
        await pilot.pause()
        assert tree.current
        assert (tree.current.key, tree.cursor_node) == ("7", "7")
        assert (app.kept[-1].node_id, app.kept[-1].gate_id) == ("7", None)


async def test_going_back_in_time_leaves_the_cursor_on_what_is_above() -> None:
    app, tree = tree_app()
    async with app.run():
        tree.show(wordcount_state())
        tree.go_to("6")
        tree.show(wordcount_state(40))
        assert tree.cursor_node in tree._state.nodes
        tree.show(wordcount_state(1))
        assert tree.cursor_node is None


async def test_going_to_a_gate_or_a_question_opens_what_it_is_in() -> None:
    app, tree = tree_app()
    async with app.run() as pilot:
        tree.show(wordcount_state())
        await pilot.press("h")
        assert tree.go_to(question="q1")
        assert tree.current
        assert tree.current.question == "q1"
        assert not tree.go_to(gate="99")
        assert not tree.go_to("99")
        assert tree.go_to("5")
        assert tree.cursor_node == "5"


async def test_all_nodes_as_they_are() -> None:
    app, tree = tree_app()
    async with app.run(60) as pilot:
        tree.show(wordcount_state())
        await pilot.press("number_sign")
        assert tree.raw
        assert "4 route_action · write core.py" in "\n".join(texts(tree))
        await pilot.press("number_sign")
        assert "route_action" not in "\n".join(texts(tree))


async def test_a_click_moves_the_cursor_and_a_second_one_opens() -> None:
    app, tree = tree_app()
    async with app.run() as pilot:
        tree.show(wordcount_state())
        await pilot.click(tree, offset=(10, 7))
        assert tree.cursor_node == "7"
        assert type(app.kept[-1]) is SwarmTree.Highlighted
        await pilot.click(tree, offset=(10, 7), times=2)
        assert isinstance(app.kept[-1], SwarmTree.Opened)
        assert app.kept[-1].gate_id == "14"
        await pilot.click(tree, offset=(10, 14))
        assert tree.cursor_node == "7"


@pytest.mark.parametrize(
    "title", ["[/x] [@click=app.quit]go[/]", "\x1b]52;c;eA==\x07two\nlines", "表題" * 30, "e\u0301" * 60]
)
async def test_titles_of_others_are_harmless_and_keep_to_their_line(title: str) -> None:
    script = Script()
    script.add(f.RunStarted, run="r", goal="g", title="t", model="plan", level="step")
    script.add(f.NodeSpawned, "1", parent=None, step=0, index=0, child=Child(title=title, directive=""))
    app, tree = tree_app()
    async with app.run(30, 4) as pilot:
        tree.show(fold(script.frames))
        await pilot.pause()
        (row, _) = texts(tree)
        assert "\x1b" not in row
        assert lines(tree)[1][-1] in "│┃"
        assert row.strip()


async def test_of_a_hundred_thousand_rows_only_those_in_sight_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    app, tree = tree_app()
    drawn: list[Any] = []
    pieces = SwarmTree.pieces
    monkeypatch.setattr(SwarmTree, "pieces", lambda *args: drawn.append(args[1]) or pieces(*args))
    async with app.run(40, 22) as pilot:
        tree.show(large_state(100_000, 10))
        await pilot.press("G")
        assert "part 11111" in texts(tree)[-1]
        assert len(drawn) <= 60
        drawn.clear()
        await pilot.press("k")
        assert len(drawn) <= 2


async def test_ended_parts_of_a_large_run_are_closed_until_someone_opens_them() -> None:
    app, tree = tree_app()
    async with app.run(40, 22) as pilot:
        tree.show(large_state(2_000, 10, ended=2_000))
        assert len(tree._entries) == 11
        await pilot.press("j", "l")
        assert len(tree._entries) == 21
        tree.go_to("1999")
        assert tree.cursor_node == "1999"


async def test_two_thousand_levels_deep_rows_can_still_be_read() -> None:
    app, tree = tree_app()
    async with app.run(40, 10) as pilot:
        tree.show(large_state(2_000, 1))
        await pilot.press("G")
        assert texts(tree)[-1].rstrip() == "▌      1998›   ● running part 2000"


async def test_a_slow_tree_is_laid_out_again_only_after_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_module, "_LONG", -1.0)
    app, tree = tree_app()
    async with app.run() as pilot:
        tree.show(wordcount_state(20))
        rows = tree._entries
        tree.show(wordcount_state(30))
        tree.show(wordcount_state())
        assert tree._entries is rows
        while tree._entries is rows:
            await pilot.pause()
        assert "2 Use it" in "\n".join(texts(tree))


async def test_a_state_that_looks_the_same_is_not_laid_out_again() -> None:
    app, tree = tree_app()
    async with app.run():
        state = wordcount_state()
        tree.show(state)
        rows = tree._entries
        tree.show(replace(state, frame=state.frame + 1))
        assert tree._entries is rows


async def test_only_the_tree_that_keys_go_to_has_a_mark_at_its_cursor() -> None:
    app, tree = tree_app()
    async with app.run() as pilot:
        tree.show(wordcount_state())
        await pilot.pause()
        assert texts(tree)[0].startswith("▌")
        app.set_focus(None)
        await pilot.pause()
        assert not any("▌" in line for line in texts(tree))


async def test_the_titles_follow_the_width_and_the_focus() -> None:
    app, tree = tree_app()
    async with app.run(34, 13) as pilot:
        tree.show(wordcount_state())
        app.set_focus(None)
        await pilot.pause()
        assert lines(tree)[0] == "╭─ Tree ──────────────── 2 wait ─╮"
        await pilot.resize_terminal(24, 13)
        assert lines(tree)[0] == "╭─ Tree ────── 2 wait ─╮"
        await pilot.resize_terminal(14, 13)
        assert lines(tree)[0] == "╭─ Tree ─────╮"
