"""A disk that becomes full, or read-only: the run stops with one clear line, keeps what it told, and goes on later."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calls import environment
from tests.cli.small_disk import PARTS, text

_ALONE = ("unshare", "--mount") if os.geteuid() == 0 else ("unshare", "--user", "--map-root-user", "--mount")


@functools.cache
def _no_mounts() -> str:
    """Why no disk can be mounted here; empty if one can."""
    try:
        done = subprocess.run(
            [*_ALONE, "mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True, text=True, check=False
        )
    except OSError as error:
        return str(error)
    return done.stderr.strip() if done.returncode else ""


def _ran_out(folder: Path, kib: int) -> dict[str, Any]:
    if problem := _no_mounts():
        pytest.skip(f"no small disk can be mounted here: {problem}")
    program = [*_ALONE, sys.executable, "-m", "tests.cli.small_disk", str(folder), str(kib)]
    done = subprocess.run(program, env=environment(), capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _check(found: dict[str, Any]) -> None:
    stopped, shown, refused, resumed = (found[name] for name in ("stopped", "shown", "refused", "resumed"))
    assert (stopped["code"], stopped["err"].count("\n")) == (1, 1), stopped
    assert "make room" in stopped["err"]
    assert "go on with `swarm resume small-disk-1" in stopped["err"]
    told = [json.loads(line) for line in stopped["out"].splitlines()]
    assert shown["code"] == 0
    assert json.loads(shown["out"])["frame"] >= told[-1]["frame"]
    assert (refused["code"], refused["err"].count("\n")) == (2, 1)
    assert "Read-only file system" in refused["err"]
    assert (resumed["code"], resumed["err"]) == (0, "")
    history = [json.loads(line) for line in found["history"]["out"].splitlines()]
    assert history[: len(told)] == told
    assert history[-1]["frame"] == len(history) - 1
    assert found["files"] == {f"part-{number}.txt": text(number) for number in range(PARTS)}


def test_a_run_stops_when_the_disk_is_full_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    _check(_ran_out(tmp_path, 700))


@pytest.mark.soak
@pytest.mark.parametrize("kib", range(256, 1080, 16))
def test_wherever_the_disk_becomes_full(tmp_path: Path, kib: int) -> None:
    _check(_ran_out(tmp_path, kib))


def test_where_there_is_no_room_for_a_run_none_is_begun(tmp_path: Path) -> None:
    found = _ran_out(tmp_path, 40)
    assert (found["stopped"]["code"], found["stopped"]["err"].count("\n")) == (2, 1)
    assert "No space left on device" in found["stopped"]["err"]
    assert "no runs" in found["shown"]["err"]
