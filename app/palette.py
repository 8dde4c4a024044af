"""The palette: every command of the screen that is shown, by its words, and everything that waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar, Protocol, runtime_checkable

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from app.keys import PROGRAM, Changed, Key, first
from widgets import safe

Run = Callable[[], object]


@runtime_checkable
class HasCommands(Protocol):
    """A screen with commands of its own."""

    COMMAND_KEYS: ClassVar[tuple[Key, ...]]

    def jumps(self) -> Iterator[tuple[str, Run]]:
        """What can be gone to, in untrusted words, and how."""


@runtime_checkable
class HasKeys(Protocol):
    """An app whose keys a person may have changed."""

    changed_keys: Changed


class SwarmCommands(Provider):
    """Offers the commands of `app/keys.py`, each with its keys before it."""

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for words, bound, run in self._commands():
            yield DiscoveryHit(_shown(words, bound), run, text=words)

    async def search(self, query: str) -> Hits:
        """Those whose words match."""
        matcher = self.matcher(query)
        for words, bound, run in self._commands():
            score = matcher.match(words)
            if score > 0:
                yield Hit(score, _shown(words, bound), run, text=words)

    def _commands(self) -> Iterator[tuple[str, str, Run]]:
        screen, changed = self.screen, self.app.changed_keys if isinstance(self.app, HasKeys) else {}
        if isinstance(screen, HasCommands):
            for words, run in screen.jumps():
                yield safe.line(words), "", run
            for key in screen.COMMAND_KEYS:
                yield key.words, first(key.id, changed), partial(screen.run_action, key.action)
        for key in PROGRAM:
            yield key.words, first(key.id, changed), partial(self.app.run_action, key.action)


def _shown(words: str, bound: str) -> Content:
    """One line: a plain string would be read as markup."""
    return Content.assemble((f"{bound:>9}  ", "$text-muted"), words)
