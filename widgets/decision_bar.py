"""The bar of decision keys: dim until it is armed, deaf to keys that came by accident."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from textual.content import Content
from textual.events import Key
from textual.timer import Timer
from textual.widgets import Static

from widgets.arming import ALONE, Arming
from widgets.offers import Offer

TOO_SOON = "too soon: press it once, alone"

_CAPITAL = "shift+"
_GAP = "   "
_SAID = 2.0
_SOON = 0.005


class DecisionBar(Static):
    """Shows what can be decided, and hands on a key once it is certain that it was meant.

    Args:
        take: Called with the name of the offer; at once, so that nothing can come between.
        keys: Decision keys and the names of what they do.
        clock: Tells seconds, on the axis of the time of events.
    """

    def __init__(
        self, take: Callable[[str], None], keys: Mapping[str, str], clock: Callable[[], float] = monotonic
    ) -> None:
        super().__init__(classes="decision-bar")
        self._take, self._keys, self._arming = take, keys, Arming(clock)
        self._offers: Sequence[Offer] = ()
        self._aside, self._words = "", Content("")
        self._said: Timer | None = None
        self.said = ""

    def offer(self, offers: Sequence[Offer], aside: str = "") -> None:
        """Shows what can be done, and something beside it."""
        self._offers, self._aside = offers, aside
        self._draw()

    @property
    def _hears(self) -> bool:
        """Whether keys come here by now; `has_focus` of the parent follows only after its own handlers."""
        return self.is_attached and self.screen.focused is self.parent and self.screen.is_current

    def _draw(self) -> None:
        self.set_class(bool(self._offers) and self._hears and self._arming.armed, "-armed")
        of_name = {name: key for key, name in self._keys.items()}
        parts = [_part(of_name[offer.name], offer.words) for offer in self._offers if offer.name in of_name]
        if self._aside:
            parts.append(Content.styled(self._aside, "$text-muted"))
        if self.said:
            parts.append(Content.styled(self.said, "bold $warning"))
        words = packed(parts, self.size.width)
        if words != self._words or not words:
            self._words = words
            self.update(words)

    def on_resize(self) -> None:
        """Packs it anew."""
        self._draw()

    def say(self, words: str) -> None:
        """Says a few words of ours, for a moment."""
        if self._said:
            self._said.stop()
        self.said, self._said = words, self.set_timer(_SAID, self._hush)
        self._draw()

    def _hush(self) -> None:
        self.said = ""
        self._draw()

    def stand(self, *, field_taken: bool = False) -> None:
        """What is shown stands from when it is next painted; before that, and for a while after, nothing is decided.

        Args:
            field_taken: The app itself took a field away from the person, who may still be typing.
        """
        self._arming.keep_from_deciding()
        self._draw()
        self.call_after_refresh(self._stands, field_taken)

    def _stands(self, field_taken: bool) -> None:
        self._arming.stand(field_taken=field_taken)
        self.settle()

    def press(self, key: str, at: float) -> bool:
        """Notes any key, pressed at `at`; whether it is one of the decision keys that are offered."""
        name = self._keys.get(key, "")
        offered = self._offered(name)
        if offered:
            if self._arming.decide(name, at):
                self.set_timer(ALONE + _SOON, self.settle)
            else:
                self.say(TOO_SOON)
        elif self._arming.heard(at):
            self.say(TOO_SOON)
        return offered

    def _offered(self, name: str) -> bool:
        return any(offer.name == name for offer in self._offers)

    def interrupt(self) -> None:
        """Something happened that makes a waiting key doubtful, such as a paste or a change of focus."""
        self._arming.heard(self._arming.clock())
        self._draw()

    def settle(self) -> None:
        """Hands on the decision key that was followed by silence, if there is one."""
        name = self._arming.settle()
        if name is not None and self._offered(name) and self._hears:
            self._take(name)
        if self._arming.waits:
            self.set_timer(ALONE / 2, self.settle)
        elif 0 < self._arming.remaining < float("inf"):
            self.set_timer(self._arming.remaining + _SOON, self.settle)
        self._draw()


def _part(key: str, words: str) -> Content:
    return Content.assemble((key, "bold $primary"), f" {words}")


def packed(parts: Sequence[Content], width: int) -> Content:
    """Parts in as few lines of `width` cells as they need, none of them broken."""
    lines: list[Content] = []
    for part in parts:
        if lines and lines[-1].cell_length + len(_GAP) + part.cell_length <= width:
            lines[-1] = lines[-1] + _GAP + part
        else:
            lines.append(part)
    return Content("\n").join(lines)


def spelled(event: Key) -> str:
    """The key as `KEYS` spells it: terminals send a capital as itself or as shift and its letter."""
    if event.key.startswith(_CAPITAL) and len(event.key) == len(_CAPITAL) + 1:
        return event.key[-1].upper()
    return event.character if event.character and event.character.isprintable() and event.key != "space" else event.key
