"""The peers' own environment: made when it is first wanted, from exact versions with hashes, never in the project's."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

from bench.contender import ROOT

REQUIREMENTS = Path(__file__).with_name("peers.txt")
CACHE = ROOT / ".bench"


class NoPeers(Exception):
    """The environment cannot be made; the text says why, in one line."""


def peers_python() -> Path:
    """The Python that has the peers.

    Raises:
        NoPeers: It cannot be made, as when there is no package index within reach.
    """
    folder = CACHE / "peers"
    python, mark = folder / "bin" / "python", folder / "made-from"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()
    if mark.exists() and mark.read_text() == wanted:
        return python
    print("making the peers' environment (once)", file=sys.stderr, flush=True)
    try:
        venv.create(folder, with_pip=True, clear=True)
        _install(python)
    except (OSError, subprocess.SubprocessError) as error:
        raise NoPeers(f"their environment cannot be made: {error}") from error
    mark.write_text(wanted)
    return python


def _install(python: Path) -> None:
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    done = subprocess.run([*pip, "-r", str(REQUIREMENTS)], capture_output=True, text=True)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "ERROR" in line] or ["pip failed"]
        raise NoPeers(f"their environment cannot be made: {said[-1].strip()}")
    subprocess.run([str(python), "-c", "import langgraph.checkpoint.sqlite"], check=True, capture_output=True)
