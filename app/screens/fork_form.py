"""The form of a fork: from which frame, what is different, what is taken over, and what will happen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from textual import on, work
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from app.screens.preview import Preview
from app.topics import Topic
from swarm.errors import SwarmError, UsageError
from swarm.forking import Change
from widgets import safe
from widgets.form import Form
from widgets.pick import Pick

CARRY = "later decisions are taken over where exactly the same is proposed"
ANEW = "everything that follows is asked anew"


@dataclass(frozen=True, slots=True)
class Wish:
    """The fork that was asked for; see `app.desk.Desk.fork`."""

    frame: int
    change: Change | None
    carry: bool


class ForkForm(Form[Wish]):
    """Asks for the frame and the one thing that is different.

    Args:
        run: Its id.
        topics: What can be different, first that nothing is.
        chosen: Place of the topic that is chosen at first.
        forecast: Gives what a fork at a frame would be.
        make: Makes the fork; where it is refused the form stays, and says why.
    """

    def __init__(
        self,
        run: str,
        topics: Sequence[Topic],
        chosen: int,
        forecast: Callable[[int], Awaitable[str]],
        make: Callable[[Wish], Awaitable[None]],
    ) -> None:
        super().__init__(f"Fork · run {run}", keys="ctrl+s forks   tab next field   esc back, nothing is made")
        self.add_class("fork-form")
        self._topics, self._chosen, self._forecast, self._make = topics, chosen, forecast, make
        self._carry_touched = False
        self._making = False

    def fields(self) -> Iterable[Widget]:
        """Those that the chosen topic needs can be seen."""
        topic = self.topic
        with VerticalScroll(classes="fork-fields", can_focus=False):
            with Horizontal(classes="fork-row"):
                yield Static("After frame", classes="fork-label")
                yield Input(str(topic.frame), restrict=r"\d{0,9}", compact=True, id="fork-frame", classes="form-line")
            with Horizontal(classes="fork-row"):
                yield Static("Different", classes="fork-label")
                options = (Option(self._prompt(place)) for place in range(len(self._topics)))
                yield OptionList(*options, id="fork-topics", classes="form-options", compact=True)
            yield from self._body()
            with Horizontal(classes="fork-row"):
                yield Static("Later", classes="fork-label")
                yield Pick((CARRY, ANEW), self._carry_by_itself, id="fork-carry")
        yield Preview(self._foreseen, id="fork-preview")

    def _body(self) -> Iterable[Widget]:
        """One set of fields for each topic, so that what was written for one is there when it is chosen again."""
        for place, topic in enumerate(self._topics):
            with Horizontal(classes="fork-row fork-body", id=f"fork-body-{place}") as row:
                row.display = place == self._chosen and bool(topic.picks or topic.label)
                yield Static("Take" if topic.picks else safe.text(topic.label), classes="fork-label")
                with VerticalScroll(classes="fork-values", can_focus=False):
                    if topic.picks:
                        yield Pick(topic.picks, topic.pick or None)
                        yield Static(safe.text(topic.label), classes="form-label")
                    if topic.label:
                        yield TextArea(topic.text, classes="form-text", tab_behavior="focus")

    def on_mount(self) -> None:
        """The cursor stands on what is different."""
        options = self.query_one("#fork-topics", OptionList)
        options.highlighted = self._chosen
        options.focus()
        self.query_one(Preview).work_out()

    @property
    def topic(self) -> Topic:
        """What is different."""
        return self._topics[self._chosen]

    @property
    def _carry_by_itself(self) -> str:
        return ANEW if self.topic.kind == "nothing" else CARRY

    def _prompt(self, place: int) -> Content:
        sign = "(•) " if place == self._chosen else "( ) "
        return Content(sign) + safe.text(safe.line(self._topics[place].words))

    @on(OptionList.OptionHighlighted)
    def _turned(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_index == self._chosen:
            return
        before, self._chosen = self._chosen, event.option_index
        for place in (before, self._chosen):
            event.option_list.replace_option_prompt_at_index(place, self._prompt(place))
        self.query_one("#fork-frame", Input).value = str(self.topic.frame)
        for place, topic in enumerate(self._topics):
            self.query_one(f"#fork-body-{place}").display = place == self._chosen and bool(topic.picks or topic.label)
        if not self._carry_touched:
            self.query_one("#fork-carry", Pick).pick(self._carry_by_itself)
        self.complain("")

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.focus_next()

    @on(Pick.Changed, "#fork-carry")
    def _carry_changed(self) -> None:
        self._carry_touched = True

    @on(Input.Changed)
    def _frame_changed(self) -> None:
        self.query_one(Preview).changed()

    @on(Input.Submitted)
    def _frame_entered(self) -> None:
        self.focus_next()

    @property
    def _frame(self) -> int:
        text = self.query_one("#fork-frame", Input).value
        if not text:
            raise UsageError("a fork needs a frame: type its number")
        return int(text)

    async def _foreseen(self) -> str:
        return await self._forecast(self._frame)

    def result(self) -> Wish:
        """What was filled in."""
        body = self.query_one(f"#fork-body-{self._chosen}")
        pick = next((found.value or "" for found in body.query(Pick)), "")
        text = next((area.text for area in body.query(TextArea)), "")
        carry = self.query_one("#fork-carry", Pick).value == CARRY
        return Wish(self._frame, self.topic.change(pick, text), carry)

    def action_submit(self) -> None:
        """Makes the fork, or says what is missing or why it cannot be."""
        try:
            wish = self.result()
        except SwarmError as error:
            self.complain(str(error))
            return
        if not self._making:
            self._making = True
            self.complain("")
            self._try(wish)

    @work
    async def _try(self, wish: Wish) -> None:
        try:
            await self._make(wish)
        except SwarmError as error:
            self.complain(str(error))
        else:
            self.dismiss(wish)
        finally:
            self._making = False

    def action_close(self) -> None:
        """Goes back; a fork that is being made is waited for."""
        if not self._making:
            super().action_close()
