"""Content-addressed data: what is too big for a frame."""

import re
from hashlib import blake2b
from pathlib import Path

from swarm.errors import Damaged
from swarm.store.files import make_folder, replace_file, write_errors

_DIGEST = re.compile(r"[0-9a-f]{64}")


def digest_of(data: bytes) -> str:
    """The name of some data: its BLAKE2b-256 digest, 64 hexadecimal digits."""
    return blake2b(data, digest_size=32).hexdigest()


class Blobs:
    """A folder of blobs, each in a file named by its digest, below two levels of folders.

    Args:
        folder: Made when the first blob is put.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Keep some data and return its digest; what is there already is not written again, unless it was damaged.

        Raises:
            WriteFailed: It could not be kept.
        """
        digest = digest_of(data)
        path = self._path(digest)
        with write_errors(path):
            is_there = path.is_file() and path.read_bytes() == data
        if not is_there:
            make_folder(path.parent)
            replace_file(path, data)
        return digest

    def get(self, digest: str) -> bytes:
        """Return the data of a digest.

        Raises:
            Damaged: It is missing, or is no longer what was put.
        """
        if not _DIGEST.fullmatch(digest):
            raise Damaged(f"{digest!r} is no digest of a blob")
        path = self._path(digest)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Damaged(f"{path}: this blob cannot be read ({error.strerror}); restore it from a backup") from error
        if digest_of(data) != digest:
            raise Damaged(f"{path}: this blob does not fit its digest; restore it from a backup")
        return data

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest[2:4] / digest
