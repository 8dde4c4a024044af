"""The card: exactly what would happen, and the keys that decide it. Nothing on it happens by accident."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from time import monotonic

from textual.app import ComposeResult
from textual.containers import Vertical

from swarm.cards import Card, cards
from swarm.proposals import AnyProposal
from swarm.state import Gate, Swarm
from widgets import decisions
from widgets.armed import Armed
from widgets.ballot import Ballot, Item
from widgets.card_flows import Flows, copied
from widgets.card_rows import body_rows, card_rows
from widgets.decision_bar import DecisionBar
from widgets.form import Drafts
from widgets.lines import Lines, Row
from widgets.offers import KEYS, offers
from widgets.titled import Titled
from widgets.words import ago, count


class CardView(Vertical, Titled, Armed, can_focus=True):
    """One card with one or more gates.

    | Key | Description |
    | :- | :- |
    | j k, arrows, g G, home end, pgup pgdn | Move between items, or read on. |
    | 1–9 | Point at a line, where one of several is to be chosen. |
    | enter | Take in gates that came since; never approves. |
    | those of `keys` | Decide: only alone, and only once the card has stood. |

    Args:
        clock: Tells seconds, on the axis of the time of events.
        drafts: Where texts are kept that were begun and not sent.
        keys: Decision keys and what they do.
    """

    Approve = decisions.Approve
    Edit = decisions.Edit
    Reject = decisions.Reject
    RejectAndStop = decisions.RejectAndStop
    Skip = decisions.Skip
    Choose = decisions.Choose
    Decision = decisions.Decision
    EditOutside = decisions.EditOutside

    def __init__(
        self,
        *,
        clock: Callable[[], float] = monotonic,
        drafts: Drafts | None = None,
        keys: Mapping[str, str] = KEYS,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.bar = DecisionBar(self._take, keys, clock)
        self._flows = Flows(self, {} if drafts is None else drafts)
        self._ballot, self._state, self._now = Ballot(), Swarm(), Swarm().at
        self.cursor, self._more, self._past, self._why = -1, False, False, ""
        self._newcomers: tuple[Gate, ...] = ()
        self._body: tuple[Ballot, list[Row]] | None = None

    def compose(self) -> ComposeResult:
        """What is proposed, and below it the bar that stays."""
        yield (lines := Lines(classes="card-body"))
        lines.can_focus = False
        yield self.bar

    # -- what is shown -------------------------------------------------------------------------------------------------

    def show(self, card: Card | None, state: Swarm, now: datetime, *, past: bool = False, why: str = "") -> None:
        """Shows a card, or how the one that is shown stands now.

        A card that shares an open gate with the one that is shown is that one: it stays as it was read, whatever came.

        Args:
            card: To show; None for nothing.
            state: The run; at a frame of the past, if `past`.
            now: For how long it has been open.
            past: Nothing can be decided.
            why: In a few words, if not because it is the past.
        """
        self._why = why
        returned, moved = self._past and not past, (state is not self._state) or past != self._past
        self._state, self._now, self._past = state, now, past
        if card is None or not self._is_shown(card):
            self._open(card.gates if card else ())
        elif moved:
            self._follow(state)
        else:
            self._entitle()
        if returned:
            self.stand()

    def _is_shown(self, card: Card) -> bool:
        return bool({gate.id for gate in card.gates} & {gate.id for gate in self._ballot.gates})

    def _open(self, gates: tuple[Gate, ...]) -> None:
        self._ballot, self._newcomers, self._more = self._ballot.with_gates(gates), (), False
        self.cursor = -1 if self._ballot.choosing else 0
        self._find_newcomers()
        self._draw(top=True)
        self.stand()

    def _follow(self, state: Swarm) -> None:
        before = self._ballot
        self._ballot = before.follow(state.gates)
        self._find_newcomers()
        self._draw()
        if [gate.id for gate in before.counted] != [gate.id for gate in self._ballot.counted]:
            self.stand()

    def _find_newcomers(self) -> None:
        known = {gate.id for gate in self._ballot.gates}
        here = (card for card in cards(self._state) if self._is_shown(card))
        self._newcomers = tuple(gate for card in here for gate in card.gates if gate.id not in known)

    def take_in(self) -> None:
        """Adds the gates that came since the card was opened; it stands anew."""
        if self._newcomers:
            here = next(card for card in cards(self._state) if self._is_shown(card))
            closed = tuple(gate for gate in self._ballot.gates if gate.status != "open")
            self._ballot = self._ballot.with_gates((*closed, *here.gates))
            self._newcomers = ()
            self._draw()
            self.stand()

    def stage(self, gate_id: str, proposal: AnyProposal, dropped: frozenset[int] = frozenset()) -> None:
        """Puts the person's edit of a gate on the card; it is decided only by a decision key."""
        gate = next((gate for gate in self._ballot.gates if gate.id == gate_id), None)
        if gate is not None:
            self._ballot = self._ballot.stage(gate, proposal, dropped)
            self._draw()
            self.stand()

    @property
    def ballot(self) -> Ballot:
        """What is shown, and what was marked on it."""
        return self._ballot

    @property
    def item(self) -> Item | None:
        """Where the cursor stands."""
        items = self._ballot.items
        return items[self.cursor] if 0 <= self.cursor < len(items) else None

    def _entitle(self) -> None:
        gates = self._ballot.gates
        if gates:
            several = f"Gates {gates[0].id}–{gates[-1].id}" if len(gates) > 1 else f"Gate {gates[0].id}"
            opened = min(gate.opened_at for gate in gates)
            self.entitle(f"{several} · {gates[0].kind.replace('_', ' ')}", f"opened {ago(self._now - opened)}")
        else:
            self.entitle("Gate")

    def _draw(self, *, top: bool = False) -> None:
        self._entitle()
        self.set_class(not self._ballot.gates, "-empty")
        if self.is_mounted:
            self.lines.show(self._rows(), cursor=self.cursor if len(self._ballot.items) > 1 else -1, top=top)
            self.draw_bar()

    def _rows(self) -> list[Row]:
        if not self._ballot.gates:
            return []
        if self._body is None or self._body[0] != self._ballot or self._ballot.choosing:
            self._body = self._ballot, body_rows(self._ballot, self._state)
        return card_rows(self._ballot, self._state, self._body[1], more=self._more, newcomers=len(self._newcomers))

    def draw_bar(self) -> None:
        """Shows in the bar what can be done now."""
        if self._past:
            self.bar.offer((), self._why or f"as it was in frame {self._state.frame}: esc returns to now")
        elif found := offers(self._ballot, self.item):
            below = self.lines.below
            self.bar.offer(found, f"{count(below, 'line')} below" if below else "")
        else:
            self.bar.offer((), "nothing is left to decide here" if self._ballot.gates else "")

    def say(self, words: str) -> None:
        """Says a few words of ours in the bar, for a moment."""
        self.bar.say(words)

    def on_mount(self) -> None:
        """Draws what was shown before there was a place for it."""
        self._draw(top=True)
        self.watch(self.lines, "scroll_y", self.draw_bar, init=False)

    # -- keys ----------------------------------------------------------------------------------------------------------

    def moves(self, key: str) -> bool:
        """Moves between items or reads on; enter takes in what came."""
        if key in ("j", "down", "k", "up"):
            self._step(1 if key in ("j", "down") else -1)
        elif self._ballot.choosing and key.isdecimal() and 1 <= int(key) <= len(self._ballot.items):
            self.point(int(key) - 1)
        elif key == "enter" and self._newcomers:
            self.take_in()
        else:
            return self.lines.turn(key)
        return True

    def _step(self, by: int) -> None:
        """To the next item if its head is in sight, else a line on: nothing is skipped unread."""
        place = self.cursor + by
        if 0 <= place < len(self._ballot.items) and self.lines.sees(place):
            self.point(place)
        else:
            self.lines.scroll_relative(y=by, animate=False)

    def _take(self, name: str) -> None:
        """Does what a decision key stands for."""
        item = self.item
        if name == "why":
            self._more = not self._more
            self._draw()
        elif name == "copy":
            gate = item.gate if item else self._ballot.gates[0]
            self.app.copy_to_clipboard(copied(self._ballot.whole(gate), item.child if item else -1))
            self.say("copied")
        elif name in ("leave-out", "leave-out-like") and item is not None:
            self._ballot = self._ballot.toggle(item) if name == "leave-out" else self._ballot.toggle_like(item)
            self._draw()
        else:
            self._flows.take(name, self._ballot, item, self._state)
            self.stand()
