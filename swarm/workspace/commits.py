"""Commits made by plumbing, so that nothing of the person's (hooks, signing, cleaning up) can change them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from swarm.errors import GitFailed
from swarm.values import Value
from swarm.workspace.git import Git

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


class Identity(Value):
    """Under whose name a commit is made."""

    name: str
    email: str


class Commit(Value):
    """A commit, as a list shows it."""

    id: str
    subject: str


SWARM = Identity(name="Swarmkeeper", email="swarm@localhost")


def commit_tree(
    git: Git,
    tree: str,
    parents: Sequence[str],
    message: str,
    trailers: Mapping[str, str] | None = None,
    author: Identity = SWARM,
    committer: Identity = SWARM,
) -> str:
    """Write a commit object; no branch, index or file changes.

    Args:
        git: The repository.
        tree: The id of its tree.
        parents: The ids of its parents; none makes a root.
        message: Any text; characters that a terminal would obey are left out.
        trailers: What to find it by; they become the last paragraph.
        author: Who made the change.
        committer: Who made the commit.

    Returns:
        The commit's id.
    """
    people = {
        "GIT_AUTHOR_NAME": author.name,
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_COMMITTER_NAME": committer.name,
        "GIT_COMMITTER_EMAIL": committer.email,
    }
    options = [option for parent in parents for option in ("-p", parent)]
    text = "\n\n".join(part for part in (plain(message).strip() or "No message", "\n".join(_lines(trailers))) if part)
    return git.run("commit-tree", tree, *options, "-F", "-", stdin=f"{text}\n".encode(), environment=people).text


def find_commit(git: Git, tip: str, trailers: Mapping[str, str]) -> str | None:
    """The newest commit up to `tip` whose last paragraph holds all of `trailers`.

    Args:
        git: The repository.
        tip: The commit to search back from.
        trailers: What its last paragraph must hold.

    Returns:
        Its id, or None: no such commit was made.
    """
    wanted = set(_lines(trailers))
    patterns = [f"--grep={line}" for line in wanted]
    found = git.run("log", "-z", "--format=%H%n%B", "--fixed-strings", "--all-match", *patterns, tip, "--").fields
    for entry in found:
        commit, _, message = entry.partition("\n")
        if wanted <= set(message.strip().split("\n\n")[-1].splitlines()):
            return commit
    return None


def log(git: Git, span: str) -> tuple[Commit, ...]:
    """The commits of `span` (`A..B` or one id), newest first, at most 1,000."""
    entries = git.run("log", "-z", "--format=%H %s", "--max-count=1000", span, "--").fields
    return tuple(Commit(id=commit, subject=subject) for commit, _, subject in (e.partition(" ") for e in entries))


def plain(text: str) -> str:
    """The text without control and invisible formatting characters, except newlines and tabs."""
    kept = (char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    return "".join(kept)


def _lines(trailers: Mapping[str, str] | None) -> list[str]:
    for key, value in (trailers or {}).items():
        if not _KEY.fullmatch(key) or plain(value) != value or "\n" in value:
            raise GitFailed(f"trailer {key!a} is no single plain line: {ascii(value)[:80]}")
    return [f"{key}: {value}" for key, value in (trailers or {}).items()]
