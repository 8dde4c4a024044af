"""A node in full: every section says what happened, and only the one that is looked at is built."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from swarm import frames as f
from swarm.fold import fold
from swarm.values import Usage
from tests.ui.gates import RUN, WRITE, begun
from tests.ui.harness import Harness, lines
from tests.ui.sample import wordcount_frames, wordcount_state
from widgets import detail_rows
from widgets.detail import NodeDetail, Sections
from widgets.lines import Lines


def own(frames: Sequence[f.Frame], node: str) -> list[f.Frame]:
    return [frame for frame in frames if frame.node == node]


def section(
    name: str, node: str, frames: Sequence[f.Frame] | None = None, patches: Mapping[str, str] | None = None
) -> list[str]:
    frames = wordcount_frames() if frames is None else frames
    state = fold(frames)
    rows = detail_rows.SECTIONS[name](detail_rows.About(state, state.nodes[node], own(frames, node), patches or {}))
    return [(row.lead.plain + row.content.plain).rstrip() for row in rows]


def test_the_directive_comes_with_the_rules_it_works_under() -> None:
    text = section("Directive", "7")
    assert text[0] == "Make the counter usable from a shell."
    assert "Action    decompose_directive 1" in text
    assert "Level     step" in text
    assert any('"round": 2' in line for line in text)


def test_the_report_is_shown_with_its_evidence() -> None:
    text = section("Report", "6")
    assert text[0] == "✓ done"
    assert "✓ passed  counts  exit 0" in text
    assert section("Report", "7") == []


def test_steps_say_how_they_went_and_which_gate_they_wait_at() -> None:
    assert section("Steps", "5") == ["✓   1  write  frame 39 · 4f0c2ad"]
    assert section("Steps", "7")[-1] == "?   3  spawn 3  waits at gate 14"


def test_a_step_that_failed_tells_its_error_and_one_that_runs_since_when() -> None:
    script = begun()
    script.add(f.StepBegun, "2", seq=1, step="think", schema_name="Acts")
    usage = Usage(calls=1, input_tokens=1200)
    script.add(
        f.StepEnded, "2", seq=1, step="think", schema_name="Acts", outcome="failed", error="refused: 429", usage=usage
    )
    script.add(f.StepBegun, "2", seq=2, step="run", key="tests")
    assert section("Steps", "2", script.frames) == [
        "✗   1  think Acts  failed, frame 10 · 1.2k tokens",
        "       refused: 429",
        "●   2  run tests  since frame 11",
    ]


def test_a_look_tells_how_much_it_showed_and_what_it_left_out() -> None:
    script = begun()
    match = {"path": "a.py", "line": 1, "text": "x"}
    cut = "only the first 2 commits are here"
    looks: list[tuple[f.StepKind, str, object]] = [
        ("search", "files **", {"paths": ["a.py", "b.py"], "cut": ""}),
        ("search", "text x", {"matches": [match], "cut": ""}),
        ("git", "log", {"commits": [{}, {}], "cut": cut}),
        ("git", "show HEAD", {"text": "one\ntwo\n", "cut": ""}),
    ]
    for seq, (step, key, value) in enumerate(looks, 1):
        script.add(f.StepEnded, "2", seq=seq, step=step, key=key, value=value)
    script.add(f.StepEnded, "2", seq=5, step="git", key="show main", outcome="failed", error="'main' names no commit")
    assert section("Steps", "2", script.frames) == [
        "✓   1  search files **  frame 9 · 2 files",
        "✓   2  search text x  frame 10 · 1 line",
        "✓   3  git log  frame 11 · 2 commits",
        f"       {cut}",
        "✓   4  git show HEAD  frame 12 · 2 lines",
        "✗   5  git show main  failed, frame 13",
        "       'main' names no commit",
    ]


def test_changes_are_differences_with_their_commits() -> None:
    text = section("Changes", "5")
    assert text[0] == "◇ 4f0c2ad  write wordcount/core.py  frame 39"
    assert '  1 + """Counts lines, words and bytes."""' in text


def test_a_change_of_a_file_shows_what_was_edited_by_hand() -> None:
    script = begun()
    gate = script.open("2", 1, WRITE)
    script.decide(gate, "edit", proposal=WRITE.model_copy(update={"content": "by hand\n"}))
    script.add(f.StepBegun, "2", seq=1, step="write", gate=gate)
    script.add(f.StepEnded, "2", seq=1, step="write", gate=gate, commit="c" * 40)
    assert "   1 + by hand" in section("Changes", "2", script.frames)


def ran(**ended: object) -> list[f.Frame]:
    """Node 2 has run a command."""
    script = begun()
    gate = script.open("2", 1, RUN)
    script.decide(gate)
    script.add(f.StepBegun, "2", seq=1, step="run", gate=gate)
    script.add(f.StepEnded, "2", seq=1, step="run", gate=gate, **ended)
    return script.frames


def test_what_a_command_changed_is_shown_where_its_patch_is_known() -> None:
    frames = ran(commit="c" * 40)
    patch = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n"
    assert section("Changes", "2", frames)[0] == "◇ ccccccc  run: tests  frame 12"
    assert section("Changes", "2", frames, {"c" * 40: patch})[1:] == [
        "  x",
        "    @@ -1 +1 @@",
        "  1 - old",
        "  1 + new",
        "",
    ]


def test_the_output_of_commands_is_shown_with_their_exit_codes() -> None:
    frames = ran(value={"exit_code": 1, "output": "1 failed\x1b[0m\n"})
    assert section("Output", "2", frames) == ["✗ exit 1  run: tests", "  1  1 failed␛[0m", ""]


def test_messages_are_what_was_said_both_ways() -> None:
    script = begun()
    script.add(f.NodeTold, "2", text="be brief", by="you")
    gate = script.open("2", 1, WRITE)
    script.decide(gate, "reject", reason="count bytes")
    text = section("Messages", "2", script.frames)
    assert text == ["you told it  frame 9", "  be brief", "", "you rejected gate 2  frame 11", "  count bytes", ""]


@pytest.mark.parametrize("name", list(detail_rows.SECTIONS))
def test_every_section_says_something_of_a_node_that_did_nothing(name: str) -> None:
    assert section(name, "8", [*wordcount_frames(), *_spawned()]) or detail_rows.EMPTY[name]


def _spawned() -> list[f.Frame]:
    state = wordcount_state()
    child = state.nodes["2"].child.model_copy(update={"id": "8"})
    return [f.NodeSpawned(frame=state.frame + 1, node="8", parent="7", step=9, index=0, child=child)]


@asynccontextmanager
async def shown(node: str, width: int = 80, height: int = 20) -> AsyncIterator[tuple[Pilot[None], NodeDetail]]:
    """A node of the sample in full."""
    detail = NodeDetail()
    async with Harness(detail).run(width, height) as pilot:
        await show(pilot, detail, node)
        yield pilot, detail


async def show(pilot: Pilot[None], detail: NodeDetail, node: str) -> None:
    detail.show(wordcount_state(), node, own(wordcount_frames(), node))
    await pilot.pause()


async def test_an_ended_node_opens_with_its_report_and_a_live_one_with_its_directive() -> None:
    async with shown("5") as (pilot, detail):
        assert detail.section == "Report"
        assert "5 · write core.py" in lines(detail)[0]
        assert "✓ done" in lines(detail)[0]
        await show(pilot, detail, "7")
        assert detail.section == "Directive"


async def test_the_section_stays_while_the_node_goes_on_and_keys_and_clicks_turn_it() -> None:
    async with shown("5") as (pilot, detail):
        detail.focus()
        await pilot.press("l", "right")
        assert detail.section == "Changes"
        await show(pilot, detail, "5")
        assert detail.section == "Changes"
        await pilot.press("h")
        assert detail.section == "Steps"
        await pilot.click(Sections, offset=(5, 0))
        assert detail.section == "Directive"
        await pilot.press("h")
        assert detail.section == "Messages"


async def test_only_the_section_that_is_looked_at_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    for name, make in list(detail_rows.SECTIONS.items()):
        monkeypatch.setitem(
            detail_rows.SECTIONS, name, lambda *args, name=name, make=make: (built.append(name), make(*args))[1]
        )
    async with shown("5"):
        assert set(built) == {"Report"}


async def test_what_a_model_streams_is_shown_below_the_steps() -> None:
    async with shown("7") as (pilot, detail):
        detail.focus()
        await pilot.press("l", "l")
        detail.live('{"parts": [')
        await pilot.pause()
        assert '{"parts": [' in detail.query_one(Lines).plain
        await show(pilot, detail, "5")
        assert '{"parts": [' not in detail.query_one(Lines).plain


async def test_what_is_logged_stands_above_how_far_the_node_is() -> None:
    async with shown("7", height=30) as (pilot, detail):
        detail.focus()
        await pilot.press("l", "l")
        detail.live("\n\r1 of 3\n[b]read\x1b a.py\n\r2 of 3")
        await pilot.pause()
        text = [line.strip() for line in detail.query_one(Lines).plain.splitlines()]
        assert text[-3:] == ["as it happens, not recorded", "[b]read␛ a.py", "● 2 of 3"]


async def test_it_can_be_read_page_by_page() -> None:
    async with shown("7", width=60, height=8) as (pilot, detail):
        detail.focus()
        await pilot.press("j", "pagedown")
        await pilot.pause()
        assert detail.query_one(Lines).scroll_offset.y > 1
        await pilot.press("g", "k")
        await pilot.pause()
        assert detail.query_one(Lines).scroll_offset.y == 0


async def test_the_names_of_all_sections_can_be_seen_and_clicked_where_they_need_two_lines() -> None:
    async with shown("5", width=50) as (pilot, detail):
        first, second = lines(detail)[1:3]
        assert "Directive" in first
        assert "Messages" in second
        await pilot.click(Sections, offset=(second.index("Messages"), 1))
        assert detail.section == "Messages"
