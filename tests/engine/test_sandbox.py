"""Commands in the real sandbox and without one: what they can do, what they cannot, and that nothing of them stays.

Where bubblewrap does not work, the tests of tier full fail: a machine that runs them must have it.
"""

import asyncio
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx
from pydantic import ValidationError

from swarm.errors import PathRefused, WorkspaceError
from swarm.workspace import exits, interpreter
from swarm.workspace.bubblewrap import Bubblewrap
from swarm.workspace.output import Output
from swarm.workspace.probe import probe, sandbox_of
from swarm.workspace.sandbox import BRIEF, Command, Limits, Outcome, Place, Sandbox
from swarm.workspace.unsandboxed import Unsandboxed

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A checkout in a home with secrets, and the worktree of a run in it."""
    root = tmp_path / "home" / "project"
    worktree = root / ".swarm" / "worktree"
    (worktree / "src").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("secret\n")
    (root / ".swarm" / "history.jsonl").write_text("secret\n")
    (root / "uncommitted.txt").write_text("secret\n")
    (tmp_path / "home" / "key").write_text("secret\n")
    (worktree / ".git").write_text(f"gitdir: {root}/.git/worktrees/worktree\n")
    return Place(worktree=worktree, root=root)


@pytest.fixture
def full() -> Bubblewrap:
    return Bubblewrap()


@pytest.fixture(params=["full", "none"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return sandbox_of(request.param)


@pytest.fixture
def lifesign(place: Place) -> Iterator[int]:
    """The reading end of a FIFO in the worktree: it ends when every process that holds the other end is dead."""
    os.mkfifo(place.worktree / "fifo")
    reader = os.open(place.worktree / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    yield reader
    os.close(reader)


def all_dead(lifesign: int, patience: float = 0.0) -> bool:
    """Whether nobody holds the FIFO any more, waiting up to `patience` seconds for that."""
    end = time.monotonic() + patience
    while True:
        try:
            if os.read(lifesign, 4096) == b"":
                return True
        except BlockingIOError:
            if not select.select([lifesign], [], [], max(0.0, end - time.monotonic()))[0]:
                return False


def contents(folder: Path) -> dict[Path, bytes]:
    """Every regular file below a folder with its bytes."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


async def sh(sandbox: Sandbox, place: Place, script: str, **more: object) -> Outcome:
    return await sandbox.run(Command.model_validate({"script": script, **more}), place)


