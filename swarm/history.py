"""The recorded frames of a run, read from disk as far as they can be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from swarm import frames as f
from swarm.errors import Damaged
from swarm.fold import apply
from swarm.state import Swarm
from swarm.store.journal import Journal


class History:
    """A history, read-only, also while another process writes it; made by `read`.

    Args:
        journal: That holds it.
        tolerate: Whether what comes before any damage is wanted, instead of `Damaged`.

    Attributes:
        damage: Why it ends early, in one line; empty if it does not.
    """

    def __init__(self, journal: Journal, tolerate: bool) -> None:
        self._journal, self._tolerate = journal, tolerate
        self.damage = journal.damage or ""

    @property
    def last(self) -> int:
        """The number of the last frame, -1 if there is none."""
        return self._journal.last

    def line(self, frame: int) -> bytes:
        """One frame as it was written."""
        return self._journal.one(frame)

    def frames(self, after: int = -1, upto: int | None = None) -> Iterator[f.Frame]:
        """The frames with numbers above `after`, up to and with `upto`.

        Raises:
            Damaged: If one cannot be read, unless that is tolerated.
        """
        try:
            yield from decoded(self._journal.read(after, upto), max(after, -1) + 1, str(self._journal.path))
        except Damaged as error:
            if not self._tolerate:
                raise
            self.damage = str(error)

    def folded(self, state: Swarm, upto: int | None = None) -> Swarm:
        """The state after the frames that follow a state, up to and with `upto`.

        Raises:
            Damaged: If one cannot be read, or does not follow from those before it, unless that is tolerated.
        """
        for frame in self.frames(state.frame, upto):
            try:
                state = apply(state, frame)
            except Damaged as error:
                self.damage = f"{self._journal.path}: {error}"
                if self._tolerate:
                    break
                raise Damaged(self.damage) from error
        return state


@contextmanager
def read(path: Path, *, tolerate: bool) -> Iterator[History]:
    """Opens a history and checks all of it.

    Args:
        path: Of the journal.
        tolerate: Read what comes before any damage; `History.damage` then says what is wrong.

    Raises:
        UnknownName: If there is none.
        Damaged: If it is damaged, or not even its first line is whole.
        NewerFormat: If a later version wrote it.
    """
    with closing(Journal.open(path, write=False, tolerate=tolerate)) as journal:
        yield History(journal, tolerate)


def decoded(lines: Iterable[bytes], first: int, where: str) -> Iterator[f.Frame]:
    """The frames that lines hold.

    Args:
        lines: As the journal gives them.
        first: Number of the first of them.
        where: They are from, for the error.

    Raises:
        Damaged: If one is no frame that this version of the program knows.
    """
    for number, line in enumerate(lines, first):
        try:
            yield f.decode(line)
        except Damaged as error:
            raise Damaged(f"{where}: damaged from frame {number} on: {error}") from None
