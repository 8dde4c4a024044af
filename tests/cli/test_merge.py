"""Taking the work of a run over."""

from __future__ import annotations

import pytest

from tests.cli.calls import Swarm, git
from tests.cli.live import driven


@pytest.fixture
def done(swarm: Swarm) -> str:
    """The id of a run that is done and offers its work."""
    said = swarm("run", "plan.md", "--json", "--autonomy", "auto", "--defaults")
    assert said.code == 0, said
    return str(said.frames[0]["run"])


def test_a_merge_brings_the_files_once(swarm: Swarm, done: str) -> None:
    assert not (swarm.root / "greeting.txt").exists()

    said = swarm("merge", done, "--json")

    assert (said.code, said.json["status"], said.json["waiting"]) == (0, "done", 0)
    assert (swarm.root / "greeting.txt").read_text() == "hello\n"
    head = git(swarm.root, "rev-parse", "HEAD")
    again = swarm("merge", done)
    assert again.code == 0
    assert "is merged into main" in again.out
    assert git(swarm.root, "rev-parse", "HEAD") == head


def test_work_that_would_be_lost_keeps_the_offer_open(swarm: Swarm, done: str) -> None:
    (swarm.root / "greeting.txt").write_text("my own\n")

    refused = swarm("merge", done)

    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "greeting.txt" in refused.err
    assert (swarm.root / "greeting.txt").read_text() == "my own\n"
    (swarm.root / "greeting.txt").unlink()
    assert swarm("merge", done).code == 0


def test_an_approval_by_decide_is_carried_out_by_resume(swarm: Swarm, done: str) -> None:
    gate = swarm("inbox", done, "--json").json[0]
    assert (gate["kind"], gate["choices"]) == ("merge", ["approve", "reject"])

    assert swarm("decide", done, gate["id"], "approve", "--digest", gate["digest"]).code == 0
    assert not (swarm.root / "greeting.txt").exists()
    assert swarm("resume", done, "--headless").code == 0

    assert (swarm.root / "greeting.txt").exists()


def test_an_offer_that_was_rejected_stays_so(swarm: Swarm, done: str) -> None:
    gate = swarm("inbox", done, "--json").json[0]
    assert swarm("decide", done, gate["id"], "reject").code == 0

    said = swarm("merge", done)

    assert said.code == 2
    assert f"git merge swarm/{done}" in said.err


_FAILING = "# Greet\n\n## Say it\n\n```text greeting.txt\nhello\n```\n\n```sh check\nfalse\n```\n"


@pytest.fixture
def failed(swarm: Swarm) -> str:
    """The id of a run that failed after it had done some of its work."""
    (swarm.root / "failing.md").write_text(_FAILING)
    said = swarm("run", "failing.md", "--json", "--autonomy", "auto")
    assert said.code == 1, said
    return str(said.frames[0]["run"])


def test_what_a_failed_run_has_done_is_merged_on_demand(swarm: Swarm, failed: str) -> None:
    assert swarm("inbox", failed, "--json").json == []

    said = swarm("merge", failed, "--json")

    assert (said.code, said.json["status"], said.json["waiting"]) == (0, "failed", 0)
    assert (swarm.root / "greeting.txt").read_text() == "hello\n"


def test_the_process_that_has_a_failed_run_open_offers_and_merges_it(swarm: Swarm, failed: str) -> None:
    with driven(swarm.root, failed, "merged"):
        said = swarm("merge", failed)

    assert said.code == 0, said
    assert (swarm.root / "greeting.txt").exists()


def test_a_run_that_goes_on_is_not_merged(swarm: Swarm, run: str) -> None:
    said = swarm("merge", run)

    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "waiting, not ended" in said.err


def test_a_run_that_was_stopped_before_it_did_anything_has_nothing_to_merge(swarm: Swarm, run: str) -> None:
    assert swarm("stop", run).code == 0

    said = swarm("merge", run)

    assert said.code == 2
    assert f"all of swarm/{run} is in your branch" in said.err


def test_the_process_that_has_the_run_open_merges(swarm: Swarm, done: str) -> None:
    with driven(swarm.root, done, "merged"):
        said = swarm("merge", done)

    assert said.code == 0, said
    assert (swarm.root / "greeting.txt").exists()
