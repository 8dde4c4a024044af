"""The card: exactly what would happen, and the keys that decide it. Nothing on it happens by accident."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from time import monotonic

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key, Paste
from textual.widgets import Static

from swarm.cards import Card, cards
from swarm.proposals import AnyProposal
from swarm.state import Gate, Swarm
from widgets import decisions
from widgets.arming import ALONE, Arming
from widgets.ballot import Ballot, Item
from widgets.card_bar import KEYS, bar, offers
from widgets.card_flows import Flows, copied
from widgets.card_rows import card_rows
from widgets.form import Drafts
from widgets.lines import Lines
from widgets.titled import Titled
from widgets.words import ago, count

_SAID = 2.0
_SOON = 0.005


class CardView(Titled, Vertical, can_focus=True):
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
        self._arming = Arming(clock)
        self._flows = Flows(self, {} if drafts is None else drafts)
        self._keys = keys
        self._ballot, self._state, self._now = Ballot(), Swarm(), Swarm().at
        self._cursor, self._more, self._past, self._said = -1, False, False, ""
        self._newcomers: tuple[Gate, ...] = ()

    def compose(self) -> ComposeResult:
        """What is proposed, and below it the bar that stays."""
        yield (lines := Lines(classes="card-body"))
        lines.can_focus = False
        yield Static(classes="card-bar")

    # -- what is shown -------------------------------------------------------------------------------------------------

    def show(self, card: Card | None, state: Swarm, now: datetime, *, past: bool = False) -> None:
        """Shows a card, or how the one that is shown stands now.

        A card that shares an open gate with the one that is shown is that one: it stays as it was read, whatever came.

        Args:
            card: To show; None for nothing.
            state: The run; at a frame of the past, if `past`.
            now: For how long it has been open.
            past: Nothing can be decided.
        """
        self._state, self._now, self._past = state, now, past
        if card is None:
            self._ballot, self._newcomers = Ballot(), ()
            self._draw()
        elif self._is_shown(card):
            self._follow(state)
        else:
            self._open(card.gates)

    def _is_shown(self, card: Card) -> bool:
        return bool({gate.id for gate in card.gates} & {gate.id for gate in self._ballot.gates})

    def _open(self, gates: tuple[Gate, ...]) -> None:
        self._ballot, self._newcomers, self._more, self._said = Ballot(gates), (), False, ""
        self._cursor = -1 if self._ballot.choosing else 0
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
        return items[self._cursor] if 0 <= self._cursor < len(items) else None

    def _draw(self, *, top: bool = False) -> None:
        gates = self._ballot.gates
        self.set_class(not gates, "-empty")
        if gates:
            several = f"Gates {gates[0].id}–{gates[-1].id}" if len(gates) > 1 else f"Gate {gates[0].id}"
            opened = min(gate.opened_at for gate in gates)
            self.entitle(f"{several} · {gates[0].kind.replace('_', ' ')}", f"opened {ago(self._now - opened)}")
            rows = card_rows(self._ballot, self._state, more=self._more, newcomers=len(self._newcomers))
        else:
            self.entitle("Gate")
            rows = []
        if self.is_mounted:
            self.query_one(Lines).show(rows, cursor=self._cursor if len(self._ballot.items) > 1 else -1, top=top)
            self._draw_bar()

    def on_mount(self) -> None:
        """Draws what was shown before there was a place for it."""
        self._draw(top=True)

    # -- the bar -------------------------------------------------------------------------------------------------------

    def _draw_bar(self) -> None:
        armed = self._arming.armed and self.has_focus and not self._past
        self.set_class(armed, "-armed")
        self.query_one(".card-bar", Static).update(self._bar())

    def _bar(self) -> Content:
        if self._past:
            return Content(f"as it was in frame {self._state.frame}: esc returns to now")
        found = offers(self._ballot, self.item)
        if not found:
            return Content("nothing is left to decide here" if self._ballot.gates else "")
        words = [bar(found, self._keys)]
        below = self.query_one(Lines).below
        if below:
            words.append(Content.styled(f"{count(below, 'more line')} below", "$text-muted"))
        if self._said:
            words.append(Content.styled(self._said, "bold $warning"))
        return Content("   ").join(words)

    def say(self, words: str) -> None:
        """Says a few words of ours in the bar, for a moment."""
        self._said = words
        self._draw_bar()
        self.set_timer(_SAID, self._hush)

    def _hush(self) -> None:
        self._said = ""
        self._draw_bar()

    # -- arming --------------------------------------------------------------------------------------------------------

    def stand(self, *, field_taken: bool = False) -> None:
        """Lets the card stand anew from when it is next painted: no key decides before that, and a while after.

        Args:
            field_taken: The app itself took a field away from the person, who may still be typing.
        """
        self._arming.keep_from_deciding()
        self.call_after_refresh(self._stands, field_taken)

    def _stands(self, field_taken: bool) -> None:
        self._arming.stand(field_taken=field_taken)
        self.settle()

    def settle(self) -> None:
        """Carries out the decision key that was followed by silence, if there is one, and draws the bar."""
        name = self._arming.settle()
        if name is not None and self.has_focus and self.screen.is_current:
            self._decide(name)
        if self._arming.waits:
            self.set_timer(ALONE / 2, self.settle)
        elif 0 < self._arming.remaining < float("inf"):
            self.set_timer(self._arming.remaining + _SOON, self.settle)
        self._draw_bar()
