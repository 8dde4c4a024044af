"""Bad input: the exact code, one clear line on standard error, nothing on standard output, nothing changed."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.cli.calls import Said, Swarm, git


def _one_line(said: Said, *words: str) -> None:
    assert (said.code, said.out) == (2, ""), said
    assert said.err.startswith("swarm: ")
    assert said.err.count("\n") == 1, said.err
    assert said.err.rstrip("\n").isprintable()
    for word in words:
        assert word in said.err


def _no_runs(swarm: Swarm) -> None:
    assert swarm("runs", "--json").json == []
    assert git(swarm.root, "branch", "--list", "swarm/*") == ""


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("run",), "GOAL"),
        (("run", "  "), "needs a goal"),
        (("run", "missing.md"), "no plan missing.md"),
        (("run", "plans/missing"), "no plan plans/missing"),
        (("run", "write a README.md"), "full stop"),
        (("run", "."), "folder"),
        (("run", "binary.md"), "binary"),
        (("run", "latin.md"), "UTF-8"),
        (("run", "empty.md"), "empty"),
        (("run", "pipe.md"), "no regular file"),
        (("run", "do as @notes/missing.txt says"), "notes/missing.txt"),
        (("run", "plan.md", "--context", "missing.txt"), "missing.txt"),
        (("run", "plan.md", "--context", "binary.md"), "binary.md"),
        (("run", "plan.md", "--model", "oracle"), "no model kind 'oracle'"),
        (("run", "plan.md", "--model", "plan:x"), "takes no name"),
        (("run", "plan.md", "--model", "openai"), "no endpoint is set up"),
        (("run", "plan.md", "--model", "replay:nobody-1"), "no runs"),
        (("run", "plan.md", "--autonomy", "loose"), "'loose' is not one of"),
        (("run", "plan.md", "--budget", "nodes"), "nodes is a whole number"),
        (("run", "plan.md", "--budget", "nodes=0"), "above 0"),
        (("run", "plan.md", "--budget", "tokens=5"), "'tokens' is no limit"),
        (("run", "plan.md", "--budget", "depth=2,depth=3"), "twice"),
        (("run", "plan.md", "--no-such-option"), "--no-such-option"),
        (("run", "plan.md", "again"), "again"),
        (("resume",), "no runs"),
        (("show", "nobody-1"), "no runs"),
        (("nonsense",), "No such command 'nonsense'"),
        (("fork", "x"), "no runs"),
        (("undo",), "no runs"),
        (("diff", "1", "2"), "no runs"),
        (("diff", "1"), "swarm diff [RUN] N M"),
        (("plan",), "swarm plan FILE"),
        (("plan", "plan.md", "--new"), "swarm plan FILE"),
        (("plan", "missing.md"), "no plan missing.md"),
        (("actions", "show", "dance"), "no action dance"),
        (("memory", "show", "nothing"), "nothing is kept under nothing"),
        (("runs", "--root", "/nonexistent"), "no directory"),
        (("run", "plan.md", "\udcff"), "UTF-8"),
    ],
    ids=lambda value: " ".join(value).encode("ascii", "replace").decode() if isinstance(value, tuple) else "",
)
def test_before_there_is_a_run(swarm: Swarm, args: tuple[str, ...], words: str) -> None:
    (swarm.root / "binary.md").write_bytes(b"# x\n\0\n")
    (swarm.root / "latin.md").write_bytes("# caf\u00e9\n".encode("latin-1"))
    (swarm.root / "empty.md").write_text(" \n")
    os.mkfifo(swarm.root / "pipe.md")

    _one_line(swarm(*args, *(["--headless"] if args[0] == "run" else [])), words)

    _no_runs(swarm)


PLAN_ERRORS = [
    ("# A\n\n# B\n\n## Do\n\n```sh run\ntrue\n```\n", 3, "second title"),
    ("# A\n\n```sh run\ntrue\n```\n\n## Do\n\n- [ ] x\n", 3, "cannot act"),
    ("# A\n\n## Do\n\n```sh run\ntrue\n", 5, "not closed"),
    ("---\ncolour: red\n---\n# A\n\n## Do\n\n- [ ] x\n", 2, "colour"),
    ("---\nautonomy: loose\n---\n# A\n\n## Do\n\n- [ ] x\n", 2, "autonomy"),
    ("---\nbudget:\n  nodes: -1\n---\n# A\n\n## Do\n\n- [ ] x\n", 2, "budget"),
    ("# A\n\n## Do\n\n```text ../out.txt\nx\n```\n", 5, "leads out of the workspace"),
    ("# A\n\n## Do\n\n```text /etc/passwd\nx\n```\n", 5, "/etc/passwd"),
    ("# A\n\n## Do\n\n```text .git/hooks/pre-commit\nx\n```\n", 5, "belongs to git"),
    ("# A\n\n## Do\n\n```toml do dance\n```\n", 5, "no action `dance`"),
    ("# A\n\n## Do\n\n```text a.txt\n{{name}}\n```\n", 6, "name"),
    ("# A\n\nOnly words.\n", 1, "nothing to execute"),
]


@pytest.mark.parametrize(("text", "line", "words"), PLAN_ERRORS, ids=[words for _, _, words in PLAN_ERRORS])
@pytest.mark.parametrize("verb", ["run", "plan"])
def test_each_error_of_a_plan_names_its_line(swarm: Swarm, verb: str, text: str, line: int, words: str) -> None:
    (swarm.root / "bad.md").write_text(text)

    _one_line(swarm(verb, "bad.md", *(["--headless"] if verb == "run" else [])), f"bad.md:{line}:", words)


def test_all_errors_of_a_plan_are_told_at_once(swarm: Swarm) -> None:
    (swarm.root / "bad.md").write_text("# A\n\n# B\n\n## Do\n\n```text ../x\n```\n")

    said = swarm("run", "bad.md", "--headless")

    assert said.code == 2
    assert [line.split(" ", 2)[1] for line in said.err.splitlines()] == ["bad.md:3:", "bad.md:7:"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("# A\n\n## Do\n\n1. first\n\n```sh run\ntrue\n```\n", 5, "number"),
        ("# A\n\n## Do\n\n```python walk\nx\n```\n\n```sh run\ntrue\n```\n", 5, "walk"),
        ("# A\n\n## Do\n\n- [ ] a\n\n  ```text x.txt\n  ```\n\n- [ ] b\n\n  ```text x.txt\n  ```\n", 0, "x.txt"),
    ],
    ids=["numbers", "unknown word", "one path twice"],
)
def test_each_warning_of_a_plan_is_told_with_its_line_and_stops_nothing(
    swarm: Swarm, text: str, line: int, words: str
) -> None:
    (swarm.root / "odd.md").write_text(text)

    run, plan = swarm("run", "odd.md", "--headless"), swarm("plan", "odd.md")

    assert run.code == 3
    warning = next(text for text in run.err.splitlines() if "warning" in text)
    assert words in warning
    assert warning.startswith(f"swarm: odd.md:{line or ''}")
    assert (plan.code, "Warnings" in plan.out) == (0, True)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("show", "nobody-1"), "no run nobody-1"),
        (("show", "--frame", "999"), "no frame 999"),
        (("show", "--frame", "-1"), "--frame"),
        (("resume", "nobody-1", "--headless"), "no run nobody-1"),
        (("inbox", "../../etc"), "no run"),
        (("decide", "greet-reader-1", "99", "approve"), "no gate 99"),
        (("why", "greet-reader-1", "99"), "no gate 99"),
        (("answer", "greet-reader-1", "q9", "x"), "no question q9"),
        (("tell", "greet-reader-1", "99", "x"), "no node 99"),
        (("tell", "greet-reader-1", "1", " "), "needs a text"),
        (("pause", "greet-reader-1", "99"), "no node 99"),
        (("continue", "greet-reader-1"), "not paused"),
        (("stop", "greet-reader-1", "99"), "no node 99"),
        (("retry", "greet-reader-1"), "nothing to retry"),
        (("retry", "greet-reader-1", "1"), "nothing to retry"),
        (("level", "greet-reader-1", "loose"), "loose"),
        (("level", "greet-reader-1", "1", "auto"), "looser"),
        (("merge", "greet-reader-1"), "not ended"),
        (("decide", "greet-reader-1"), "GATE"),
        (("run", "plan.md"), "--headless"),
        ((), "--headless"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_about_a_run(resting: Swarm, args: tuple[str, ...], words: str) -> None:
    _one_line(resting(*args), words)


def test_an_answer_outside_of_the_choices_and_a_second_one(swarm: Swarm) -> None:
    run = swarm.start()
    question = swarm.approve_to(run, "question")

    _one_line(swarm("answer", run, question["id"], "good day"), "hello, hi")
    _one_line(swarm("answer", run, question["id"], "3"), "hello, hi")
    assert swarm("answer", run, question["id"], "2").code == 0
    _one_line(swarm("answer", run, question["id"], "1"), "is answered")


def test_a_beginning_that_fits_several_runs(swarm: Swarm) -> None:
    assert [swarm.start(), swarm.start()] == ["greet-reader-1", "greet-reader-2"]

    _one_line(swarm("show", "greet"), "greet-reader-1, greet-reader-2")
    assert swarm("show", "greet-reader-2", "--json").json["run"] == "greet-reader-2"


def test_a_run_folder_that_is_damaged(swarm: Swarm) -> None:
    run = swarm.start()
    history = swarm.root / ".swarm" / "runs" / run / "history.jsonl"
    history.write_bytes(history.read_bytes().replace(b"greet", b"gr33t", 3))

    _one_line(swarm("show", run), "history.jsonl")
    _one_line(swarm("resume", run, "--headless"), "history.jsonl")
    _one_line(swarm("decide", run, "1", "approve"), "history.jsonl")
    row = swarm("runs", "--json").json[0]
    assert (row["status"], row["started"]) == ("damaged", None)
    assert "history.jsonl" in row["problem"]
    assert "damaged" in swarm("runs").out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_no_permission_to_write(swarm: Swarm) -> None:
    swarm.root.chmod(0o500)
    try:
        _one_line(swarm("run", "plan.md", "--headless"), "cannot be written")
    finally:
        swarm.root.chmod(0o700)


def test_a_place_that_cannot_be_written(swarm: Swarm) -> None:
    (swarm.root / ".swarm").write_text("in the way")

    _one_line(swarm("run", "plan.md", "--headless"), ".swarm")


def test_no_repository_and_nobody_to_ask(swarm: Swarm, tmp_path: Path) -> None:
    folder = tmp_path / "bare ground"
    folder.mkdir()

    _one_line(swarm("run", "plan.md", "--headless", "--root", str(folder)), "git init")
    _one_line(swarm("runs", "--root", str(folder)), "git init")
    assert not list(folder.iterdir())


def test_an_endpoint_that_nobody_listens_at(swarm: Swarm, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
    monkeypatch.setenv("OPENAI_MODEL", "small")

    _one_line(swarm("run", "Say hello", "--headless", "--model", "openai"), f"127.0.0.1:{port}", "refused")
    _no_runs(swarm)


def test_an_endpoint_without_its_key(swarm: Swarm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1")

    _one_line(swarm("run", "Say hello", "--headless", "--model", "openai:small"), "OPENAI_API_KEY")
    _no_runs(swarm)


def test_settings_that_are_none(swarm: Swarm, tmp_path: Path) -> None:
    folder = tmp_path / "configuration" / "swarmkeeper"
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text("colour = 3\n")

    _one_line(swarm("run", "plan.md", "--headless"), "settings.toml", "colour")


def test_words_of_others_reach_the_terminal_without_control_characters(swarm: Swarm) -> None:
    (swarm.root / "plan.md").write_text(
        "# Hi \u202egnp\u202c\n\n? q: \x1b]52;c;AAAA\x07 \u009b31m red?\n\n## Do\n\n- [ ] x\n"
    )
    run = swarm.start("--autonomy", "effects")

    for args in (("inbox", run), ("show", run), ("history", run), ("runs",), ("decide", run, "\x1b[31m9", "approve")):
        said = swarm(*args)
        assert all(text.isprintable() for text in (said.out + said.err).split("\n")), args
