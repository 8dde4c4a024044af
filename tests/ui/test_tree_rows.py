"""Which rows a tree has: the work, not the machinery; everything that waits; nothing twice."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from swarm import frames as f
from swarm.fold import fold
from swarm.proposals import Failure, Merge, Run, Spawn, Terminate, Write
from swarm.state import Node, Swarm
from swarm.values import Child, Evidence, Report
from tests.ui.large import large_state
from tests.ui.sample import REVIEW, SUCCESSOR, Script, wordcount_frames, wordcount_state
from widgets.tree_rows import Row, Rows, waits


def everything(node: Node) -> bool:
    return True


def shown(rows: Rows) -> list[tuple[int, str, str, str]]:
    return [(row.depth, row.status, row.title, row.waits) for row in rows]


def test_the_sample_reads_like_the_board() -> None:
    assert shown(Rows(wordcount_state(), everything)) == [
        (0, "waiting", "wordcount", "2"),
        (0, "done", "keep context", ""),
        (0, "done", "1 Count", ""),
        (1, "done", "write core.py", ""),
        (1, "done", "review · ok", ""),
        (0, "waiting", "2 Use it", "2"),
        (1, "asks", "spawn 3", "14"),
        (1, "proposed", "1 Command line", ""),
        (1, "proposed", "2 Tests", ""),
        (1, "proposed", "3 README", ""),
        (1, "asks", "missing file?", "q1"),
    ]


def test_raw_rows_are_all_nodes_as_they_are() -> None:
    rows = Rows(wordcount_state(), everything, raw=True)
    nodes = [(row.depth, row.node) for row in rows if row.gate is None and row.question is None]
    assert nodes == [(0, "1"), (1, "2"), (1, "3"), (2, "4"), (3, "5"), (2, "6"), (2, "7")]
    assert rows[0].title == "1 organise_context · wordcount"
    assert rows[0].status == "waiting_children"


def test_at_every_frame_each_row_is_there_once_and_each_wait_has_one() -> None:
    frames = wordcount_frames()
    state = Swarm()
    for frame in frames:
        state = fold([frame], state)
        for raw in (False, True):
            rows = list(Rows(state, everything, raw))
            assert len({row.key for row in rows}) == len(rows)
            due = {gate for gate in state.open_gates if state.gates[gate].seq is not None}
            assert {row.gate for row in rows if row.gate} == due
            assert {row.question for row in rows if row.question} == set(state.open_questions)


def test_a_router_is_a_row_until_it_has_chosen() -> None:
    frames = wordcount_frames()
    chosen = next(frame.frame for frame in frames if isinstance(frame, f.NodeSpawned) and frame.node == "5")
    before = [row.node for row in Rows(fold(frames[:chosen]), everything)]
    after = [row.node for row in Rows(fold(frames[: chosen + 1]), everything)]
    assert "4" in before
    assert "4" not in after
    assert "5" in after


def test_the_gate_of_a_router_stands_under_the_action_that_it_chose() -> None:
    frames = wordcount_frames()
    opened = next(x.frame for x in frames if isinstance(x, f.GateOpened) and x.node == "4" and x.seq == 3)
    rows = list(Rows(fold(frames[: opened + 1]), everything))
    place = next(place for place, row in enumerate(rows) if row.gate)
    assert rows[place - 1].node == "5"
    assert rows[place - 1].waits == "1"
    assert (rows[place].node, rows[place].title) == ("4", "end: done")


def test_a_router_that_chose_again_shows_both_choices() -> None:
    script = _started()
    router = Child(id="2", action="route_action", title="part", directive="part")
    first = Child(id="3", action="carry_out", title="tried alone", directive="part")
    second = Child(id="4", action="decompose_directive", title="broken down", directive="part")
    script.spawn("1", 1, router)
    script.spawn("2", 1, first)
    script.end("3", 1, Report(outcome="incomplete", summary="too big"))
    script.joined("2", 1)
    script.spawn("2", 2, second)
    titles = [row.title for row in Rows(fold(script.frames), everything)]
    assert titles == ["goal", "tried alone", "broken down"]


def test_closed_parts_have_one_row_that_counts_what_waits_in_them() -> None:
    rows = list(Rows(wordcount_state(), lambda node: node.id == "1"))
    assert [(row.title, row.waits, row.opened) for row in rows] == [
        ("wordcount", "2", True),
        ("keep context", "", None),
        ("1 Count", "", False),
        ("2 Use it", "2", False),
    ]


def test_a_proposed_successor_has_the_number_of_its_round() -> None:
    frames = wordcount_frames()
    opened = next(
        frame.frame
        for frame in frames
        if isinstance(frame, f.GateOpened)
        and isinstance(frame.proposal, Spawn)
        and SUCCESSOR in frame.proposal.children
    )
    rows = [row.title for row in Rows(fold(frames[: opened + 1]), everything)]
    assert rows[-2:] == ["spawn 1", "2 Use it"]


def test_a_foreseen_gate_has_no_row_of_its_own() -> None:
    script = _started()
    write = script.open("1", 1, Write(path="src/a.py", content="a"))
    script.open("1", None, Terminate(report=Report(outcome="done", summary="")), after=write)
    state = fold(script.frames)
    assert [row.title for row in Rows(state, everything)] == ["goal", "write a.py"]
    assert waits(state).below == {"1": 1}


def test_a_gate_that_is_foreseen_for_a_proposed_node_has_no_row_yet() -> None:
    script = _started()
    spawn = script.open("1", 1, Spawn(children=(REVIEW.model_copy(update={"id": "2"}),)))
    script.open("2", None, Run(script="make check", check=True), after=spawn)
    assert [row.title for row in Rows(fold(script.frames), everything)] == ["goal", "spawn 1", "review"]


def test_the_offer_to_merge_stands_under_the_root() -> None:
    state = fold(_started().frames)
    merge = Merge(branch="swarm/x", into="main", commits=1, files=())
    opened = f.GateOpened(frame=9, node="1", gate="1", seq=0, proposal=merge, digest=merge.digest)
    rows = list(Rows(fold([opened], state), everything))
    assert [(row.title, row.gate) for row in rows] == [("goal", None), ("merge into main", "1")]


@pytest.mark.parametrize(
    ("passed", "remark"),
    [
        ((True,), "review · ok"),
        ((True, True), "review · ok"),
        ((True, False), "review · 1 of 2 failed"),
        ((), "review"),
    ],
)
def test_a_review_says_how_its_checks_went(passed: tuple[bool, ...], remark: str) -> None:
    script = _started()
    script.spawn("1", 1, REVIEW.model_copy(update={"id": "2"}))
    evidence = tuple(Evidence(kind="check", text="it runs", passed=one) for one in passed)
    script.end("2", 1, Report(outcome="done", summary="", evidence=evidence))
    assert Rows(fold(script.frames), everything)[-1].title == remark


def test_a_failed_attempt_and_a_pause_are_seen() -> None:
    script = _started()
    gate = script.open("1", 1, Failure(error="no disk", directive="goal"))
    assert Rows(fold(script.frames), everything)[1].title == "failure: no disk"
    script.decide(gate, "choose", choice="retry")
    script.add(f.NodeRetried, "1", attempt=2)
    script.add(f.Paused, "1", by="you")
    (row,) = Rows(fold(script.frames), everything)
    assert (row.status, row.title) == ("paused", "goal · attempt 2")


def test_an_end_is_an_end_even_if_something_waits() -> None:
    state = wordcount_state()
    node = replace(state.nodes["7"], report=Report(outcome="stopped", summary=""))
    rows = Rows(replace(state, nodes=state.nodes.set("7", node)), everything)
    row = next(row for row in rows if row.key == "7")
    assert row.status == "stopped"


def test_a_command_is_named_by_its_title_or_its_first_line() -> None:
    script = _started()
    script.open("1", 1, Run(interpreter="sh", script="\nmake test\nmake more"))
    assert Rows(fold(script.frames), everything)[1].title == "run make test"


def test_a_hundred_thousand_nodes_are_flat_and_found() -> None:
    rows = Rows(large_state(100_000, 10), everything)
    assert len(rows) == 100_000
    assert rows.find("77777") is not None
    assert rows[rows.find("77777") or 0].title == "part 77777"
    assert [row.key for row in rows[:3]] == ["1", "2", "12"]


def test_five_thousand_levels_are_no_recursion() -> None:
    rows = Rows(large_state(5_000, 1), everything)
    assert rows[-1] == Row("5000", "5000", 4998, "running", "part 5000")


def test_rounds_stay_beside_each_other_however_many() -> None:
    state = large_state(2_000, 1)
    nodes = state.nodes
    for number in range(2, 2_001):
        child = Child(title="again", directive="", action="decompose_directive", arguments={"round": number - 1})
        nodes = nodes.set(str(number), replace(nodes[str(number)], child=child, action="decompose_directive"))
    rows = Rows(replace(state, nodes=nodes), everything)
    assert {row.depth for row in rows} == {0}
    assert rows[-1].title == "1999 again"


def _started() -> Script:
    script = Script()
    script.add(f.RunStarted, run="r", goal="goal", title="goal", model="plan", level="step")
    child = Child(action="organise_context", title="goal", directive="goal")
    script.add(f.NodeSpawned, "1", parent=None, step=0, index=0, child=child)
    script.add(f.NodeStarted, "1", action="organise_context", version="1", attempt=1)
    return script
