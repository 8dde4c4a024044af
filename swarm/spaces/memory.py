"""The memory: what a run was given and kept, and what the workspace keeps beyond its runs."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING

from swarm.state import Swarm
from swarm.values import Document

if TYPE_CHECKING:
    from swarm.store.keyed import Store

_MOST = 5
_WORD = re.compile(r"\w+")


class Memory:
    """Documents of the run and of the workspace.

    Args:
        store: Where the workspace keeps its own; None for a run without a workspace.
    """

    def __init__(self, store: Store | None = None) -> None:
        self._store = store

    def recall(self, state: Swarm, query: str) -> list[Document]:
        """The documents that share most words with the query, a document of that very name first; five at most."""
        documents = {document.name: document for document in [*self.kept(), *state.memory.values()]}
        wanted = _words(query)
        scored = [(_score(document, query, wanted), document) for document in documents.values()]
        scored = sorted((pair for pair in scored if pair[0]), key=lambda pair: (-pair[0], pair[1].name))
        return [document for _, document in scored[:_MOST]]

    def kept(self) -> list[Document]:
        """What the workspace keeps, each name once."""
        items = self._store.items("memory_space") if self._store else {}
        # The key of older versions, which had no digest, comes before the one that is written now.
        documents = (Document.model_validate(items[key]) for key in sorted(items))
        return list({document.name: document for document in documents}.values())

    def keep(self, document: Document) -> None:
        """Keeps a document for the workspace, in place of one of the same name."""
        if self._store:
            self._store.put("memory_space", key_of(document.name), document.model_dump())


def key_of(name: str) -> str:
    """The key under which the store keeps a document of this name, and of no other one."""
    slug = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")[:80]
    if name and slug == name:
        return name
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{slug or 'unnamed'}_{digest}"


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}


def _score(document: Document, query: str, wanted: set[str]) -> int:
    if document.name.lower() == query.strip().lower():
        return len(wanted) * 10 + 1
    return 3 * len(wanted & _words(document.name)) + len(wanted & _words(document.text))
