"""A run whose history is damaged: what comes before can be looked at and forked, nothing can be added."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.calls import Said, Swarm, git

DAMAGED = 9
"""The frame that is damaged."""


@pytest.fixture
def damaged(swarm: Swarm, run: str) -> str:
    """A run that waits at its first question, of whose history one frame in the middle is damaged."""
    swarm.approve_to(run, "write")
    history = _history(swarm, run)
    lines = history.read_bytes().splitlines(keepends=True)
    assert len(lines) > DAMAGED + 5
    at = lines[DAMAGED + 1].index(b'"frame":{')
    lines[DAMAGED + 1] = lines[DAMAGED + 1][:at] + lines[DAMAGED + 1][at:].replace(b"0", b"1", 1)
    history.write_bytes(b"".join(lines))
    return run


def _history(swarm: Swarm, run: str) -> Path:
    return swarm.root / ".swarm" / "runs" / run / "history.jsonl"


def _warned(said: Said, code: int) -> None:
    assert said.code == code, said
    assert said.err.count("\n") == 1, said.err
    assert f"line {DAMAGED + 2}: damaged from frame {DAMAGED} on" in said.err


@pytest.mark.parametrize(
    "words",
    [["show"], ["history"], ["inbox"], ["why", "1"], ["diff", "2", str(DAMAGED - 1)], ["show", "--frame", "4"]],
    ids=" ".join,
)
def test_what_comes_before_the_damage_can_be_looked_at(swarm: Swarm, damaged: str, words: list[str]) -> None:
    before = _history(swarm, damaged).read_bytes()
    said = swarm(words[0], damaged, *words[1:])
    _warned(said, 0)
    assert said.out
    assert _history(swarm, damaged).read_bytes() == before


def test_its_history_ends_before_the_damage(swarm: Swarm, damaged: str) -> None:
    said = swarm("history", damaged, "--json")
    assert [frame["frame"] for frame in said.frames] == list(range(DAMAGED))
    assert swarm("show", damaged, "--json").json["frame"] == DAMAGED - 1


@pytest.mark.parametrize("ending", ["html", "svg", "json"])
def test_what_comes_before_the_damage_can_be_exported(swarm: Swarm, damaged: str, ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"run.{ending}"
    _warned(swarm("export", damaged, str(file)), 0)
    assert file.stat().st_size


@pytest.mark.parametrize(
    "words",
    [
        ["resume", "--headless"],
        ["decide", "1", "approve"],
        ["answer", "q1", "hello"],
        ["tell", "1", "hello"],
        ["level", "auto"],
        ["pause"],
        ["stop"],
        ["retry"],
        ["merge"],
        ["undo"],
        ["show", "--frame", str(DAMAGED)],
    ],
    ids=" ".join,
)
def test_nothing_can_be_added_and_the_damage_is_not_looked_past(swarm: Swarm, damaged: str, words: list[str]) -> None:
    before = _history(swarm, damaged).read_bytes()
    said = swarm(words[0], damaged, *words[1:])
    _warned(said, 2)
    assert said.out == ""
    assert _history(swarm, damaged).read_bytes() == before


def test_it_is_listed_as_damaged_with_what_is_known_of_it(swarm: Swarm, damaged: str) -> None:
    other = swarm.start()
    rows = {row["id"]: row for row in swarm("runs", "--json").json}
    assert rows[other]["status"] == "waiting"
    row = rows[damaged]
    assert (row["status"], row["goal"], row["waiting"]) == ("damaged", "Greet the reader", 0)
    assert row["branch"] == f"swarm/{damaged}"
    assert row["started"]
    assert f"damaged from frame {DAMAGED} on" in row["problem"]
    (line,) = [line for line in swarm("runs").out.splitlines() if line.startswith(damaged)]
    assert "Greet the reader" in line
    assert f"damaged from frame {DAMAGED} on" in line


def test_a_fork_of_it_goes_on_from_before_the_damage(swarm: Swarm, damaged: str) -> None:
    said = swarm("fork", damaged, "--frame", str(DAMAGED - 1), "--json")
    _warned(said, 0)
    new = said.json["run"]
    swarm.decide_all(new, "hello")
    assert git(swarm.root, "show", f"swarm/{new}:greeting.txt") == "hello"


def test_a_snapshot_of_it_holds_what_comes_before_the_damage(swarm: Swarm, damaged: str, tmp_path: Path) -> None:
    said = swarm("snapshot", damaged, str(tmp_path / "rescued.json"), "--json")
    _warned(said, 0)
    assert said.json["frame"] == DAMAGED - 1


def test_damage_does_not_show_where_another_run_is_looked_at(swarm: Swarm, damaged: str) -> None:
    other = swarm.start()
    said = swarm("show", other)
    assert (said.code, said.err) == (0, "")


# Lines that were never finished


def _tear(swarm: Swarm, run: str) -> None:
    with _history(swarm, run).open("ab") as file:
        file.write(b'{"n":99,"len":7,"su')


@pytest.mark.parametrize("words", [["tell", "1", "hello"], ["resume", "--headless"]], ids=" ".join)
def test_an_unfinished_line_is_cut_off_kept_and_reported(swarm: Swarm, run: str, words: list[str]) -> None:
    _tear(swarm, run)
    assert (swarm("show", run).code, swarm("show", run).err) == (0, "")
    assert swarm(words[0], run, *words[1:]).code in (0, 3)
    said = swarm("history", run)
    assert "an unfinished line at the end of the history was cut off: 19 bytes, kept in history.torn-1" in said.out
    assert _history(swarm, run).with_name("history.torn-1").read_bytes() == b'{"n":99,"len":7,"su'
    assert swarm("resume", run, "--headless").code == 3
    assert swarm("history", run).out.count("cut off") == 1
