"""The contract of `Sandbox`, which every tier passes: what comes of a command, what is around it, what it can reach.

`test_sandbox_ends` has the rest. Where bubblewrap does not work, the tests of tier full fail: a machine that runs them
must have it.
"""

import asyncio
import os
import signal
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

import pytest

from swarm.errors import WorkspaceError
from swarm.workspace.probe import sandbox_of
from swarm.workspace.sandbox import BRIEF, Command, Place, Sandbox, Tier
from tests.engine.sandboxes import checkout, secrets, sh


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return checkout(tmp_path)


@pytest.fixture(params=get_args(Tier))
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return sandbox_of(request.param)


@pytest.fixture
def open_to_all(sandbox: Sandbox) -> bool:
    """Whether the tier promises nothing, so that a command reaches whatever the person reaches."""
    return {"full": False, "none": True}[sandbox.tier]


class TestOutcome:
    async def test_has_exit_code_output_in_order_and_tier(self, sandbox: Sandbox, place: Place) -> None:
        outcome = await sh(sandbox, place, "echo 1; echo 2 >&2; echo 3; exit 7")
        assert (outcome.code, outcome.output, outcome.full) == (7, "1\n2\n3\n", b"1\n2\n3\n")
        assert (outcome.timed_out, outcome.tier) == (False, sandbox.tier)
        assert 0 < outcome.seconds < 10

    async def test_of_a_program_that_gets_its_arguments_as_they_are(self, sandbox: Sandbox, place: Place) -> None:
        argv = ("printf", "%s|", "a b", "$HOME", "--", "", "'\"\n", "日本")
        assert (await sandbox.run(Command(argv=argv), place)).output == "a b|$HOME|--||'\"\n|日本|"

    async def test_of_a_shell_script_that_stops_at_the_first_line_that_fails(
        self, sandbox: Sandbox, place: Place
    ) -> None:
        outcome = await sh(sandbox, place, "echo before\nfalse\necho after")
        assert (outcome.code, outcome.output) == (1, "before\n")

    async def test_of_a_python_script_that_finds_the_modules_of_its_folder(
        self, sandbox: Sandbox, place: Place
    ) -> None:
        (place.worktree / "src" / "core.py").write_text("answer = 42\n")
        outcome = await sh(sandbox, place, "import core\nprint(core.answer)\n", interpreter="python", cwd="src")
        assert (outcome.code, outcome.output) == (0, "42\n")
        assert not (place.worktree / "src" / "__pycache__").exists()

    async def test_of_a_long_script_that_runs_whole(self, sandbox: Sandbox, place: Place) -> None:
        assert (await sh(sandbox, place, f"# {'x' * 300_000}\necho end")).output == "end\n"

    async def test_of_a_signal_is_a_code_as_a_shell_has_it(self, sandbox: Sandbox, place: Place) -> None:
        assert (await sh(sandbox, place, "kill -TERM $$")).code == 128 + signal.SIGTERM

    async def test_of_a_program_that_is_not_there_is_code_127(self, sandbox: Sandbox, place: Place) -> None:
        outcome = await sandbox.run(Command(argv=("no-such-program",)), place)
        assert outcome.code == 127
        assert "no-such-program" in outcome.output

    async def test_is_never_of_what_only_a_shell_knows(self, sandbox: Sandbox, place: Place) -> None:
        assert (await sandbox.run(Command(argv=("exit", "5")), place)).code == 127

    async def test_is_none_where_the_folder_is_not_there(self, sandbox: Sandbox, place: Place) -> None:
        with pytest.raises(WorkspaceError, match="there is no folder 'none' in the workspace"):
            await sh(sandbox, place, "true", cwd="none")

    async def test_is_written_in_the_worktree(self, sandbox: Sandbox, place: Place) -> None:
        await sh(sandbox, place, "mkdir -p a/b && echo new > a/b/new.txt")
        await sh(sandbox, place, "echo core > core.txt", cwd="src")
        assert (place.worktree / "a" / "b" / "new.txt").read_text() == "new\n"
        assert (place.worktree / "src" / "core.txt").read_text() == "core\n"

    async def test_of_several_at_once_does_not_mix(self, sandbox: Sandbox, place: Place) -> None:
        script = "echo $N > $TMPDIR/x; cat $TMPDIR/x; exit $N"
        commands = [sh(sandbox, place, script, env={"N": str(number)}, readonly=True) for number in range(4)]
        outcomes = await asyncio.gather(*commands)
        assert [(outcome.code, outcome.output) for outcome in outcomes] == [(n, f"{n}\n") for n in range(4)]


