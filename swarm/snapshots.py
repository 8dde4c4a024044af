"""Snapshots on disk: writing one with its git bundle, and beginning a run from one."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from swarm import frames as f
from swarm.errors import Damaged, GitFailed, WorkspaceError
from swarm.fold import fold
from swarm.forking import forked
from swarm.forks import numbered, written
from swarm.home import Home
from swarm.snapshot import Snapshot, digests, read_snapshot, snapshot
from swarm.store.blobs import Blobs, digest_of
from swarm.store.files import replace_file
from swarm.store.layout import Origin
from swarm.values import Level


def write_snapshot(home: Home, run: str, path: Path, frame: int | None = None) -> Snapshot:
    """Writes a run as it was at a frame (the last one if None), and beside it the commits of its branch.

    The bundle, named like the file, leaves out what every clone of the repository's remotes has.

    Raises:
        UsageError: If the run has no such frame.
        SwarmError: If something cannot be read or written.
    """
    state = home.state(run, frame)
    frames = list(home.frames(run, upto=state.frame))
    store = Blobs(home.folder.blobs)
    blobs = {digest: store.get(digest) for digest in digests(frames)}
    bundle = path.with_suffix(".bundle")
    made = _bundle(home, bundle, state.commit)
    found = snapshot(state, frames, bundle.name if made else "", blobs)
    replace_file(path, json.dumps(found.model_dump(mode="json"), ensure_ascii=False).encode())
    return found


def _bundle(home: Home, path: Path, commit: str) -> bool:
    """Whether there is anything to put in a bundle; it is written then."""
    git = home.repository.git
    wanted = (git.commit(commit), "--not", "--remotes")
    if not git.run("rev-list", "--max-count=1", *wanted).text:
        return False
    name = f"refs/swarm/snapshot/{commit}"
    git.run("update-ref", name, commit)  # a bundle holds refs, and a commit on the way has none
    try:
        git.run("bundle", "create", "--quiet", str(path.absolute()), name, *wanted[1:])
    finally:
        git.run("update-ref", "-d", name)
    return True


async def begin_from(home: Home, path: Path, level: Level = "step", model: str = "") -> str:
    """Makes a run that goes on from a snapshot; its worktree has the files of that moment.

    What had begun and not ended, or was only approved, is proposed anew; no permission comes along.

    Args:
        home: Where the run is made.
        path: The snapshot; its bundle lies beside it.
        level: The autonomy of the run from here on.
        model: Who thinks from here on; as it was if empty.

    Returns:
        Its id.

    Raises:
        UsageError: If the file is no snapshot.
        Damaged: If it, its bundle or a blob is not as it was written.
        Refused: If the run had ended there.
        WorkspaceError: If this repository lacks commits that the bundle builds on.
    """
    found, blobs = await asyncio.to_thread(read_snapshot, path)
    frames = found.history
    state = fold(frames)
    new = found.run if found.run not in home.folder.run_ids() else home.new_id(state.title)
    by = home.repository.human.name
    first = f.RunForked(
        run=new,
        origin=found.run,
        at_frame=found.frame,
        branch=f"swarm/{new}",
        commit=found.commit,
        by=by,
        imported=True,
    )
    added = [*forked(state, first), f.LevelSet(level=level, by=by)]
    added += [f.ModelSet(model=model, by=by)] if model else []
    await asyncio.to_thread(_take_commits, home, path, found)
    await asyncio.to_thread(_take_blobs, home, path, blobs)
    lines = [f.encode(frame) for frame in (*frames, *numbered(state, added))]
    await written(home, new, Origin(run=found.run, frame=found.frame), first, lines)
    return new


def _take_commits(home: Home, path: Path, found: Snapshot) -> None:
    git = home.repository.git
    if found.bundle:
        bundle = (path.parent / Path(found.bundle).name).absolute()
        if not bundle.is_file():
            raise WorkspaceError(f"{bundle}: the snapshot's commits are missing: put the bundle beside the snapshot")
        try:
            git.run("bundle", "verify", "--quiet", str(bundle))
            git.run("bundle", "unbundle", str(bundle))
        except GitFailed as error:
            raise WorkspaceError(
                f"{bundle} does not fit {home.root} ({error}): fetch what the run began from, then try again"
            ) from None
    try:
        git.commit(found.commit)
    except GitFailed:
        raise WorkspaceError(
            f"{home.root} lacks commit {found.commit[:10]} of the snapshot: fetch from where the run was made"
        ) from None


def _take_blobs(home: Home, path: Path, blobs: dict[str, bytes]) -> None:
    home.folder.ensure()
    store = Blobs(home.folder.blobs)
    for digest, data in blobs.items():
        if digest_of(data) != digest:
            raise Damaged(f"{path}: a blob of this snapshot does not fit its digest: write the snapshot again")
        store.put(data)
