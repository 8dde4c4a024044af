"""What a run did, as the sections of a plan: one after another where the order matters, else side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise

from swarm.export.done import Done, History
from swarm.proposals import Run, Save, Write
from swarm.state import Node, Question

_MANAGER, _REVIEWER = "decompose_directive", "review_directive"
BY_HAND = "Edited by hand"


@dataclass(frozen=True, slots=True)
class Part:
    """A section.

    Attributes:
        title: A few words.
        node: Whose directive it stands for.
        effects: Its own steps, in order.
        parts: What follows them, side by side; some may have nothing to do.
        checks: What is looked at last.
        questions: What is asked before; of phases only.
    """

    title: str
    node: str | None = None
    effects: tuple[Done, ...] = ()
    parts: tuple[Part, ...] = ()
    checks: tuple[Done, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def all(self) -> tuple[Done, ...]:
        """Everything that is done in it and below, in the order in which it was done."""
        return _in_order((*self.effects, *(effect for part in self.parts for effect in part.all)))

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing in it to do or to look at."""
        return not (self.effects or self.checks) and all(part.is_idle for part in self.parts)

    @property
    def in_a_row(self) -> Part:
        """The same without parts: all that they do it does itself, in order."""
        return replace(self, effects=self.all, parts=())


@dataclass(slots=True)
class _Round:
    """What one node did: steps one after another, each with parts side by side; then the checks."""

    node: Node
    title: str
    steps: list[tuple[Part, ...]] = field(default_factory=list)
    checks: list[Done] = field(default_factory=list)


def phases(history: History) -> list[Part]:
    """The phases of a plan that does again what a run did."""
    return _Outline(history).phases() if history.state.root else []


class _Outline:
    """Walks the tree of a run."""

    def __init__(self, history: History) -> None:
        self._history, self._state = history, history.state
        self._done: dict[str | None, list[Done]] = {}
        for effect in history.done:
            self._done.setdefault(effect.node, []).append(effect)

    def phases(self) -> list[Part]:
        """The sections of all rounds, with the edits of humans and the questions in their places."""
        rounds = self._rounds(self._state.nodes[str(self._state.root)])
        for edit in self._done.get(None, ()):
            _insert(rounds, edit)
        places = {round_.node.id: place for place, round_ in enumerate(rounds)}
        due = sorted(self._questions(), key=lambda question: int(question.id[1:]))
        found: list[Part] = []
        for place, round_ in enumerate(rounds):
            sections = _cut(round_)
            if sections:
                now = tuple(question for question in due if self._place(question, places) <= place)
                due = [question for question in due if question not in now]
                sections[0] = replace(sections[0], questions=now)
            found += sections
        return found

    def _questions(self) -> Iterator[Question]:
        for question in self._state.questions.values():
            if (question.node, question.ask.name) in self._history.needed and isinstance(question.answer, str):
                yield question

    def _place(self, question: Question, places: dict[str, int]) -> int:
        """The number of the round in which a question was asked."""
        above = (question.node, *(node.id for node in self._state.ancestors(question.node)))
        return next((places[node] for node in above if node in places), 0)

    def _rounds(self, node: Node) -> list[_Round]:
        """What a node did, with the rounds of the managers that went on where it ended."""
        found: list[_Round] = []
        waiting = [node]
        while waiting:
            node, *waiting = waiting
            kids = list(self._state.children(node.id))
            if self._only_hands_on(node, kids):
                waiting = [*kids, *waiting]
            else:
                round_, later = self._round(node, kids)
                found.append(round_)
                waiting = [*later, *waiting]
        return found

    def _only_hands_on(self, node: Node, kids: list[Node]) -> bool:
        """Whether a node did nothing but start others, one after another."""
        one_at_a_time = len({kid.origin[1] for kid in kids}) == len(kids)
        return bool(kids) and node.action != _MANAGER and one_at_a_time and not self._done.get(node.id)

    def _round(self, node: Node, kids: list[Node]) -> tuple[_Round, list[Node]]:
        """What a node did itself, and the managers that went on where it ended."""
        title = self._history.titles.get(node.id) or node.child.name
        checks: list[Done] = []
        later: list[Node] = []
        groups: dict[int, list[Node]] = {}
        for kid in kids:
            if kid.action == _REVIEWER:
                checks += self._done.get(kid.id, ())
            elif kid.action == node.action == _MANAGER and kid.child.arguments.get("round", 1) != 1:
                later.append(kid)
            else:
                groups.setdefault(kid.origin[1], []).append(kid)
        timed = [(group[0].spawned, tuple(map(self._part, group))) for group in groups.values()]
        timed += [(effect.frame, (Part(title, node.id, (effect,)),)) for effect in self._done.get(node.id, ())]
        steps = [step for _, step in sorted(timed, key=lambda pair: pair[0])]
        return _Round(node, title, steps, checks), later

    def _part(self, node: Node) -> Part:
        """A node below a manager as one section; what takes several, in a row."""
        sections = [section for round_ in self._rounds(node) for section in _cut(round_)]
        if not sections:
            return Part(node.child.name, node.id)
        if len(sections) == 1:
            return replace(sections[0], title=node.child.name)
        return Part(node.child.name, node.id, _all(sections), checks=sections[-1].checks)


