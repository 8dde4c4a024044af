"""Exit files: what proves that a command ended, and when nobody knows yet."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from swarm.errors import WorkspaceError
from swarm.workspace import exits


def _orphan(descriptor: int, script: str) -> subprocess.Popen[bytes]:
    """A process around a command whose engine has died; it goes on once its standard input is closed."""
    program = f"exec 3>&{descriptor}; read -r line; {script}"
    orphan = subprocess.Popen(["bash", "-c", program], stdin=subprocess.PIPE, pass_fds=(descriptor,))
    os.close(descriptor)
    return orphan


async def test_how_a_command_ended_is_not_told_before_it_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "1"
    with _orphan(exits.begin(file, "none"), """echo '{"exit-code": 4}' >&3""") as orphan:
        asked = asyncio.create_task(asyncio.to_thread(exits.recover, file))
        done, _ = await asyncio.wait([asked], timeout=0.1)
        assert not done
        assert orphan.stdin
        orphan.stdin.close()
        outcome = await asked
    assert outcome is not None
    assert outcome.code == 4


async def test_an_exit_file_is_not_begun_anew_while_its_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exits, "_PATIENCE", 0.05)
    file = tmp_path / "1"
    with _orphan(exits.begin(file, "none"), ":") as orphan:
        before = file.read_text()
        with pytest.raises(WorkspaceError, match="still runs"):
            exits.begin(file, "none")
        assert file.read_text() == before
        assert exits.recover(file) is None
        orphan.communicate()
    os.close(exits.begin(file, "full"))
    assert exits.read(file)["tier"] == "full"


@pytest.mark.parametrize(
    ("facts", "code"), [('{"exit-code": 137}', None), ('{"timed-out": true, "exit-code": 137}', 137)]
)
def test_a_command_that_was_killed_has_proved_nothing_unless_its_time_was_over(
    tmp_path: Path, facts: str, code: int | None
) -> None:
    file = tmp_path / "1"
    descriptor = exits.begin(file, "full")
    os.write(descriptor, f"{facts}\n".encode())
    os.close(descriptor)
    found = exits.recover(file)
    assert (found.code if found else None) == code
