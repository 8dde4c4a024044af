"""What a page knows about a run: frames as columns, everything else as what changed in which frame.

All texts of others are numbers: places in `texts`, or in `trees` where they are Markdown. A status that changes is a
list `frame, status, frame, status, …`. From this a page finds out what was at any frame; no state is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from swarm import frames as f
from swarm.export.items import Items
from swarm.export.rows import all_rows, work_rows
from swarm.export.spans import Spans, standing, touched
from swarm.export.texts import Texts
from swarm.export.words import Words
from swarm.fold import apply
from swarm.state import Node, Swarm

VERSION = 1


def page_data(
    frames: Iterable[f.Frame], words: Words, patches: Mapping[str, str], hide: Callable[[str], str] = str
) -> dict[str, Any]:
    """What a page needs, as JSON.

    Args:
        frames: From the first one on, without a gap.
        words: How things are called.
        patches: Unified diff of each commit that is still there.
        hide: Takes out what nobody else should read.
    """
    history = _History(words, patches, Texts(hide))
    for frame in frames:
        history.add(frame)
    return history.data()


class _History:
    """Follows a run from frame to frame and keeps what changes."""

    def __init__(self, words: Words, patches: Mapping[str, str], texts: Texts) -> None:
        self._words, self._patches, self._put = words, patches, texts.put
        self._texts, self._items = texts, Items(texts, words)
        self._state = Swarm()
        self._frames: list[tuple[datetime, str | None, str, int]] = []
        self._run, self._nodes, self._gates = Spans(), Spans(), Spans()
        self._directives: dict[str, list[int]] = {}
        self._begun: dict[tuple[str | None, int], int] = {}
        self._withdrawn: dict[str, int] = {}
        self._lists: dict[str, list[Any]] = {"steps": [], "costs": [], "commits": [], "outputs": [], "notes": []}

    def add(self, frame: f.Frame) -> None:
        """Takes in the next frame."""
        before, self._state = self._state, apply(self._state, frame)
        self._frames.append((frame.at, frame.node, frame.kind, self._put(self._words.frame(frame))))
        self._run.note("", frame.frame, self._state.status)
        for node in touched(self._state, frame):
            self._nodes.note(node.id, frame.frame, node.status)
            self._directed(before, node)
        gate = self._state.gates.get(getattr(frame, "gate", None) or "")
        if gate:
            self._gates.note(gate.id, frame.frame, standing(gate))
        self._listed(frame)

    def _directed(self, before: Swarm, node: Node) -> None:
        old = before.nodes.get(node.id)
        if old is None or old.directive != node.directive:
            self._directives.setdefault(node.id, []).extend((self._state.frame, self._put(node.directive)))

    def _listed(self, frame: f.Frame) -> None:
        """Takes in what is shown in a list of its own."""
        match frame:
            case f.StepBegun():
                self._begun[frame.node, frame.seq] = frame.frame
            case f.StepEnded():
                self._step(frame)
            case f.WorkspaceEdited():
                self._commit(frame, frame.commit, frame.by)
            case f.NodeTold():
                self._list("notes", frame, self._put(frame.text), self._put(frame.by))
            case f.QuestionWithdrawn():
                self._withdrawn[frame.question] = frame.frame

    def _step(self, frame: f.StepEnded) -> None:
        begun = self._begun.pop((frame.node, frame.seq), frame.frame)
        what = f"{frame.step} {frame.key or frame.schema_name}".strip()
        self._list("steps", frame, begun, self._put(what), self._put(frame.error or frame.outcome))
        usage, value = frame.usage, frame.value
        if usage and usage.calls:
            self._list("costs", frame, usage.calls, usage.input_tokens, usage.output_tokens, usage.cost)
        if frame.commit:
            self._commit(frame, frame.commit, "")
        if frame.step == "run" and isinstance(value, dict) and "output" in value:
            output = self._put(str(value["output"]))
            self._list("outputs", frame, self._put(frame.key), value.get("exit_code"), value.get("seconds"), output)

    def _commit(self, frame: f.Frame, commit: str, by: str) -> None:
        patch = self._patches.get(commit)
        self._list("commits", frame, commit, self._put(by), -1 if patch is None else self._put(patch))

    def _list(self, name: str, frame: f.Frame, *what: Any) -> None:
        self._lists[name].append([frame.frame, frame.node, *what])

    def data(self) -> dict[str, Any]:
        """All of it."""
        state, items = self._state, self._items
        nodes = sorted(state.nodes.values(), key=lambda node: int(node.id))
        gates = sorted(state.gates.values(), key=lambda gate: int(gate.id))
        questions = sorted(state.questions.values(), key=lambda question: int(question.id[1:]))
        return {
            "version": VERSION,
            "about": items.about(state),
            "status": self._run.of.get("", []),
            "log": self._columns(),
            "nodes": [items.node(state, node, self._nodes.of[node.id], self._directives[node.id]) for node in nodes],
            "work": [list(row) for row in work_rows(state)],
            "all": [list(row) for row in all_rows(state)],
            "gates": [items.gate(gate, self._gates.of[gate.id]) for gate in gates],
            "questions": [items.question(question, self._withdrawn.get(question.id, -1)) for question in questions],
            **self._lists,
            "signs": {name: list(sign) for name, sign in self._words.signs.items()},
            "texts": self._texts.all,
            "trees": self._texts.trees,
        }

    def _columns(self) -> dict[str, Any]:
        """The frames: milliseconds since the first one, node, place of the kind in `kinds`, what happened."""
        times, nodes, kinds, what = zip(*self._frames, strict=True) if self._frames else ((), (), (), ())
        known = {kind: place for place, kind in enumerate(dict.fromkeys(kinds))}
        return {
            "start": times[0].isoformat() if times else "",
            "at": [round((time - times[0]).total_seconds() * 1000) for time in times],
            "node": list(nodes),
            "kinds": list(known),
            "kind": [known[kind] for kind in kinds],
            "what": list(what),
        }
