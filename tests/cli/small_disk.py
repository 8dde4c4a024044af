"""A run on a disk that is too small for it: `python -m tests.cli.small_disk FOLDER KIB`, in a namespace of its own.

It prints as JSON how the run ended when only so many KiB were left, what could be done then, and while the disk was
read-only, and how it went on when there was room again.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli.calls import PROGRAM, environment
from tests.engine.real import repository

PARTS = 12


def text(number: int) -> str:
    """What a part writes: it can hardly be compressed."""
    dice = random.Random(number)
    return "".join(f"{dice.getrandbits(256):064x}\n" for _ in range(60))


def plan() -> str:
    """Steps that write a file and put a tag on it, one after another."""
    write, tag = "\n```text part-{0}.txt\n{1}```\n", '\n```toml do tag\nname = "part-{0}"\nmessage = "x"\n```\n'
    parts = (write.format(number, text(number)) + tag.format(number) for number in range(PARTS))
    return "# Small disk\n\n## All\n" + "".join(parts)


def _fill(folder: Path, kib: int) -> Path:
    """Leaves only so much room on the disk."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            os.truncate(ballast, max(0, file.tell() - kib * 1024))
    return ballast


def _remount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


def _swarm(root: Path, *words: str) -> dict[str, Any]:
    done = subprocess.run([*PROGRAM, *words], cwd=root, env=environment(), capture_output=True, text=True, check=False)
    return {"code": done.returncode, "out": done.stdout, "err": done.stderr}


def main(folder: Path, kib: int) -> dict[str, Any]:
    """Mounts the disk and runs."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "small", str(folder)], check=True)
    root = repository(folder / "work")
    (folder / "plan.md").write_text(plan())
    ballast = _fill(folder, kib)
    stopped = _swarm(root, "run", str(folder / "plan.md"), "--json", "--autonomy", "auto", "--allow-unsandboxed")
    shown = _swarm(root, "show", "--json")
    _remount(folder, "ro")
    refused = _swarm(root, "resume", "--headless")
    _remount(folder, "rw")
    ballast.unlink()
    resumed = _swarm(root, "resume", "--headless")
    history = _swarm(root, "history", "--json")
    worktrees = (root / ".swarm" / "runs").glob("*/worktree/part-*.txt")
    return {
        "stopped": stopped,
        "shown": shown,
        "refused": refused,
        "resumed": resumed,
        "history": history,
        "files": {path.name: path.read_text() for path in worktrees},
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
