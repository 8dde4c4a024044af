"""Which rows a tree shows for a state: pure, without a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple, overload

from swarm.proposals import Spawn
from swarm.state import Gate, Node, Swarm
from swarm.values import Child
from widgets.words import MANAGER, REVIEWER, ROUTER, question_name, round_name, round_of, successor_of, summary


class Row(NamedTuple):
    """One line of the tree; texts are as others wrote them.

    Attributes:
        key: Unique among the rows, the same from state to state.
        node: Id of the node that it is, or belongs to.
        depth: Levels of indentation.
        status: Key in `glyphs.SIGNS`.
        title: What it says.
        waits: At the right: how many wait below, or the id of a gate or question.
        gate: Id, on the row of a gate and of what it proposes.
        question: Id, on the row of a question.
        opened: Whether what is below is shown; None if there is nothing.
    """

    key: str
    node: str
    depth: int
    status: str
    title: str
    waits: str = ""
    gate: str | None = None
    question: str | None = None
    opened: bool | None = None


_Leaf = tuple[str, int]
_Chosen = tuple[str, int, tuple[str, ...]]


class Waits(NamedTuple):
    """What waits for the human: ids by node, and how many in each subtree."""

    gates: dict[str, list[str]]
    questions: dict[str, list[str]]
    below: dict[str, int]


def waits(state: Swarm) -> Waits:
    """Where gates that are due and questions are open; the cost grows with them and their ancestors only."""
    gates: dict[str, list[str]] = {}
    questions: dict[str, list[str]] = {}
    below: dict[str, int] = {}
    for gate_id in sorted(state.open_gates, key=int):
        gate = state.gates[gate_id]
        if gate.seq is not None:
            _put(gates, below, gate.node, gate_id)
    for question_id in sorted(state.open_questions, key=lambda name: state.open_questions[name]):
        _put(questions, below, state.questions[question_id].node, question_id)
    _climb(state, below)
    return Waits(gates, questions, below)


def _put(ids: dict[str, list[str]], below: dict[str, int], node: str, name: str) -> None:
    ids.setdefault(node, []).append(name)
    below[node] = below.get(node, 0) + 1


def _climb(state: Swarm, below: dict[str, int]) -> None:
    """Adds each node's count to its parent's, the youngest nodes first: a child is always younger."""
    heap = [(-state.nodes[node].spawned, node) for node in below]
    heapify(heap)
    while heap:
        _, node = heappop(heap)
        parent = state.nodes[node].parent
        if parent is None:
            continue
        if parent not in below:
            heappush(heap, (-state.nodes[parent].spawned, parent))
        below[parent] = below.get(parent, 0) + below[node]


class Rows(Sequence[Row]):
    """The rows of the tree from top to bottom; those of leaves are made when they are looked at.

    Args:
        state: What to show.
        is_open: Whether what is below a node is shown.
        raw: Every node is a row under its parent; else a router and the action that it chose are one row, and
            managers that follow are beside the first.
    """

    def __init__(self, state: Swarm, is_open: Callable[[Node], bool], raw: bool = False) -> None:
        self._state, self._is_open, self._raw = state, is_open, raw
        self._waits = waits(state)
        self._items = self._flatten()

    @property
    def waiting(self) -> int:
        """How many gates and questions wait for the human."""
        return self._waits.below.get(self._state.root or "", 0)

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self._row(item) for item in self._items[index]]
        return self._row(self._items[index])

    def find(self, key: str) -> int | None:
        """The place of the row with a key."""
        return next((index for index, item in enumerate(self._items) if item[0] == key), None)

    def _row(self, item: Row | _Leaf) -> Row:
        if isinstance(item, Row):
            return item
        node_id, depth = item
        node = self._state.nodes[node_id]
        return Row(node_id, node_id, depth, node.status, self._title(node) + _remark(node))

    def _flatten(self) -> list[Row | _Leaf]:
        """Walks the tree without recursion: nodes, and finished rows, lie on one stack, the next on top."""
        found: list[Row | _Leaf] = []
        nodes, asks = self._state.nodes, self._waits.below
        stack: list[Row | _Leaf | _Chosen] = [(self._state.root, 0)] if self._state.root else []
        while stack:
            item = stack.pop()
            if isinstance(item, Row) or (len(item) == 2 and item[0] not in asks and not nodes[item[0]].children):
                found.append(item)
            else:
                stack.extend(self._branch(nodes[item[0]], *item[1:]))
        return found

    def _branch(self, node: Node, depth: int, routers: tuple[str, ...] = ()) -> Iterable[Row | _Leaf | _Chosen]:
        """What a node with something below it becomes, the last first."""
        kids = [self._state.kids[node.id, rank] for rank in range(node.children)]
        if node.action == ROUTER and kids and not self._raw:
            chosen: _Chosen = (kids.pop(), depth, (*routers, node.id))
            return [chosen, *((kid, depth) for kid in reversed(kids))]
        own = (*routers, node.id)
        count = self._waits.below.get(node.id, 0) + self._asked(routers)
        successor = None if self._raw else self._take_successor(node, kids)
        if successor:
            count -= self._waits.below.get(successor.id, 0)
        opened = self._is_open(node) if kids or self._asked(own) else None
        status = node.status if self._raw else _status(node, count, bool(successor))
        title = self._title(node, successor) + _remark(node)
        row = Row(node.id, node.id, depth, status, title, str(count or ""), opened=opened)
        below: list[Row | _Leaf] = []
        if opened:
            inner = depth + (self._raw or node.parent is not None)
            below = [*((kid, inner) for kid in kids), *self._asks(own, inner)]
        after: list[_Leaf] = [(successor.id, depth)] if successor else []
        return [*after, *reversed(below), row]

    def _take_successor(self, node: Node, kids: list[str]) -> Node | None:
        """Takes the manager that goes on where this one ended out of its children."""
        successor = successor_of(self._state, node) if node.action == MANAGER else None
        if successor:
            kids.remove(successor.id)
        return successor

    def _title(self, node: Node, successor: Node | None = None) -> str:
        if self._raw:
            return f"{node.id} {node.action or 'route it'} · {node.child.name}"
        return round_name(node.child, successor)

    def _asked(self, nodes: tuple[str, ...]) -> int:
        """How many gates and questions wait at these nodes themselves."""
        gates, questions, _ = self._waits
        return sum(len(gates.get(node, ())) + len(questions.get(node, ())) for node in nodes)

    def _asks(self, nodes: tuple[str, ...], depth: int) -> Iterator[Row]:
        """The rows of gates and questions of a node and its routers, and of what the gates propose."""
        for node in nodes:
            for gate_id in self._waits.gates.get(node, ()):
                gate = self._state.gates[gate_id]
                yield Row(f"g{gate_id}", node, depth, "asks", summary(gate.proposal), gate_id, gate=gate_id)
                yield from _proposed(gate, node, depth)
            for name in self._waits.questions.get(node, ()):
                title = question_name(self._state.questions[name])
                yield Row(f"?{name}", node, depth, "asks", title, name, question=name)


def _proposed(gate: Gate, node: str, depth: int) -> Iterator[Row]:
    children = gate.proposal.children if isinstance(gate.proposal, Spawn) else ()
    for index, child in enumerate(children):
        title = _new_title(child, index, len(children))
        yield Row(f"n{gate.id}.{index}", node, depth, "proposed", title, gate=gate.id)


def _new_title(child: Child, index: int, total: int) -> str:
    if total == 1 or round_of(child) > 1:
        return round_name(child)
    return f"{index + 1} {child.name}"


def _status(node: Node, count: int, followed: bool) -> str:
    """What a row says: an end is an end; else what waits for the human comes first."""
    if node.report is not None or node.paused:
        return node.status
    if count:
        return "waiting"
    return "done" if followed and node.status == "waiting_children" else node.status


def _remark(node: Node) -> str:
    """What a title says beside the name: which attempt it is, how the checks of a reviewer went."""
    if node.attempt > 1:
        return f" · attempt {node.attempt}"
    if node.action != REVIEWER or node.report is None:
        return ""
    checks = [evidence.passed for evidence in node.report.evidence if evidence.kind == "check"]
    failed = checks.count(False)
    if failed:
        return f" · {failed} of {len(checks)} failed"
    return " · ok" if checks and all(checks) else ""
