"""Frames in words: one line each."""

from __future__ import annotations

from app.cli.text import line
from swarm import frames as f
from swarm.proposals import Spawn
from widgets.words import summary


def told(frame: f.Frame) -> str:
    """A frame as one line that does a terminal no harm: number, time (UTC), node, what happened."""
    node = f"node {frame.node}" if frame.node else "run"
    return f"{frame.frame:>5}  {frame.at:%H:%M:%S}  {node:<9}  {what_happened(frame)}"


def what_happened(frame: f.Frame) -> str:
    """What a frame is about, on one line that does a terminal no harm."""
    words = _of_run(frame) or _of_node(frame) or _of_gate(frame) or _of_human(frame)
    return line(words or frame.kind)


def _of_run(frame: f.Frame) -> str:
    match frame:
        case f.RunStarted():
            return (
                f"{frame.run} begins: {frame.title} · model {frame.model} · level {frame.level} · branch {frame.branch}"
            )
        case f.RunOpened():
            return f"taken up, sandbox {frame.tier}"
        case f.HistoryTorn():
            return f"an unfinished line at the end of the history was cut off: {frame.size} bytes, kept in {frame.file}"
        case f.RunEnded():
            return _with("ended", frame.status.replace("_", " "), frame.why)
        case f.RunMerged():
            return f"merged into {frame.into} as {frame.commit[:10]}"
        case f.ModelSet():
            return f"model {frame.model}, set by {frame.by}"
        case f.LimitsRaised():
            return f"limits raised by {frame.by}"
        case f.WorkspaceEdited():
            return f"{frame.by} edited {', '.join(frame.paths)}"
    return ""


def _of_node(frame: f.Frame) -> str:
    match frame:
        case f.NodeSpawned():
            return f"spawned: {frame.child.name}"
        case f.NodeStarted():
            return f"starts {frame.action}" + (f", attempt {frame.attempt}" if frame.attempt > 1 else "")
        case f.NodeRetried():
            return f"tries again, attempt {frame.attempt}"
        case f.NodeEnded():
            return _with("ends", frame.report.outcome, frame.report.summary.strip().partition("\n")[0])
        case f.StepBegun():
            return f"{frame.step} {frame.key or frame.schema_name} begins"
        case f.StepEnded():
            commit = f", commit {frame.commit[:10]}" if frame.commit else ""
            return _with(f"{frame.step} {frame.key or frame.schema_name}".strip(), frame.outcome, frame.error) + commit
    return ""


def _of_gate(frame: f.Frame) -> str:
    match frame:
        case f.GateOpened():
            verb = "opens" if frame.seq is not None else f"foreseen after {frame.after}"
            return f"gate {frame.gate} {verb}: {summary(frame.proposal)}{_names(frame)}"
        case f.GateDue():
            return f"gate {frame.gate} is due"
        case f.GateDecided():
            word = frame.choice or frame.decision
            return _with(f"gate {frame.gate}", f"{word} by {frame.by}", frame.rule or frame.reason)
        case f.GateClosed():
            return _with(f"gate {frame.gate}", frame.status, frame.why)
    return ""


def _names(frame: f.GateOpened) -> str:
    proposal = frame.proposal
    return f": {'; '.join(child.name for child in proposal.children)}" if isinstance(proposal, Spawn) else ""


def _of_human(frame: f.Frame) -> str:
    match frame:
        case f.QuestionAsked():
            return f"question {frame.question}: {frame.ask.text}"
        case f.QuestionAnswered():
            return f"question {frame.question} answered by {frame.by}: {frame.answer}"
        case f.QuestionWithdrawn():
            return f"question {frame.question} withdrawn"
        case f.NodeTold():
            return f"told by {frame.by}: {frame.text}"
        case f.LevelSet():
            return f"level {frame.level}, set by {frame.by}"
        case f.Paused():
            return f"paused by {frame.by}"
        case f.Continued():
            return f"goes on, says {frame.by}"
    return ""


def _with(what: str, how: str, why: str) -> str:
    return f"{what} {how}" + (f": {why}" if why else "")
