"""What a card says, kind by kind: the whole proposal, and what one should know beside it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from swarm import frames as f
from swarm.cards import cards
from swarm.fold import fold
from swarm.proposals import AnyProposal, Run, Save, Spawn, Tag, Terminate
from swarm.state import Swarm
from swarm.values import Artifact, Child, Limits, Report, Usage
from tests.ui.gates import (
    BUDGET,
    END,
    FAILURE,
    IN_DOUBT,
    MERGE,
    RUN,
    WRITE,
    after,
    begun,
    chain,
    opened,
    siblings,
    waiting,
)
from tests.ui.sample import wordcount_state
from widgets.ballot import Ballot
from widgets.card_rows import body_rows, card_rows
from widgets.facts import facts


def ballot_of(state: Swarm) -> Ballot:
    return Ballot(cards(state)[0].gates)


def card_text(state: Swarm, ballot: Ballot | None = None, *, more: bool = False) -> str:
    ballot = ballot or ballot_of(state)
    rows = card_rows(ballot, state, body_rows(ballot, state), more=more)
    return "\n".join((row.lead.plain + row.content.plain).rstrip() for row in rows)


def fact(state: Swarm, label: str, ballot: Ballot | None = None) -> str:
    return dict(facts(ballot or ballot_of(state), state)).get(label, "")


def test_it_reads_like_the_board() -> None:
    assert card_text(wordcount_state()).splitlines() == [
        "2 Use it › decompose_directive wants to start 3 nodes",
        "for: Make the counter usable from a shell.",
        "",
        "Would start, all at once:",
        "  1  Command line",
        "     Read files or standard input; print lines, words, bytes and a total.",
        "  2  Tests",
        "     Cover an empty file, no final newline, two files.",
        "  3  README",
        "     Three examples that can be copied.",
        "",
        "Touches   nothing by itself",
        "Undo      yes, back to frame 70",
        "Cost      0 tokens so far · nodes 7 → 10 of 50",
        "Unblocks  3 nodes now, then 2 Use it",
        "Asked by  level step: every spawn  w for more",
        "Changed   nothing since it was opened in frame 70",
    ]


def test_all_of_a_child_is_told_that_its_digest_covers() -> None:
    child = Child(
        id="9",
        action="write_file",
        title="A title",
        directive="Do it.\nAll of it.",
        arguments={"path": "a.py"},
        source="2.1",
        context=("notes",),
        model="human",
    )
    text = card_text(waiting(Spawn(children=(child,))))
    for words in (
        "write_file",
        "A title",
        "Do it.",
        "All of it.",
        "path: a.py",
        "source 2.1",
        "notes",
        "model human",
    ):
        assert words in text


def test_a_title_that_is_the_first_line_is_not_told_twice() -> None:
    text = card_text(waiting(Spawn(children=(Child(directive="## Count\n\nCount words."),))))
    assert text.count("Count\n") == 1
    assert "Count words." in text


def test_a_title_with_a_line_break_cannot_fake_a_row() -> None:
    text = card_text(waiting(Spawn(children=(Child(title="one\nTouches   nothing", directive="x"),))))
    assert "one␊Touches   nothing" in text


def test_a_plan_tells_which_files_its_children_write_and_where_they_overlap() -> None:
    fence = "```python {path}\nx = 1\n```\n"
    children = tuple(
        Child(id=str(9 + place), directive=f"### Part {place}\n\n{fence.format(path=path)}")
        for place, path in enumerate(("a.py", "b.py", "a.py"))
    )
    script = begun(model="plan")
    script.open("2", 1, Spawn(children=children))
    state = fold(script.frames)
    assert "writes a.py (1 line)" in card_text(state)
    assert fact(state, "Touches") == "2 files (a.py, b.py) in this run's copy; yours: none"
    assert fact(state, "Overlap") == "more than one would write a.py"
    other = ballot_of(state).toggle(ballot_of(state).items[2])
    assert fact(state, "Overlap", other) == "none between them"


def test_a_write_is_a_difference_with_hidden_characters_visible() -> None:
    lines = card_text(waiting(WRITE)).splitlines()
    assert "src/core.py" in lines[0]
    assert "write src/core.py  +1 −2" in lines
    assert " 8 - line 7" in lines
    assert " 8 + line seven␛[31m" in lines
    assert not any("line 13" in line for line in lines)


def test_an_end_shows_its_report_beside_the_evidence() -> None:
    report = END.report.model_copy(
        update={"value": {"n": 1}, "artifacts": (Artifact(name="page", path="a.html", media_type="text/html"),)}
    )
    text = card_text(waiting(Terminate(report=report)))
    for words in ("✓ done", "Wrote the core.", '"n": 1', "✗ failed  tests  exit 1", "· commit  src/core.py", "a.html"):
        assert words in text


def test_a_report_without_evidence_says_so() -> None:
    assert "No evidence" in card_text(waiting(Terminate(report=Report(outcome="failed", summary="no"))))


def test_a_command_is_told_with_all_that_is_digested() -> None:
    run = RUN.model_copy(update={"inputs": {"a.py": "abcdef0123"}, "timeout": 90})
    text = card_text(waiting(run))
    for words in (
        "run: tests",
        "1  set -e",
        "2  pytest -q",
        "MODE=fast",
        "a.py (abcdef0)",
        "at most 90 s",
        "sandbox full",
    ):
        assert words in text


def test_a_command_of_words_is_quoted() -> None:
    assert "rm 'a b'" in card_text(waiting(Run(argv=("rm", "a b"))))


@pytest.mark.parametrize(
    ("tier", "words"), [("none", "NO SANDBOX"), ("partial", "sandbox partial"), ("full", "sandbox full")]
)
def test_the_sandbox_in_force_is_told(tier: str, words: str) -> None:
    assert words in card_text(waiting(RUN.model_copy(update={"tier": tier})))


def test_without_a_sandbox_nothing_is_promised() -> None:
    state = waiting(RUN.model_copy(update={"tier": "none"}))
    assert "whatever you can touch" in fact(state, "Touches")
    assert fact(state, "Undo") == "files of the copy: yes; anything else: no"
    assert "always asked: a command without a sandbox" in card_text(state)


@pytest.mark.parametrize(
    ("proposal", "touches", "undo"),
    [
        (WRITE, "src/core.py in this run's copy; yours: none", "yes, back to frame 9"),
        (RUN, "what the command changes in this run's copy; yours: none", "yes, back to frame 9"),
        (RUN.model_copy(update={"readonly": True}), "nothing by itself", "yes, back to frame 9"),
        (END, "nothing by itself", "yes, back to frame 9"),
        (Tag(name="v1"), "your repository: a new tag v1", "by you: git tag -d v1"),
        (
            Save(name="style", text="x"),
            "the workspace's memory, beyond this run: style",
            "by you: take style out of the memory",
        ),
        (MERGE, "branch main, 2 files", "by you, in git: main moves"),
        (FAILURE, "this node only", ""),
        (BUDGET, "the limits of this run", ""),
        (IN_DOUBT, "2 files (a.py, b.py) in this run's copy; yours: none", ""),
    ],
)
def test_it_says_how_far_a_proposal_reaches(proposal: AnyProposal, touches: str, undo: str) -> None:
    state = waiting(proposal)
    assert (fact(state, "Touches"), fact(state, "Undo")) == (touches, undo)


def test_braces_in_a_name_are_only_text() -> None:
    assert fact(waiting(Tag(name="{into}")), "Undo") == "by you: git tag -d {into}"


@pytest.mark.parametrize(
    ("proposal", "words"),
    [
        (
            FAILURE,
            ["the model refused: 429", "Write part 1", "1  try again", "3  do it yourself", "7  stop it"],
        ),
        (IN_DOUBT, ["Step 3 began", "run tests", "a.py", "1  put the files back", "3  take it as failed"]),
        (BUDGET, ["201 nodes of 200", "1  raise the limit and go on: nodes in the run 200 → 400", "2  stop the run"]),
        (MERGE, ["3 commits and 2 files of swarm/r-1", "would go into main", "These would conflict", "1  merge now"]),
    ],
)
def test_where_one_of_several_lines_is_chosen_each_says_what_it_does(proposal: AnyProposal, words: list[str]) -> None:
    text = card_text(waiting(proposal))
    for word in words:
        assert word in text


def test_a_failure_whose_steps_cannot_be_kept_says_that_a_retry_starts_from_nothing() -> None:
    text = card_text(waiting(FAILURE.model_copy(update={"restart": True})))
    assert "1  try again; from nothing" in text


def test_what_follows_is_told_below_what_leads_to_it() -> None:
    lines = card_text(chain()).splitlines()
    places = [lines.index(line) for line in lines if line.startswith(("  2  ", "then follow", "  3  ", "  4  "))]
    assert places == sorted(places)
    assert len(places) == 4
    assert "  4  goal › end: done" in lines


def test_what_is_left_out_says_so_in_words() -> None:
    state = chain()
    ballot = ballot_of(state)
    text = card_text(state, ballot.toggle(ballot.items[0]))
    assert "» left out: it stays open; x takes it in again" in text
    assert "» not decided: 2 is left out or no longer as shown" in text


def test_siblings_share_a_head_and_their_facts() -> None:
    state = siblings()
    assert card_text(state).startswith("3 nodes below goal wait, each with a step of the same kind")
    assert fact(state, "Touches") == "3 files (src/p0.py, src/p1.py, src/p2.py) in this run's copy; yours: none"
    assert fact(state, "Undo") == f"yes, back to frame {state.frame}"


def test_an_open_gate_that_writes_the_same_is_an_overlap() -> None:
    script = begun(2)
    script.open("2", 1, WRITE)
    script.open("3", 1, WRITE.model_copy(update={"content": "other\n"}))
    state = fold(script.frames)
    assert fact(state, "Overlap") == "gate 3 writes src/core.py too; gate 2 writes src/core.py too"


def test_the_cost_tells_what_was_spent_and_what_is_to_be_expected() -> None:
    script = begun()
    script.add(f.StepBegun, "2", seq=1, step="think", schema_name="X")
    usage = Usage(calls=1, input_tokens=1500, output_tokens=500, cost=0.25)
    script.add(f.StepEnded, "2", seq=1, step="think", schema_name="X", value={}, usage=usage)
    script.open("2", 2, Spawn(children=(Child(directive="a"), Child(directive="b"))))
    cost = fact(fold(script.frames), "Cost")
    assert cost == (
        "2.0k tokens · $0.25 here · 2.0k tokens · $0.25 so far · ≈ 2.0k more, at the pace so far · nodes 2 → 4 of 200"
    )


def test_an_unknown_price_is_a_dash() -> None:
    script = begun()
    script.add(f.StepBegun, "2", seq=1, step="think", schema_name="X")
    usage = Usage(calls=1, input_tokens=10, cost=None)
    script.add(f.StepEnded, "2", seq=1, step="think", schema_name="X", value={}, usage=usage)
    script.open("2", 2, WRITE)
    assert fact(fold(script.frames), "Cost") == "10 tokens · $ — here · 10 tokens · $ — so far"


def test_an_end_tells_whom_it_wakes_and_who_is_still_waited_for() -> None:
    script = begun(2)
    script.open("2", 1, END)
    state = fold(script.frames)
    assert fact(state, "Unblocks") == "goal, once 1 other node has ended"
    script = begun(1)
    script.open("2", 1, END)
    assert fact(fold(script.frames), "Unblocks") == "goal"
    script.open("1", 2, END)
    root = Ballot((fold(script.frames).gates["3"],))
    assert fact(fold(script.frames), "Unblocks", root) == "the end of the run"


def test_a_revision_tells_the_reason_that_led_to_it() -> None:
    script = begun()
    first = script.open("2", 1, WRITE)
    script.decide(first, "reject", reason="count bytes")
    script.open("2", 1, WRITE.model_copy(update={"content": "x\n"}), revision=2)
    assert fact(fold(script.frames), "Changed") == "revision 2, after “count bytes” at gate 2"


def test_files_that_moved_since_are_told() -> None:
    state = after(waiting(WRITE), f.WorkspaceEdited(commit="c" * 40, paths=("z",), by="you"))
    assert fact(state, "Changed").startswith("other files, since frame 9")


def test_why_tells_level_base_and_digest() -> None:
    state = waiting(WRITE)
    text = card_text(state, more=True)
    gate = state.gates["2"]
    assert "Level step is in force for the whole run" in text
    assert "It asks at step, guided, effects; it would go through at questions, auto." in text
    assert f"opened in frame 9 on commit aaaaaaaaaa. Its digest is {gate.digest}." in text


def test_why_names_the_subtree_whose_level_is_in_force() -> None:
    script = begun(level="guided")
    script.add(f.LevelSet, "2", level="step", by="you")
    script.open("2", 1, WRITE)
    assert "in force for part 1 and all below it" in card_text(fold(script.frames), more=True)


@pytest.mark.parametrize("proposal", [BUDGET, IN_DOUBT, MERGE])
def test_what_is_always_asked_says_so(proposal: AnyProposal) -> None:
    text = card_text(waiting(proposal), more=True)
    assert "always asked: " in text
    assert "It asks at every level." in text


def test_a_long_directive_is_cut_until_one_asks_for_more() -> None:
    state = waiting(WRITE)
    node = replace(state.nodes["2"], directive="word " * 100)
    state = replace(state, nodes=state.nodes.set("2", node))
    assert "(w for all)" in card_text(state)
    assert "(w for all)" not in card_text(state, more=True)


def test_a_node_that_is_still_proposed_has_its_name() -> None:
    child = Child(id="3", action="write_file", title="child", directive="x")
    script = begun()
    spawn = script.open("2", 1, Spawn(children=(child,)))
    script.open("3", None, WRITE, after=spawn)
    text = card_text(fold(script.frames))
    assert "child › write src/core.py" in text


def test_a_limit_that_changes_nothing_says_so() -> None:
    state = after(waiting(WRITE), opened("1", "3", BUDGET.model_copy(update={"limits": Limits()})))
    ballot = Ballot((state.gates["3"],))
    assert "raise the limit and go on: nothing" in card_text(state, ballot)
