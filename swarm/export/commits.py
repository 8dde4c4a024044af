"""What the commits of a run changed, read from the repository: the one part of an export that is not in the frames."""

from __future__ import annotations

import re
import shlex
from base64 import b64encode
from collections.abc import Iterable, Iterator

from swarm import frames as f
from swarm.proposals import Run, Write
from swarm.workspace import changes
from swarm.workspace.git import Git

_HEAD = re.compile(r"^([0-9a-f]{40,64})\n", re.MULTILINE)
_BYTES = """\
import base64
import pathlib

path = pathlib.Path({path!a})
path.parent.mkdir(parents=True, exist_ok=True)
path.write_bytes(base64.b64decode({data!a}))
"""


def commits_of(frames: Iterable[f.Frame]) -> list[str]:
    """The ids of the commits that a run made, in their order."""
    made = (frame.commit for frame in frames if isinstance(frame, f.StepEnded | f.WorkspaceEdited))
    return [commit for commit in made if commit]


def patches(git: Git, commits: Iterable[str]) -> dict[str, str]:
    """What each commit changed, as a unified diff; those that are gone from the repository are left out."""
    wanted = "".join(f"{commit}\n" for commit in commits)
    if not wanted:
        return {}
    options = ("--stdin", "--root", "-r", "-p", "--no-color", *changes.PLAIN)
    text = git.run("diff-tree", *options, stdin=wanted.encode()).text
    # Lines of a diff begin with a word, a sign or a space, so that a line which is an id begins the next one.
    _, *parts = _HEAD.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def changed(git: Git, commit: str) -> Iterator[Write | Run]:
    """How to do again what a commit changed: texts are written, other files made by a script, those that went removed.

    Raises:
        GitFailed: The commit is gone from the repository.
    """
    commit = git.commit(commit)
    for change in changes.diff(git, f"{commit}^", commit):
        path = change.path
        if change.status == "D":
            yield Run(title=f"Remove {path}", interpreter="sh", script=f"rm -f -- {shlex.quote(path)}\n")
            continue
        data = git.run("cat-file", "blob", f"{commit}:{path}").out
        try:
            yield Write(path=path, content=data.decode())
        except UnicodeDecodeError:
            script = _BYTES.format(path=path, data=b64encode(data).decode())
            yield Run(title=f"Make {path}", interpreter="python", script=script)
