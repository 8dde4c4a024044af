"""What only shows in a process of its own: what it loads, where it prints, how it ends when it is interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.calls import PROGRAM, Swarm, environment
from tests.cli.live import driven

LOADED = """
import sys
from app.main import main
try:
    main({args!r})
except SystemExit:
    pass
print("loaded", *sorted({names!r} & {{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""


def _loaded(root: Path, args: list[str], names: set[str]) -> str:
    code = LOADED.format(args=args, names=names)
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=root, env=environment(), capture_output=True, text=True, check=True
    )
    return done.stderr.splitlines()[-1]


def test_help_loads_neither_textual_nor_anything_heavy(root: Path) -> None:
    heavy = {"textual", "rich", "openai", "httpx2", "git", "tinydb", "pydantic", "asyncio", "swarm"}

    assert _loaded(root, ["--help"], heavy) == "loaded"


@pytest.mark.parametrize(
    "args",
    [["run", "plan.md", "--headless"], ["why", "greet-reader-1", "1"], ["doctor"], ["plan", "plan.md"]],
    ids=lambda args: str(args[0]),
)
def test_no_verb_loads_textual_without_a_screen(swarm: Swarm, args: list[str]) -> None:
    if args[0] == "why":
        swarm.start()

    assert _loaded(swarm.root, args, {"textual", "openai"}) == "loaded"


def test_without_a_terminal_one_line_says_what_to_do(swarm: Swarm) -> None:
    for args in ((), ("run", "plan.md")):
        said = swarm.process(*args)
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
        assert "--headless" in said.err


def test_json_goes_to_standard_output_alone_and_warnings_elsewhere(swarm: Swarm) -> None:
    (swarm.root / "plan.md").write_text("# Caf\u00e9 \u202e\n\n## Do\n\n1. one\n\n```sh run\ntrue\n```\n")

    said = swarm.process("run", "plan.md", "--json")

    assert said.code == 3
    assert said.out.isascii()
    assert all(isinstance(json.loads(line), dict) for line in said.out.splitlines())
    assert "plan.md:5: warning" in said.err


def test_an_interrupt_ends_130_and_the_run_goes_on_from_there(swarm: Swarm) -> None:
    (swarm.root / "plan.md").write_text("# Wait\n\n## Sleep\n\n```sh run\nsleep 60\n```\n")
    process = subprocess.Popen(
        [*PROGRAM, "run", "plan.md", "--json", "--autonomy", "auto", "--allow-unsandboxed"],
        cwd=swarm.root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    with process:
        for line in process.stdout:
            frame = json.loads(line)
            if (frame["kind"], frame.get("step")) == ("step.begun", "run"):
                process.send_signal(signal.SIGINT)
                break
        rest, err = process.stdout.read(), process.stderr.read()
    assert process.returncode == 130
    assert "swarm resume wait-1" in err
    assert "Traceback" not in rest + err

    run = swarm("runs", "--json").json[0]["id"]
    assert swarm("resume", run, "--headless").code == 3
    gate = swarm("inbox", run, "--json").json[0]
    assert (gate["kind"], gate["choices"]) == ("in_doubt", ["again", "done", "fail"])


def test_a_process_that_drives_the_run_takes_decisions_through_its_socket(swarm: Swarm) -> None:
    run = swarm.start()
    with driven(swarm.root, run) as live:
        row = swarm("runs", "--json").json[0]
        assert (row["id"], row["waiting"]) == (run, 1)
        locked = swarm("resume", run, "--headless")
        assert (locked.code, locked.err.count("\n")) == (2, 1)
        assert str(live.pid) in locked.err

        stale = swarm("decide", run, "1", "approve", "--digest", "00000000")
        assert (stale.code, stale.err.count("\n")) == (2, 1)
        receipt = swarm("decide", run, "1", "approve", "--json").json
        assert receipt["live"]

        assert swarm("level", run, "auto").code == 0
        assert swarm("pause", run).code == 0
        assert swarm("continue", run).code == 0
        while not (questions := [item for item in swarm("inbox", run, "--json").json if item["kind"] == "question"]):
            pass
        assert swarm("answer", run, questions[0]["id"], "2").code == 0
        live.wait(timeout=30)

    assert swarm("show", run, "--json").json["status"] == "done"


def test_a_broken_pipe_is_no_traceback(swarm: Swarm) -> None:
    swarm.start()
    reader = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE)
    assert reader.stdin
    reader.wait()

    done = subprocess.run(
        [*PROGRAM, "history"], cwd=swarm.root, env=environment(), stdout=reader.stdin, stderr=subprocess.PIPE, text=True
    )

    reader.stdin.close()
    assert "Traceback" not in done.stderr
    assert done.returncode != 0
