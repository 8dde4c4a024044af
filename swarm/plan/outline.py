"""What `swarm plan FILE` prints: the tree that a plan would grow, before anything runs."""

from __future__ import annotations

import textwrap
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from swarm.plan.document import Plan
from swarm.plan.growth import Branch, Outline, Step, grow
from swarm.plan.notes import printable

WIDTH = 80
_NUMBER = 6
_LEFT = WIDTH - _NUMBER
_INDENT = 4
_DEEPEST = 8
_MOST = 3  # lines of one step
_SIGNS = {"in order": "→", "side by side": "∥"}
_COUNTED = {
    "asks": ("question", "questions"),
    "writes": ("file written", "files written"),
    "edits": ("edit", "edits"),
    "runs": ("command", "commands"),
    "remembers": ("memory", "memories"),
    "does": ("other action", "other actions"),
    "checks": ("check", "checks"),
}


def outline(plan: Plan) -> str:
    """The tree as text of at most 80 columns: `→` in order, `∥` side by side, then the warnings.

    The right column has the lines of the source.
    """
    return _draw(grow(plan))


def outline_json(plan: Plan) -> dict[str, Any]:
    """The tree as JSON, in the shape of `swarm.plan.growth.Outline`."""
    return grow(plan).model_dump(mode="json")


def _draw(outline: Outline) -> str:
    lines = [_row(outline.title, "line")]
    for text in (_settings(outline), _summary(outline)):
        lines += [_cut(line, WIDTH) for line in textwrap.wrap(printable(text), WIDTH)]
    if outline.steps:
        lines += ["", *_steps(outline.steps, 0)]
    for number, branch in enumerate(outline.branches, 1):
        lines += ["", *_branch(branch, 0, f"{number}  ")]
    if outline.warnings:
        lines += ["", "Warnings"]
        for warning in outline.warnings:
            lines += _wrapped(f"line {warning.line}", warning.message)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _branch(branch: Branch, depth: int, number: str = "") -> Iterator[str]:
    indent = " " * (_INDENT * min(depth, _DEEPEST))
    title = printable(branch.title) or "(no title)"
    if branch.done:
        yield _row(f"{indent}✓ {number}{title}  (ticked: skipped)", branch.first)
        return
    yield _row(f"{indent}{_SIGNS[branch.order]} {number}{title}", branch.first)
    if branch.idle:
        yield _row(f"{indent}{' ' * _INDENT}asks       what to do with this", branch.first)
    yield from _steps(branch.steps, depth + 1)
    for below in branch.branches:
        yield from _branch(below, depth + 1)
    yield from _steps(branch.checks, depth + 1)


def _steps(steps: Iterable[Step], depth: int) -> Iterator[str]:
    indent = " " * (_INDENT * min(depth, _DEEPEST + 1))
    for step in steps:
        head = f"{indent}{step.does:<9}  "
        text = printable(f"{step.what}  {step.detail}" if step.detail else step.what)
        first, *more = textwrap.wrap(text, _LEFT - len(head), max_lines=_MOST, placeholder=" …") or [""]
        yield _row(head + first, step.line)
        yield from (_cut(" " * len(head) + line, _LEFT) for line in more)


def _settings(outline: Outline) -> str:
    settings = outline.settings
    limits = ", ".join(f"{name} {amount}" for name, amount in settings.budget.items())
    named = {"model": settings.model, "autonomy": settings.autonomy, "budget": limits, "context": settings.context}
    shown = {key: ", ".join(value) if isinstance(value, tuple) else value for key, value in named.items() if value}
    return " · ".join(f"{key} {value}" for key, value in shown.items())


def _summary(outline: Outline) -> str:
    counts = Counter(step.does for step in outline.steps)
    for branch in outline.branches:
        counts.update(step.does for step in _walk(branch))
    phases = _plural(len(outline.branches), "phase", "phases")
    return ", ".join([phases, *(_plural(counts[does], *words) for does, words in _COUNTED.items() if counts[does])])


def _walk(branch: Branch) -> Iterator[Step]:
    if not branch.done:
        yield from branch.steps
        for below in branch.branches:
            yield from _walk(below)
        yield from branch.checks


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _row(text: str, number: int | str) -> str:
    text = _cut(text, _LEFT)
    return text + " " * (_LEFT - _width(text)) + f"{number:>{_NUMBER}}"


def _wrapped(head: str, text: str) -> list[str]:
    indent = " " * 11
    return textwrap.wrap(text, WIDTH, initial_indent=f"  {head:<9}", subsequent_indent=indent, break_on_hyphens=False)


def _cut(text: str, columns: int) -> str:
    """The text in at most `columns` terminal cells, with `…` where it was cut."""
    text = printable(text)
    if _width(text) <= columns:
        return text
    while text and _width(text) > columns - 1:
        text = text[:-1]
    return f"{text}…"


def _width(text: str) -> int:
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
