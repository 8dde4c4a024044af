"""What the last decision of a human has led to so far, and so what it means to take it back. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from swarm import frames as f
from swarm.errors import Refused
from swarm.state import Swarm

Made = f.GateDecided | f.QuestionAnswered


@dataclass(frozen=True, slots=True)
class Reversal:
    """The last thing that a human decided or answered, with all that came after it.

    Attributes:
        made: Its frames; several if one command decided several gates.
        frames: How many followed, of whatever kind.
        nodes: How many nodes were spawned since.
        commits: How many commits were made since, the human's own edits included.
        edits: How many of them are the human's own edits.
        runs: How many commands ran.
        tokens: Taken by models since.
        lasting: What has happened since that cannot be taken back, in a few words; empty if nothing.
    """

    made: tuple[Made, ...]
    frames: int = 0
    nodes: int = 0
    commits: int = 0
    edits: int = 0
    runs: int = 0
    tokens: int = 0
    lasting: str = ""

    @property
    def frame(self) -> int:
        """Number of the frame with which it began."""
        return self.made[0].frame


def reversal(frames: Iterable[f.Frame], before: Reversal | None = None) -> Reversal | None:
    """The last decision in a history, or None.

    Args:
        frames: Of the history, in their order.
        before: What was found in those before them.
    """
    found = before
    for frame in frames:
        if isinstance(frame, f.GateDecided | f.QuestionAnswered) and frame.by != "rule":
            found = _decided(found, frame)
        elif found is not None:
            found = _followed(found, frame)
    return found


def _decided(found: Reversal | None, frame: Made) -> Reversal:
    if found is not None and frame.command is not None and frame.command == found.made[-1].command:
        return replace(found, made=(*found.made, frame))
    return Reversal((frame,))


def _followed(found: Reversal, frame: f.Frame) -> Reversal:
    found = replace(found, frames=found.frames + 1, lasting=found.lasting or lasting(frame))
    if isinstance(frame, f.NodeSpawned):
        return replace(found, nodes=found.nodes + 1)
    if isinstance(frame, f.WorkspaceEdited):
        return replace(found, commits=found.commits + 1, edits=found.edits + 1)
    if isinstance(frame, f.StepEnded):
        usage = frame.usage
        return replace(
            found,
            commits=found.commits + bool(frame.commit),
            runs=found.runs + (frame.step == "run"),
            tokens=found.tokens + (usage.input_tokens + usage.output_tokens if usage else 0),
        )
    return found


def lasting(frame: f.Frame) -> str:
    """What a frame did that no fork takes back, in a few words; empty if nothing."""
    if isinstance(frame, f.RunMerged):
        return f"the run was merged into {frame.into} (frame {frame.frame})"
    if isinstance(frame, f.StepEnded) and frame.outcome == "ok" and frame.step in ("tag", "save"):
        what = "made a tag" if frame.step == "tag" else "saved to the workspace"
        return f"node {frame.node} {what} (frame {frame.frame})"
    return ""


def may_be_taken_back(run: str, found: Reversal | None) -> Reversal:
    """The last decision of a run, if it can be taken back.

    Raises:
        Refused: If there is none, or something has followed that stays.
    """
    if found is None:
        raise Refused(f"run {run} has no decision to take back")
    if found.lasting:
        way = f"`swarm fork {run} --frame {found.frame - 1}` goes another way"
        raise Refused(f"{found.lasting}: that cannot be undone; {way}")
    return found


def redo_of(state: Swarm) -> str:
    """The run that an undo came from, to go back to.

    Raises:
        Refused: If nothing was undone.
    """
    if not state.undo:
        raise Refused(f"run {state.run} has nothing undone")
    return state.origin.rpartition("@")[0]
