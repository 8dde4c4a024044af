"""The tree of a run: what is done, what runs, what waits for the human."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from swarm.state import Node, Swarm
from widgets.glyphs import SIGNS, glyph, mark
from widgets.listing import Listing
from widgets.safe import line as one_line
from widgets.toned import Piece
from widgets.tree_rows import Row, Rows
from widgets.words import fit

SMALL = 500
"""Up to this many nodes, ended parts are open until someone closes them; in larger runs they are closed."""

_WORD = 8
_TITLE = 400
_LEAST = 6
_LONG = 0.02


class SwarmTree(Listing[Row]):
    """Every node of a run as one row, with its open gates and questions, however many there are.

    | Key | Description |
    | :- | :- |
    | j k, arrows, g G, home end, pgup pgdn | Move. |
    | h l, left right, space | Close, open, or switch what is below. |
    | enter | Post `Opened`. |
    | # | Show all nodes as they are, or the work only. |
    """

    EMPTY = "Nothing has started yet."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,right", "unfold", "Open what is below", show=False, id="move.unfold"),
        Binding("h,left", "fold", "Close, or go to the parent", show=False, id="move.fold"),
        Binding("space", "switch", "Open or close", show=False, id="move.switch"),
        Binding("number_sign,#", "raw", "All nodes", show=False, id="tree.raw"),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor is on another row.

        Attributes:
            tree: Where.
            node_id: The node of the row; None if there is no row.
            gate_id: The gate, on the row of a gate or of what it proposes.
            question_id: The question, on its row.
        """

        tree: SwarmTree
        node_id: str | None
        gate_id: str | None
        question_id: str | None

        @property
        def control(self) -> SwarmTree:
            """The tree."""
            return self.tree

    class Opened(Highlighted):
        """A row was opened, by key or by a second click."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._state = self._shown = Swarm()
        self._resting = False
        self._path: set[str] = set()
        self._by_hand: dict[str, bool] = {}
        self._raw = False

    @property
    def cursor_node(self) -> str | None:
        """Id of the node that the cursor is on, or whose gate or question it is on."""
        return self.current.node if self.current else None

    @property
    def raw(self) -> bool:
        """Whether all nodes are shown as they are."""
        return self._raw

    def show(self, state: Swarm) -> None:
        """Shows a state; cursor, view and what was opened or closed by hand stay.

        A tree that takes long to lay out is laid out at most a fifth of the time: it shows the latest state then.
        """
        if state.run != self._state.run:
            self._by_hand.clear()
        self._state = state
        if not self._resting and not _looks_like(state, self._shown):
            self._rebuild()

    def go_to(self, node: str | None = None, *, gate: str | None = None, question: str | None = None) -> bool:
        """Puts the cursor on a gate, a question or a node, opening what it is under; returns whether it is there."""
        if gate and gate in self._state.gates:
            key, node = f"g{gate}", self._state.gates[gate].node
        elif question and question in self._state.questions:
            key, node = f"?{question}", self._state.questions[question].node
        else:
            key = node or ""
        if node not in self._state.nodes:
            node = self._state.root
        if node is None:
            return False
        above = [node, *(found.id for found in self._state.ancestors(node))]
        self._by_hand.update(dict.fromkeys(above[key == node :], True))
        self._rebuild()
        place = self.find(key)
        if place is not None:
            self.move_to(place)
        return place is not None

    def find(self, key: str) -> int | None:
        """The place of a row."""
        return self._entries.find(key) if isinstance(self._entries, Rows) else None

    def successor(self, entry: Row) -> int | None:
        """A row that is gone leaves the cursor to its node, to the action that a router chose, or to what is above."""
        if entry.node not in self._state.nodes:
            return None
        node = self._state.nodes[entry.node]
        kids = [kid.id for kid in self._state.children(node.id)][-1:]
        above = (found.id for found in self._state.ancestors(node.id))
        places = (self.find(key) for key in (node.id, *kids, *above))
        return next((place for place in places if place is not None), None)

    def _rebuild(self) -> None:
        started = monotonic()
        self._shown = self._state
        self._path = self._above_cursor()
        rows = Rows(self._state, self._is_open, self._raw)
        self.entitle("Tree", f"{rows.waiting} wait" if rows.waiting else "")
        self.fill(rows)
        took = monotonic() - started
        if took > _LONG and not self._resting:
            self._resting = True
            self.set_timer(4 * took, self._rested)

    def _rested(self) -> None:
        self._resting = False
        self.show(self._state)

    def _above_cursor(self) -> set[str]:
        node = self.cursor_node
        if node is None or node not in self._state.nodes:
            return set()
        return {found.id for found in self._state.ancestors(node)}

    def _is_open(self, node: Node) -> bool:
        by_hand = self._by_hand.get(node.id)
        if by_hand is not None:
            return by_hand
        return node.report is None or len(self._state.nodes) <= SMALL or node.id in self._path

    def highlighted(self, entry: Row | None) -> None:
        """Tells which node, gate or question the cursor is on."""
        node, gate, question = (entry.node, entry.gate, entry.question) if entry else (None, None, None)
        self.post_message(self.Highlighted(self, node, gate, question))

    def opened(self, entry: Row) -> None:
        """Tells which node, gate or question is to be shown."""
        self.post_message(self.Opened(self, entry.node, entry.gate, entry.question))

    def action_unfold(self) -> None:
        """Opens what is below; if it is open, goes there."""
        row = self.current
        if row and row.opened is False:
            self._set_open(row, True)
        elif row and row.opened:
            self.action_move(1)

    def action_fold(self) -> None:
        """Closes what is below; if nothing is open there, goes to the row above that it belongs to."""
        row = self.current
        if row and row.opened:
            self._set_open(row, False)
            return
        place = self._cursor - 1
        while row and place > 0 and self._entries[place].depth >= row.depth:
            place -= 1
        self.move_to(place)

    def action_switch(self) -> None:
        """Opens or closes what is below."""
        if (row := self.current) and row.opened is not None:
            self._set_open(row, not row.opened)

    def action_raw(self) -> None:
        """Shows all nodes as they are, or the work only."""
        self._raw = not self._raw
        self._rebuild()

    def _set_open(self, row: Row, opened: bool) -> None:
        self._by_hand[row.node] = opened
        self._rebuild()

    def pieces(self, entry: Row, line: int, width: int) -> list[Piece]:
        """Indentation, sign, word, title, and at the right what waits."""
        sign = SIGNS[entry.status]
        lead = _indentation(entry.depth, width) + _fold(entry.opened)
        head = f"{glyph(entry.status)} {sign.word:<{_WORD}}"
        room = width - len(lead) - len(head) - len(entry.waits) - bool(entry.waits)
        title = fit(one_line(entry.title[:_TITLE]), room)
        gap = " " * (room - cell_len(title) + bool(entry.waits))
        tone = "muted" if entry.status in ("done", "stopped") else ""
        return [(lead, "muted"), (head, sign.tone), (title, tone), (gap, ""), (entry.waits, "warning")]


def _fold(opened: bool | None) -> str:
    return "  " if opened is None else mark("expanded" if opened else "collapsed") + " "


def _indentation(depth: int, width: int) -> str:
    """Two cells a level; from a third of the width on the number of the level, so that the title has room."""
    most = max(_LEAST, width // 3)
    return " " * (2 * depth) if 2 * depth <= most else f"{depth}{mark('path')} ".rjust(most)


def _looks_like(state: Swarm, other: Swarm) -> bool:
    """Whether the tree of both is the same, as far as can be told at once."""
    return (
        state.nodes is other.nodes
        and state.open_gates is other.open_gates
        and state.open_questions is other.open_questions
    )