class TestEveryTier:
    async def test_gives_exit_code_and_output_in_order(self, sandbox: Sandbox, place: Place) -> None:
        outcome = await sh(sandbox, place, "echo 1; echo 2 >&2; echo 3; exit 7")
        assert (outcome.code, outcome.output, outcome.full) == (7, "1\n2\n3\n", b"1\n2\n3\n")
        assert (outcome.timed_out, outcome.tier) == (False, sandbox.tier)
        assert 0 < outcome.seconds < 10

    async def test_runs_a_program_with_its_arguments_as_they_are(self, sandbox: Sandbox, place: Place) -> None:
        argv = ("printf", "%s|", "a b", "$HOME", "--", "", "'\"\n", "日本")
        assert (await sandbox.run(Command(argv=argv), place)).output == "a b|$HOME|--||'\"\n|日本|"

    async def test_a_shell_script_stops_at_the_first_line_that_fails(self, sandbox: Sandbox, place: Place) -> None:
        outcome = await sh(sandbox, place, "echo before\nfalse\necho after")
        assert (outcome.code, outcome.output) == (1, "before\n")

    async def test_a_python_script_finds_the_modules_of_its_folder(self, sandbox: Sandbox, place: Place) -> None:
        (place.worktree / "src" / "core.py").write_text("answer = 42\n")
        outcome = await sh(sandbox, place, "import core\nprint(core.answer)\n", interpreter="python", cwd="src")
        assert (outcome.code, outcome.output) == (0, "42\n")
        assert not (place.worktree / "src" / "__pycache__").exists()

    async def test_a_long_script_runs_whole(self, sandbox: Sandbox, place: Place) -> None:
        outcome = await sh(sandbox, place, f"# {'x' * 300_000}\necho end")
        assert outcome.output == "end\n"

    async def test_a_signal_is_a_code_as_a_shell_has_it(self, sandbox: Sandbox, place: Place) -> None:
        assert (await sh(sandbox, place, "kill -TERM $$")).code == 128 + signal.SIGTERM

    async def test_a_program_that_is_not_there_is_code_127(self, sandbox: Sandbox, place: Place) -> None:
        outcome = await sandbox.run(Command(argv=("no-such-program",)), place)
        assert outcome.code == 127
        assert "no-such-program" in outcome.output

    async def test_a_program_is_never_the_shells_own(self, sandbox: Sandbox, place: Place) -> None:
        assert (await sandbox.run(Command(argv=("exit", "5")), place)).code == 127

    async def test_a_folder_that_is_not_there_is_said(self, sandbox: Sandbox, place: Place) -> None:
        with pytest.raises(WorkspaceError, match="there is no folder 'none' in the workspace"):
            await sh(sandbox, place, "true", cwd="none")

    async def test_what_it_writes_is_in_the_worktree(self, sandbox: Sandbox, place: Place) -> None:
        await sh(sandbox, place, "mkdir -p a/b && echo new > a/b/new.txt")
        assert (place.worktree / "a" / "b" / "new.txt").read_text() == "new\n"

    async def test_its_environment_is_clean(
        self, sandbox: Sandbox, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("OPENAI_API_KEY", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH"):
            monkeypatch.setenv(name, "/canary")
        outcome = await sh(sandbox, place, "env", env={"name": "$x y"})
        names = {line.partition("=")[0] for line in outcome.output.splitlines()} - {"PWD", "OLDPWD", "SHLVL", "_"}
        assert names == {"PATH", "LANG", "HOME", "TMPDIR", "PYTHONDONTWRITEBYTECODE", "name"}
        assert "name=$x y\n" in outcome.output
        assert "canary" not in outcome.output

    async def test_python_is_not_ours(self, sandbox: Sandbox, place: Place) -> None:
        outcome = await sh(sandbox, place, "import sys\nprint(sys.prefix)\n", interpreter="python")
        assert outcome.code == 0, outcome.output
        assert outcome.output.strip() != sys.prefix
        assert sys.prefix not in (await sh(sandbox, place, "echo $PATH")).output

    async def test_standard_input_is_empty(self, sandbox: Sandbox, place: Place) -> None:
        assert (await sh(sandbox, place, "cat; echo end")).output == "end\n"

    async def test_bytes_that_are_no_text_are_shown_as_such(self, sandbox: Sandbox, place: Place) -> None:
        outcome = await sh(sandbox, place, r"printf '\377\376ok'")
        assert (outcome.output, outcome.full) == ("\ufffd\ufffdok", b"\xff\xfeok")


class TestEnds:
    async def test_daemons_are_dead_when_the_command_has_ended(
        self, sandbox: Sandbox, place: Place, lifesign: int
    ) -> None:
        daemons = (
            "exec 9>fifo\nfor i in 1 2 3; do setsid sh -c 'sleep 1000 & sleep 1000' > /dev/null 2>&1 & done\nexit 3"
        )
        outcome = await sh(sandbox, place, daemons)
        assert outcome.code == 3
        assert all_dead(lifesign)

    async def test_daemons_that_hold_the_output_do_not_hold_the_command(
        self, sandbox: Sandbox, place: Place, lifesign: int
    ) -> None:
        outcome = await sh(sandbox, place, "exec 9>fifo; setsid sleep 1000 & echo done")
        assert outcome.output == "done\n"
        assert outcome.seconds < 5
        assert all_dead(lifesign)

    async def test_a_timeout_kills_the_tree(self, sandbox: Sandbox, place: Place, lifesign: int) -> None:
        script = "trap '' TERM INT HUP; exec 9>fifo; echo begun; setsid sleep 1000 & sleep 1000"
        outcome = await sh(sandbox, place, script, timeout=0.5)
        assert (outcome.timed_out, outcome.code, outcome.output) == (True, 137, "begun\n")
        assert 0.5 <= outcome.seconds < 3
        assert all_dead(lifesign)

    async def test_cancelling_kills_the_tree(self, sandbox: Sandbox, place: Place, lifesign: int) -> None:
        running = asyncio.create_task(sh(sandbox, place, "exec 9>fifo; echo up >&9; setsid sleep 1000 & sleep 1000"))
        await asyncio.to_thread(select.select, [lifesign], [], [], 10)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert all_dead(lifesign)

    @pytest.mark.parametrize("tier", ["full", "none"])
    def test_an_engine_that_is_killed_takes_them_with_it(
        self, tier: str, place: Place, lifesign: int, tmp_path: Path
    ) -> None:
        engine = (
            "import asyncio, sys\nfrom pathlib import Path\n"
            "from swarm.workspace.probe import sandbox_of\nfrom swarm.workspace.sandbox import Command, Place\n"
            "tier, worktree, root, proof = sys.argv[1:]\n"
            "command = Command(script='exec 9>fifo; echo up >&9; setsid sleep 1000 & sleep 1000')\n"
            "place = Place(Path(worktree), Path(root))\n"
            "asyncio.run(sandbox_of(tier).run(command, place, Path(proof)))\n"
        )
        proof = tmp_path / "exit"
        arguments = [tier, str(place.worktree), str(place.root), str(proof)]
        process = subprocess.Popen(
            [sys.executable, "-c", engine, *arguments],
            env={**os.environ, "PYTHONPATH": str(PROJECT), "TMPDIR": str(tmp_path)},
        )
        assert select.select([lifesign], [], [], 30)[0], "the command did not begin"
        process.kill()
        process.wait()
        assert all_dead(lifesign, patience=5)
        assert exits.recover(proof) is None

    async def test_nothing_is_left_in_the_temporary_folder(
        self, sandbox: Sandbox, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "temporary").mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
        await sh(sandbox, place, "echo $TMPDIR; touch $TMPDIR/scratch")
        assert list((tmp_path / "temporary").iterdir()) == []


class TestProof:
    async def test_is_there_when_the_command_has_finished(self, sandbox: Sandbox, place: Place, tmp_path: Path) -> None:
        proof = tmp_path / "exit"
        await sandbox.run(Command(script="exit 5"), place, proof)
        recovered = exits.recover(proof)
        assert recovered is not None
        assert (recovered.code, recovered.timed_out, recovered.tier) == (5, False, sandbox.tier)
        assert recovered.output == exits.LOST
        assert 0 <= recovered.seconds < 10
        assert proof.stat().st_mode & 0o777 == 0o600

    async def test_is_not_there_while_the_command_runs(
        self, sandbox: Sandbox, place: Place, lifesign: int, tmp_path: Path
    ) -> None:
        proof = tmp_path / "exit"
        command = Command(script="exec 9>fifo; echo up >&9; sleep 1000")
        running = asyncio.create_task(sandbox.run(command, place, proof))
        await asyncio.to_thread(select.select, [lifesign], [], [], 10)
        assert exits.recover(proof) is None
        running.cancel()
        await asyncio.wait([running])

    async def test_of_an_earlier_attempt_does_not_count(self, place: Place, tmp_path: Path) -> None:
        proof = tmp_path / "exit"
        await Bubblewrap().run(Command(script="exit 5"), place, proof)
        os.close(exits.begin(proof, "full"))
        assert exits.recover(proof) is None

    def test_that_was_torn_does_not_count(self, tmp_path: Path) -> None:
        proof = tmp_path / "exit"
        os.close(exits.begin(proof, "full"))
        with proof.open("a") as file:
            file.write('{ "exit-code": 1')
        assert exits.recover(proof) is None
        assert exits.recover(tmp_path / "none") is None

    async def test_is_out_of_the_commands_reach(self, full: Bubblewrap, place: Place, tmp_path: Path) -> None:
        forge = "for fd in /proc/self/fd/* /proc/1/fd/*; do echo '{\"exit-code\": 0}' > $fd || true; done; exit 9"
        await full.run(Command(script=forge), place, tmp_path / "exit")
        recovered = exits.recover(tmp_path / "exit")
        assert recovered is not None
        assert recovered.code == 9
        assert (tmp_path / "exit").read_text().count("exit-code") == 1

    async def test_says_that_time_was_over(self, full: Bubblewrap, place: Place, tmp_path: Path) -> None:
        await full.run(Command(script="sleep 1000", timeout=0.3), place, tmp_path / "exit")
        recovered = exits.recover(tmp_path / "exit")
        assert recovered is not None
        assert (recovered.timed_out, recovered.code) == (True, 137)


class TestOutputLimits:
    async def test_a_flood_is_cut_in_the_middle_and_counted(self, sandbox: Sandbox, place: Place) -> None:
        flood = "echo first; yes 0123456789abcde | head -c 20000000; echo last"
        outcome = await sh(sandbox, place, flood, output_limit=1_000_000)
        assert outcome.code == 0
        assert len(outcome.output) < BRIEF + 100
        assert outcome.output.startswith("first\n0123")
        assert outcome.output.endswith("\nlast\n")
        assert f"[… {20_000_011 - BRIEF} bytes left out …]" in outcome.output
        assert len(outcome.full) < 1_000_100
        assert b"19000011 bytes left out" in outcome.full

    async def test_a_flood_without_end_ends_at_the_timeout(self, sandbox: Sandbox, place: Place) -> None:
        outcome = await sh(sandbox, place, "yes", timeout=0.5, output_limit=1000)
        assert outcome.timed_out
        assert len(outcome.full) < 1100

    @pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 10, 100])
    def test_what_fits_is_kept_whole(self, size: int) -> None:
        output = Output(10)
        data = bytes(index % 256 for index in range(size))
        for index in range(size):
            output.feed(data[index : index + 1])
        if size <= 10:
            assert output.data() == data
        else:
            assert output.data() == data[:5] + f"\n[… {size - 10} bytes left out …]\n".encode() + data[-5:]

    def test_a_limit_of_nothing_keeps_nothing(self) -> None:
        output = Output(0)
        output.feed(b"abc")
        assert "3 bytes left out" in output.data().decode()


