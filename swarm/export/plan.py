"""A run as a plan: a Markdown document that does again what the run did, without anybody who thinks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from swarm.errors import PlanError, UsageError
from swarm.export import fences
from swarm.export.done import Changed, Done, History, history
from swarm.export.outline import BY_HAND, Part, phases
from swarm.frames import Frame
from swarm.plan.document import Plan
from swarm.plan.files import LARGEST
from swarm.plan.names import environment_name, is_reserved
from swarm.plan.parse import parse, parse_section
from swarm.proposals import Run, Save, Tag, Write
from swarm.state import Question
from swarm.values import Limits

_PHASE, _DEEPEST = 2, 6  # levels of headings
_ABOUT = """\
<!--
What run {run} did by frame {frame}, written down by `swarm export`. Files have the answers
to its questions filled in already; commands find them in variables.
-->
"""


def plan_text(frames: Iterable[Frame], changed: Changed) -> str:
    """The plan of a run.

    Args:
        frames: From the first one on, without a gap.
        changed: How to do again what a commit changed.

    Raises:
        UsageError: If the run did nothing that a plan could do, or more than a plan can hold.
    """
    found = history(frames, changed)
    sections = phases(found)
    if not sections:
        raise UsageError(f"run {found.state.run} changed, ran and kept nothing by frame {found.state.frame}: no plan")
    text = "\n".join(_Writer(found).document(sections))
    if len(text.encode()) > LARGEST:
        raise UsageError(
            f"the plan of run {found.state.run} would be larger than {LARGEST // 1024} KiB, the most it may be"
        )
    parse(text, f"the plan of run {found.state.run}")
    return text


class _Writer:
    """Writes sections, block by block; between blocks is an empty line."""

    def __init__(self, found: History) -> None:
        self._state = found.state
        self._answers: dict[str, str] = {}
        self._plan = _plan_of(found.state.goal)

    def document(self, sections: Iterable[Part]) -> Iterator[str]:
        """The blocks of the whole document."""
        state = self._state
        raised = {name: limit for name, limit in state.limits.model_dump().items() if limit != getattr(Limits(), name)}
        if raised:
            yield "---\nbudget:\n" + "".join(f"  {name}: {limit}\n" for name, limit in raised.items()) + "---\n"
        yield f"# {fences.title(state.title)}\n"
        yield _ABOUT.format(run=state.run, frame=state.frame)
        context = self._plan.context if self._plan else state.goal
        if context.strip():
            yield fences.quoted(context)
        for section in sections:
            yield from self._section(section, _PHASE)

    def _section(self, part: Part, level: int) -> Iterator[str]:
        part = part.in_a_row if level == _DEEPEST else part
        yield f"{'#' * level} {fences.title(part.title)}\n"
        text = self._text(part)
        if text.strip():
            yield fences.quoted(text)
        yield from filter(None, map(self._question, part.questions))
        yield from self._steps(part)
        yield from (fences.check(check.what, self._answers) for check in part.checks if isinstance(check.what, Run))
        ticked = [fences.left_out(below.title) for below in part.parts if below.is_idle]
        if ticked:
            yield "".join(ticked)
        for below in part.parts:
            if not below.is_idle:
                yield from self._section(below, level + 1)

    def _text(self, part: Part) -> str:
        """What a section was about, without what it did."""
        if part.node is None:
            return ""
        node = self._state.nodes[part.node]
        if node.directive == self._state.goal:
            return self._phase_text(part.title) if self._plan else str(node.child.arguments.get("missing", ""))
        if not node.child.source:
            return node.directive
        try:
            return parse_section(node.directive).text
        except PlanError:
            return node.directive

    def _phase_text(self, title: str) -> str:
        phases_ = self._plan.phases if self._plan else ()
        return next((phase.text for phase in phases_ if phase.title == title), "")

    def _question(self, question: Question) -> str | None:
        name = question.ask.name
        if is_reserved(name) or environment_name(name) in map(environment_name, self._answers):
            return None
        written = fences.question(question)
        if written:
            self._answers[name] = str(question.answer)
        return written

    def _steps(self, part: Part) -> Iterator[str]:
        """The section's own steps; a name before those that another one did."""
        steps, name = list(_not_overwritten(part.effects)), part.title
        while steps:
            step = steps.pop(0)
            if self._name(step, part) != name:
                name = self._name(step, part)
                yield fences.quoted(name)
            both = self._both(step, steps[0]) if steps else None
            if both:
                steps.pop(0)
            yield both or self._step(step)

    def _name(self, step: Done, part: Part) -> str:
        """Of the node that did it; what one of several steps handed on counts as its own."""
        if step.node is None:
            return BY_HAND
        node = self._state.nodes[step.node]
        above = self._state.nodes[node.parent] if node.parent else node
        found = above if above.action == "carry_out" else node
        return part.title if found.id == part.node else found.child.name

    def _both(self, step: Done, following: Done) -> str | None:
        """A file that is run as soon as it is written, in one."""
        written, run = step.what, following.what
        if step.node != following.node or not isinstance(written, Write) or not isinstance(run, Run):
            return None
        return fences.write_and_run(written.path, written.content, run, self._answers)

    def _step(self, step: Done) -> str:
        match step.what:
            case Write(path=path, content=content):
                return fences.write(path, content)
            case Run() as command:
                return fences.run(command, self._answers)
            case Tag() as tag:
                return fences.tag(tag)
            case Save() as text:
                return fences.remember(text)


def _plan_of(goal: str) -> Plan | None:
    try:
        return parse(goal, "the goal")
    except PlanError:
        return None


def _not_overwritten(effects: Iterable[Done]) -> Iterator[Done]:
    """Effects without the files that are written again before anything could have looked at them."""
    later: set[str] = set()
    kept = []
    for effect in reversed(list(effects)):
        if effect.looks:
            later.clear()
        if isinstance(effect.what, Write):
            if effect.what.path in later:
                continue
            later.add(effect.what.path)
        kept.append(effect)
    return reversed(kept)
