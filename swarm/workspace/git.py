"""Running git so that nothing which a repository holds can run with it.

Each call gets an environment of its own (`env -i`): no inherited `GIT_*`, no system or global configuration, no
hooks, file monitor, signing, prompts, protocols, filters or drivers.
"""

import functools
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from swarm.errors import GitFailed, WriteFailed
from swarm.store.files import DISK

_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ALLOW_PROTOCOL": "",
}
_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "core.autocrlf": "false",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "core.fsync": "committed,reference",
    "core.fsyncMethod": "batch",
    "advice.addEmbeddedRepo": "false",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "diff.ignoreSubmodules": "all",
    "i18n.commitEncoding": "utf-8",
    "i18n.logOutputEncoding": "utf-8",
    "log.showSignature": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "safe.bareRepository": "explicit",
}
# A merge driver that is empty would take our side in silence: one that fails leaves a conflict, which is shown.
_DRIVERS = {"clean": "", "smudge": "", "process": "", "required": "false", "driver": "false"}
_DRIVER = re.compile(r"(?:filter|merge)\..*\.(clean|smudge|process|required|driver)", re.DOTALL)
OLDEST = (2, 38)  # the first with `merge-tree --write-tree`; before 2.31 git does not see the settings below at all
_DISK_FAILED = (*map(os.strerror, DISK), "Out of diskspace", "unable to write new index file", "couldn't write '")
_MISSING = "git is not installed or not on the PATH: install it (Debian and Ubuntu: apt install git)"
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What git said.

    Attributes:
        code: The exit code.
        out: Standard output, untouched.
    """

    code: int
    out: bytes

    @property
    def text(self) -> str:
        """The output without its last newline; bytes that are no UTF-8 are escaped."""
        return self.out.decode("utf-8", "backslashreplace").removesuffix("\n")

    @property
    def fields(self) -> list[str]:
        """The output of a command with `-z`, split at its NULs."""
        return self.text.removesuffix("\0").split("\0") if self.out else []


class Git:
    """The git program at one place.

    Args:
        cwd: Where git runs, and the worktree if `git_dir` is given.
        git_dir: The git directory to use whatever `cwd` says about it; None lets git discover one.
    """

    def __init__(self, cwd: Path, git_dir: Path | None = None) -> None:
        self.cwd = cwd
        self.git_dir = git_dir

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        accept: Sequence[int] = (0,),
    ) -> Reply:
        """Run `git arguments…` and wait for it.

        Args:
            *arguments: The subcommand and its arguments; never text from a model, unless after `--`.
            stdin: What git reads.
            environment: More variables, such as an author.
            accept: The exit codes that are an answer.

        Raises:
            GitFailed: Any other exit code, no git at all, or one that is too old.
            WriteFailed: The disk takes nothing more.
        """
        if version() < OLDEST:
            raise GitFailed("git is older than {}.{}: install a newer one".format(*OLDEST))
        variables = self._variables(self._settings, environment or {})
        code, out, err = _execute(self.cwd, variables, arguments, stdin)
        if code not in accept:
            reason = f"git {arguments[0]} in {self.cwd}: {_reason(err) or f'it ended with code {code}'}"
            raise WriteFailed(f"{reason}; make room or mend the disk") if _disk_failed(err) else GitFailed(reason)
        return Reply(code, out)

    def command(self, *arguments: str) -> list[str]:
        """The whole command line of `git arguments…`, for whoever runs it within limits of their own at `cwd`."""
        return _command(self._variables(self._settings, {}), arguments)

    def commit(self, name: str) -> str:
        """The full id of the commit `name`, which must be hexadecimal: a name from outside is never a revision.

        Raises:
            GitFailed: It is no commit of this repository.
        """
        if not _COMMIT.fullmatch(name):
            raise GitFailed(f"{ascii(name)[:80]} is no commit id: use 7 to 64 hexadecimal digits")
        return self.run("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").text

    def ref(self, name: str) -> str | None:
        """The commit that the full ref `name` (or `HEAD`) points to, or None."""
        reply = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", accept=(0, 1))
        return reply.text or None

    @functools.cached_property
    def empty_tree(self) -> str:
        """The id of the tree without files, written if it was not there."""
        return self.run("mktree").text

    @functools.cached_property
    def _settings(self) -> dict[str, str]:
        """Ours, and one that disarms each filter and driver which the repository configures."""
        if self.git_dir is None:
            return _SETTINGS
        _, out, _ = _execute(self.cwd, self._variables(_SETTINGS, {}), ("config", "--list", "--name-only", "-z"), b"")
        names = out.decode("utf-8", "surrogateescape").split("\0")
        matches = {name: match[1] for name in names if (match := _DRIVER.fullmatch(name))}
        return _SETTINGS | {name: _DRIVERS[kind] for name, kind in matches.items()}

    def _variables(self, settings: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
        variables = {**_ENVIRONMENT, **more}
        if self.git_dir:
            variables |= {"GIT_DIR": str(self.git_dir), "GIT_WORK_TREE": str(self.cwd)}
        for index, (key, value) in enumerate(settings.items()):
            variables |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
        variables["GIT_CONFIG_COUNT"] = str(len(settings))
        return variables


def version() -> tuple[int, ...]:
    """The version of the git on the PATH, such as (2, 39, 5).

    Raises:
        GitFailed: There is none.
    """
    return _version(_search_path())


@functools.cache
def _version(search_path: str) -> tuple[int, ...]:
    code, out, _ = _execute(Path("/"), {"PATH": search_path}, ("version",), b"")
    numbers = re.search(r"\d+(\.\d+)*", out.decode("utf-8", "replace"))
    if code or not numbers:
        raise GitFailed(_MISSING)
    return tuple(int(number) for number in numbers[0].split("."))


def own_setting(cwd: Path, name: str) -> str | None:
    """A setting of the person's own configuration (system, global, repository), such as `user.name`; None if unset.

    The one place that reads it: git runs nothing for `git config --get`.
    """
    home = {key: os.environ[key] for key in ("HOME", "XDG_CONFIG_HOME") if key in os.environ}
    code, out, _ = _execute(cwd, home, ("config", "--get", name), b"")
    return Reply(code, out).text.strip() or None


def _execute(cwd: Path, variables: Mapping[str, str], arguments: Sequence[str], stdin: bytes) -> tuple[int, bytes, str]:
    """Run git through GitPython with no environment but `variables`; exit code, output, complaints."""
    try:
        from git import Git as Program
    except ImportError:
        raise GitFailed(_MISSING) from None
    if not cwd.is_dir():
        raise GitFailed(f"{cwd} is no directory, so git cannot run there")
    with tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        return Program(str(cwd)).execute(
            _command(variables, arguments),
            istream=source,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )


def _command(variables: Mapping[str, str], arguments: Sequence[str]) -> list[str]:
    environment = [f"{name}={value}" for name, value in {"PATH": _search_path(), **variables}.items()]
    return ["/usr/bin/env", "-i", *environment, "git", *arguments]


def _search_path() -> str:
    """The PATH without relative entries: one such as `.` would find a `git` in the worktree."""
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(entry for entry in entries if entry.startswith("/"))


def _disk_failed(complaints: str) -> bool:
    """Whether git stopped because the disk took nothing more; not everywhere does it say why it could not write."""
    return any(sign in complaints for sign in _DISK_FAILED)


def _reason(complaints: str) -> str:
    """The one line of git's complaints that says why."""
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0] if lines else "")
