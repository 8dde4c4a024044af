"""A plan written from a commented template, with the tree that it would grow beside it."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, Static, TextArea

from app.desk import Desk
from app.requests import NewRun
from app.screens.notice import Notice
from swarm.errors import SwarmError
from widgets import safe

SETTLED = 0.25
"""Seconds without a change before the outline is made anew."""


class PlanScreen(Screen[str]):
    """Writes a plan; dismissed with its text, as a draft for the next time.

    Args:
        desk: Outlines and keeps it.
        draft: To go on with, in place of the template.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save and go on", id="plan.save", priority=True),
        Binding("escape", "back", "back", id="plan.back"),
    ]

    def __init__(self, desk: Desk, draft: str = "") -> None:
        super().__init__()
        self._desk, self._draft = desk, draft
        self._settle: Timer | None = None

    def compose(self) -> ComposeResult:
        """The text at the left, its tree at the right."""
        with Horizontal(classes="form-columns"):
            with Vertical(classes="form-fields"):
                path = Input("plan.md", id="path", classes="field")
                path.border_title = "File"
                yield path
                plan = TextArea(id="plan", classes="field", show_line_numbers=True)
                plan.border_title = "Plan"
                yield plan
            with VerticalScroll(classes="form-beside") as beside:
                beside.border_title = "Would grow"
                yield Static(id="outline")
        yield Notice(" ctrl+s save and go on   shift+tab file   esc back")

    async def on_mount(self) -> None:
        """Starts from the template."""
        plan = self.query_one("#plan", TextArea)
        plan.focus()
        try:
            plan.text = self._draft or await self._desk.template()
        except SwarmError as error:
            self.query_one(Notice).say(str(error))

    @on(TextArea.Changed)
    def _changed(self) -> None:
        if self._settle:
            self._settle.stop()
        self._settle = self.set_timer(SETTLED, self.outline)

    @work(exclusive=True)
    async def outline(self) -> None:
        """Shows the tree, or what is wrong with the plan."""
        shown = self.query_one("#outline", Static)
        try:
            text, problem = await self._desk.outline(self.query_one("#plan", TextArea).text), False
        except SwarmError as error:
            text, problem = str(error), True
        shown.update(safe.text(text))
        shown.set_class(problem, "-problem")

    def action_back(self) -> None:
        """Goes back; the text is kept."""
        self.dismiss(self.query_one("#plan", TextArea).text)

    @work(exclusive=True, group="save")
    async def action_save(self) -> None:
        """Writes the file, and goes on to a new run with it."""
        path, plan = self.query_one("#path", Input).value.strip(), self.query_one("#plan", TextArea).text
        try:
            await self._desk.outline(plan)
            goal = await self._desk.save_plan(path, plan)
        except SwarmError as error:
            self.query_one(Notice).say(str(error))
            return
        self.post_message(NewRun(goal=goal, model="plan"))
