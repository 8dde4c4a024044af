"""The form of a new run. Submitting it is the approval of the root's spawn, so it shows what would start."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import RadioButton, RadioSet, Select, TextArea

from app.desk import Desk
from app.requests import ShowBoard
from app.screens.alone import alone
from app.screens.notice import Notice
from app.screens.preview import Preview
from swarm.errors import SwarmError
from swarm.values import LEVELS, Level
from widgets import safe
from widgets.words import LEVEL_WORDS

HINT = "a sentence, or a plan such as plan.md; @path attaches a file"


class NewRunScreen(Screen[str]):
    """Asks for goal, model and level; dismissed with the goal, as a draft for the next time.

    Args:
        desk: Starts the run.
        goal: Filled in already.
        model: Chosen already.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "start", "start", id="new-run.start", priority=True),
        Binding("escape", "back", "back", id="new-run.back"),
    ]

    def __init__(self, desk: Desk, goal: str = "", model: str = "") -> None:
        super().__init__()
        self._desk, self._first_goal, self._first_model = desk, goal, model

    def compose(self) -> ComposeResult:
        """Fields at the left, what would start at the right."""
        with Horizontal(classes="form-columns"):
            with VerticalScroll(classes="form-fields"):
                goal = TextArea(self._first_goal, id="goal", classes="field", tab_behavior="focus")
                goal.border_title, goal.border_subtitle = "Goal", HINT
                yield goal
                model: Select[str] = Select((), prompt="reading…", id="model", classes="field")
                model.border_title = "Model"
                yield model
                with RadioSet(id="level", classes="field") as levels:
                    levels.border_title = "Asks you at"
                    for level in LEVELS:
                        yield RadioButton(safe.text(LEVEL_WORDS[level]), value=level == "step")
            with Vertical(classes="form-beside") as beside:
                beside.border_title = "Would start"
                yield Preview(self._preview, id="preview")
        yield Notice(" ctrl+s start   tab next field   esc back")

    async def on_mount(self) -> None:
        """Offers the models that there are."""
        self.query_one("#goal").focus()
        try:
            models = await self._desk.models()
        except SwarmError as error:
            self.query_one(Notice).say(str(error))
            return
        select = self.query_one("#model", Select)
        select.set_options([(safe.text(f"{row.name}  {row.words}".strip()), row.name) for row in models])
        if models:
            names = [row.name for row in models]
            select.value = self._first_model if self._first_model in names else names[0]

    @property
    def goal(self) -> str:
        """As it was typed, without blanks around it."""
        return self.query_one("#goal", TextArea).text.strip()

    @property
    def model(self) -> str:
        """The name that was chosen; empty before there are any."""
        value = self.query_one("#model", Select).value
        return value if isinstance(value, str) else ""

    @property
    def level(self) -> Level:
        """The level that was chosen."""
        return LEVELS[max(0, self.query_one("#level", RadioSet).pressed_index)]

    @on(TextArea.Changed)
    @on(Select.Changed)
    @on(RadioSet.Changed)
    def _changed(self) -> None:
        self.query_one(Preview).changed()

    async def _preview(self) -> str:
        return await self._desk.preview(self.goal, self.model, self.level) if self.goal else ""

    def action_back(self) -> None:
        """Goes back; the goal is kept."""
        self.dismiss(self.goal)

    @alone
    async def action_start(self) -> None:
        """Starts the run."""
        notice = self.query_one(Notice)
        if not self.goal:
            notice.say("a run needs a goal: write a sentence, or the name of a plan")
            return
        try:
            session = await self._desk.start(self.goal, self.model, self.level)
        except SwarmError as error:
            notice.say(str(error))
            return
        self.post_message(ShowBoard(session))
