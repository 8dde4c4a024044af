"""What is special to each tier: what the full one keeps a command from, what escapes without one; and commands."""

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pydantic import ValidationError

from swarm.errors import PathRefused, WorkspaceError
from swarm.workspace import exits, supervise
from swarm.workspace.bubblewrap import Bubblewrap, find
from swarm.workspace.sandbox import Command, Limits, Place
from swarm.workspace.unsandboxed import Unsandboxed
from tests.engine.sandboxes import Lifesign, checkout, sh

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return checkout(tmp_path)


@pytest.fixture
def full() -> Bubblewrap:
    return Bubblewrap()


def contents(folder: Path) -> dict[Path, bytes]:
    """Every regular file below a folder with its bytes."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def _instead_of_bubblewrap(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    (folder / "bwrap").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


class TestFullTier:
    async def test_the_rest_of_the_machine_is_not_there(self, full: Bubblewrap, place: Place, tmp_path: Path) -> None:
        script = f"""
        set +e
        cat {place.worktree}/.git .git ~/.bashrc /root/.bashrc /etc/shadow /etc/passwd
        ls /home /root /run /var /mnt /opt /srv /work
        grep -r secret {tmp_path} 2> /dev/null
        git status
        echo $HOME
        """
        outcome = await sh(full, place, script)
        assert "secret" not in outcome.output
        assert "gitdir" not in outcome.output
        assert "root:x:" not in outcome.output
        assert "not a git repository" in outcome.output
        assert outcome.output.endswith("\n/tmp\n")

    async def test_the_worktree_stands_where_the_checkout_is(self, full: Bubblewrap, place: Place) -> None:
        outcome = await sh(full, place, "pwd; ls -a", cwd="src")
        assert outcome.output.splitlines()[0] == str(place.root / "src")

    async def test_nothing_is_written_outside_of_the_worktree(
        self, full: Bubblewrap, place: Place, tmp_path: Path
    ) -> None:
        before = contents(tmp_path)
        script = f"""
        set +e
        for target in {tmp_path}/x {tmp_path}/home/x {place.root}/../x {place.root}/.git/x
        do echo written > $target
        done
        for target in /x /usr/x /etc/x /run/x /dev/../x /proc/sys/kernel/hostname /proc/sysrq-trigger
        do echo written > $target && echo "wrote $target"
        done
        ln -s {tmp_path}/home/key link; echo written > link; ln {tmp_path}/home/key hard
        rm -rf .git; mv .git elsewhere; echo gitdir: /tmp > .git
        mount -t tmpfs none /usr; mount -o remount,rw /usr; unshare -r mount -o remount,rw /usr; touch /usr/x; echo $?
        """
        outcome = await sh(full, place, script)
        assert "wrote" not in outcome.output
        assert outcome.output.rstrip().endswith("1")
        assert contents(tmp_path) == before

    async def test_the_kernels_files_cannot_be_written_not_even_as_root(self, full: Bubblewrap, place: Place) -> None:
        find = "find /proc /sys -path '/proc/[0-9]*' -prune -o -type f -writable -print 2> /dev/null | head; true"
        script = f"cat /proc/sys/kernel/core_pattern > /tmp/x; cat /tmp/x > /proc/sys/kernel/core_pattern || {find}"
        outcome = await sh(full, place, script)
        assert outcome.output.splitlines()[1:] == []
        assert "core_pattern" in outcome.output

    async def test_what_is_in_memory_of_the_engine_is_not_seen(
        self, full: Bubblewrap, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "canary")
        outcome = await sh(full, place, "cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'; true")
        assert "HOME=/tmp" in outcome.output
        assert "canary" not in outcome.output
        assert "bwrap" not in outcome.output

    async def test_its_only_network_is_its_own_and_its_processes_are_few(self, full: Bubblewrap, place: Place) -> None:
        outcome = await sh(full, place, "tail -n +3 /proc/net/dev | cut -d: -f1 | xargs; ls /proc | grep -c '^[0-9]'")
        interfaces, count = outcome.output.splitlines()
        assert interfaces == "lo"
        assert int(count) < 8

    async def test_it_has_no_capabilities_and_gains_none(self, full: Bubblewrap, place: Place) -> None:
        outcome = await sh(full, place, "grep -E '^(Cap(Eff|Prm|Bnd)|NoNewPrivs)' /proc/self/status")
        assert set(outcome.output.split()[1::2]) == {"0000000000000000", "1"}

    async def test_limits_hold_inside(self, place: Place) -> None:
        limits = Limits(file_bytes=1000, data_bytes=200 * 1024**2, processes=50)
        script = "set +e\nhead -c 5000 /dev/zero > big\npython3 -c 'bytearray(500 * 1024**2)'\nulimit -c\n"
        outcome = await sh(Bubblewrap(limits), place, script)
        assert (place.worktree / "big").stat().st_size == 1000
        assert "MemoryError" in outcome.output
        assert outcome.output.endswith("\n0\n")

    async def test_a_sandbox_that_cannot_be_made_is_an_error_and_no_outcome(
        self, full: Bubblewrap, place: Place
    ) -> None:
        (place.worktree / ".git").unlink()
        (place.worktree / ".git").mkdir()
        with pytest.raises(WorkspaceError, match="bubblewrap could not make the sandbox: bwrap: "):
            await sh(full, place, "true")

    async def test_proof_is_out_of_the_commands_reach(self, full: Bubblewrap, place: Place, tmp_path: Path) -> None:
        forge = "for fd in /proc/self/fd/* /proc/1/fd/*; do echo '{\"exit-code\": 0}' > $fd || true; done; exit 9"
        await full.run(Command(script=forge), place, tmp_path / "exit")
        recovered = exits.recover(tmp_path / "exit")
        assert recovered is not None
        assert recovered.code == 9
        assert (tmp_path / "exit").read_text().count("exit-code") == 1

    async def test_proof_says_that_time_was_over(self, full: Bubblewrap, place: Place, tmp_path: Path) -> None:
        await full.run(Command(script="sleep 1000", timeout=0.3), place, tmp_path / "exit")
        recovered = exits.recover(tmp_path / "exit")
        assert recovered is not None
        assert (recovered.timed_out, recovered.code) == (True, 137)

    async def test_is_killed_before_bubblewrap_says_what_it_has_begun(
        self, full: Bubblewrap, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fifo = Lifesign(tmp_path / "fifo")
        _instead_of_bubblewrap(monkeypatch, tmp_path, f"exec 9>{tmp_path}/fifo\nsleep 1000 & echo up >&9; wait")
        running = asyncio.create_task(sh(full, place, "true"))
        assert await asyncio.to_thread(fifo.begun)
        running.cancel()
        await asyncio.wait([running])
        assert fifo.over()
        fifo.close()

    def test_an_engine_that_is_killed_before_the_sandbox_stands_takes_it_with_it(
        self, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fifo = Lifesign(tmp_path / "fifo")
        late = f'exec 9>{tmp_path}/fifo; echo up >&9; while kill -0 $PPID 2> /dev/null; do :; done; exec {find()} "$@"'
        _instead_of_bubblewrap(monkeypatch, tmp_path, late)
        engine = (
            "import asyncio, sys\nfrom pathlib import Path\nfrom swarm.workspace.bubblewrap import Bubblewrap\n"
            "from swarm.workspace.sandbox import Command, Place\n"
            "place = Place(*map(Path, sys.argv[1:]))\n"
            "asyncio.run(Bubblewrap().run(Command(script='sleep 1000'), place))\n"
        )
        environment = {**os.environ, "PYTHONPATH": str(PROJECT), "TMPDIR": str(tmp_path)}
        process = subprocess.Popen([sys.executable, "-c", engine, place.worktree, place.root], env=environment)
        assert fifo.begun()
        process.kill()
        process.wait()
        assert fifo.over(patience=5)
        fifo.close()


class TestTierNone:
    async def test_a_command_whose_watcher_was_killed_has_no_outcome(self, place: Place, tmp_path: Path) -> None:
        with pytest.raises(WorkspaceError, match="look whether it still runs"):
            await Unsandboxed().run(Command(script="kill -KILL $PPID"), place, tmp_path / "exit")
        assert exits.recover(tmp_path / "exit") is None

    def test_a_stray_with_rights_of_another_user_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        refused: list[int] = []

        def refuse(pid: int, _: int) -> None:
            refused.append(pid)
            raise PermissionError

        with subprocess.Popen(["sleep", "1000"]) as stray:
            with monkeypatch.context() as patched:
                patched.setattr("swarm.workspace.supervise.os.kill", refuse)
                supervise._kill_strays()
            assert stray.poll() is None
            stray.kill()
        assert stray.pid in refused


def test_a_proof_that_was_torn_does_not_count(tmp_path: Path) -> None:
    proof = tmp_path / "exit"
    os.close(exits.begin(proof, "full"))
    with proof.open("a") as file:
        file.write('{ "exit-code": 1')
    assert exits.recover(proof) is None
    assert exits.recover(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "either a program with arguments or a script"),
        ({"argv": ["true"], "script": "true"}, "either a program with arguments or a script"),
        ({"argv": ["a\0b"]}, "holds a NUL"),
        ({"script": "true", "env": {"A=B": "x"}}, "no name for a variable"),
        ({"script": "true", "env": {"A": "\0"}}, "holds a NUL"),
        ({"argv": ["\ud800"]}, "no Unicode"),
        ({"script": "echo \udc80"}, "no Unicode"),
        ({"script": "true", "env": {"A": "\udfff"}}, "no Unicode"),
        ({"script": "true", "timeout": 0}, "greater than 0"),
        ({"script": "true", "interpreter": "perl"}, "interpreter"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Command.model_validate(fields)


@pytest.mark.parametrize("cwd", ["..", "/etc", ".git", "a/../../b"])
def test_a_working_directory_outside_is_refused(cwd: str) -> None:
    with pytest.raises(PathRefused):
        Command(script="true", cwd=cwd)


def test_commands_can_be_run_from_a_loop_while_threads_come_and_go(place: Place) -> None:
    """A sandbox dies with the thread that made it: only the main one lives as long as the program."""
    threading.Thread(target=lambda: None).start()
    outcome = asyncio.run(sh(Bubblewrap(), place, "echo ok"))
    assert outcome.output == "ok\n"
