"""What the panes of the board open: nodes, cards, questions, and other moments."""

from __future__ import annotations

from textual import on

from app.choice import Choice, of_gate, of_question
from app.screens.deciding import Deciding
from widgets.inbox import Inbox
from widgets.receipts import Receipts
from widgets.timeline import Timeline
from widgets.tree import SwarmTree


class Opening(Deciding):
    """A screen with a tree, an inbox, receipts and a timeline."""

    @on(SwarmTree.Opened)
    def _tree_opened(self, event: SwarmTree.Opened) -> None:
        if event.question_id in self.shown.open_questions:
            self.open(of_question(self.shown, str(event.question_id)))
        elif event.gate_id:
            self.open(of_gate(self.shown, event.gate_id))
        elif event.node_id:
            self.open(Choice(node=event.node_id))

    @on(Inbox.Opened)
    def _inbox_opened(self, event: Inbox.Opened) -> None:
        if event.question_id:
            self.open(of_question(self.shown, event.question_id))
        elif event.card_id:
            self.open(of_gate(self.shown, event.card_id))

    @on(Receipts.Opened)
    def _receipt_opened(self, event: Receipts.Opened) -> None:
        """Goes back to what was decided, as it stood before the decision."""
        self.look_back(event.frame - 1, event.gate_id, event.question_id)

    @on(Timeline.Moved)
    def _timeline_moved(self, event: Timeline.Moved) -> None:
        self.scrubber.go(event.frame)

    def action_scrub(self, step: int) -> None:
        """Goes a frame back, or on."""
        self.scrubber.step(step)

    def action_now(self) -> None:
        """Goes back to now."""
        self.scrubber.now()
