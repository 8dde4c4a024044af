"""Where everything lies below a workspace."""

import re
from pathlib import Path

from swarm.errors import Conflict, PathRefused, UsageError
from swarm.store.files import make_folder, replace_file, sync_folder, write_errors

ROOT = ".swarm"
STORE = "swarm_default_kv_store.db"
HISTORY = "history.jsonl"
RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


def check_run_id(run_id: str) -> str:
    """Return the id of a run if it may be one.

    Raises:
        UsageError: It may not: ids are used as names of folders, branches and keys.
    """
    if not RUN_ID.fullmatch(run_id):
        raise UsageError(
            f"{run_id!r} is no run id: use up to 41 lower-case letters, digits and hyphens, with no hyphen in front"
        )
    return run_id


class SwarmFolder:
    """The `.swarm` folder of a workspace.

    Args:
        workspace: The top folder of the user's repository.
    """

    def __init__(self, workspace: Path) -> None:
        self.root = workspace / ROOT

    @property
    def db(self) -> Path:
        """The TinyDB file that all runs of the workspace share."""
        return self.root / STORE

    @property
    def blobs(self) -> Path:
        """The folder of content-addressed data."""
        return self.root / "blobs"

    @property
    def runs(self) -> Path:
        """The folder that holds one folder per run."""
        return self.root / "runs"

    def run_dir(self, run_id: str) -> Path:
        """The folder of one run; raises `UsageError` for what cannot be a run id."""
        return self.runs / check_run_id(run_id)

    def history(self, run_id: str) -> Path:
        """The journal of one run."""
        return self.run_dir(run_id) / HISTORY

    def checkpoint(self, run_id: str) -> Path:
        """The TinyDB file with a checkpoint of one run."""
        return self.run_dir(run_id) / STORE

    def worktree(self, run_id: str) -> Path:
        """The git worktree of one run."""
        return self.run_dir(run_id) / "worktree"

    def ensure(self) -> None:
        """Make the folder: private to its owner, ignored by git.

        Raises:
            WriteFailed: It cannot be made or changed.
            PathRefused: It is a symbolic link, so what is written would land elsewhere.
        """
        with write_errors(self.root):
            if self.root.is_symlink():
                raise PathRefused(f"{self.root} is a symbolic link: replace it by a folder of its own")
            for folder in (self.root, self.blobs, self.runs):
                make_folder(folder)
            if self.root.stat().st_mode & 0o077:
                self.root.chmod(0o700)
            ignore = self.root / ".gitignore"
            if not ignore.exists():
                replace_file(ignore, b"*\n")

    def begin(self, run_id: str) -> None:
        """Make the folder of a new run, and whatever is missing above it.

        Raises:
            Conflict: It is there already: the id is another run's.
            WriteFailed: It cannot be made.
        """
        self.ensure()
        path = self.run_dir(run_id)
        with write_errors(path):
            try:
                path.mkdir(mode=0o700)
            except FileExistsError:
                raise Conflict(f"{path}: there is a run of this id already; choose another one") from None
            sync_folder(path.parent)

    def run_ids(self) -> list[str]:
        """The ids of all runs that have a history, sorted."""
        return sorted(path.parent.name for path in self.runs.glob(f"*/{HISTORY}") if RUN_ID.fullmatch(path.parent.name))
