"""Decisions: exactly the gates that are named, as they were seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calls import Swarm, git

RUN = "greet-reader-1"


def _file(root: Path, value: Any) -> str:
    path = root.parent / "value.json"
    path.write_text(json.dumps(value))
    return str(path)


def _refused(said: Any, words: str) -> None:
    assert said.code == 2, said
    assert said.out == ""
    assert said.err.startswith("swarm: ")
    assert said.err.count("\n") == 1
    assert words in said.err


def test_only_the_gates_that_are_named_are_decided(swarm: Swarm) -> None:
    run = swarm.start()
    write = swarm.approve_to(run, "write")
    card = [item for item in swarm("inbox", run, "--json").json if item["card"] == write["card"]]
    assert len(card) > 1  # the end that the write leads to is on the same card

    assert swarm("decide", run, write["id"], "approve").code == 0

    left = [item["id"] for item in swarm("inbox", run, "--json").json]
    assert left == [item["id"] for item in card[1:]]


def test_a_foreseen_gate_offers_only_what_can_be_decided_now(swarm: Swarm) -> None:
    run = swarm.start()
    write = swarm.approve_to(run, "write")
    then = [item for item in swarm("inbox", run, "--json").json if item["card"] == write["card"]][1]

    assert then["choices"] == ["approve", "reject"]
    _refused(swarm("decide", run, then["id"], "stop"), "only foreseen")


def test_a_stale_digest_is_refused_and_nothing_is_decided(resting: Swarm) -> None:
    _refused(resting("decide", RUN, "1", "approve", "--digest", "0123456789ab"), "look at it again")

    assert [item["id"] for item in resting("inbox", RUN, "--json").json] == ["1"]


@pytest.mark.parametrize(
    ("digests", "words"),
    [(("a", "b"), "1 gate and 2 digests"), (("",), "a digest is empty")],
    ids=["more than gates", "empty"],
)
def test_digests_are_given_for_each_gate_or_for_none(resting: Swarm, digests: tuple[str, ...], words: str) -> None:
    _refused(resting("decide", RUN, "1", "approve", *(word for one in digests for word in ("--digest", one))), words)


def test_a_gate_is_decided_once(swarm: Swarm) -> None:
    run = swarm.start()
    assert swarm("decide", run, "1", "approve").code == 0

    _refused(swarm("decide", run, "1", "reject", "--because", "no"), "approve by")


def test_a_rejection_needs_a_reason(resting: Swarm) -> None:
    _refused(resting("decide", RUN, "1", "reject"), "needs a reason")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("1",), "1 is no decision"),
        (("approve",), "no gate is named"),
        (("1", "1", "approve"), "named twice"),
        (("1", "approve", "--choose", "retry"), "two decisions"),
        (("1", "--choose", "retry"), "does not offer retry"),
        (("1", "approve", "--with", "value.json"), "--with goes with edit"),
        (("1", "edit"), "needs the new proposal"),
    ],
    ids=[
        "no verb",
        "no gate",
        "a gate twice",
        "verb and choice",
        "choice of another kind",
        "with approve",
        "empty edit",
    ],
)
def test_what_is_no_decision_is_refused(resting: Swarm, words: tuple[str, ...], said: str) -> None:
    (resting.root / "value.json").write_text("{}")

    _refused(resting("decide", RUN, *words), said)


def test_an_edit_with_a_file_changes_what_is_written(swarm: Swarm) -> None:
    run = swarm.start()
    write = swarm.approve_to(run, "write")
    edited = {**write["proposal"], "content": "good day, hello\n"}

    said = swarm("decide", run, write["id"], "edit", "--with", _file(swarm.root, edited))

    assert said.code == 0, said
    assert swarm("resume", run, "--headless").code == 3
    assert git(swarm.root, "show", f"swarm/{run}:greeting.txt") == "good day, hello"
    gate = next(gate for gate in swarm("show", run, "--json").json["gates"] if gate["id"] == write["id"])
    assert (gate["decision"]["verb"], gate["proposal"]["content"]) == ("edit", "good day, hello\n")


def test_a_batch_is_edited_by_leaving_out_and_adding(swarm: Swarm) -> None:
    (swarm.root / "plan.md").write_text(
        "# Two\n\n## Both\n\n- [ ] one\n\n  ```text one.txt\n  1\n  ```\n\n- [ ] two\n\n  ```text two.txt\n  2\n  ```\n"
    )
    run = swarm.start()
    assert swarm("decide", run, "1", "approve").code == 0
    assert swarm("resume", run, "--headless").code == 3
    spawn = swarm("inbox", run, "--json").json[0]
    first, _ = spawn["proposal"]["children"]
    added = {"directive": "- [ ] three\n\n  ```text three.txt\n  3\n  ```\n", "title": "three"}

    said = swarm("decide", run, spawn["id"], "edit", "--with", _file(swarm.root, {"children": [first, added]}))

    assert said.code == 0, said
    assert swarm("level", run, "auto").code == 0
    assert swarm("resume", run, "--headless").code in (0, 3)
    files = git(swarm.root, "ls-tree", "--name-only", f"swarm/{run}").splitlines()
    assert files == ["one.txt", "plan.md", "three.txt"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ('{"a": 1, "a": 2}', "a key comes twice"),
        ('{"content": NaN}', "NaN is no number"),
        ('{"kind": "write", "path": 3, "content": ""}', "path"),
        ('{"kind": "tag", "name": "v1"}', "an edit keeps the kind"),
        ("[" * 100_000, "is nested too deep"),
        ("\0", "is a binary file"),
    ],
    ids=["torn", "a key twice", "not a number", "wrong type", "wrong kind", "deep", "binary"],
)
def test_an_edit_that_does_not_fit_is_refused(resting: Swarm, text: str, words: str) -> None:
    (resting.root / "value.json").write_text(text)

    _refused(resting("decide", RUN, "1", "edit", "--with", "value.json"), words)


def test_a_failure_takes_another_directive_a_report_or_a_retry(swarm: Swarm) -> None:
    (swarm.root / "plan.md").write_text("# Fail\n\n## Try\n\n```sh run\ntest -e there\n```\n")
    run = swarm.start("--autonomy", "effects")
    assert next(item["kind"] for item in swarm("inbox", run, "--json").json) == "run"
    gate = swarm.approve_to(run, "failure")
    _refused(swarm("decide", run, gate["id"], "edit", "--with", _file(swarm.root, {})), "another directive")

    assert swarm("retry", run).code == 0
    assert swarm("resume", run, "--headless").code == 3
    gate = swarm.approve_to(run, "failure")
    better = {"directive": "```sh run\ntrue\n```\n"}
    assert swarm("decide", run, gate["id"], "edit", "--with", _file(swarm.root, better)).code == 0
    assert swarm("resume", run, "--headless").code == 3
    attempts = {node["action"]: node["attempts"] for node in swarm("show", run, "--json").json["nodes"]}
    assert attempts["carry_out"] == 3


def test_a_failure_is_reported_by_hand(swarm: Swarm) -> None:
    (swarm.root / "plan.md").write_text("# Fail\n\n## Try\n\n```sh run\nexit 1\n```\n")
    run = swarm.start("--autonomy", "effects")
    gate = swarm.approve_to(run, "failure")
    _refused(swarm("decide", run, gate["id"], "--choose", "report"), "needs the report")
    report = {"outcome": "done", "summary": "Done by hand."}

    said = swarm("decide", run, gate["id"], "--choose", "report", "--with", _file(swarm.root, report))

    assert said.code == 0, said
    node = next(node for node in swarm("show", run, "--json").json["nodes"] if node["id"] == gate["node"])
    assert (node["status"], node["report"]["summary"]) == ("done", "Done by hand.")


def test_choose_takes_a_verb_as_well(swarm: Swarm) -> None:
    run = swarm.start()

    assert swarm("decide", run, "1", "--choose", "approve").code == 0

    gate = swarm("show", run, "--json").json["gates"][0]
    assert (gate["status"], gate["decision"]["verb"], gate["decision"]["choice"]) == ("decided", "approve", "")


def test_why_tells_the_rule_and_later_the_decision(swarm: Swarm) -> None:
    run = swarm.start()
    assert "level step" in swarm("why", run, "1").out
    assert swarm("decide", run, "1", "approve", "--because", "looks good").code == 0

    why = swarm("why", run, "1", "--json").json

    assert (why["status"], why["decision"]["reason"]) == ("decided", "looks good")
    assert "looks good" in swarm("why", run, "1").out
