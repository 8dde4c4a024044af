"""What differs between two trees, and what is dirty in a worktree."""

from swarm.found import FileChange
from swarm.store.blobs import digest_of
from swarm.workspace.files import TEMPORARY
from swarm.workspace.git import Git

# Never committed: made by a command, the engine's folder would land in the person's own at the merge.
OWN = (":(exclude,top,icase).swarm", f":(exclude,top,glob)**/{TEMPORARY}*")
PLAIN = ("--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")
"""With these, `git diff-tree` shows what differs and runs nothing for it."""


def diff(git: Git, before: str, after: str) -> tuple[FileChange, ...]:
    """What changed from one tree or commit to another, by path; renames are a deletion and an addition."""
    fields = iter(git.run("diff-tree", *PLAIN, "-r", "-z", "--raw", "--numstat", before, after).fields)
    status: dict[str, str] = {}
    found = []
    for field in fields:
        if field.startswith(":"):  # the raw part comes first: `:modes ids status`, then the path
            status[next(fields)] = field.rsplit(" ", 1)[1]
        else:
            added, removed, path = field.split("\t", 2)
            counts = {"added": _count(added), "removed": _count(removed)}
            found.append(FileChange.model_validate({"path": path, "status": status[path], **counts}))
    return tuple(found)


def content(git: Git, before: str, after: str) -> str:
    """A digest of what the files that differ hold afterwards, and of their modes; of no others."""
    fields = iter(git.run("diff-tree", *PLAIN, "-r", "-z", "--raw", "--no-abbrev", before, after).fields)
    kept = []
    for field in fields:  # `:mode mode id id status`, each before and after; then the path
        _, mode, _, blob, _ = field.split(" ")
        kept.append(f"{mode} {blob} {next(fields)}")
    return digest_of("\0".join(kept).encode("utf-8", "surrogateescape"))


def patch(git: Git, before: str, after: str, path: str | None = None) -> str:
    """The same as a unified diff, of one file or of all; bytes that are no UTF-8 are escaped."""
    chosen = ["--", f":(top,literal){path}"] if path is not None else []
    return git.run("diff-tree", *PLAIN, "-r", "-p", "--no-color", before, after, *chosen).text


def dirty_paths(git: Git) -> list[str]:
    """Files that differ from the last commit or are untracked and not ignored; nested repositories are not entered."""
    command = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all")
    paths = (entry[3:] for entry in git.run(*command, "--", ":(top)", *OWN).fields)
    return sorted(path for path in paths if not path.endswith("/"))


def _count(number: str) -> int | None:
    return None if number == "-" else int(number)
