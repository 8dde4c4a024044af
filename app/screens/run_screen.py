"""The base of the board: a run, seen now or at a frame of the past, and commands to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.screen import Screen

from app.attention import window_title
from app.choice import waiting
from app.desk import Desk
from app.screens.notice import Notice
from app.scrub import Scrubber
from swarm.commands import Command
from swarm.errors import SwarmError
from swarm.session import Session
from swarm.state import Swarm
from widgets.form import Drafts


class RunScreen(Screen[None]):
    """A screen that shows a run; its panes are the board's.

    Args:
        session: The run.
        desk: What can be done with it as a whole.
        clock: Tells the time, UTC.
    """

    moves = 0
    """How often the human went somewhere: what was under way for another place then stays there."""

    def __init__(self, session: Session, desk: Desk, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.session, self.desk, self.clock = session, desk, clock
        self.newest = session.state
        self._broken = ""
        self.drafts: Drafts = {}
        self.scrubber = Scrubber(session, self.run_worker, self.show_run, self.say)

    def show_run(self) -> None:
        """Shows the run as it is, or was."""
        self.set_class(self.in_past, "-past")
        self.app.title = window_title(self.newest.run, len(waiting(self.newest)))

    @property
    def shown(self) -> Swarm:
        """The state that is on the screen."""
        return self.scrubber.past or self.newest

    @property
    def in_past(self) -> bool:
        """Whether another moment than now is on the screen."""
        return self.scrubber.past is not None

    def say(self, text: str, *, stays: bool = False) -> None:
        """Shows one calm line, for a while or until something else is said."""
        self.query_one(Notice).say(text, stays=stays)

    @property
    def problem(self) -> str:
        """Why nothing can be decided here, whatever is shown; empty if something can."""
        return self._broken or self.session.problem

    def may_act(self) -> bool:
        """Whether anything can be commanded; says so if not."""
        if self.problem:
            self.say(f"nothing can be decided here: {self.problem}")
            return False
        if self.in_past:
            self.say(f"this is frame {self.shown.frame}: nothing can be decided in the past; . returns to now")
        return not self.in_past

    async def send(self, command: Command) -> bool:
        """Sends a command; False if it was refused, which one line then says."""
        if not self.may_act():
            return False
        try:
            await self.session.do(command)
        except SwarmError as error:
            self.say(str(error))
            return False
        return True
