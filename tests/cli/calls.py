"""Calls of the command line: in this process where only words and codes matter, in one of its own elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.main import main

TOP = Path(__file__).parent.parent.parent
PROGRAM = (sys.executable, "-P", "-c", "from app.main import main; main()")

PLAN = """\
# Greet the reader

? word: Which word? [hello|hi] = hello

## Say it

```text greeting.txt
{{word}}
```

```sh check
grep -q "$WORD" greeting.txt
```
"""


@dataclass(frozen=True)
class Said:
    """What a call printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


class Swarm:
    """The command line in a workspace."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self._capsys = root, capsys

    def __call__(self, *args: str) -> Said:
        """Calls the program in this process."""
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(args))
        said = self._capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Said(ended.value.code, said.out, said.err)

    def process(self, *args: str, timeout: float = 60) -> Said:
        """Calls the program as a process, without a terminal."""
        done = subprocess.run(
            [*PROGRAM, *args],
            cwd=self.root,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def start(self, *args: str) -> str:
        """Begins a run up to where it waits; gives its id."""
        said = self("run", "plan.md", "--json", *args)
        assert said.code == 3, said
        return str(said.frames[0]["run"])

    def decide_all(self, run: str, *answers: str) -> int:
        """Answers and approves what waits, card by card, until the run has ended; gives how often."""
        left, decisions = list(answers), 0
        while (said := self("resume", run, "--headless")).code == 3:
            card = self.first_card(run)
            if card[0]["kind"] == "question":
                assert self("answer", run, card[0]["id"], left.pop(0)).code == 0
            else:
                digests = [word for gate in card for word in ("--digest", gate["digest"])]
                assert self("decide", run, *(gate["id"] for gate in card), "approve", *digests).code == 0
            decisions += 1
        assert said.code == 0, said
        return decisions

    def first_card(self, run: str) -> list[dict[str, Any]]:
        waiting = self("inbox", run, "--json").json
        return [item for item in waiting if item["card"] == waiting[0]["card"]]

    def approve_to(self, run: str, kind: str) -> dict[str, Any]:
        """Approves until something of a kind waits; gives it."""
        while True:
            found = [item for item in self("inbox", run, "--json").json if item["kind"] == kind]
            if found:
                return dict(found[0])
            card = self.first_card(run)
            if card[0]["kind"] == "question":
                assert self("answer", run, card[0]["id"], card[0]["default"]).code == 0
            else:
                assert self("decide", run, card[0]["id"], "approve").code == 0
            assert self("resume", run, "--headless").code == 3


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(TOP)}


def git(root: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()
