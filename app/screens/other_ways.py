"""Commands of the board that lead to another run: fork, undo, redo, and the retry of what has ended."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Any, Protocol

from textual import work

from app.choice import of_gate
from app.keys import first
from app.requests import ShowBoard
from app.screens.fork_form import ForkForm, Wish
from app.screens.leaving import Leaving
from app.screens.travel import Travel
from app.taking_back import decided, taking_back
from app.topics import Topic, failure_of, topics, with_replies
from swarm.errors import SwarmError
from swarm.frames import StepEnded
from swarm.reversal import Reversal, may_be_taken_back, redo_of
from swarm.session import Session
from widgets.deliberate import Deliberate
from widgets.receipts import Receipt, Receipts
from widgets.tree_rows import Row
from widgets.words import name_of

_FAILED = ("failed", "incomplete")


class _Going(Protocol):
    """Closes one run and opens another one."""

    def __call__(self, *, finish: bool) -> Awaitable[Session]:
        """`finish`: what is in flight ends before."""


class OtherWays(Travel, Leaving):
    """A screen that shows a run, from which one can go to another run that shares its history."""

    reversal: Reversal | None = None
    """The last decision, and what has followed."""

    _on_the_way = False

    def action_on_card(self, name: str) -> None:
        """Goes to the card."""
        raise NotImplementedError

    # -- fork ----------------------------------------------------------------------------------------------------------

    def action_fork(self) -> None:
        """Asks for a fork: at the moment that is shown, or before what is chosen was decided or began."""
        node, gate, question = self._chosen
        self._fork(topics(self.shown, node, gate, question, past=self.in_past), 0)

    @property
    def _chosen(self) -> tuple[str, str, str]:
        """Node, gate and question under the cursor of receipts or tree if the focus is there, or that are open."""
        held: Receipt | Row | None = None
        if self.pane == "receipts":
            held = self.query_one(Receipts).current
        elif self.pane == "tree":
            held = self.swarm_tree.current
        gate, question = next(iter(self.here.gates), ""), self.here.question
        if held is not None:
            gate, question = held.gate or "", held.question or ""
        if gate in self.shown.gates:
            return self.shown.gates[gate].node, gate, ""
        if question in self.shown.questions:
            return self.shown.questions[question].node, "", question
        return self.target.id if self.target else "", "", ""

    def action_retry(self) -> None:
        """Tries a failed node again: at its gate, or as a fork where it has ended."""
        node = self.target
        if node is None:
            return
        failure = failure_of(self.shown, node)
        if failure and failure.id in self.shown.open_gates:
            self.open(of_gate(self.shown, failure.id))
            self.action_on_card("card.retry")
        elif node.report is None or node.report.outcome not in _FAILED:
            self.say(f"{name_of(self.shown, node.id)} has not failed: there is nothing to try again")
        elif failure:
            self._fork(topics(self.shown, node.id, failure.id, retry=True), 1)
        else:
            self._fork(topics(self.shown, node.id, before=node.ended), 0)

    @work(group="ways", exclusive=True)
    async def _fork(self, found: list[Topic], chosen: int) -> None:
        run = self.newest.run
        made: list[Session] = []

        async def make(wish: Wish) -> None:
            made.append(await self.desk.fork(run, wish.frame, wish.change, carry=wish.carry))

        try:
            found = with_replies(found, await self._replies(found))
        except SwarmError as error:
            self.say(str(error))
            return
        form = ForkForm(run, found, chosen, partial(self.desk.forecast, run), make)
        if wish := await self.app.push_screen_wait(form):
            said = f"{made[0].state.run} is a fork of {run} at frame {wish.frame}; {run} is as it was"
            self.post_message(ShowBoard(made[0], said))

    async def _replies(self, found: list[Topic]) -> dict[tuple[str, int], Any]:
        """What models replied in the steps that could be different."""
        replies: dict[tuple[str, int], Any] = {}
        for topic in found:
            if topic.kind == "reply":
                for frame in await self.session.frames(topic.frame, topic.frame + 1):
                    if isinstance(frame, StepEnded):
                        replies[topic.about, topic.step] = frame.value
        return replies

    # -- undo ----------------------------------------------------------------------------------------------------------

    @work
    async def action_undo(self) -> None:
        """Takes the last decision back, once a sheet that says what that means was answered."""
        if not self.may_act() or self._on_the_way:
            return
        run = self.newest.run
        try:
            found = may_be_taken_back(run, self.reversal)
        except SwarmError as error:
            self.say(str(error))
            return
        sheet = Deliberate("Undo", taking_back(self.newest, found), "t", "take it back")
        if await self.app.push_screen_wait(sheet):
            said = f"undone ({first('board.redo', self._changed)} redoes): {decided(self.newest, found)[0]}"
            await self._change_over(f"Undo; {run} is closed", partial(self.desk.undo, run, found.frame), said)

    @work
    async def action_redo(self) -> None:
        """Goes back to the run that an undo came from."""
        if not self.may_act() or self._on_the_way:
            return
        run = self.newest.run
        try:
            origin = redo_of(self.newest)
        except SwarmError as error:
            self.say(str(error))
            return
        said = f"redone: back in {origin}, as it was; {run} stays in the list"
        await self._change_over(f"Redo; {run} is closed", partial(self.desk.redo, run), said)

    async def _change_over(self, title: str, go: _Going, said: str) -> None:
        """Closes this run, asking how if it is at work, and shows the other one."""
        way = await self.ask_to_close(title, "go on")
        if not way:
            return
        self._on_the_way = True
        self.say("finishing what is in flight…" if way == "f" else "a moment…", stays=True)
        try:
            session = await go(finish=way == "f")
        except SwarmError as error:
            self.say(str(error))
            return
        finally:
            self._on_the_way = False
        self.post_message(ShowBoard(session, said))
