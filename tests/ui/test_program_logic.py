"""What the program decides without a screen: the bell, the last lines, the key table, texts for an editor."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from msgspec.structs import replace

from app.attention import Attention, window_title
from app.editing import draft, edited
from app.editor import command
from app.farewell import farewell, place_of
from app.keys import BOARD, HELP, PROGRAM, RUNS, bindings, card_keys
from app.node_frames import NodeFrames
from swarm import frames as f
from swarm.errors import UsageError
from swarm.proposals import Budget, Failure, Run, Spawn, Terminate, Write
from swarm.values import Child, Limits, Report
from tests.ui.live import MemorySession
from tests.ui.sample import PROPOSED, wordcount_state
from widgets.detail import NodeDetail
from widgets.offers import KEYS
from widgets.timeline import Timeline
from widgets.tree import SwarmTree


def test_the_bell_rings_for_more_only_while_unfocused_and_at_most_every_thirty_seconds() -> None:
    now = [0.0]
    attention = Attention(lambda: now[0])
    assert not attention.wants_bell(1, focused=True)
    assert not attention.wants_bell(1, focused=False), "nothing new came"
    assert attention.wants_bell(2, focused=False)
    now[0] = 29.9
    assert not attention.wants_bell(3, focused=False)
    now[0] = 30.0
    assert not attention.wants_bell(2, focused=False), "less is no reason"
    assert attention.wants_bell(3, focused=False)


def test_the_window_title_counts_what_waits() -> None:
    assert window_title("wc-1", 2) == "(2) wc-1 · swarm"
    assert window_title("wc-1", 0) == "wc-1 · swarm"


def test_three_lines_say_state_branch_and_how_to_go_on() -> None:
    state = wordcount_state()
    first, second, third = farewell(state)
    assert first.startswith("run wc-1  2 waiting for you")
    assert second == "branch swarm/wc-1  1 commit"
    assert third == "go on with: swarm resume wc-1"


def test_how_to_go_on_names_the_workspace_only_where_it_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, other = tmp_path / "work" / "src", tmp_path / "my work"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert place_of(tmp_path / "work") == ""
    assert place_of(other) == f" --root '{other}'"
    assert farewell(wordcount_state(), place_of(other))[2].endswith(f"swarm resume wc-1 --root '{other}'")


@pytest.mark.parametrize(
    ("ended", "commits", "verb"), [("done", 1, "merge"), ("done", 0, "show"), ("failed", 1, "show")]
)
def test_the_last_line_of_an_ended_run_names_what_can_be_done_with_it(ended: str, commits: int, verb: str) -> None:
    state = replace(wordcount_state(), ended=ended, commits=commits, why="as it went")  # type: ignore[arg-type]
    first, _, third = farewell(state)
    assert first.endswith("frame " + str(state.frame))
    assert "as it went" in first
    assert third.endswith(f"swarm {verb} wc-1")


def test_no_two_bindings_of_one_screen_share_a_key_or_an_id() -> None:
    for keys in ((*BOARD, *PROGRAM), (*RUNS, *PROGRAM)):
        bound = [key for binding in bindings(keys) for key in binding.key.split(",")]
        assert len(bound) == len(set(bound))
    ids = [key.id for _, keys in HELP for key in keys]
    assert len(ids) == len(set(ids))
    assert {key.id for key in (*BOARD, *RUNS, *PROGRAM)} <= set(ids), "the help shows every command"


def test_a_capital_is_bound_as_both_spellings_that_terminals_send() -> None:
    pause_all = next(binding for binding in bindings(BOARD) if binding.id == "board.pause-all")
    assert pause_all.key == "P,shift+p"


def test_a_batch_goes_to_the_editor_and_back_unchanged() -> None:
    batch = Spawn(children=PROPOSED)
    text = draft(batch)
    assert text is not None
    assert text.suffix == ".md"
    assert edited(batch, text.text) == batch


def test_sections_of_a_batch_can_be_reworded_left_out_and_added() -> None:
    batch = Spawn(children=PROPOSED)
    text = draft(batch)
    assert text is not None
    kept, _, rest = text.text.partition("=== 9 ")
    readme = "=== 10 " + rest.partition("=== 10 ")[2].replace("Three examples", "Five examples")
    after = edited(batch, f"{kept}{readme}\n=== Changelog\nSay what is new.\n")
    assert isinstance(after, Spawn)
    assert after.children[0] == PROPOSED[0]
    assert after.children[1] == PROPOSED[2].model_copy(update={"directive": "Five examples that can be copied."})
    assert after.children[2] == Child(title="Changelog", directive="Say what is new.")


def test_a_directive_that_looks_like_a_section_survives_the_editor() -> None:
    batch = Spawn(children=(Child(id="8", directive="Make it\n=== 9 not a section\n==== nor this"),))
    text = draft(batch)
    assert text is not None
    assert text.text.startswith("===== 8")
    assert edited(batch, text.text) == batch


def test_text_above_the_first_section_is_refused() -> None:
    with pytest.raises(UsageError, match="belongs to no part"):
        edited(Spawn(children=PROPOSED), "hello\n=== 8 Command line\nx\n")


def test_each_kind_with_a_text_keeps_all_but_its_text() -> None:
    write = Write(path="a/b.py", content="x\n", before="abc")
    assert draft(write).suffix == ".py"  # type: ignore[union-attr]
    assert edited(write, "y\n") == write.model_copy(update={"content": "y\n"})
    run = Run(title="t", interpreter="python", script="1\n", readonly=True)
    assert draft(run).suffix == ".py"  # type: ignore[union-attr]
    assert edited(run, "2\n") == run.model_copy(update={"script": "2\n"})
    report = Report(outcome="done", summary="s", value={"a": 1})
    assert edited(Terminate(report=report), "t") == Terminate(report=report.model_copy(update={"summary": "t"}))
    failure = Failure(error="boom", directive="d")
    assert edited(failure, "e") == Failure(error="boom", directive="e")


def test_what_has_no_text_has_no_draft() -> None:
    assert draft(Budget(why="nodes", limits=Limits())) is None
    assert draft(Run(argv=("ls", "-l"))) is None


def test_a_missing_editor_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "")
    with pytest.raises(UsageError, match="set EDITOR"):
        command()
    monkeypatch.setenv("EDITOR", "vim -n")
    assert command() == ["vim", "-n"]
    monkeypatch.setenv("EDITOR", "vim 'no end")
    with pytest.raises(UsageError, match="EDITOR cannot be read"):
        command()


def test_every_key_that_can_be_changed_is_in_the_table() -> None:
    listed = {key.id for _, keys in HELP for key in keys}
    for widget in (SwarmTree, Timeline, NodeDetail):
        bound = {binding.id for base in widget.__mro__ for binding in base.__dict__.get("BINDINGS", ())}
        assert {name for name in bound if name and name.partition(".")[0] in ("move", "tree", "time")} <= listed


def test_a_card_takes_its_keys_from_the_table() -> None:
    assert card_keys({}) == dict(KEYS)
    changed = card_keys({"card.approve": "ctrl+y"})
    assert changed["ctrl+y"] == "approve"
    assert "a" not in changed


async def test_frames_of_a_node_are_read_once() -> None:
    class Watched(MemorySession):
        reads: ClassVar[list[tuple[int, int | None]]] = []

        async def frames(self, after: int = -1, upto: int | None = None) -> list[f.Frame]:
            self.reads.append((after, upto))
            return await super().frames(after, upto)

    session = Watched()
    frames = NodeFrames(session)
    own = await frames.of(session.state, "7")
    assert own == [frame for frame in session.history if frame.node == "7"]
    assert await frames.of(session.state, "7") == own
    assert len(session.reads) == 1
    await session.put(f.NodeTold(node="7", text="note", by="you"))
    assert [frame.kind for frame in (await frames.of(session.state, "7"))[len(own) :]] == ["node.told"]
    assert session.reads[1] == (own[-1].frame, session.state.frame)
    past = await session.at(own[2].frame)
    assert await frames.of(past, "7") == own[:3]
    assert len(session.reads) == 2


async def test_what_a_commit_of_a_node_changed_is_read_once() -> None:
    class Watched(MemorySession):
        reads: ClassVar[list[tuple[str, str]]] = []

        async def patch(self, before: str, after: str, path: str | None = None) -> str:
            self.reads.append((before, after))
            return await super().patch(before, after, path)

    begun = f.StepBegun(frame=1, node="5", seq=1, step="run", intent={"commit": "a" * 40})
    again = f.StepBegun(frame=2, node="5", seq=1, step="run", intent={"commit": "b" * 40})
    ended = f.StepEnded(frame=3, node="5", seq=1, step="run", commit="c" * 40)
    session = Watched()
    frames = NodeFrames(session)
    patches = await frames.patches([begun, again, ended])
    assert list(patches) == ["c" * 40]
    assert "from bbbbbbb to ccccccc" in patches["c" * 40]
    assert await frames.patches([begun, again, ended]) == patches
    assert session.reads == [("b" * 40, "c" * 40)]


def test_a_run_that_was_merged_is_not_offered_again() -> None:
    state = replace(wordcount_state(), ended="done", merged="main")  # type: ignore[arg-type]
    _, second, third = farewell(state)
    assert second == "branch swarm/wc-1  1 commit, merged into main"
    assert third == "look at it with: swarm show wc-1"
