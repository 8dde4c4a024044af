"""All keys on one page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from app.keys import HELP, Key


class KeysHelp(ModalScreen[None]):
    """The keys of `app/keys.py` by what they are about.

    Args:
        changed: Other keys by id, as the person bound them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", show=False)]

    def __init__(self, changed: Mapping[str, str]) -> None:
        super().__init__()
        self._changed = changed

    def compose(self) -> ComposeResult:
        """One page that scrolls."""
        with VerticalScroll(classes="sheet keys-help") as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc closes"
            for title, keys in HELP:
                yield Static(Content("\n").join(self._lines(title, keys)), classes="keys-group")

    def _lines(self, title: str, keys: tuple[Key, ...]) -> Iterator[Content]:
        yield Content.styled(title, "bold $primary")
        for key in keys:
            bound = self._changed.get(key.id, key.keys).replace(",", " ") or "palette"
            yield Content.assemble((f"{bound:>16}  ", "$text-muted"), key.words)
