"""What must hold between the sections of a plan: names that are asked, files that one part writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from swarm.plan.document import Section
from swarm.plan.names import environment_name
from swarm.plan.notes import Notes

_PHASE = 2


def check_names(phases: Iterable[Section], above: Section | None, known: Iterable[str], notes: Notes) -> None:
    """Note each question that is asked twice, and each `{{name}}` that no question in scope asks.

    A question is in scope in its own section, below it, and in the phases that follow. Code takes answers from its
    environment only, so a `{{name}}` that is asked is an error there, and any other is code.

    Args:
        phases: In order; they see what the phases before them ask.
        above: What stands above the first phase.
        known: Names that were asked before.
        notes: Where to note them.
    """
    sections = [above, *phases] if above else [*phases]
    asked = {name: f"line {line}" for name, line in _asked_once(sections, known, notes)}
    asked |= dict.fromkeys(known, "")
    scope = frozenset(known)
    for section in sections:
        _check_scope(section, scope, asked, notes)
        scope |= {ask.name for inner in section.walk() for ask in inner.questions}


def check_parts(section: Section, notes: Notes) -> None:
    """Note what is worth a warning in a section and below: levels left out, shared files, nothing to do."""
    for inner in section.walk():
        if inner.is_idle:
            name = f"`{inner.title}`" if inner.title else "this"
            notes.warn(inner.first, f"{name} holds nothing to execute or check; you will be asked what to do with it")
        for part in inner.parts:
            if part.level > max(inner.level, _PHASE) + 1:
                notes.warn(part.first, f"`{part.title}` leaves out a level of headings; it hangs on `{inner.title}`")
        _check_writers(inner, notes)


def _check_writers(section: Section, notes: Notes) -> None:
    writers: dict[str, Section] = {}
    for child in section.todo:
        for path, line in dict(reversed([*_writes(child)])).items():
            other = writers.setdefault(path, child)
            if other is not child:
                notes.warn(line, f"{path} is also written by `{other.title}`, side by side with this; let one write it")


def _writes(section: Section) -> Iterator[tuple[str, int]]:
    for inner in section.walk():
        yield from ((act.path, act.line) for act in inner.acts if act.path)


def _asked_once(sections: Iterable[Section], known: Iterable[str], notes: Notes) -> Iterator[tuple[str, int]]:
    seen = {environment_name(name): "above" for name in known}
    for section in sections:
        for inner in section.walk():
            for ask in inner.questions:
                before = seen.setdefault(environment_name(ask.name), f"in line {ask.line}")
                if before != f"in line {ask.line}":
                    notes.error(ask.line, f"`{ask.name}` is asked {before} already; choose another name")
                yield ask.name, ask.line


def _check_scope(section: Section, outer: frozenset[str], asked: dict[str, str], notes: Notes) -> None:
    if section.done:
        return
    scope = outer | {ask.name for ask in section.questions}
    for use in section.uses:
        if use.place == "code":
            if use.name in asked:
                variable = environment_name(use.name)
                notes.error(use.line, f"{{{{{use.name}}}}} is never pasted into code; use the variable {variable}")
        elif use.name not in (outer if use.place == "ask" else scope):
            notes.error(use.line, _out_of_scope(use.name, asked))
    for child in section.children:
        _check_scope(child, scope, asked, notes)


def _out_of_scope(name: str, asked: dict[str, str]) -> str:
    if name in asked:
        return f"{{{{{name}}}}} is asked in {asked[name]}, out of reach from here; ask it in a section above"
    return f"{{{{{name}}}}} is asked nowhere; ask it above with `? {name}: …`, or write \\{{{{{name}}}}} for the braces"
