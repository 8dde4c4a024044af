"""An endpoint: its address, key and model, tried out before it is kept."""

from __future__ import annotations

from typing import ClassVar

from pydantic import SecretStr
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Input

from app.desk import Desk
from app.requests import NewRun
from app.screens.alone import alone
from app.screens.notice import Notice
from app.screens.preview import Preview
from swarm.errors import SwarmError

FIELDS = (
    ("url", "Address", "such as http://localhost:11434/v1"),
    ("key", "Key", "empty where none is needed; it is sent to this address and no other"),
    ("model", "Model", "as the endpoint names it"),
    ("name", "Keep it as", "a short name"),
)


class ConnectScreen(Screen[None]):
    """Connects a model of any OpenAI-compatible endpoint.

    Args:
        desk: Tries it out and keeps it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "test", "test", id="connect.test", priority=True),
        Binding("ctrl+s", "save", "keep it and go on", id="connect.save", priority=True),
        Binding("escape", "dismiss", "back", id="connect.back"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def compose(self) -> ComposeResult:
        """Four fields and what the endpoint said."""
        with VerticalScroll(classes="form-fields form-single"):
            for name, title, hint in FIELDS:
                field = Input(placeholder=hint, password=name == "key", id=name, classes="field")
                field.border_title = title
                yield field
            yield Preview(self._tried, "ctrl+t asks the endpoint one small thing.", id="said")
        yield Notice(" enter, tab next field   ctrl+t test   ctrl+s keep it and go on   esc back")

    def on_mount(self) -> None:
        """Starts at the top."""
        self.query_one("#url").focus()

    @on(Input.Submitted)
    def _next_field(self) -> None:
        self.focus_next(Input)

    def _value(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def _key(self) -> SecretStr:
        return SecretStr(self._value("key"))

    def action_test(self) -> None:
        """Asks the endpoint one small thing."""
        said = self.query_one(Preview)
        said.update("asking…")
        said.work_out()

    async def _tried(self) -> str:
        return await self._desk.test_model(self._value("url"), self._key(), self._value("model"))

    @alone
    async def action_save(self) -> None:
        """Keeps it, and goes on to a new run with it."""
        name = self._value("name") or self._value("model")
        try:
            model = await self._desk.save_profile(name, self._value("url"), self._key(), self._value("model"))
        except SwarmError as error:
            self.query_one(Notice).say(str(error))
            return
        self.post_message(NewRun(model=model))
