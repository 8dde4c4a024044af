"""The tree that a plan would grow, as values."""

from __future__ import annotations

import json
from typing import Literal

from swarm.plan.document import Act, Ask, Check, Plan, Section
from swarm.plan.notes import Problem
from swarm.plan.settings import Settings
from swarm.values import Value

Order = Literal["in order", "side by side"]
_VERBS = {"write": "writes", "edit": "edits", "run": "runs", "remember": "remembers", "do": "does"}


class Step(Value):
    """One thing that a section would do.

    Attributes:
        does: The verb: asks, writes, edits, runs, remembers, does, checks.
        what: A path, a name, a question, or the first line of a script.
        detail: More about it; may be empty.
        line: Number of its source line.
    """

    does: str
    what: str
    detail: str = ""
    line: int


class Branch(Value):
    """A section as it would run.

    Attributes:
        title: Of the section.
        mark: Of the section.
        order: How it runs among its siblings.
        first: Number of its first source line.
        last: Number of its last source line.
        done: Ticked: it is skipped.
        idle: It holds nothing to do and asks what to do with it.
        steps: What it does before its branches.
        branches: What follows, ticked ones too.
        checks: What its reviewer looks at last.
    """

    title: str
    mark: str
    order: Order
    first: int
    last: int
    done: bool = False
    idle: bool = False
    steps: tuple[Step, ...] = ()
    branches: tuple[Branch, ...] = ()
    checks: tuple[Step, ...] = ()


class Outline(Value):
    """A plan as it would run.

    Attributes:
        title: The goal.
        settings: The front matter.
        steps: The questions above the first phase.
        branches: The phases.
        warnings: What does not stop it.
    """

    title: str
    settings: Settings
    steps: tuple[Step, ...]
    branches: tuple[Branch, ...]
    warnings: tuple[Problem, ...]


def grow(plan: Plan) -> Outline:
    """The tree that `plan` would grow."""
    return Outline(
        title=plan.title,
        settings=plan.settings,
        steps=tuple(map(_ask, plan.questions)),
        branches=tuple(_branch(phase, "in order") for phase in plan.phases),
        warnings=plan.warnings,
    )


def _branch(section: Section, order: Order) -> Branch:
    below: Order = "side by side" if len(section.todo) > 1 else "in order"
    return Branch(
        title=section.title,
        mark=section.mark,
        order=order,
        first=section.first,
        last=section.last,
        done=section.done,
        idle=section.is_idle,
        steps=(*map(_ask, section.questions), *map(_act, section.acts)),
        branches=tuple(_branch(child, below) for child in section.children),
        checks=tuple(map(_check, section.checks)),
    )


def _ask(ask: Ask) -> Step:
    choices = f" [{' | '.join(ask.choices)}]" if ask.choices else ""
    default = f"default {ask.default}" if ask.default is not None else ""
    return Step(does="asks", what=f"{ask.name}: {ask.text}{choices}", detail=default, line=ask.line)


def _act(act: Act) -> Step:
    what, detail = _lead(act.body) if act.kind == "run" else (act.path or act.name, "")
    if act.kind == "write":
        detail = _count(act.body) + (", then runs it" if act.then_run else "")
    elif act.kind == "run" and act.readonly:
        detail = ", ".join(filter(None, (detail, "changes nothing")))
    elif act.kind == "remember" and not act.body.strip():
        detail = "what the phases before it reported"
    elif act.kind == "do":
        detail = ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in act.arguments.items())
    return Step(does=_VERBS[act.kind], what=what, detail=detail, line=act.line)


def _check(check: Check) -> Step:
    what, detail = _lead(check.body)
    return Step(does="checks", what=what, detail=detail, line=check.line)


def _lead(script: str) -> tuple[str, str]:
    """The first line of a script that says something, and how many lines there are if there are more."""
    lines = [line.strip() for line in script.splitlines() if line.strip()]
    first = next((line for line in lines if not line.startswith("#")), lines[0])
    return first, _count(script) if len(lines) > 1 else ""


def _count(text: str) -> str:
    lines = text.count("\n")
    return "1 line" if lines == 1 else f"{lines} lines"