class TestSurroundings:
    async def test_are_a_clean_environment_and_what_was_passed(
        self, sandbox: Sandbox, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("OPENAI_API_KEY", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH"):
            monkeypatch.setenv(name, "/canary")
        outcome = await sh(sandbox, place, "env", env={"name": "$x y", "LANG": "de_DE.UTF-8"})
        names = {line.partition("=")[0] for line in outcome.output.splitlines()} - {"PWD", "OLDPWD", "SHLVL", "_"}
        assert names == {"PATH", "LANG", "HOME", "TMPDIR", "PYTHONDONTWRITEBYTECODE", "name"}
        assert {"name=$x y", "LANG=de_DE.UTF-8"} <= set(outcome.output.splitlines())
        assert "canary" not in outcome.output

    async def test_are_a_home_and_a_scratch_folder_with_nothing_in_them(self, sandbox: Sandbox, place: Place) -> None:
        listed = f"find $HOME $TMPDIR -path {place.root} -prune -o -type f -print"
        assert (await sh(sandbox, place, f"{listed}; touch $HOME/x $TMPDIR/y; echo ok")).output == "ok\n"

    async def test_are_no_python_of_ours(self, sandbox: Sandbox, place: Place) -> None:
        outcome = await sh(sandbox, place, "import sys\nprint(sys.prefix)\n", interpreter="python")
        assert outcome.code == 0, outcome.output
        assert outcome.output.strip() != sys.prefix
        assert sys.prefix not in (await sh(sandbox, place, "echo $PATH")).output

    async def test_are_an_empty_standard_input(self, sandbox: Sandbox, place: Place) -> None:
        assert (await sh(sandbox, place, "cat; readlink /proc/$$/fd/0")).output == "/dev/null\n"


class TestOutput:
    async def test_that_is_no_text_is_shown_as_such(self, sandbox: Sandbox, place: Place) -> None:
        outcome = await sh(sandbox, place, r"printf '\377\376ok'")
        assert (outcome.output, outcome.full) == ("\ufffd\ufffdok", b"\xff\xfeok")

    async def test_beyond_the_limit_is_cut_in_the_middle_and_counted(self, sandbox: Sandbox, place: Place) -> None:
        flood = "echo first; yes 0123456789abcde | head -c 20000000; echo last"
        outcome = await sh(sandbox, place, flood, output_limit=1_000_000)
        assert outcome.code == 0
        assert len(outcome.output) < BRIEF + 100
        assert outcome.output.startswith("first\n0123")
        assert outcome.output.endswith("\nlast\n")
        assert f"[… {20_000_011 - BRIEF} bytes left out …]" in outcome.output
        assert len(outcome.full) < 1_000_100
        assert b"19000011 bytes left out" in outcome.full

    async def test_without_end_ends_with_the_time(self, sandbox: Sandbox, place: Place) -> None:
        outcome = await sh(sandbox, place, "yes", timeout=0.3, output_limit=1000)
        assert outcome.timed_out
        assert len(outcome.full) < 1100


class TestPromise:
    """A tier is no better and no worse than it says: what is kept from a command in one is open to it in the other."""

    async def test_is_about_home_git_directory_history_and_checkout(
        self, sandbox: Sandbox, place: Place, open_to_all: bool
    ) -> None:
        outcome = await sandbox.run(Command(argv=("cat", *map(str, secrets(place.root)))), place)
        assert outcome.output.count("secret\n") == (4 if open_to_all else 0)

    async def test_is_about_writing_outside_of_the_worktree(
        self, sandbox: Sandbox, place: Place, tmp_path: Path, open_to_all: bool
    ) -> None:
        targets = [tmp_path / "x", tmp_path / "home" / "x", place.root.parent / "y", place.root / ".git" / "x"]
        await sh(sandbox, place, "\n".join(f"echo written > {target} || true" for target in targets))
        assert [target.exists() for target in targets] == [open_to_all] * 4

    async def test_is_about_the_network(
        self, sandbox: Sandbox, place: Place, tmp_path: Path, open_to_all: bool
    ) -> None:
        with ExitStack() as servers:
            server = servers.enter_context(socket.create_server(("127.0.0.1", 0)))
            targets: list[tuple[int, object]] = [(socket.AF_INET, server.getsockname())]
            for name in (str(tmp_path / "socket"), f"\0swarm-test-{os.getpid()}"):
                local = servers.enter_context(socket.socket(socket.AF_UNIX))
                local.bind(name)
                local.listen()
                targets.append((socket.AF_UNIX, name))
            script = f"""
import socket
for family, target in {[(int(family), target) for family, target in targets]!r}:
    with socket.socket(family) as probe:
        probe.settimeout(2)
        print(probe.connect_ex(target))
"""
            outcome = await sh(sandbox, place, script, interpreter="python")
        assert [line == "0" for line in outcome.output.splitlines()] == [open_to_all] * 3

    async def test_is_about_processes_outside(self, sandbox: Sandbox, place: Place, open_to_all: bool) -> None:
        outcome = await sh(sandbox, place, f"kill -0 {os.getpid()}")
        assert (outcome.code == 0) == open_to_all

    async def test_is_about_readonly_commands(self, sandbox: Sandbox, place: Place, open_to_all: bool) -> None:
        script = "set +e\necho x > new.txt; rm -r src; echo scratch > $TMPDIR/x && cat $TMPDIR/x"
        outcome = await sh(sandbox, place, script, readonly=True)
        assert outcome.output.endswith("scratch\n")
        left = {path.name for path in place.worktree.iterdir()}
        assert left == ({".git", "new.txt"} if open_to_all else {".git", "src"})
