"""The bundled examples: each is copied into a git repository of its own before anything is done with it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from swarm.errors import UnknownName

_PACKAGED = Path(__file__).parent / "examples"
_IN_CHECKOUT = Path(__file__).parent.parent / "examples"


def folder() -> Path:
    """Where the examples lie: in the installed package, else in the checkout."""
    return _PACKAGED if _PACKAGED.is_dir() else _IN_CHECKOUT


def names() -> list[str]:
    """The names of the examples."""
    return sorted(path.parent.name for path in folder().glob("*/plan.md"))


def copy(name: str, into: Path | None = None) -> Path:
    """Copies an example, its plan with it, into a fresh git repository with one commit.

    Args:
        name: Of the example.
        into: An empty or missing folder; a new one in the temporary directory if None.

    Returns:
        The top folder of the repository; the plan is its `plan.md`.

    Raises:
        UnknownName: If there is no such example.
    """
    from swarm.workspace.commits import SWARM
    from swarm.workspace.repository import Repository

    if name not in names():
        raise UnknownName(f"no example {name}: there are {', '.join(names())}")
    root = into or Path(tempfile.mkdtemp(prefix=f"swarm-{name}-"))
    shutil.copytree(folder() / name / "repository", root, dirs_exist_ok=True)
    shutil.copy(folder() / name / "plan.md", root / "plan.md")
    git = Repository.init(root).git
    people = {f"GIT_{role}_NAME": SWARM.name for role in ("AUTHOR", "COMMITTER")}
    people |= {f"GIT_{role}_EMAIL": SWARM.email for role in ("AUTHOR", "COMMITTER")}
    git.run("add", "--all")
    git.run("commit", "--quiet", "--message", f"The {name} example", environment=people)
    return root


def main() -> None:
    """Opens the app on a fresh copy of the example that is named on the command line."""
    from app.main import main as swarm

    root = copy(sys.argv[1] if len(sys.argv) > 1 else "wordcount")
    print(f"a fresh copy of the example lies in {root}")
    swarm(["run", str(root / "plan.md"), "--root", str(root)])


if __name__ == "__main__":
    main()
