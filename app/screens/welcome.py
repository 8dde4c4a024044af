"""The first screen where there is neither a run nor an endpoint: four ways to begin."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from app.desk import Desk
from app.requests import Connect, NewRun, ShowBoard, WritePlan
from app.screens.alone import alone
from app.screens.notice import Notice
from swarm.errors import SwarmError

WAYS = (
    ("example", "Run the example", "A word counter from a plan: no key, no network, nothing of yours is touched."),
    ("connect", "Connect a model", "Any OpenAI-compatible endpoint: an address, a key if it wants one, a model."),
    ("plan", "Write a plan", "A Markdown document that is carried out by rules; its tree grows beside it."),
    ("human", "Be the model yourself", "You fill in the forms that a model would, or paste what any chat says."),
)


class WelcomeScreen(Screen[None]):
    """Offers four ways to begin.

    Args:
        desk: Starts the example.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(number), f"way({number - 1})", WAYS[number - 1][1], show=False) for number in range(1, 5)),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
        Binding("o", "app.runs", "runs", show=False),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def compose(self) -> ComposeResult:
        """A few words and the ways."""
        with Vertical(id="welcome"):
            yield Static("One person, a tree of agents, and nothing happens unseen.", id="welcome-words")
            yield OptionList(*(self._option(number, *way) for number, way in enumerate(WAYS, 1)), id="ways")
        yield Notice(" 1 2 3 4, or j k and enter   o runs   : commands   ? keys   q quit")

    @staticmethod
    def _option(number: int, way: str, title: str, words: str) -> Option:
        prompt = Content.assemble((f" {number}  ", "$text-muted"), (title, "bold"), "\n    ", (words, "$text-muted"))
        return Option(Content.assemble(prompt, "\n"), id=way)

    def action_down(self) -> None:
        """The next way."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """The way before."""
        self.query_one(OptionList).action_cursor_up()

    def action_way(self, index: int) -> None:
        """Takes a way by its place."""
        self._take(WAYS[index][0])

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self._take(str(event.option.id))

    def _take(self, way: str) -> None:
        if way == "example":
            self._run_example()
        elif way == "connect":
            self.post_message(Connect())
        elif way == "plan":
            self.post_message(WritePlan())
        else:
            self.post_message(NewRun(model="human"))

    @alone
    async def _run_example(self) -> None:
        self.query_one(Notice).say("copying the example…")
        try:
            self.post_message(ShowBoard(await self._desk.example()))
        except SwarmError as error:
            self.query_one(Notice).say(str(error))
