"""The seam for values: JSON under `(category, key)` with a version for compare-and-swap, and one that is in memory."""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager
from threading import Lock
from typing import Literal, NamedTuple, Protocol, get_args

from pydantic import JsonValue

from swarm.errors import Conflict, UsageError

Category = Literal["action_space", "memory_space", "util_space", "swarm_state", "swarm_history", "runs"]

_KEY = re.compile(r"[A-Za-z0-9.-]([A-Za-z0-9._-]{0,198}[A-Za-z0-9.-])?")


class Store(Protocol):
    """Values with versions. A version grows by one with each change of a key, also over a deletion.

    Keys are up to 200 ASCII letters, digits, `.`, `-` and, except at the ends, `_`; case counts. Anything else, and an
    unknown category, raises `UsageError`. Values are JSON; NaN and infinity raise `ValueError`.
    """

    def get(self, category: Category, key: str) -> tuple[JsonValue, int] | None:
        """Return a value of its own and its version, None if there is none."""

    def put(self, category: Category, key: str, value: JsonValue, expected: int | None = None) -> int:
        """Set a value and return its version.

        Args:
            category: Where it belongs.
            key: Its name in there.
            value: What is kept.
            expected: The version that it must have until now; 0: it must not exist; None: whatever it is.

        Raises:
            Conflict: It has another version.
            WriteFailed: It could not be kept; the old value is still there.
        """

    def delete(self, category: Category, key: str, expected: int | None = None) -> None:
        """Remove a value; raises like `put`. Removing what is not there does nothing."""

    def items(self, category: Category) -> dict[str, JsonValue]:
        """Return all values of a category by key, sorted."""


def document_id(category: Category, key: str) -> str:
    """Return `{category}_{key}`: no two pairs share one, as no category is another one's beginning before a `_`."""
    if category not in get_args(Category):
        raise UsageError(f"{category!r} is no category: use one of {', '.join(get_args(Category))}")
    if not _KEY.fullmatch(key):
        raise UsageError(f"{key!r} is no key: use up to 200 letters, digits, '.', '-', and '_' within")
    return f"{category}_{key}"


class Document(NamedTuple):
    """What is kept for a key; of a deleted one its version alone remains."""

    version: int
    value: JsonValue
    live: bool


class DocumentStore(ABC):
    """A `Store` over anything that can load and save documents by id."""

    def get(self, category: Category, key: str) -> tuple[JsonValue, int] | None:
        """See `Store.get`."""
        found = self._load(document_id(category, key))
        return (found.value, found.version) if found and found.live else None

    def put(self, category: Category, key: str, value: JsonValue, expected: int | None = None) -> int:
        """See `Store.put`."""
        doc_id = document_id(category, key)
        with self._exclusive():
            found = self._expect(doc_id, expected)
            version = found.version + 1 if found else 1
            self._save(doc_id, Document(version, value, live=True))
        return version

    def delete(self, category: Category, key: str, expected: int | None = None) -> None:
        """See `Store.delete`."""
        doc_id = document_id(category, key)
        with self._exclusive():
            found = self._expect(doc_id, expected)
            if found and found.live:
                self._save(doc_id, Document(found.version + 1, None, live=False))

    def items(self, category: Category) -> dict[str, JsonValue]:
        """See `Store.items`."""
        start = f"{category}_"
        return {
            doc_id.removeprefix(start): document.value
            for doc_id, document in sorted(self._all())
            if document.live and doc_id.startswith(start)
        }

    def _expect(self, doc_id: str, expected: int | None) -> Document | None:
        found = self._load(doc_id)
        version = found.version if found and found.live else 0
        if expected is not None and expected != version:
            raise Conflict(f"{doc_id} has version {version}, not {expected}: read it again")
        return found

    @abstractmethod
    def _exclusive(self) -> AbstractContextManager[object]:
        """Keep all other writers out."""

    @abstractmethod
    def _load(self, doc_id: str) -> Document | None: ...

    @abstractmethod
    def _save(self, doc_id: str, document: Document) -> None: ...

    @abstractmethod
    def _all(self) -> Iterable[tuple[str, Document]]: ...


class MemoryStore(DocumentStore):
    """A `Store` that lasts as long as its process."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._lock = Lock()

    def _exclusive(self) -> AbstractContextManager[object]:
        return self._lock

    def _load(self, doc_id: str) -> Document | None:
        text = self._texts.get(doc_id)
        return Document(*json.loads(text)) if text else None

    def _save(self, doc_id: str, document: Document) -> None:
        self._texts[doc_id] = json.dumps(document, allow_nan=False)

    def _all(self) -> Iterable[tuple[str, Document]]:
        return [(doc_id, Document(*json.loads(text))) for doc_id, text in list(self._texts.items())]
