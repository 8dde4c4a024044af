"""Writing a run to a file."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import options
from app.cli.output import put_json, say
from app.cli.replies import SnapshotShape
from app.cli.text import line
from app.cli.workspace import looking
from swarm.errors import UsageError
from swarm.snapshots import write_snapshot


@click.command("snapshot")
@options.run
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--frame", type=click.IntRange(min=1), metavar="N", help="As it was at this frame.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@options.as_json
@options.root
def snapshot_command(
    run: str | None, file: Path | None, frame: int | None, force: bool, root: Path, as_json: bool
) -> None:
    """Write RUN (the newest if none is named) to FILE, and the commits of its branch to a git bundle beside it.

    `swarm run --from FILE` goes on with it, also in another clone of the repository. FILE is RUN-FRAME.snapshot.json in
    the current directory unless it is named.
    """
    with looking(root) as home:
        name = home.find(run)
        path = file or Path(f"{name}-{home.state(name, frame).frame}.snapshot.json")
        if path.exists() and not force:
            raise UsageError(f"{path} is there already: name another file, or say --force")
        found = write_snapshot(home, name, path, frame)
    bundle = str(path.with_name(found.bundle)) if found.bundle else ""
    if as_json:
        put_json(SnapshotShape(run=name, frame=found.frame, file=str(path), bundle=bundle, commit=found.commit))
        return
    beside = f" and {line(bundle)}" if bundle else ""
    say(f"wrote {line(str(path))}{beside}: {name} at frame {found.frame}")
    say(f"`swarm run --from {line(str(path))}` goes on from it")
