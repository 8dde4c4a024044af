"""How what an older version of the program wrote is read: in steps, each from one version of a format to the next.

Whoever changes a format so that files of before no longer read as they are raises its `VERSION` and adds the step from
the one before. A step is pure and gets parsed JSON: one frame, all tables of a store, or a whole snapshot. As snapshots
hold frames, a new version of frames is a new version of snapshots too.
"""

import os
from collections.abc import Callable, Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any

from swarm.errors import NewerFormat, OlderFormat
from swarm.store.files import sync_folder, write_errors

Steps = Mapping[int, Callable[[Any], Any]]
"""By the version that a step starts from."""

FRAMES: Steps = {}
TABLES: Steps = {}
SNAPSHOTS: Steps = {}


def check_version(path: Path, version: object, now: int, steps: Steps) -> int:
    """Return the version of a file, if what it holds can be read.

    Args:
        path: The file, named in errors.
        version: That it says it was written in.
        now: The version that is written today.
        steps: That there are for its format.

    Raises:
        ValueError: It is no version.
        NewerFormat: A later version of the program wrote it.
        OlderFormat: A step from it to the version of today is missing.
    """
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"{version!r} is no version of a format")
    if version > now:
        raise NewerFormat(f"{path}: written in format {version}, this program reads {now}: use a newer version of it")
    if any(older not in steps for older in range(version, now)):
        raise OlderFormat(
            f"{path}: written in format {version}, which this program no longer reads: use an older version of it"
        )
    return version


def upgrade(value: Any, version: int, now: int, steps: Steps) -> Any:
    """Return a value of a version that `check_version` let pass as it would be written today."""
    for older in range(version, now):
        value = steps[older](value)
    return value


def keep_old(path: Path, version: int) -> Path:
    """Give a file that is about to be replaced by one of a newer format a second name, such as `history.v1.jsonl`.

    Returns:
        That name; a number is added to it where another file has it already.

    Raises:
        WriteFailed: It cannot be given.
    """
    first = path.with_name(f"{path.stem}.v{version}{path.suffix}")
    names = chain([first], (first.with_stem(f"{first.stem}-{n}") for n in count(2)))
    with write_errors(path):
        kept = next(name for name in names if not name.exists() or name.samefile(path))
        if not kept.exists():
            os.link(path, kept)
            sync_folder(path.parent)
    return kept