def _cut(round_: _Round) -> list[Part]:
    """The sections of a round: in each first its own steps, then parts side by side. None if nothing was done in it."""
    found = [Part(round_.title, round_.node.id)]
    for parts in (parts for step in round_.steps for parts in _ordered(step, round_.title)):
        if _is_busy(found[-1].parts) and _is_busy(parts):
            found.append(Part(f"{round_.title} ({len(found) + 1})"))
        last = found[-1]
        if _is_own(parts, round_):
            found[-1] = replace(last, effects=last.effects + parts[0].effects)
        else:
            found[-1] = replace(last, parts=last.parts + parts)
    found[-1] = replace(found[-1], checks=_each_once(round_.checks))
    return [part for part in found if not part.is_idle]


def _ordered(parts: tuple[Part, ...], title: str) -> list[tuple[Part, ...]]:
    """Parts side by side where that is the same; else as they were done: one after another, or mixed into one."""
    if _is_apart(parts):
        return [parts]
    idle = tuple(part for part in parts if not part.all)
    busy = sorted((part for part in parts if part.all), key=lambda part: part.all[0].frame)
    if all(one.all[-1].frame < other.all[0].frame for one, other in pairwise(busy)):
        return [*((part,) for part in busy), idle]
    return [(Part(title, effects=_all(busy)),), idle]


def _is_busy(parts: Iterable[Part]) -> bool:
    return any(not part.is_idle for part in parts)


def _is_own(parts: tuple[Part, ...], round_: _Round) -> bool:
    """Whether a step is one of the section itself rather than a part of it."""
    only = parts[0] if len(parts) == 1 else None
    return only is not None and only.title in (round_.title, BY_HAND) and not (only.parts or only.checks)


def _each_once(checks: Iterable[Done]) -> tuple[Done, ...]:
    """Checks, which run side by side, in the order of their steps; without those that were run again later."""
    ordered = sorted(checks, key=lambda check: (int(check.node or 0), check.step))
    found = {(check.what.interpreter, check.what.script): check for check in ordered if isinstance(check.what, Run)}
    return tuple(found.values())


def _insert(rounds: list[_Round], edit: Done) -> None:
    """Puts what a human changed where it belongs: between two steps, or into the one during which it was done."""
    for round_ in rounds:
        for place, step in enumerate(round_.steps):
            effects = _all(step)
            if not effects or edit.frame > effects[-1].frame:
                continue
            if edit.frame < effects[0].frame:
                round_.steps.insert(place, (Part(BY_HAND, effects=(edit,)),))
            else:
                round_.steps[place] = (Part(round_.title, effects=_in_order((*effects, edit))),)
            return
    rounds[-1].steps.append((Part(BY_HAND, effects=(edit,)),))


def _is_apart(parts: Iterable[Part]) -> bool:
    """Whether parts may run in any order: none looks at or writes what another one writes."""
    pairs = combinations([part.all for part in parts], 2)
    return not any(_depend(one, other) or _depend(other, one) for one, other in pairs)


def _depend(one: tuple[Done, ...], other: tuple[Done, ...]) -> bool:
    writes = any(effect.changes or isinstance(effect.what, Write) for effect in one)
    return (writes and any(effect.looks for effect in other)) or not _names(one).isdisjoint(_names(other))


def _names(effects: Iterable[Done]) -> set[tuple[str, str]]:
    """The files and the texts that are written, by name."""
    found = set()
    for effect in effects:
        if isinstance(effect.what, Write):
            found.add(("file", effect.what.path))
        elif isinstance(effect.what, Save):
            found.add(("text", effect.what.name))
    return found


def _all(parts: Iterable[Part]) -> tuple[Done, ...]:
    return _in_order(effect for part in parts for effect in part.all)


def _in_order(effects: Iterable[Done]) -> tuple[Done, ...]:
    return tuple(sorted(effects, key=lambda effect: effect.frame))
