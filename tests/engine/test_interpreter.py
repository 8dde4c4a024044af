"""The Python that a command finds: the project's own, never ours."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from swarm.workspace import interpreter
from swarm.workspace.bubblewrap import Bubblewrap
from swarm.workspace.probe import sandbox_of
from swarm.workspace.sandbox import Place, Sandbox, Tier
from swarm.workspace.unsandboxed import Unsandboxed
from tests.engine.sandboxes import checkout, sh


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return checkout(tmp_path)


@pytest.fixture
def full() -> Bubblewrap:
    return Bubblewrap()


@pytest.fixture(params=get_args(Tier))
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return sandbox_of(request.param)


@pytest.fixture
def venv(place: Place) -> Path:
    """The person's own environment, with a module in it, and a program that names its path."""
    python = interpreter.system_python()
    assert python is not None
    venv = place.root / ".venv"
    subprocess.run([python.bin / "python3", "-m", "venv", "--without-pip", venv], check=True)
    packages = next(venv.glob("lib/python3.*/site-packages"))
    (packages / "helper.py").write_text("name = 'helper'\n")
    (packages / "editable.pth").write_text(f"{place.root}/src\n")
    (venv / "bin" / "tool").write_text(f"#!{venv}/bin/python\nimport helper\nprint(helper.name)\n")
    (venv / "bin" / "tool").chmod(0o755)
    return venv


async def test_python_of_the_checkout_is_used_and_cannot_be_changed(full: Bubblewrap, place: Place, venv: Path) -> None:
    outcome = await sh(full, place, f"tool; python -c 'import sys; print(sys.prefix)'; touch {venv}/x && echo changed")
    assert outcome.output.splitlines()[:2] == ["helper", str(venv)]
    assert "changed" not in outcome.output
    assert not (venv / "x").exists()


async def test_python_that_has_the_project_installed_for_editing_finds_the_runs_files(
    full: Bubblewrap, place: Place, venv: Path
) -> None:
    (place.root / "src").mkdir()
    (place.root / "src" / "core.py").write_text("print('the checkout')\n")
    (place.worktree / "src" / "core.py").write_text("print('the run')\n")
    assert (await sh(full, place, "cd /tmp; python -c 'import core'")).output == "the run\n"


async def test_python_of_the_checkout_is_there_for_several_commands_at_once(
    full: Bubblewrap, place: Place, venv: Path
) -> None:
    outcomes = await asyncio.gather(*(sh(full, place, "tool", readonly=True) for _ in range(8)))
    assert [outcome.output for outcome in outcomes] == ["helper\n"] * 8


async def test_python_of_the_checkout_is_used_without_a_sandbox_as_well(place: Place, venv: Path) -> None:
    assert (await sh(Unsandboxed(), place, "tool")).output == "helper\n"


async def test_python_made_during_the_run_comes_first(sandbox: Sandbox, place: Place, venv: Path) -> None:
    made = await sh(
        sandbox,
        place,
        "unset PATH; PATH=/usr/bin:/bin; rm -rf .venv; mkdir -p .venv/bin\n"
        "printf '#!/bin/sh\\necho the run\\n' > .venv/bin/python; chmod +x .venv/bin/python",
    )
    if sandbox.tier == "full":
        # The person's environment is mounted there, so a run makes its own only where they have none.
        assert made.code != 0
        (venv / "pyvenv.cfg").unlink()
        await sh(
            sandbox,
            place,
            "mkdir -p .venv/bin; printf '#!/bin/sh\\necho the run\\n' > .venv/bin/python; chmod +x .venv/bin/python",
        )
    assert (await sh(sandbox, place, "python")).output == "the run\n"


@pytest.mark.parametrize("aim", ["home", "home/project"])
async def test_a_link_does_not_show_what_it_points_to(full: Bubblewrap, place: Place, tmp_path: Path, aim: str) -> None:
    (place.worktree / ".venv").symlink_to(tmp_path / aim)
    (place.root / ".venv" / "bin").mkdir(parents=True)
    (place.root / ".venv" / "pyvenv.cfg").touch()
    (place.root / ".venv" / "bin" / "python").symlink_to(tmp_path / "home" / "key")
    outcome = await sh(full, place, f"cat {tmp_path}/home/key .venv/key .venv/uncommitted.txt; true")
    assert "secret" not in outcome.output.replace(str(tmp_path), "")


def test_python_is_asked_for_its_installation() -> None:
    python = interpreter.system_python()
    assert python is not None
    assert (python.bin / "python3").exists()
    assert python.prefix != Path(sys.prefix)


def test_python_of_our_own_environment_is_not_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = Path(sys.prefix) / "bin"
    monkeypatch.setenv("PATH", f".:{ours}::relative:/usr/bin")
    assert interpreter.search_path() == [Path("/usr/bin")]
