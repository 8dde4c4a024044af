"""Which tier works on this machine, found out by running a command in it; never assumed."""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from swarm.errors import WorkspaceError
from swarm.values import Value
from swarm.workspace import bubblewrap
from swarm.workspace.bubblewrap import Bubblewrap
from swarm.workspace.sandbox import Command, Place, Sandbox, Tier
from swarm.workspace.unsandboxed import Unsandboxed

_CHECK = """\
test ! -e "$SECRET" || { echo "it shows files outside of the workspace"; exit 1; }
test "$(tail -n +3 /proc/net/dev | grep -vc '^ *lo:')" = 0 || { echo "it has a network"; exit 1; }
echo written > proof
"""
_INSTALL = "install it (Debian and Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap)"
_ALLOW = (
    "allow user namespaces to it: on Ubuntu by an AppArmor profile for /usr/bin/bwrap with `userns,`; in a container "
    "by starting that with fewer restrictions (for Docker --security-opt seccomp=unconfined)"
)


class Probe(Value):
    """What was found.

    Attributes:
        tier: The best tier that works.
        reason: Why it is no better one, in one line; empty for the best.
        advice: What to do about that; empty for the best.
    """

    tier: Tier
    reason: str = ""
    advice: str = ""


async def probe() -> Probe:
    """Run a command in the best sandbox; call it from the main thread's event loop."""
    if sys.platform != "linux":
        return Probe(tier="none", reason="bubblewrap runs on Linux only", advice="run swarm in a Linux virtual machine")
    if not await asyncio.to_thread(bubblewrap.find):
        return Probe(tier="none", reason="bubblewrap is not installed", advice=_INSTALL)
    problem = await _tried(Bubblewrap())
    return Probe(tier="none", reason=problem, advice=_ALLOW) if problem else Probe(tier="full")


def sandbox_of(tier: Tier) -> Sandbox:
    """The sandbox of a tier."""
    return Bubblewrap() if tier == "full" else Unsandboxed()


async def _tried(sandbox: Sandbox) -> str:
    """What is wrong with a sandbox, in one line; empty if it holds and works."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="swarm-"))
    try:
        command = Command(script=_CHECK, env={"SECRET": str(folder / "secret")}, timeout=20)
        await asyncio.to_thread(_furnish, folder)
        outcome = await sandbox.run(command, Place(worktree=folder / "worktree", root=folder / "worktree"))
        written = await asyncio.to_thread((folder / "worktree" / "proof").exists)
    except WorkspaceError as error:
        return " ".join(str(error).split())
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    if outcome.code or not written:
        return f"bubblewrap does not hold: {' '.join(outcome.output.split()) or f'exit code {outcome.code}'}"
    return ""


def _furnish(folder: Path) -> None:
    (folder / "worktree").mkdir()
    (folder / "worktree" / ".git").touch()
    (folder / "secret").touch()
