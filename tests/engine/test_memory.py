"""What a workspace keeps beyond its runs: one document for each name."""

from __future__ import annotations

import re

import pytest

from swarm.spaces.memory import Memory, key_of
from swarm.store.keyed import MemoryStore
from swarm.values import Document

NAMES = ["结果", "笔记", "a-b", "A b", "a b", "A-B", "a" * 81, "a" * 82, "-", "unnamed", "notes.md", "\ud800"]


def texts(memory: Memory) -> dict[str, str]:
    return {document.name: document.text for document in memory.kept()}


def test_documents_of_different_names_do_not_overwrite_each_other() -> None:
    memory = Memory(MemoryStore())
    for name in NAMES:
        memory.keep(Document(name=name, text=f"text of {name!a}"))
    assert texts(memory) == {name: f"text of {name!a}" for name in NAMES}


def test_a_document_takes_the_place_of_one_of_its_name() -> None:
    memory = Memory(MemoryStore())
    for text in ("old", "new"):
        memory.keep(Document(name="A b", text=text))
    assert texts(memory) == {"A b": "new"}
    assert len(memory.kept()) == 1


@pytest.mark.parametrize("name", ["notes", "wc-1.md", "2026"])
def test_a_name_that_is_a_key_already_is_its_own_key(name: str) -> None:
    assert key_of(name) == name


@pytest.mark.parametrize(("name", "slug"), [("A b", "a-b"), ("结果", "unnamed"), ("x" * 99, "x" * 80)])
def test_any_other_name_has_its_digest_in_the_key(name: str, slug: str) -> None:
    assert re.fullmatch(rf"{slug}_[0-9a-f]{{8}}", key_of(name))


def test_what_older_versions_kept_stays_readable_and_gives_way_to_what_is_newer() -> None:
    store = MemoryStore()
    for key, name in (("a-b", "A b"), ("unnamed", "结果")):
        store.put("memory_space", key, Document(name=name, text="old").model_dump())
    memory = Memory(store)
    memory.keep(Document(name="笔记", text="new"))
    memory.keep(Document(name="A b", text="new"))
    assert texts(memory) == {"A b": "new", "结果": "old", "笔记": "new"}
