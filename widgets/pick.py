"""One of a few words, on a line; which one is said by a sign, not by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from widgets.decision_bar import packed
from widgets.proposed import flat


class Pick(Static, can_focus=True):
    """Left, right and space go through the words; nothing is picked unless it is said.

    Args:
        words: To pick from; may be text of others.
        value: Picked at first; None for none.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "step(1)", show=False),
        Binding("left", "step(-1)", show=False),
    ]

    @dataclass
    class Changed(Message):
        """Another word was picked."""

        pick: Pick

        @property
        def control(self) -> Pick:
            """Where."""
            return self.pick

    def __init__(self, words: Sequence[str], value: str | None = None, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(classes="pick", id=id)
        self._words = tuple(words)
        self._place = self._words.index(value) if value in self._words else -1

    @property
    def value(self) -> str | None:
        """The word that is picked."""
        return self._words[self._place] if self._place >= 0 else None

    def pick(self, word: str) -> None:
        """Picks a word, without a message."""
        self._place = self._words.index(word)
        self.refresh(layout=True)

    def render(self) -> Content:
        """All words with their signs."""
        return packed([self._part(place) for place in range(len(self._words))], self.size.width)

    def _part(self, place: int) -> Content:
        picked = place == self._place
        style = "bold $primary" if picked and self.has_focus else "bold" if picked else ""
        return Content.styled("(•) " if picked else "( ) ", style) + flat(self._words[place]).stylize(style)

    def action_step(self, by: int) -> None:
        """Picks the next word, or the one before."""
        self._take((self._place + by) % len(self._words) if self._place >= 0 else 0)

    def _take(self, place: int) -> None:
        self.pick(self._words[place])
        self.post_message(self.Changed(self))

    def on_click(self, event: Click) -> None:
        """Picks the word under the pointer, where all are on one line."""
        offset = event.get_content_offset(self)
        end = 0
        for place in range(len(self._words)):
            end += self._part(place).cell_length + 3
            if offset is not None and offset.y == 0 and offset.x < end:
                self._take(place)
                return
