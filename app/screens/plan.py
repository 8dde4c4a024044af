"""A plan written from a commented template, with the tree that it would grow beside it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Input, TextArea

from app.desk import Desk
from app.requests import NewRun
from app.screens.alone import alone
from app.screens.notice import Notice
from app.screens.preview import Preview
from swarm.errors import SwarmError


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
                yield Preview(self._outline, id="outline")
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
        self.query_one(Preview).changed()

    @property
    def plan(self) -> str:
        """The plan as it is written so far."""
        return self.query_one("#plan", TextArea).text

    async def _outline(self) -> str:
        return await self._desk.outline(self.plan)

    def action_back(self) -> None:
        """Goes back; the text is kept."""
        self.dismiss(self.plan)

    @alone
    async def action_save(self) -> None:
        """Writes the file, and goes on to a new run with it."""
        path, plan = self.query_one("#path", Input).value.strip(), self.plan
        try:
            await self._desk.outline(plan)
            goal = await self._desk.save_plan(path, plan)
        except SwarmError as error:
            self.query_one(Notice).say(str(error))
            return
        self.post_message(NewRun(goal=goal, model="plan"))
