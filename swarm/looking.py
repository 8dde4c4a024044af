"""The steps that change nothing: looking at the workspace, at its past, at memory; and what only a watcher sees."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from swarm import frames as f
from swarm.errors import StepFailed, one_line
from swarm.found import History, Matches, Paths, Query, Text
from swarm.session import PRESENT
from swarm.steps import Steps
from swarm.values import Document, Value

V = TypeVar("V", bound=Value)

_LONGEST = 120  # characters of one word of a key


class Looking(Steps):
    """Each look is a step: recorded, not gated. Who looks again after a restart sees what was seen then.

    All of them raise `StepFailed` where there is nothing to see: no such file or commit, a path that must not be
    touched, a pattern that is none.
    """

    async def read(self, path: str) -> str:
        """The text of a file in the worktree, as it was when this step was first taken."""
        return str(await self._observe("read", path, lambda: self.engine.world.read(path)))

    async def files(self, pattern: str = "**") -> Paths:
        """The files of the worktree, those that git ignores left out.

        Args:
            pattern: A glob from its top: `*` stays within a folder, `**` crosses folders, as in `src/**/*.py`.
        """
        return await self._found("search", _key("files", pattern), Paths, lambda: self.engine.world.paths(pattern))

    async def search(
        self, pattern: str, *, paths: str = "**", regex: bool = False, ignore_case: bool = False, limit: int = 200
    ) -> Matches:
        """The lines that match, in the files of the worktree that are text.

        Args:
            pattern: Text, or a regular expression as Python reads it.
            paths: A glob of the files, as for `files`.
            regex: Whether it is a regular expression.
            ignore_case: Whether upper and lower case are the same.
            limit: The most lines that are wanted.
        """
        query = Query(pattern=pattern, paths=paths, regex=regex, ignore_case=ignore_case, limit=limit)
        case, where = "any case" if ignore_case else None, f"in {paths}" if paths != "**" else None
        words = _key("regex" if regex else "text", case, pattern, where)
        return await self._found("search", words, Matches, lambda: self.engine.world.search(query))

    async def git_log(self, path: str | None = None, *, limit: int = 20) -> History:
        """The newest commits of the run's branch, or those that changed a file or something in a folder."""
        return await self._found("git", _key("log", path), History, lambda: self.engine.world.log(path, limit))

    async def git_show(self, commit: str, path: str | None = None) -> Text:
        """What a commit says and changed, or with a path that file as it was at the commit.

        Args:
            commit: Of the run's branch: `HEAD` or 7 to 64 hexadecimal digits; `~n` behind it is the nth before.
            path: A file.
        """
        words = _key("show", commit, path)
        return await self._found("git", words, Text, lambda: self.engine.world.show(commit, path))

    async def git_diff(self, before: str, after: str = "HEAD", path: str | None = None) -> Text:
        """The unified diff between two commits, named as for `git_show`, of one file or folder or of all."""
        words = _key("diff", before, after, path)
        return await self._found("git", words, Text, lambda: self.engine.world.diff(before, after, path))

    async def recall(self, query: str) -> list[Document]:
        """What the memory of the run and of the workspace holds about a name or some words, the best first."""

        async def look() -> Any:
            found = await asyncio.to_thread(self.engine.memory.recall, self.state, query)
            return [document.model_dump() for document in found]

        found = await self._observe("recall", query, look)
        return [Document.model_validate(item) for item in found]

    async def remember(self, document: Document) -> None:
        """Keeps a text in the memory of the run."""

        async def keep() -> Any:
            return document.model_dump()

        await self._observe("remember", document.name, keep)

    async def _found(self, kind: f.StepKind, key: str, shape: type[V], look: Callable[[], Awaitable[V]]) -> V:
        async def value() -> Any:
            return (await look()).model_dump(mode="json")

        return shape.model_validate(await self._observe(kind, key, value))

    async def _observe(self, kind: f.StepKind, key: str, look: Callable[[], Awaitable[Any]]) -> Any:
        seq, step = self.next(kind, key)
        if step and step.ended >= 0:
            return (await self.recorded(step)).value
        async with self.pending():
            try:
                value = await look()
            except Exception as error:
                await self.fail(seq, kind, key, one_line(error))
                raise StepFailed(one_line(error)) from error
            await self.engine.ledger.note(f.StepEnded(node=self.id, seq=seq, step=kind, key=key, value=value))
            return value

    # What only a watcher sees: neither recorded nor read by a model

    def log(self, text: str) -> None:
        """Adds lines to the text that streams from the node; they stay until its next thought."""
        for line in text.splitlines():
            self.engine.calls.stream(self.id, f"\n{line}")

    def progress(self, text: str) -> None:
        """Says on one line how far the node is, in place of what it said so before; empty takes that back."""
        self.engine.calls.stream(self.id, f"\n{PRESENT}{' '.join(text.split())}")


def _key(*words: str | None) -> str:
    """The words of a step on one line, long ones cut."""
    return " ".join(word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…" for word in words if word is not None)
