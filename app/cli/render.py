"""Runs and what waits in them, as text for a person."""

from __future__ import annotations

from collections.abc import Iterator

from app.cli.output import table
from app.cli.shaped import choices
from app.cli.text import line
from swarm.cards import Card, cards, questions
from swarm.catalogue import RunRow
from swarm.family import Member, family
from swarm.proposals import AnyProposal, Failure, Merge, Network, Run, Spawn, Terminate, Write
from swarm.state import Gate, Question, Swarm
from widgets.descent import title
from widgets.words import count, price, summary

_DIGEST = 12
_DEEPEST = 20
_PROBLEM = 300


def run_list(rows: list[RunRow]) -> str:
    """One line for each run, forks below the run that they came from."""
    head = ("RUN", "STATUS", "WAITS", "STARTED (UTC)", "BRANCH", "GOAL")
    return table(head, [_cells(member) for member in family(rows)])


def _cells(member: Member) -> tuple[str, ...]:
    row = member.row
    if row.frame < 0:
        return (row.id, row.status, "", "", "", line(row.problem, _PROBLEM))
    status = f"{row.status}, open in {row.writer}" if row.writer is not None else row.status
    return (
        row.id,
        status,
        str(row.waiting or ""),
        f"{row.started:%Y-%m-%d %H:%M}",
        line(row.branch),
        title(line(row.goal, 60), line(row.origin), member.depth, member.instead)
        + (f" · {line(row.problem, _PROBLEM)}" if row.problem else ""),
    )


def run_text(state: Swarm) -> str:
    """A run as it is at a frame: its facts, its tree, what waits in it."""
    return "\n".join([*_facts(state), "", *_tree(state), *_ending(state)])


def _facts(state: Swarm) -> Iterator[str]:
    yield f"{state.run}  {line(state.title)}"
    nodes = f"{count(len(state.nodes), 'node')} of {state.limits.nodes}"
    yield f"  {state.status.replace('_', ' ')}, frame {state.frame}, {nodes}"
    yield f"  model {line(state.model)} · level {state.level} · sandbox {state.tier or 'not seen yet'}"
    yield f"  branch {line(state.branch)}, {count(state.commits, 'commit')}" + (
        f", at {state.commit[:10]}" if state.commit else ""
    )
    usage, cost = state.usage, "—" if state.usage.cost is None else f"${state.usage.cost:.2f}"
    yield f"  {usage.input_tokens + usage.output_tokens} tokens, {cost}"
    if state.why:
        yield f"  {line(state.why)}"


def _tree(state: Swarm) -> Iterator[str]:
    depths: dict[str | None, int] = {None: -1}
    for node in state.subtree(state.root) if state.root else ():
        depth = depths[node.id] = depths[node.parent] + 1
        indent, name = "  " * min(depth, _DEEPEST), line(node.child.name, 60)
        yield f"  {indent}{node.id:>3}  {node.status:<16}  {node.action or '?'}: {name}"


def _ending(state: Swarm) -> Iterator[str]:
    if state.waiting:
        yield ""
        yield inbox_text(state)


def inbox_text(state: Swarm) -> str:
    """All that waits, and how to decide it."""
    lines = [text for card in cards(state) for text in _card(state, card)]
    lines += [text for question in questions(state) for text in _question(state, question)]
    return "\n".join(lines) or f"nothing waits for you in {state.run}"


def _card(state: Swarm, card: Card) -> Iterator[str]:
    for gate in card.gates:
        then = f", only after gate {gate.after}" if gate.seq is None else ""
        yield f"gate {gate.id}  {summary(gate.proposal)}, node {gate.node} {_name(state, gate)}{then}"
        yield from (f"    {line(text)}" for text in _detail(gate.proposal))
        yield f"    {' | '.join(choices(gate))}   digest {gate.digest[:_DIGEST]}"
    due = " ".join(gate.id for gate in card.gates)
    yield f"    unblocks {card.blocks}: swarm decide {state.run} {due} {_first(card)}"


def _first(card: Card) -> str:
    word = card.gates[0].proposal.choices[0]
    return word if word == "approve" else f"--choose {word}"


def _name(state: Swarm, gate: Gate) -> str:
    node = state.nodes.get(gate.node)
    return line(node.child.name, 60) if node else "(not spawned yet)"


def _detail(proposal: AnyProposal) -> Iterator[str]:
    match proposal:
        case Spawn():
            yield from (f"{child.action or 'route it'}: {child.name}" for child in proposal.children)
        case Terminate():
            yield proposal.report.summary.strip().partition("\n")[0]
        case Write():
            lines = count(proposal.content.count("\n"), "line")
            yield f"{proposal.path}, {lines}{'' if proposal.before else ', new'}"
        case Run():
            yield " ".join(proposal.argv) or proposal.script.strip().replace("\n", " ⏎ ")
            yield f"sandbox {proposal.tier}"
        case Failure():
            yield proposal.error
        case Network():
            yield f"{proposal.url}, price {price(proposal.prices)}"
            yield f"found in {', '.join(proposal.variables)}; for {proposal.purpose}"
        case Merge():
            yield f"{proposal.branch}: {count(proposal.commits, 'commit')}, {count(len(proposal.files), 'file')}"


def _question(state: Swarm, question: Question) -> Iterator[str]:
    ask = question.ask
    yield f"question {question.id}  {line(ask.text, 300)}"
    if ask.form is not None:
        yield "    a form: its JSON schema and prompt are in `swarm inbox --json`"
    if ask.choices:
        yield "    " + " | ".join(line(choice) for choice in ask.choices) + (" | something else" if ask.free else "")
    if ask.default is not None:
        yield f"    default {line(ask.default)}"
    yield f"    swarm answer {state.run} {question.id} TEXT"
