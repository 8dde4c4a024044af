"""The items of a card as rows: gates with their proposals, children that would start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.content import Content

from swarm.proposals import AnyProposal, Run, Save, Spawn, Tag, Write
from swarm.state import Gate, Swarm
from widgets import diff, facts, glyphs, proposed
from widgets.ballot import Ballot, Item
from widgets.lines import Row
from widgets.proposed import MUTED, flat

_INDENT = 5
"""Columns left of what belongs to an item: two for the cursor, three for its number."""


def item_rows(ballot: Ballot, state: Swarm) -> Iterator[Row]:
    """Each gate with all that belongs to it; where a card has one gate, that needs no head."""
    places = {(item.gate.id, item.child): place for place, item in enumerate(ballot.items)}
    several = len(ballot.gates) > 1
    foreseen = False
    for gate in ballot.gates:
        if gate.seq is None and gate.after and not foreseen:
            yield Row(Content.styled(f"then follow, if {gate.after} goes exactly as shown:", f"italic {MUTED}"))
        foreseen = gate.seq is None
        if several:
            yield _gate_head(ballot, state, gate, places[gate.id, -1])
        yield from mark_rows(ballot, gate, _INDENT if several else 0)
        yield from _body(ballot, state, gate, places)
        yield Row()


def _gate_head(ballot: Ballot, state: Swarm, gate: Gate, place: int) -> Row:
    proposal = ballot.proposal(gate)
    style = "bold" if ballot.counts(gate) else "dim strike"
    name = flat(f"{facts.who(state, ballot.gates, gate.node)} › ").stylize(MUTED)
    words = name + flat(proposed.title(proposal)).stylize(style) + _size(proposal)
    return Row(words, Content.styled(f"  {gate.id:<3}", style), place, head=True)


def _size(proposal: AnyProposal) -> Content:
    if not isinstance(proposal, Write):
        return Content("")
    before = (proposal.original or "") if proposal.before else None
    return Content.styled(f"  {diff.words(before, proposal.content)}", MUTED)


def mark_rows(ballot: Ballot, gate: Gate, indent: int = 0) -> Iterator[Row]:
    """How a gate stands, where it is not simply to be approved."""
    lead = Content(" " * indent)
    if gate.status != "open":
        how = f"{glyphs.word(gate.decision.verb)} by {gate.decision.by}" if gate.decision else gate.why
        yield Row(flat(f"{glyphs.glyph('end')} no longer open: {how or gate.status}").stylize("$accent"), lead)
    elif gate.id in ballot.left:
        words = f"{glyphs.glyph('skip')} left out: it stays open; x takes it in again"
        yield Row(Content.styled(words, "$warning"), lead)
    elif gate.seq is None and not ballot.counts(gate):
        words = f"{glyphs.glyph('skip')} not decided: {gate.after} is left out or no longer as shown"
        yield Row(Content.styled(words, "$warning"), lead)
    elif gate.id in ballot.edits:
        yield Row(Content.styled(f"{glyphs.glyph('edit')} edited by you; nothing is sent yet", "$accent"), lead)


def _body(ballot: Ballot, state: Swarm, gate: Gate, places: dict[tuple[str, int], int]) -> Iterator[Row]:
    whole = ballot.whole(gate)
    several = len(ballot.gates) > 1
    indent = _INDENT if several else 0
    rows: Iterable[Row]
    if isinstance(whole, Spawn):
        rows = _children(ballot, state, gate, whole, places)
    else:
        rows = (*(() if several else _title(whole)), *proposed.rows(whole, indent))
    item = places.get((gate.id, -1), -1)
    for row in rows:
        content = row.content if ballot.counts(gate) else row.content.stylize("dim")
        yield Row(content, row.lead, row.item if row.item >= 0 else item, row.head, row.code)


def _title(proposal: AnyProposal) -> Iterator[Row]:
    """What is proposed, where no head says it."""
    if isinstance(proposal, Write | Run | Tag | Save):
        yield Row(flat(proposed.title(proposal)).stylize("bold") + _size(proposal))


def _children(
    ballot: Ballot, state: Swarm, gate: Gate, whole: Spawn, places: dict[tuple[str, int], int]
) -> Iterator[Row]:
    indent = 3 if len(ballot.gates) > 1 else 0
    many = len(whole.children) > 1
    node = state.nodes.get(gate.node)
    model = node.model if node else state.model
    yield Row(Content("Would start, all at once:" if many else "Would start:"), Content(" " * (indent and _INDENT)))
    for number, child in enumerate(whole.children):
        place = places.get((gate.id, number), -1)
        item = Item(gate, str(number + 1), number)
        kept = ballot.keeps(item)
        lead = Content.styled(f"{' ' * indent}  {item.number:<3}", "" if kept else "dim")
        yield Row(_child_head(child.name, child.action, kept), lead, place, head=place >= 0)
        for row in proposed.child(child, indent + _INDENT, model, node.directive if node else ""):
            yield Row(row.content if kept else row.content.stylize("dim"), row.lead, place, code=row.code)


def _child_head(name: str, action: str, kept: bool) -> Content:
    words = flat(name).stylize("bold" if kept else "dim strike")
    if action not in ("", "route_action"):
        words += flat(f"  {action}").stylize(MUTED)
    return words if kept else words + Content.styled(f"  {glyphs.glyph('skip')} left out", "$warning")
