"""Short words for the things of a run, the same in every pane. What they return may hold text of others."""

from __future__ import annotations

from datetime import timedelta

from rich.cells import cell_len, set_cell_size

from swarm.proposals import (
    AnyProposal,
    Budget,
    Failure,
    InDoubt,
    Merge,
    Network,
    Run,
    Save,
    Spawn,
    Tag,
    Terminate,
    Write,
)
from swarm.state import Node, Question, Swarm
from swarm.values import Child, Level, Prices
from widgets.glyphs import mark

MANAGER = "decompose_directive"
ROUTER = "route_action"
REVIEWER = "review_directive"

LEVEL_WORDS: dict[Level, str] = {
    "step": "every step",
    "guided": "spawns, ends, effects",
    "effects": "effects",
    "questions": "questions",
    "auto": "budget only",
}
"""What each level asks about."""


def fit(text: str, width: int) -> str:
    """The text in at most `width` cells; what does not fit is cut and marked."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1) + mark("more") if width > 0 else ""


def ago(span: timedelta) -> str:
    """How long: `0:41`, `12:03`, `1:02:10`, `3 days`."""
    seconds = max(0, int(span.total_seconds()))
    if seconds >= 2 * 86400:
        return f"{seconds // 86400} days"
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def count(number: int, noun: str) -> str:
    """`1 node`, `2 nodes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def price(prices: Prices | None) -> str:
    """What an endpoint takes; a dash where that is unknown."""
    return prices.words if prices else "—"


def round_of(child: Child) -> int:
    """Which round of its directive a manager works on; 1 for every other node."""
    number = child.arguments.get("round", 1)
    return number if isinstance(number, int) else 1


def successor_of(state: Swarm, node: Node) -> Node | None:
    """The manager that goes on where this one ended, if there is one."""
    for rank in reversed(range(node.children)):
        child = state.nodes[state.kids[node.id, rank]]
        if child.action == node.action and round_of(child.child) > 1:
            return child
    return None


def name_of(state: Swarm, node_id: str) -> str:
    """A node's name as the tree shows it: managers of several rounds are numbered, as in `2 Use it`."""
    node = state.nodes[node_id]
    return round_name(node.child, successor_of(state, node) if node.action == MANAGER else None)


def round_name(child: Child, successor: Node | None = None) -> str:
    """The name of a node; that of a manager of several rounds as its successor calls it, with its number."""
    number, name = round_of(child), child.name
    if number == 1 and successor is None:
        return name
    done = successor.child.arguments.get("done") if successor else None
    if isinstance(done, list) and len(done) >= number and isinstance(done[number - 1], dict):
        name = str(done[number - 1].get("title") or name)
    return name if name.startswith(f"{number} ") else f"{number} {name}"


def summary(proposal: AnyProposal) -> str:
    """What would happen, in a few words; a file without its folders."""
    match proposal:
        case Spawn(children=children):
            return f"spawn {len(children)}"
        case Terminate(report=report):
            return f"end: {report.outcome}"
        case Run(title=title, script=script, argv=argv):
            return f"run {title or ' '.join(argv) or script.strip().partition(chr(10))[0]}"
        case Write(path=path):
            return f"write {path.rpartition('/')[2]}"
        case Tag(name=what) | Save(name=what):
            return f"{proposal.kind} {what}"
        case Network(model=model, host=host):
            return f"network: {model} at {host}"
        case Failure(error=what) | Budget(why=what):
            return f"{proposal.kind}: {what}"
        case InDoubt(what=what):
            return f"in doubt: {what}"
        case Merge(into=into):
            return f"merge into {into}"


def question_name(question: Question) -> str:
    """A question in a few words: its name, or the first line of its text."""
    name = question.ask.name.replace("_", " ").strip()
    return f"{name}?" if name else question.ask.text.strip().partition("\n")[0]
