"""The Python of the project: its own `.venv`, else the system's; never the one that this program runs in.

What is found decides what a sandbox shows, so nothing that a command could have written is followed: of an environment
in the worktree only its place counts, and a link in the person's own may lead to an installation of Python only.
"""

import functools
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from swarm.workspace.sandbox import Place

SYSTEM = tuple(Path(name) for name in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"))


@dataclass(frozen=True, slots=True)
class Python:
    """An installation of Python.

    Attributes:
        prefix: The folder that holds all of it.
    """

    prefix: Path

    @property
    def bin(self) -> Path:
        """The folder of its programs."""
        return self.prefix / "bin"

    @property
    def in_system(self) -> bool:
        """Whether it lies where system programs do, so that a sandbox has it anyway."""
        return any(self.prefix.is_relative_to(folder) for folder in SYSTEM)


@dataclass(frozen=True, slots=True)
class Pythons:
    """What Python a command has.

    Attributes:
        in_worktree: Whether the worktree has an environment of its own, made during the run.
        environment: Otherwise the person's `.venv`, if there is one.
        installations: What the environment was made from, and the system's Python; both may be missing.
    """

    in_worktree: bool
    environment: Path | None
    installations: tuple[Python, ...]


def of_project(place: Place) -> Pythons:
    """The Python for commands of a project; call it in a thread."""
    in_worktree = os.path.lexists(place.worktree / ".venv" / "bin" / "python")
    environment = None if in_worktree else _own_environment(place.root)
    base = _base_of(environment) if environment else None
    found = dict.fromkeys(python for python in (base, system_python()) if python)
    return Pythons(in_worktree, environment if base else None, tuple(found))


@functools.cache
def system_python() -> Python | None:
    """The first `python3` on the PATH that is not ours, by its real installation; None if there is none.

    It is asked for it, because what the PATH names may be a shim. Takes milliseconds to seconds: call it in a thread.
    """
    for folder in search_path():
        program = folder / "python3"
        if os.access(program, os.X_OK) and (prefix := _ask(program)) and _is_installation(prefix):
            return Python(prefix)
    return None


def search_path() -> list[Path]:
    """The folders of the PATH, without relative ones and without our own environment's."""
    ours = {Path(sys.prefix).resolve() / "bin", Path(sys.executable).parent.resolve()}
    if sys.prefix == sys.base_prefix:
        ours.clear()
    entries = [Path(entry) for entry in os.environ.get("PATH", os.defpath).split(os.pathsep)]
    return [entry for entry in entries if entry.is_absolute() and entry.resolve() not in ours]


def _own_environment(root: Path) -> Path | None:
    """The `.venv` of a checkout, if it is a real one and not ours."""
    venv = root / ".venv"
    if venv.is_symlink() or not (venv / "pyvenv.cfg").is_file() or not (venv / "bin" / "python").exists():
        return None
    return None if venv.resolve() == Path(sys.prefix).resolve() else venv


def _base_of(venv: Path) -> Python | None:
    """The installation that a person's `.venv` was made from; nothing of it is run to find out."""
    prefix = (venv / "bin" / "python").resolve().parent.parent
    return Python(prefix) if _is_installation(prefix) else None


def _is_installation(prefix: Path) -> bool:
    """Whether a folder is a Python and nothing more: a sandbox will show all of it."""
    above_home = Path.home().resolve().is_relative_to(prefix)
    return not above_home and any(prefix.glob("lib/python3.*/os.py")) and (prefix / "bin" / "python3").exists()


def _ask(program: Path) -> Path | None:
    """The installation that a program belongs to, by its own word; None if it does not answer."""
    variables = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    question = [str(program), "-I", "-S", "-c", "import sys; print(sys.base_prefix)"]
    try:
        done = subprocess.run(
            question, env=variables, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    answer = done.stdout.strip()
    return Path(answer) if done.returncode == 0 and answer.startswith("/") else None
