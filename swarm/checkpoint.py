"""A run's state at one of its frames, kept so that its history need not be folded from the start.

A checkpoint is never the truth: it is bound to the frame that it was made at and to the code that folded it. Whatever
does not fit is passed over, and may be deleted at any time.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zlib import compress, decompress

from pydantic import TypeAdapter, ValidationError

from swarm.bulk import bulk
from swarm.errors import Damaged, HistoryError, NewerFormat, OlderFormat
from swarm.state import Swarm
from swarm.store.tiny import TinyStore

_STATE = TypeAdapter(Swarm)
_CODE = ("fold.py", "folding", "frames.py", "proposals.py", "records.py", "state.py", "values.py")


class Checkpoint:
    """The checkpoint of one run, in its TinyDB file: `swarm_state`, and `current_frame`.

    The state is JSON, compressed: a tenth of the size, and quicker to read for that.

    Args:
        path: The file, in a folder that exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store = TinyStore(path, steps={})

    def save(self, state: Swarm, line: bytes) -> None:
        """Replaces what is kept.

        Args:
            state: At a frame.
            line: The frame, as the history holds it.

        Raises:
            WriteFailed: If it could not be written; what was there still is.
        """
        with bulk():
            data = b64encode(compress(_STATE.dump_json(state))).decode()
        value = {
            "frame": state.frame,
            "of": _digest(line),
            "code": _code(),
            "sum": _digest(data.encode()),
            "json": data,
        }
        try:
            self._put(value)
        except (Damaged, NewerFormat, OlderFormat):
            self._path.unlink()
            self._put(value)

    def _put(self, value: dict[str, Any]) -> None:
        self._store.put("swarm_state", "checkpoint", value)
        self._store.put("swarm_history", "current_frame", value["frame"])

    def load(self, upto: int, line_of: Callable[[int], bytes]) -> Swarm | None:
        """The state that is kept; None if there is none, it is of a later frame, or it does not fit the history.

        Args:
            upto: The last frame that it may have been made at.
            line_of: Gives a frame by its number, as the history holds it.
        """
        try:
            found = self._store.get("swarm_state", "checkpoint")
            value: Any = found[0] if found else None
            if value is None or value["frame"] > upto or not _fits(value, line_of(value["frame"])):
                return None
            with bulk():
                return _STATE.validate_json(decompress(b64decode(value["json"])))
        except (HistoryError, ValidationError, KeyError, TypeError):
            return None


def _fits(value: dict[str, Any], line: bytes) -> bool:
    return (value["of"], value["code"], value["sum"]) == (_digest(line), _code(), _digest(value["json"].encode()))


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


@cache
def _code() -> str:
    """Digest of the code that makes states: another version of it may fold the same frames to another state."""
    here = Path(__file__).parent
    files = sorted(path for name in _CODE for path in (here / name).glob("*.py")) + [here / name for name in _CODE]
    return _digest(b"".join(path.read_bytes() for path in files if path.is_file()))
