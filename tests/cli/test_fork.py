"""Forks by the command line: from any frame, with one thing changed; undo; what differs between frames."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calls import Swarm, git


def _finished(swarm: Swarm) -> str:
    """A run that went to its end with every gate decided by hand, and `hello` as its answer."""
    run = swarm.start()
    swarm.decide_all(run, "hello")
    return run


@pytest.fixture
def done(swarm: Swarm) -> str:
    return _finished(swarm)


def _history(swarm: Swarm, run: str) -> list[dict[str, Any]]:
    return swarm("history", run, "--json").frames


def _first(frames: list[dict[str, Any]], kind: str, **fields: Any) -> dict[str, Any]:
    return next(f for f in frames if f["kind"] == kind and all(f.get(name) == value for name, value in fields.items()))


def test_a_fork_shares_frames_and_files_and_leaves_the_first_run_alone(swarm: Swarm, done: str) -> None:
    before = swarm("history", done, "--json").out
    frames = _history(swarm, done)
    answered = _first(frames, "question.answered")["frame"]

    said = swarm("fork", done, "--frame", str(answered), "--json")

    assert said.code == 0, said
    new = said.json["run"]
    shared = swarm("history", new, "--json").frames
    assert shared[: answered + 1] == frames[: answered + 1]
    assert (shared[answered + 1]["kind"], shared[answered + 1]["origin"]) == ("run.forked", done)
    assert not (swarm.root / ".swarm/runs" / new / "worktree/greeting.txt").exists()
    assert swarm("history", done, "--json").out == before
    swarm.decide_all(new)
    assert (swarm.root / ".swarm/runs" / new / "worktree/greeting.txt").read_text() == "hello\n"
    assert swarm("history", done, "--json").out == before


def test_finished_work_is_not_done_again(swarm: Swarm, done: str) -> None:
    frames = _history(swarm, done)
    wrote = _first(frames, "step.ended", step="write")

    new = swarm("fork", done, "--frame", str(wrote["frame"]), "--json").json["run"]
    assert (swarm.root / ".swarm/runs" / new / "worktree/greeting.txt").read_text() == "hello\n"
    swarm.decide_all(new)

    mine = _history(swarm, new)
    assert sum(f["kind"] == "step.ended" and f["step"] == "write" for f in mine) == 1
    assert git(swarm.root, "rev-list", "--count", f"{wrote['commit']}..swarm/{new}") == "0"


def test_another_answer_changes_what_follows_and_the_rest_is_carried_over(swarm: Swarm, done: str) -> None:
    new = swarm("fork", done, "--answer", "q1", "hi", "--json").json["run"]

    asked = swarm.decide_all(new)

    assert (swarm.root / ".swarm/runs" / new / "worktree/greeting.txt").read_text() == "hi\n"
    rules = [f["rule"] for f in _history(swarm, new) if f["kind"] == "gate.decided" and f["by"] == "rule"]
    assert rules
    assert all(rule.startswith("carried over: ") and rule.endswith(f"of {done}") for rule in rules)
    gates = _history(swarm, new)
    write = _first(gates, "gate.opened", proposal={**_proposal(gates), "content": "hi\n"})
    assert asked >= 1
    assert _first(gates, "gate.decided", gate=write["gate"])["by"] != "rule"


def _proposal(frames: list[dict[str, Any]]) -> dict[str, Any]:
    return next(dict(f["proposal"]) for f in frames if f["kind"] == "gate.opened" and f["proposal"]["kind"] == "write")


def test_without_a_change_everything_is_asked_anew(swarm: Swarm, done: str) -> None:
    answered = _first(_history(swarm, done), "question.answered")["frame"]
    new = swarm("fork", done, "--frame", str(answered), "--json").json["run"]
    swarm.decide_all(new)
    later = _history(swarm, new)[answered + 1 :]
    assert not any(f.get("rule") for f in later if f["kind"] == "gate.decided")


def test_another_decision_is_taken_at_the_fork(swarm: Swarm, done: str) -> None:
    gate = next(f for f in _history(swarm, done) if f["kind"] == "gate.opened" and f["proposal"]["kind"] == "write")
    said = swarm("fork", done, "--decide", gate["gate"], "reject", "--because", "say more", "--json")
    assert said.code == 0, said
    new = said.json["run"]
    decided = _first(_history(swarm, new), "gate.decided", gate=gate["gate"])
    assert (decided["decision"], decided["reason"]) == ("reject", "say more")


def test_another_directive_begins_the_node_anew(swarm: Swarm, done: str) -> None:
    node = _first(_history(swarm, done), "node.spawned", node="3")
    text = node["child"]["directive"].replace("{{word}}", "{{word}}, reader")
    said = swarm("fork", done, "--directive", "3", text, "--json")
    assert said.code == 0, said
    shown = swarm("show", said.json["run"], "--json").json
    assert next(n for n in shown["nodes"] if n["id"] == "3")["directive"] == text


def test_another_thought_takes_the_place_of_the_models(swarm: Swarm, done: str, tmp_path: Path) -> None:
    thought = _first(_history(swarm, done), "step.ended", step="think", schema_name="Verdict")
    file = tmp_path / "thought.json"
    file.write_text(json.dumps({**thought["value"], "summary": "because I say so"}))
    place = f"{thought['node']}.{thought['seq']}"

    said = swarm("fork", done, "--reply", place, str(file), "--json")

    assert said.code == 0, said
    frames = _history(swarm, said.json["run"])
    mine = _first(frames, "step.ended", node=thought["node"], seq=thought["seq"])
    assert mine["value"]["summary"] == "because I say so"
    swarm.decide_all(said.json["run"], "hello")


def test_a_thought_that_does_not_fit_makes_no_fork(swarm: Swarm, done: str, tmp_path: Path) -> None:
    thought = _first(_history(swarm, done), "step.ended", step="think", schema_name="Verdict")
    file = tmp_path / "thought.json"
    file.write_text('{"outcome": "maybe"}')
    said = swarm("fork", done, "--reply", f"{thought['node']}.{thought['seq']}", str(file))
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "Verdict" in said.err
    assert [row["id"] for row in swarm("runs", "--json").json] == [done]


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        ([], "needs a frame"),
        (["--frame", "100000"], "no frame 100000"),
        (["--decide", "999", "approve"], "gate 999"),
        (["--decide", "1", "edit"], "no decision for a fork"),
        (["--answer", "q9", "x"], "question q9"),
        (["--answer", "q1", "hey"], "takes one of hello, hi"),
        (["--directive", "77", "x"], "node 77"),
        (["--reply", "seven", "x.json"], "NODE.STEP"),
        (["--answer", "q1", "hi", "--decide", "1", "skip"], "one thing"),
        (["--frame", "3", "--because", "x"], "goes with --decide"),
    ],
)
def test_what_cannot_be_forked_is_one_clear_line(swarm: Swarm, done: str, words: list[str], needs: str) -> None:
    said = swarm("fork", done, *words)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert needs in said.err
    assert [row["id"] for row in swarm("runs", "--json").json] == [done]


def test_a_run_cannot_be_forked_from_its_end(swarm: Swarm, done: str) -> None:
    last = _first(_history(swarm, done), "run.ended")["frame"]
    said = swarm("fork", done, "--frame", str(last))
    assert said.code == 2
    assert f"had ended at frame {last}" in said.err


def test_forks_are_listed_with_where_they_come_from(swarm: Swarm, done: str) -> None:
    new = swarm("fork", done, "--frame", "5", "--json").json["run"]
    rows = {row["id"]: row for row in swarm("runs", "--json").json}
    assert (rows[new]["origin"], rows[done]["origin"]) == (f"{done}@5", "")
    assert rows[new]["branch"] == f"swarm/{new}"
    assert swarm("show", "--json").json["run"] == new


def test_a_fork_of_a_fork_goes_on_too(swarm: Swarm, done: str) -> None:
    first = swarm("fork", done, "--frame", "5", "--json").json["run"]
    second = swarm("fork", first, "--frame", "6", "--json").json["run"]
    swarm.decide_all(second, "hi")
    assert (swarm.root / ".swarm/runs" / second / "worktree/greeting.txt").read_text() == "hi\n"


def test_undo_opens_the_last_decision_again(swarm: Swarm) -> None:
    run = swarm.start()
    write = swarm.approve_to(run, "write")
    assert swarm("decide", run, write["id"], "approve").code == 0
    assert swarm("resume", run, "--headless").code == 3
    assert (swarm.root / ".swarm/runs" / run / "worktree/greeting.txt").exists()

    said = swarm("undo", run, "--json")

    assert said.code == 0, said
    new = said.json["run"]
    assert not (swarm.root / ".swarm/runs" / new / "worktree/greeting.txt").exists()
    assert write["digest"] in [item["digest"] for item in swarm("inbox", new, "--json").json if item["kind"] == "write"]
    again = swarm("undo", new, "--json").json["run"]
    assert swarm("show", again, "--json").json["frame"] < said.json["frame"] + 2


def test_an_answer_is_undone_as_a_decision_is(swarm: Swarm) -> None:
    run = swarm.start()
    asked = swarm.approve_to(run, "question")
    assert swarm("answer", run, asked["id"], "hi").code == 0
    new = swarm("undo", run, "--json").json["run"]
    assert asked["id"] in [item["id"] for item in swarm("inbox", new, "--json").json]


def test_what_cannot_be_taken_back_is_not_undone(swarm: Swarm, done: str) -> None:
    assert swarm("merge", done).code == 0
    said = swarm("undo", done)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "merged into main" in said.err


def test_without_a_decision_there_is_nothing_to_undo(swarm: Swarm) -> None:
    run = swarm("run", "plan.md", "--json").frames[0]["run"]
    said = swarm("undo", run)
    assert said.code == 2
    assert "no decision to take back" in said.err


def test_a_difference_names_nodes_gates_questions_and_files(swarm: Swarm, done: str) -> None:
    last = _history(swarm, done)[-1]["frame"]
    found = swarm("diff", done, "5", str(last), "--json").json
    assert found["files"] == [{"path": "greeting.txt", "status": "A", "added": 1, "removed": 0}]
    assert "+hello" in found["patch"]
    assert ("1", "done") in [(node["id"], node["after"]) for node in found["nodes"]]
    assert [(question["id"], question["after"], question["decision"]) for question in found["questions"]] == [
        ("q1", "answered", "hello")
    ]
    back = swarm("diff", done, str(last), "5", "--json").json
    assert back["files"][0]["status"] == "D"
    said = swarm("diff", "5", str(last), "--patch")
    assert "A greeting.txt  +1 -0" in said.out
    assert "+hello" in said.out
    assert "no file differs" in swarm("diff", done, "5", "5").out


def test_runs_lists_forks_below_their_origin_and_says_what_was_undone(swarm: Swarm) -> None:
    run = swarm.start()
    swarm.approve_to(run, "question")
    new = swarm("undo", run, "--json").json["run"]
    frame = swarm("show", new, "--json").json["frame"]
    third = swarm("fork", new, "--frame", str(frame), "--json").json["run"]

    lines = swarm("runs").out.splitlines()[1:]

    assert [line.split()[0] for line in lines] == [run, new, third]
    assert lines[0].endswith(f"Greet the reader · undone, see {new}")
    assert "└ from frame " in lines[1]
    assert lines[2].endswith(f"  └ from frame {frame}")
    assert [row["origin"].partition("@")[0] for row in swarm("runs", "--json").json] == [new, run, ""]