class TestFullTier:
    async def test_home_checkout_history_and_git_directory_are_not_there(
        self, full: Bubblewrap, place: Place, tmp_path: Path
    ) -> None:
        script = f"""
        set +e
        cat {tmp_path}/home/key {place.root}/.git/config {place.root}/.swarm/history.jsonl {place.root}/uncommitted.txt
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

    async def test_there_is_no_network(self, full: Bubblewrap, place: Place, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
            local.bind(str(tmp_path / "socket"))
            local.listen()
            with socket.socket(socket.AF_UNIX) as abstract:
                abstract.bind(f"\0swarm-test-{os.getpid()}")
                abstract.listen()
                script = f"""
import socket
targets = [(socket.AF_INET, ("127.0.0.1", {server.getsockname()[1]})), (socket.AF_INET, ("192.0.2.1", 80)),
           (socket.AF_UNIX, {str(tmp_path / "socket")!r}), (socket.AF_UNIX, "\\0swarm-test-{os.getpid()}")]
for family, target in targets:
    try:
        with socket.socket(family) as probe:
            probe.settimeout(2)
            probe.connect(target)
        print("connected", target)
    except OSError as error:
        print("refused", error)
"""
                inside = await sh(full, place, script, interpreter="python")
                outside = await sh(
                    Unsandboxed(), place, script.replace('("192.0.2.1", 80)', '("", 0)'), interpreter="python"
                )
        assert [line.split()[0] for line in inside.output.splitlines()] == ["refused"] * 4
        assert [line.split()[0] for line in outside.output.splitlines()].count("connected") == 3

    async def test_processes_outside_cannot_be_seen_or_hit(self, full: Bubblewrap, place: Place) -> None:
        outcome = await sh(
            full, place, f"ls /proc | grep -c '^[0-9]'; kill -0 {os.getpid()} || echo no; kill -9 -1; echo no"
        )
        count = int(outcome.output.splitlines()[0])
        assert count < 8

    async def test_it_has_no_capabilities_and_gains_none(self, full: Bubblewrap, place: Place) -> None:
        outcome = await sh(full, place, "grep -E '^(Cap(Eff|Prm|Bnd)|NoNewPrivs)' /proc/self/status")
        assert set(outcome.output.split()[1::2]) == {"0000000000000000", "1"}

    async def test_a_readonly_command_writes_only_in_its_scratch_folder(self, full: Bubblewrap, place: Place) -> None:
        script = "set +e\necho x > new.txt; rm -r src; echo scratch > $TMPDIR/x && cat $TMPDIR/x"
        outcome = await sh(full, place, script, readonly=True)
        assert outcome.output.endswith("\nscratch\n")
        assert sorted(path.name for path in place.worktree.iterdir()) == [".git", "src"]

    async def test_readonly_commands_run_side_by_side(self, full: Bubblewrap, place: Place) -> None:
        commands = [sh(full, place, f"echo {number} > $TMPDIR/x; cat $TMPDIR/x", readonly=True) for number in range(4)]
        assert [outcome.output for outcome in await asyncio.gather(*commands)] == ["0\n", "1\n", "2\n", "3\n"]

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


class TestPython:
    @pytest.fixture
    def venv(self, place: Place) -> Path:
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

    async def test_of_the_checkout_is_used_and_cannot_be_changed(
        self, full: Bubblewrap, place: Place, venv: Path
    ) -> None:
        outcome = await sh(
            full, place, f"tool; python -c 'import sys; print(sys.prefix)'; touch {venv}/x && echo changed"
        )
        assert outcome.output.splitlines()[:2] == ["helper", str(venv)]
        assert "changed" not in outcome.output
        assert not (venv / "x").exists()

    async def test_that_has_the_project_installed_for_editing_finds_the_runs_files(
        self, full: Bubblewrap, place: Place, venv: Path
    ) -> None:
        (place.root / "src").mkdir()
        (place.root / "src" / "core.py").write_text("print('the checkout')\n")
        (place.worktree / "src" / "core.py").write_text("print('the run')\n")
        assert (await sh(full, place, "cd /tmp; python -c 'import core'")).output == "the run\n"

    async def test_of_the_checkout_is_used_without_a_sandbox_as_well(self, place: Place, venv: Path) -> None:
        assert (await sh(Unsandboxed(), place, "tool")).output == "helper\n"

    async def test_made_during_the_run_comes_first(self, sandbox: Sandbox, place: Place, venv: Path) -> None:
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
                "mkdir -p .venv/bin; printf '#!/bin/sh\\necho the run\\n' > .venv/bin/python; "
                "chmod +x .venv/bin/python",
            )
        assert (await sh(sandbox, place, "python")).output == "the run\n"

    @pytest.mark.parametrize("aim", ["home", "home/project"])
    async def test_a_link_does_not_show_what_it_points_to(
        self, full: Bubblewrap, place: Place, tmp_path: Path, aim: str
    ) -> None:
        (place.worktree / ".venv").symlink_to(tmp_path / aim)
        (place.root / ".venv" / "bin").mkdir(parents=True)
        (place.root / ".venv" / "pyvenv.cfg").touch()
        (place.root / ".venv" / "bin" / "python").symlink_to(tmp_path / "home" / "key")
        outcome = await sh(full, place, f"cat {tmp_path}/home/key .venv/key .venv/uncommitted.txt; true")
        assert "secret" not in outcome.output.replace(str(tmp_path), "")

    def test_is_asked_for_its_installation(self) -> None:
        python = interpreter.system_python()
        assert python is not None
        assert (python.bin / "python3").exists()
        assert python.prefix != Path(sys.prefix)

    def test_of_our_own_environment_is_not_on_the_path(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ours = Path(sys.prefix) / "bin"
        monkeypatch.setenv("PATH", f".:{ours}::relative:/usr/bin")
        assert interpreter.search_path() == [Path("/usr/bin")]


class TestProbe:
    async def test_finds_the_full_tier(self) -> None:
        found = await probe()
        assert found.tier == "full", f"{found.reason}: {found.advice}"

    async def test_says_that_bubblewrap_is_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        found = await probe()
        assert (found.tier, found.reason) == ("none", "bubblewrap is not installed")
        assert "apt install bubblewrap" in found.advice

    @pytest.mark.parametrize(
        ("behaviour", "reason"),
        [
            ("echo 'bwrap: setting up uid map: Permission denied'; exit 1", "setting up uid map: Permission denied"),
            ('while [ "$1" != -- ]; do shift; done; shift; exec "$@"', "could not make the sandbox"),
            (
                'while [ "$1" != -- ]; do case $1 in --json-status-fd) fd=$2;; --setenv) export "$2=$3";; '
                '--chdir) cd "$2";; --ro-bind) [ "$3" != /run/script.sh ] || script=$2;; esac; shift; done\n'
                'sh "$script"; code=$?; eval "echo \'{\\"exit-code\\": 0}\' >&$fd"; exit $code',
                "it has a network|it shows files",
            ),
        ],
    )
    async def test_does_not_believe_what_does_not_hold(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: str, reason: str
    ) -> None:
        (tmp_path / "bwrap").write_text(f"#!/bin/sh\n{behaviour}\n")
        (tmp_path / "bwrap").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        found = await probe()
        assert found.tier == "none"
        assert any(part in found.reason for part in reason.split("|")), found.reason
        assert "\n" not in found.reason
        assert found.advice

    async def test_knows_only_linux(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("swarm.workspace.probe.sys.platform", "darwin")
        assert (await probe()).reason == "bubblewrap runs on Linux only"


async def test_the_event_loop_is_not_blocked(sandbox: Sandbox, place: Place) -> None:
    await asyncio.to_thread(interpreter.system_python)
    with blockbuster_ctx("swarm"):
        outcome = await sh(sandbox, place, "echo ok", timeout=20)
        late = await sh(sandbox, place, "sleep 1000", timeout=0.2)
    assert outcome.output == "ok\n"
    assert late.timed_out


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "either a program with arguments or a script"),
        ({"argv": ["true"], "script": "true"}, "either a program with arguments or a script"),
        ({"argv": ["a\0b"]}, "holds a NUL"),
        ({"script": "true", "env": {"A=B": "x"}}, "no name for a variable"),
        ({"script": "true", "env": {"A": "\0"}}, "holds a NUL"),
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
