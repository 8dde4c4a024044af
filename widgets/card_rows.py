"""A card as rows: who asks, what exactly would happen, what to know, what can be chosen. Pure, no screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content

from swarm.cards import shown_parent
from swarm.proposals import AnyProposal, Failure, Network, Spawn, Terminate
from swarm.state import Gate, Swarm
from widgets import diff, facts, glyphs, proposed, why
from widgets.ballot import Ballot
from widgets.item_rows import item_rows, mark_rows
from widgets.lines import Row
from widgets.proposed import MUTED, flat
from widgets.words import count

_LABEL = 10
_BRIEF = 240

_CHOICES = {
    "retry": "try again; steps that went well are kept",
    "edit": "give it another directive and try again",
    "hand": "do it yourself: fill in what its model would",
    "report": "write its report by hand; it ends with that",
    "skip": "skip it; it ends as incomplete",
    "pass": "pass it up; it ends as failed, and its parent goes on from there",
    "again": "put the files back as they were before, and do it again",
    "done": "take it as done, as the files are now",
    "fail": "take it as failed, as the files are now",
    "approve": "merge now",
    "reject": "not now; the branch stays as it is",
}
_OF_NETWORK = {
    "approve": "use it for this run",
    "human": "be the model yourself: each thought becomes a form, nothing is sent",
    "reject": "do not use it, and stop the run; asks why",
}


def body_rows(ballot: Ballot, state: Swarm) -> list[Row]:
    """What exactly would happen, or what can be chosen: the same for as long as the ballot is."""
    return list(_choosing(ballot, state) if ballot.choosing else item_rows(ballot, state))


def card_rows(
    ballot: Ballot, state: Swarm, body: Sequence[Row], *, more: bool = False, newcomers: int = 0
) -> list[Row]:
    """All rows of a card.

    Args:
        ballot: Its gates and what was marked.
        state: The run now.
        body: What `body_rows` gave for the ballot.
        more: Whether the rule in force is told in more words.
        newcomers: How many gates have come since that would be shown beside these.
    """
    rows = [*_head(ballot, state, more), Row(), *body, *_facts(ballot, state, more)]
    if newcomers:
        words = (
            f"{count(newcomers, 'more gate')} of this kind came since: enter adds {'it' if newcomers == 1 else 'them'}"
        )
        rows += [Row(), Row(Content.styled(words, "$accent"))]
    return rows


def _head(ballot: Ballot, state: Swarm, more: bool) -> Iterator[Row]:
    first, *others = [gate for gate in ballot.gates if gate.seq is not None] or ballot.gates[:1]
    node = state.nodes.get(first.node)
    if others:
        parent = shown_parent(state, first.node)
        above = f" below {facts.who(state, (), parent)}" if parent else ""
        yield Row(flat(f"{len(others) + 1} nodes{above} wait, each with a step of the same kind").stylize("bold"))
        return
    name = flat(facts.who(state, ballot.gates, first.node)).stylize("bold")
    action = flat(f" › {node.action}" if node and node.action else "").stylize(MUTED)
    yield Row(name + action + Content(" ") + flat(wants(ballot.proposal(first))))
    if node is not None:
        yield from _directive(node.directive.strip(), more)


def _directive(text: str, more: bool) -> Iterator[Row]:
    lines = diff.lines_of(text) or [""]
    shown = lines if more else _in_brief(lines)
    if sum(map(len, shown)) < len(text.strip("#-[] \n")):
        shown[-1] += f"{glyphs.mark('more')} (w for all)"
    for place, line in enumerate(shown):
        yield Row(flat(line).stylize_before(MUTED), Content("     ") if place else Content.styled("for: ", MUTED))


def _in_brief(lines: Sequence[str]) -> list[str]:
    """The first line without its marks, and the first line of prose after it."""
    said = [lines[0].lstrip("#-[] ")[:_BRIEF]]
    for line in lines[1:]:
        if line.startswith(("#", "`", "~", "?", "- ", "<")):
            break
        if line.strip():
            said.append(line[:_BRIEF])
            break
    return said


def wants(proposal: AnyProposal) -> str:
    """What a node wants, to be read after its name; may hold text of others."""
    match proposal:
        case Spawn(children=children):
            return f"wants to start {count(len(children), 'node')}"
        case Terminate(report=report):
            return f"wants to end as {report.outcome}"
        case Failure():
            return "failed and cannot go on"
    return {
        "network": "wants to use a model that you did not name",
        "budget": "has come to a limit",
        "in_doubt": "does not know whether a step was done",
        "merge": "is done: its branch can go into yours",
    }.get(proposal.kind, f"wants to {proposed.title(proposal)}")


def _choosing(ballot: Ballot, state: Swarm) -> Iterator[Row]:
    gate = ballot.gates[0]
    yield from proposed.rows(ballot.proposal(gate), 0)
    yield from mark_rows(ballot, gate)
    yield Row()
    yield Row(Content("Choose one:"))
    for place, item in enumerate(ballot.items):
        yield Row(flat(choice_words(gate, item.choice, state)), Content(f"  {item.number:<3}"), place, head=True)
    yield Row()


def choice_words(gate: Gate, choice: str, state: Swarm) -> str:
    """What a choice of a gate does."""
    if isinstance(gate.proposal, Network):
        return _OF_NETWORK[choice]
    if choice == "stop":
        return "stop the run at its limit" if gate.kind == "budget" else "stop it and all below it"
    if choice == "raise":
        return f"raise the limit and go on: {facts.raised(gate, state)}"
    if choice in ("retry", "edit") and isinstance(gate.proposal, Failure) and gate.proposal.restart:
        return f"{_CHOICES[choice].partition(';')[0]}; from nothing, as its steps cannot be used again"
    return _CHOICES[choice]


def _facts(ballot: Ballot, state: Swarm, more: bool) -> Iterator[Row]:
    *known, changed = facts.facts(ballot, state)
    due = [gate for gate in ballot.gates if gate.seq is not None] or ballot.gates[:1]
    asked = "; ".join(dict.fromkeys(why.asked_by(state, gate) for gate in due))
    for label, words in (*known, ("Asked by", asked), changed):
        hint = Content.styled("  w for more" if label == "Asked by" and not more else "", MUTED)
        yield Row(flat(words) + hint, Content.styled(f"{label:<{_LABEL}}", MUTED))
    if more:
        yield Row()
        for gate in ballot.gates:
            yield from (proposed.note(line, 0, "") for line in why.in_more_words(state, gate))
