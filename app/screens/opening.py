"""What the panes of the board open: nodes, cards, questions, and other moments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual import on

from app.choice import Choice, of_gate, of_question
from app.screens.deciding import Deciding
from widgets.inbox import Inbox
from widgets.receipts import Receipts
from widgets.tree import SwarmTree


class Opening(Deciding):
    """A screen with a tree, an inbox, and receipts."""

    @property
    def swarm_tree(self) -> SwarmTree:
        """The tree of nodes."""
        return self.query_one(SwarmTree)

    def open(self, choice: Choice, *, focus: bool = True) -> None:
        """Shows a card, a question or a node; the cursor of the tree goes along unless the human holds it."""
        super().open(choice, focus=focus)
        if not self.swarm_tree.has_focus:
            gate = choice.gates[0] if choice.gates else None
            self.swarm_tree.go_to(choice.node, gate=gate, question=choice.question or None)

    def jumps(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """All that waits, for the palette."""
        for entry in self.query_one(Inbox).order:
            found = of_question(self.shown, entry.key) if entry.question else of_gate(self.shown, entry.key)
            yield f"open {entry.what} · {entry.who}", partial(self.open, found)

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

    def action_raw(self) -> None:
        """Shows all nodes as they are in the tree, or the work only."""
        self.swarm_tree.action_raw()
