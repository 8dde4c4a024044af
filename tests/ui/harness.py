"""A small app around one widget, with the real styles."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.filter import LineFilter
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

import styles
from app.themes import THEMES
from widgets.safe import TerminalGuard


class Harness(App[None]):
    """Shows one widget and keeps the messages of some kinds, each once."""

    CSS_PATH = sorted(Path(styles.__file__).parent.glob("*.tcss"))

    def __init__(self, widget: Widget, *kinds: type[Message]) -> None:
        super().__init__()
        self.widget, self.kinds = widget, kinds
        self.kept: list[Any] = []

    def run(self, width: int = 40, height: int = 16) -> AbstractAsyncContextManager[Pilot[None]]:  # type: ignore[override]
        return self.run_test(size=(width, height), message_hook=self._keep)

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def compose(self) -> ComposeResult:
        yield self.widget

    def get_line_filters(self) -> list[LineFilter]:
        return [*super().get_line_filters(), TerminalGuard()]

    def _keep(self, message: Message) -> None:
        if isinstance(message, self.kinds) and not any(message is other for other in self.kept):
            self.kept.append(message)


def lines(widget: Widget) -> list[str]:
    """What a widget shows, its border included, line by line and without trailing blanks."""
    screen = widget.app.screen
    strips = screen._compositor.render_strips()
    region = widget.region
    return [strip.crop(region.x, region.right).text.rstrip() for strip in strips[region.y : region.bottom]]
