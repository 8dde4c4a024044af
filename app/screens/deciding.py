"""What the human opens, decides and answers on the board, and what comes after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual import on, work
from textual.app import SuspendNotSupported
from textual.timer import Timer

from app.choice import Choice, at_that_moment, neighbour, of_question, waiting
from app.desk import Desk
from app.editing import draft, edited
from app.editor import edit
from app.screens.middle import Middle, is_form
from app.screens.panes import Panes
from swarm.commands import Command
from swarm.errors import SwarmError
from swarm.session import Session
from widgets.decisions import Decision, EditOutside
from widgets.question import QuestionPanel

CALM = 0.4
"""Seconds that a decided card stays when nothing else waits: the next gate of a chain mostly comes within them."""


class Deciding(Panes):
    """A screen with something open in its middle, and a question beside it: only the human's own keys change that.

    Args:
        session: The run.
        desk: What can be done with it as a whole.
        clock: Tells the time, UTC.
    """

    def __init__(self, session: Session, desk: Desk, clock: Callable[[], datetime]) -> None:
        super().__init__(session, desk, clock)
        self.choice = Choice()
        self.asked = ""
        self._sending: set[str] = set()
        self._expects = True
        self._calm: Timer | None = None
        self._then: Choice | None = None

    @property
    def middle(self) -> Middle:
        """Where the choice is shown: card, form or node."""
        return self.query_one(Middle)

    @property
    def here(self) -> Choice:
        """What the human is on: the question beside, if the focus is there, or what is open in the middle."""
        if self.pane == "question" and self.asked:
            return of_question(self.shown, self.asked)
        return self.open_now

    def has_pane(self, pane: str) -> bool:
        """A question is not always there."""
        return pane != "question" or bool(self.asked)

    def enter(self, pane: str) -> None:
        """Goes to a pane; in the middle, to what can be seen there."""
        if pane == "middle":
            self.middle.front.focus()
        else:
            super().enter(pane)

    def reach(self, *, question: bool) -> None:
        """Goes to the question beside, or to the middle."""
        self.action_pane("question" if question else "middle")

    @property
    def open_now(self) -> Choice:
        """What the middle shows at the moment that is looked at; what is opened in the past is left there."""
        if not self.scrubber.away:
            self._then = None
        return at_that_moment(self.shown, self._then or self.choice) if self.in_past else self.choice

    def look_back(self, frame: int, gate: str | None, question: str | None) -> None:
        """Goes back to a frame, and to a gate or question as it stood then."""
        self.scrubber.go(frame)
        self.middle.browser.turn(on=False)
        if gate:
            self._then = Choice(gates=(gate,), node=self.newest.gates[gate].node)
        elif question:
            self._then = of_question(self.newest, question)

    def look_at(self, choice: Choice) -> None:
        """Shows something else of the past, as long as one stays in the past."""
        if choice.question:
            self.asked = choice.question
        self._then = choice

    @property
    def holds(self) -> bool:
        """Whether the middle keeps what is being decided, or was a moment ago."""
        return self._calm is not None or bool(self._sending & set(self.choice.gates))

    def open(self, choice: Choice, *, focus: bool = True) -> None:
        """Shows a card, a question or a node; beside a question who asks it, unless a card or a form is open."""
        self._settle()
        self._expects = False
        self.moves += 1
        self.middle.browser.turn(on=False)
        beside = bool(choice.question) and not is_form(self.shown, choice)
        if beside:
            self.asked = choice.question
            if not self.in_past and not self.choice.waits(self.newest):
                self.choice = Choice(node=choice.node)
        elif self.in_past:
            self._then = choice
        else:
            self.choice = choice
        self.show_run()
        if focus:
            self.reach(question=beside)

    def action_waiting(self, step: int) -> None:
        """Opens the next thing that waits, or the one before."""
        found = neighbour(waiting(self.shown), self.here, step)
        if found is None:
            self.say("nothing waits for you")
        else:
            self.open(found)

    def action_answer(self) -> None:
        """Opens the question beside, or the first that waits."""
        questions = [choice.question for choice in waiting(self.shown) if choice.question]
        if not questions:
            self.say("no question waits for you")
        else:
            self.open(of_question(self.shown, self.asked if self.asked in questions else questions[0]))

    def look_for_next(self, *, focus: bool) -> None:
        """Opens the first thing that waits if the human decided all that did, and opened nothing since."""
        if self._expects and not self.in_past and (found := waiting(self.newest)):
            self.open(found[0], focus=focus)

    def notice_closed(self) -> None:
        """Says so when the open card was closed by somebody else."""
        gates = [self.newest.gates[gate] for gate in self.choice.gates if gate in self.newest.gates]
        if not gates or self.holds or self._sending or self.choice.waits(self.newest):
            return
        gate = gates[0]
        how = f"{gate.decision.verb} by {gate.decision.rule or gate.decision.by}" if gate.decision else gate.why
        self.choice = Choice(node=gate.node)
        self.say(f"gate {gate.id} is {gate.status}: {how}")

    @on(Decision)
    def _decided(self, event: Decision) -> None:
        self._submit(event.command, frozenset(seen.gate for seen in event.seen), self.choice)

    @on(QuestionPanel.Answered)
    def _answered(self, event: QuestionPanel.Answered) -> None:
        question = event.question_id
        self._submit(event.command, frozenset({question}), Choice(question=question))

    @on(QuestionPanel.FieldTaken)
    def _field_taken(self) -> None:
        self.middle.card.stand(field_taken=True)

    @work(group="decide")
    async def _submit(self, command: Command, about: frozenset[str], done: Choice) -> None:
        """Sends what was decided once, and goes on if the human stayed where it was decided."""
        if about & self._sending:
            return
        self._sending |= about
        moves = self.moves
        try:
            taken = await self.send(command)
        finally:
            self._sending -= about
        if taken and self.moves == moves and not self._sending & set(done.gates):
            self._go_on(done)

    def _go_on(self, done: Choice) -> None:
        self.newest = self.session.state
        following = neighbour(waiting(self.newest), done, 1)
        if following is None:
            self._expects = True
            self._settle()
            self._calm = self.set_timer(CALM, self._settled)
            self.show_run()
            self.reach(question=False)
            return
        self.open(following)

    def _settle(self) -> None:
        if self._calm:
            self._calm.stop()
        self._calm = None

    def _settled(self) -> None:
        self._settle()
        self.show_run()

    @on(EditOutside)
    @work(group="editor", exclusive=True)
    async def _edit_outside(self, event: EditOutside) -> None:
        found = draft(event.proposal)
        if found is None or not self.may_act():
            return
        try:
            text = await edit(self.app, found.text, found.suffix)
            proposal = edited(event.proposal, text)
        except SuspendNotSupported:
            self.say("this terminal cannot be handed to an editor: edit here with e")
        except SwarmError as error:
            self.say(str(error))
        else:
            if proposal == event.proposal:
                self.say("nothing was changed")
            else:
                event.card.stage(event.gate, proposal)
