"""What each decision key leads to: at once, or by way of a form; always a message in the end, never a change here."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from swarm.commands import Seen
from swarm.proposals import AnyProposal, Failure, Network, Run, Save, Spawn, Terminate, Write
from swarm.state import Gate, Swarm
from swarm.values import Report
from widgets.ballot import Ballot, Item
from widgets.decisions import Approve, Choose, Edit, EditOutside, Reject, RejectAndStop, Skip
from widgets.edits import Children, ReportForm, SpawnEdit
from widgets.facts import who
from widgets.form import Drafts, Form
from widgets.forms import ConfirmForm, NoteForm, RejectForm, StopForm, TextEdit
from widgets.proposed import title
from widgets.words import count

if TYPE_CHECKING:
    from widgets.card import CardView

T = TypeVar("T")

_FIELDS = {"write": "content", "run": "script", "save": "text", "tag": "message"}
_RUN = "run"
_AT_ONCE = "ctrl+s tries again with this directive   esc back, keeps the draft"


class Flows:
    """Turns keys into messages of one card view.

    Args:
        card: That the keys belong to.
        drafts: What was begun in forms and not sent.
    """

    def __init__(self, card: CardView, drafts: Drafts) -> None:
        self._card, self._drafts = card, drafts

    def take(self, name: str, ballot: Ballot, item: Item | None, state: Swarm) -> None:
        """Does what a key stands for; `item` is where the cursor is."""
        if ballot.choosing:
            pointed = item.choice if item else ""
            self._take_line(pointed if name == "approve" else name, ballot.gates[0], state)
        elif name == "approve":
            self._approve(ballot)
        elif name == "note":
            gates = ", ".join(gate.id for gate in ballot.counted)
            form = NoteForm(f"gate {gates}", drafts=self._drafts, key=f"note {gates}")
            self._ask(form, lambda note: self._approve(ballot, note))
        elif item is not None:
            self._on_item(name, ballot, item, state)

    def _ask(self, form: Form[T], then: Callable[[T], None]) -> None:
        def closed(result: T | None) -> None:
            self._card.stand()
            if result is not None:
                then(result)

        self._card.app.push_screen(form, closed)

    def _approve(self, ballot: Ballot, note: str = "") -> None:
        if not ballot.unsandboxed:
            self._send_approval(ballot, note)
            return
        about = "This runs a command without a sandbox: it can do whatever you can, with your files and your network."
        self._ask(ConfirmForm(about, _RUN), lambda _: self._send_approval(ballot, note))

    def _send_approval(self, ballot: Ballot, note: str) -> None:
        if ballot.approved:
            self._card.post_message(Approve(self._card, ballot.approved, note))
        for gate in ballot.changed:
            proposal = ballot.proposal(gate)
            reason = note or (proposal.report.edited if isinstance(proposal, Terminate) else "")
            self._card.post_message(Edit(self._card, _seen(gate), proposal, reason))

    def _on_item(self, name: str, ballot: Ballot, item: Item, state: Swarm) -> None:
        gate = item.gate
        what = f"gate {gate.id} · {title(gate.proposal)}"
        if name == "reject":
            self._reject(gate, RejectForm(what, drafts=self._drafts, key=f"reject {gate.id}"))
        elif name == "stop":
            self._stop(gate, what, state)
        elif name == "skip":
            self._send(Skip(self._card, _seen(gate)))
        elif name == "edit":
            self._edit(ballot, item, what)
        elif name == "editor":
            self._send(EditOutside(self._card, gate.id, ballot.proposal(gate)))

    def _reject(self, gate: Gate, form: RejectForm) -> None:
        self._ask(form, lambda reason: self._send(Reject(self._card, _seen(gate), reason)))

    def _send(self, message: Reject | RejectAndStop | Skip | EditOutside | Choose | Edit) -> None:
        self._card.post_message(message)

    def _stop(self, gate: Gate, what: str, state: Swarm) -> None:
        below = (
            sum(1 for node in state.subtree(gate.node) if node.report is None) - 1 if gate.node in state.nodes else 0
        )
        more = f" and {count(below, 'node')} below it" if below > 0 else ""
        about = f"Ends {who(state, (gate,), gate.node)}{more} as stopped."
        form = StopForm(what, about, drafts=self._drafts, key=f"stop {gate.id}")
        self._ask(form, lambda reason: self._send(RejectAndStop(self._card, _seen(gate), reason)))

    # -- edits are put on the card, and decided there ------------------------------------------------------------------

    def _edit(self, ballot: Ballot, item: Item, what: str) -> None:
        gate, whole, key = item.gate, ballot.whole(item.gate), f"edit {item.gate.id}"
        if isinstance(whole, Spawn):
            dropped = frozenset(place for other, place in ballot.dropped if other == gate.id)
            form = SpawnEdit(what, Children(whole.children, dropped), max(item.child, 0), drafts=self._drafts, key=key)
            self._ask(form, lambda found: self._card.stage(gate.id, Spawn(children=found.children), found.dropped))
        elif isinstance(whole, Terminate) and isinstance(gate.proposal, Terminate):
            outcome = gate.proposal.report.outcome
            self._ask(
                ReportForm(what, whole.report, outcome, drafts=self._drafts, key=key),
                lambda report: self._card.stage(gate.id, Terminate(report=report)),
            )
        elif whole.kind in _FIELDS:
            field = _FIELDS[whole.kind]
            self._ask(
                TextEdit(f"Edit · {what}", getattr(whole, field), drafts=self._drafts, key=key),
                lambda text: self._card.stage(gate.id, whole.model_copy(update={field: text})),
            )

    # -- gates with lines to choose from -------------------------------------------------------------------------------

    def _take_line(self, choice: str, gate: Gate, state: Swarm) -> None:
        what = f"gate {gate.id} · {title(gate.proposal)}"
        if choice not in gate.proposal.choices:
            self._card.say("choose a line first: its number, or j and k")
        elif isinstance(gate.proposal, Failure) and choice in ("edit", "report", "stop"):
            self._after_failure(choice, gate, gate.proposal, what, state)
        elif isinstance(gate.proposal, Network) and choice == "reject":
            about = "Nothing is sent, and the run ends as stopped. Why?"
            self._reject(gate, RejectForm(what, about, drafts=self._drafts, key=f"reject {gate.id}"))
        else:
            self._send(Choose(self._card, _seen(gate), choice))

    def _after_failure(self, choice: str, gate: Gate, failure: Failure, what: str, state: Swarm) -> None:
        if choice == "stop":
            self._stop(gate, what, state)
        elif choice == "edit":
            self._ask(
                TextEdit(what, failure.directive, keys=_AT_ONCE, drafts=self._drafts, key=f"edit {gate.id}"),
                lambda text: self._send(Edit(self._card, _seen(gate), failure.model_copy(update={"directive": text}))),
            )
        else:
            form = ReportForm(who(state, (), gate.node), drafts=self._drafts, key=f"report {gate.id}")
            self._ask(form, lambda report: self._send(_by_hand(self._card, gate, report)))


def _by_hand(card: CardView, gate: Gate, report: Report) -> Choose:
    reason, plain = report.edited, report.model_copy(update={"edited": ""})
    return Choose(card, _seen(gate), "report", plain, reason)


def _seen(gate: Gate) -> tuple[Seen, ...]:
    return (Seen(gate=gate.id, digest=gate.digest),)


def copied(proposal: AnyProposal, child: int = -1) -> str:
    """What of a proposal goes to the clipboard: the text that a person would want to have."""
    match proposal:
        case Spawn(children=children) if 0 <= child < len(children):
            return children[child].directive
        case Write(content=text) | Save(text=text) | Failure(error=text) | Terminate(report=Report(summary=text)):
            return text
        case Run():
            return shlex.join(proposal.argv) if proposal.argv else proposal.script
    return json.dumps(proposal.model_dump(mode="json"), indent=2, ensure_ascii=False)
