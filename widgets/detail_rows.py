"""What there is to read about one node, section by section: pure, no screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from textual.content import Content

from swarm import frames as f
from swarm.proposals import Write
from swarm.session import parted
from swarm.state import Node, Swarm
from widgets import diff, glyphs, proposed
from widgets.facts import short, spent
from widgets.lines import Row
from widgets.proposed import MUTED, flat, prose
from widgets.words import count

_SEEN = {"paths": "file", "matches": "line", "commits": "commit"}


@dataclass(frozen=True, slots=True)
class About:
    """All that is known about a node.

    Attributes:
        state: The run.
        node: The node, as it is in the state.
        frames: Those about the node, in their order.
        patches: What commits changed, by commit; empty as long as they are not read.
    """

    state: Swarm
    node: Node
    frames: Sequence[f.Frame]
    patches: Mapping[str, str] = field(default_factory=dict)


def directive(about: About) -> Iterator[Row]:
    """What it was told, and under which rules it works."""
    node = about.node
    yield from prose(node.directive, 0)
    yield Row()
    words = [
        ("Action", f"{node.action or 'routed'} {node.version}".strip()),
        ("Model", node.model),
        ("Level", node.level),
        ("Attempt", str(node.attempt) if node.attempt > 1 else ""),
        ("Spent", spent(node.usage)),
        ("Spawned", f"frame {node.spawned}"),
        ("Ended", f"frame {node.ended}" if node.ended >= 0 else ""),
        ("Commit", node.commit[:10]),
    ]
    yield from (Row(flat(text), Content.styled(f"{label:<10}", MUTED)) for label, text in words if text)
    if node.child.arguments:
        yield proposed.note("Arguments", 0)
        yield from proposed.json_rows(node.child.arguments, 2)


def report(about: About) -> Iterator[Row]:
    """What it ended with."""
    if about.node.report is not None:
        yield from proposed.report(about.node.report, 0)


def steps(about: About) -> Iterator[Row]:
    """Each step with its outcome, its frames and what it took."""
    for begun, ended in _pairs(about.frames):
        known = ended or begun
        assert known is not None
        sign = _sign(ended)
        style = glyphs.tone(sign)
        lead = Content.assemble((f"{glyphs.glyph(sign)} ", style), (f"{known.seq:>3}  ", MUTED))
        name = known.key or known.schema_name
        words = flat(f"{known.step} {name}".rstrip()).stylize("bold")
        yield Row(words + flat(f"  {_took(begun, ended)}").stylize(MUTED), lead)
        if ended is not None and ended.error:
            yield from prose(ended.error, 7, "$error" if ended.outcome == "failed" else "$warning")
        if ended is not None and (cut := _saw(ended).get("cut")):
            yield from prose(str(cut), 7, MUTED)
    for gate in (about.state.gates[gate] for gate in sorted(about.state.open_gates, key=int)):
        if gate.node == about.node.id and gate.seq is not None:
            lead = Content.styled(f"{glyphs.glyph('asks')} {gate.seq:>3}  ", "$warning")
            yield Row(flat(proposed.title(gate.proposal)).stylize("bold") + Content(f"  waits at gate {gate.id}"), lead)


def live_rows(live: str) -> Iterator[Row]:
    """What a node streams: the text of its model, what it logs, and how far it says it is."""
    text, now = parted(live)
    yield Row()
    yield proposed.note("as it happens, not recorded", 0)
    yield from prose(text, 2)
    if now:
        yield Row(flat(now), Content.styled(f"{glyphs.glyph('running')} ", glyphs.tone("running")))


def _pairs(frames: Sequence[f.Frame]) -> Iterator[tuple[f.StepBegun | None, f.StepEnded | None]]:
    """The beginning and the end of each step, in the order in which they began; a retried step comes again."""
    open_steps: dict[int, f.StepBegun] = {}
    found: list[tuple[int, f.StepBegun | None, f.StepEnded | None]] = []
    for frame in frames:
        if isinstance(frame, f.StepBegun):
            open_steps[frame.seq] = frame
        elif isinstance(frame, f.StepEnded):
            begun = open_steps.pop(frame.seq, None)
            found.append((begun.frame if begun else frame.frame, begun, frame))
    found += [(begun.frame, begun, None) for begun in open_steps.values()]
    yield from ((begun, ended) for _, begun, ended in sorted(found, key=lambda entry: entry[0]))


def _sign(ended: f.StepEnded | None) -> str:
    if ended is None:
        return "running"
    return {"ok": "done", "rejected": "reject", "skipped": "skip", "failed": "failed"}[ended.outcome]


def _took(begun: f.StepBegun | None, ended: f.StepEnded | None) -> str:
    if ended is None:
        assert begun is not None
        return f"since frame {begun.frame}"
    words = [f"{ended.outcome}, frame {ended.frame}" if ended.outcome != "ok" else f"frame {ended.frame}"]
    words += _size(_saw(ended))
    if ended.usage and (tokens := ended.usage.input_tokens + ended.usage.output_tokens):
        words.append(f"{short(tokens)} tokens")
    if ended.commit:
        words.append(ended.commit[:7])
    return " · ".join(words)


def _saw(ended: f.StepEnded) -> dict[str, Any]:
    """What a look showed, with what it left out; nothing for steps of another kind, or one that failed."""
    looked = ended.step in ("search", "git") and isinstance(ended.value, dict)
    return ended.value if looked else {}


def _size(saw: dict[str, Any]) -> Iterator[str]:
    yield from (count(len(saw[name]), noun) for name, noun in _SEEN.items() if name in saw)
    if "text" in saw:
        yield count(len(diff.lines_of(str(saw["text"]))), "line")


def changes(about: About) -> Iterator[Row]:
    """What it changed in the files: what each commit changed, or a write as it was proposed, where that is unknown."""
    for frame in about.frames:
        if not isinstance(frame, f.StepEnded) or not frame.commit:
            continue
        gate = about.state.gates.get(frame.gate or "")
        final = gate.final if gate else None
        what = proposed.title(final) if final else frame.step
        lead = Content.styled(f"{glyphs.glyph('commit')} {frame.commit[:7]}  ", "$accent")
        yield Row(flat(what).stylize("bold") + Content.styled(f"  frame {frame.frame}", MUTED), lead)
        if frame.commit in about.patches:
            yield from diff.patch(about.patches[frame.commit], 2)
        elif isinstance(final, Write):
            yield from diff.rows(final.original if final.before else None, final.content, 2)
        yield Row()


def output(about: About) -> Iterator[Row]:
    """What commands said."""
    for frame in about.frames:
        if isinstance(frame, f.StepEnded) and isinstance(frame.value, dict) and "output" in frame.value:
            yield from _output(about.state, frame, frame.value)


def _output(state: Swarm, frame: f.StepEnded, value: dict[str, Any]) -> Iterator[Row]:
    gate = state.gates.get(frame.gate or "")
    code = value.get("exit_code")
    sign = "done" if code == 0 else "failed"
    lead = Content.styled(f"{glyphs.glyph(sign)} exit {code}  ", glyphs.tone(sign))
    yield Row(flat(proposed.title(gate.final) if gate else frame.step).stylize("bold"), lead)
    yield from diff.code(str(value["output"]), 2)
    yield Row()


def messages(about: About) -> Iterator[Row]:
    """What was said between it and the human: notes, questions, reasons."""
    for frame in about.frames:
        if words := _said(frame):
            who, text = words
            yield Row(flat(who).stylize("bold") + Content.styled(f"  frame {frame.frame}", MUTED))
            yield from prose(text, 2)
            yield Row()


def _said(frame: f.Frame) -> tuple[str, str] | None:
    match frame:
        case f.NodeTold(by=by, text=text):
            return f"{by} told it", text
        case f.QuestionAsked(question=question, ask=ask):
            return f"it asked {question}", ask.text
        case f.QuestionAnswered(question=question, by=by, answer=answer):
            return f"{by} answered {question}", str(answer)
        case f.GateDecided(gate=gate, by=by, decision=verb, reason=reason) if reason:
            return f"{by} {glyphs.word(verb)} gate {gate}", reason
    return None


SECTIONS: dict[str, Callable[[About], Iterator[Row]]] = {
    "Directive": directive,
    "Report": report,
    "Steps": steps,
    "Changes": changes,
    "Output": output,
    "Messages": messages,
}
"""What each section shows; called only when it is looked at."""

EMPTY = {
    "Directive": "It was told nothing.",
    "Report": "It has not ended.",
    "Steps": "It has taken no step yet.",
    "Changes": "It has changed no file.",
    "Output": "It has run no command.",
    "Messages": "Nothing was said between you and it.",
}


def sizes(about: About) -> dict[str, str]:
    """A few characters beside the name of a section that say how much there is."""
    ended = [frame for frame in about.frames if isinstance(frame, f.StepEnded)]
    numbers = {
        "Steps": sum(1 for _ in _pairs(about.frames)),
        "Changes": sum(bool(frame.commit) for frame in ended),
        "Output": sum(isinstance(frame.value, dict) and "output" in frame.value for frame in ended),
        "Messages": sum(_said(frame) is not None for frame in about.frames),
    }
    marks = {name: str(number) for name, number in numbers.items() if number}
    report = about.node.report
    return {**marks, "Report": glyphs.glyph(report.outcome)} if report else marks
