"""The side effects that a run carried out, from its frames alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from swarm import frames as f
from swarm.fold import apply
from swarm.proposals import Run, Save, Tag, Write
from swarm.state import Gate, Swarm

Deed = Write | Run | Tag | Save
Changed = Callable[[str], Sequence[Write | Run]]


@dataclass(frozen=True, slots=True)
class Done:
    """A side effect that was carried out.

    Attributes:
        frame: Number of the frame of its result.
        node: That did it; None for the human.
        what: What was done, as a human may have edited it.
        step: Number of the node's step.
    """

    frame: int
    node: str | None
    what: Deed
    step: int = 0

    @property
    def changes(self) -> bool:
        """Whether it changes files that only a look at all of them could tell."""
        return isinstance(self.what, Run) and not self.what.readonly

    @property
    def looks(self) -> bool:
        """Whether it may depend on any file."""
        return isinstance(self.what, Run | Tag)


@dataclass(slots=True)
class History:
    """What a plan is made from.

    Attributes:
        state: After the last frame.
        done: In the order in which it was done; of the checks only those that passed.
        titles: Names that managers gave to their rounds, by node.
        needed: Questions that were asked to know more, not to go on: node and name.
    """

    state: Swarm = field(default_factory=Swarm)
    done: list[Done] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    needed: set[tuple[str, str]] = field(default_factory=set)


def history(frames: Iterable[f.Frame], changed: Changed) -> History:
    """Reads what was done.

    Args:
        frames: From the first one on.
        changed: How to do again what a commit changed; asked for the edits of humans, and for what a command that
            failed has left.
    """
    found = History()
    for frame in frames:
        found.state = apply(found.state, frame)
        if isinstance(frame, f.WorkspaceEdited):
            found.done += [Done(frame.frame, None, what) for what in changed(frame.commit)]
        elif isinstance(frame, f.StepEnded) and frame.step == "think":
            _thought(found, str(frame.node), frame.schema_name, frame.value)
        elif isinstance(frame, f.StepEnded) and frame.gate:
            found.done += _effects(frame, found.state.gates[frame.gate], changed)
    return found


def _thought(found: History, node: str, schema: str, value: Any) -> None:
    if not isinstance(value, dict):
        return
    if schema == "Decomposition" and value.get("title"):
        found.titles[node] = str(value["title"])
    elif schema == "Needs":
        found.needed |= {(node, str(question.get("name"))) for question in value.get("questions", ())}


def _effects(frame: f.StepEnded, gate: Gate, changed: Changed) -> list[Done]:
    what = gate.final
    if not isinstance(what, Write | Run | Tag | Save) or frame.outcome not in ("ok", "failed"):
        return []
    if frame.outcome == "failed":
        return [Done(frame.frame, frame.node, left) for left in changed(frame.commit)] if frame.commit else []
    if isinstance(what, Run) and what.check and (frame.value or {}).get("exit_code") != 0:
        return []
    return [Done(frame.frame, frame.node, what, frame.seq)]
