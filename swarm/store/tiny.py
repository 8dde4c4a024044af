"""The Store in a TinyDB file that is replaced as a whole, never written in place."""

import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Document as TinyDocument
from tinydb.table import Table

from swarm.errors import Damaged, HistoryError
from swarm.store.files import exclusive, replace_file
from swarm.store.keyed import Document, DocumentStore
from swarm.store.upgrade import TABLES, Steps, check_version, keep_old, upgrade

VERSION = 1
_FORMAT = "format"


class AtomicStorage(Storage):
    """A TinyDB storage whose file a crash, a full disk or a reader never sees half-written.

    Beside TinyDB's tables the file holds one called `format` with the version of the format; it is not shown to TinyDB.

    Args:
        path: The file; made by the first write.
        steps: By which tables of older versions are read.
    """

    def __init__(self, path: Path, steps: Steps = TABLES) -> None:
        self.path = path
        self._steps = steps

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Return the tables as of today's version, None if there is no file.

        Raises:
            Damaged: The file is not what `write` wrote.
            NewerFormat, OlderFormat: It is of a version that cannot be read.
            HistoryError: It cannot be read.
        """
        return self._file()[1]

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Replace the file; one of an older version is kept beside it, with `.v<version>` in its name.

        Raises:
            WriteFailed: The old file is still there.
            ValueError: A number is not finite.
            HistoryError: It cannot be read, as `read` says.
        """
        version, _ = self._file()
        tables = {_FORMAT: {"1": {"version": VERSION}}, **data}
        if version < VERSION:
            keep_old(self.path, version)
        replace_file(self.path, json.dumps(tables, allow_nan=False).encode())

    def _file(self) -> tuple[int, dict[str, dict[str, Any]] | None]:
        """The version that the file is written in, and its tables as of today's."""
        try:
            tables = json.loads(self.path.read_bytes())
            version = check_version(self.path, tables.pop(_FORMAT)["1"]["version"], VERSION, self._steps)
            tables = upgrade(tables, version, VERSION, self._steps)
            return version, {str(name): dict(table) for name, table in tables.items()}
        except FileNotFoundError:
            return VERSION, None
        except OSError as error:
            raise HistoryError(f"{self.path}: cannot be read ({error.strerror}); check its permissions") from error
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Damaged(f"{self.path}: this is not a store of this program; restore it from a backup") from error


class _StringTable(Table):
    document_id_class = str  # type: ignore[assignment]  # TinyDB's own types know whole numbers only


class TinyStore(DocumentStore):
    """A `Store` in one TinyDB file that several processes and threads may use at once.

    Each change takes a lock file beside it, reads anew, and replaces the file: 1,000 documents cost milliseconds, so
    it is nothing to do once per frame.

    Args:
        path: The file, in a folder that exists; made by the first `put`.
        steps: By which a file of an older version is read; none where what it holds can be made anew.
    """

    def __init__(self, path: Path, steps: Steps = TABLES) -> None:
        self._path = path
        self._lock_file = path.with_name(f"{path.name}.lock")
        self._db = _Database(path, steps=steps, storage=AtomicStorage)
        self._table = self._db.table(TinyDB.default_table_name)

    def _exclusive(self) -> AbstractContextManager[object]:
        return exclusive(self._lock_file)

    def _load(self, doc_id: str) -> Document | None:
        found = self._table.get(doc_id=doc_id)  # type: ignore[call-overload]
        return self._document(found) if found else None

    def _save(self, doc_id: str, document: Document) -> None:
        fields = document._asdict()
        if self._table.contains(doc_id=doc_id):  # type: ignore[arg-type]
            self._table.update(fields, doc_ids=[doc_id])  # type: ignore[list-item]
        else:
            self._table.insert(TinyDocument(fields, doc_id))  # type: ignore[arg-type]

    def _all(self) -> Iterable[tuple[str, Document]]:
        return [(str(found.doc_id), self._document(found)) for found in self._table]

    def _document(self, found: TinyDocument) -> Document:
        try:
            return Document(**found)
        except TypeError as error:
            raise Damaged(f"{self._path}: {found.doc_id} is not as it was written; restore it from a backup") from error


class _Database(TinyDB):
    table_class = _StringTable
