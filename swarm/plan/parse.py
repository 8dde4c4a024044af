"""From Markdown to a plan, or to one section of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from markdown_it.tree import SyntaxTreeNode

from swarm.plan.document import Plan, Section, Use
from swarm.plan.markdown import Slice, blocks, span, too_deep
from swarm.plan.names import used_names
from swarm.plan.notes import Notes
from swarm.plan.rules import check_names, check_parts
from swarm.plan.section import level_of, read_section
from swarm.plan.settings import Settings, read_settings

_PHASE = 2


def parse(text: str, name: str, *, actions: Collection[str] | None = None) -> Plan:
    """Read a whole plan.

    Args:
        text: Of the document.
        name: Of its file, for messages, and as the title where there is none.
        actions: Names that `do` may use; None takes any.

    Raises:
        PlanError: If anything is wrong; it has one line per error, each `NAME:LINE: what is wrong, what to do`.
    """
    notes = Notes(actions)
    source = _source(text, name, notes, front_matter=True)
    settings, body = _front_matter(source, notes)
    layout = _Layout.of(body, notes)
    above = _above(layout, notes)
    phases = tuple(read_section(part, f"{number}", notes) for number, part in enumerate(layout.phases, 1))
    check_names(phases, above, (), notes)
    for phase in phases:
        check_parts(phase, notes)
    if not notes.errors and all(phase.is_idle and phase.level < _PHASE for phase in phases):
        notes.error(body.first, "nothing to execute, check or ask; add a `##` phase (`swarm plan --new` shows how)")
    notes.raise_errors(name)
    return Plan(
        title=layout.title or name,
        context="\n\n".join(filter(None, (above.text, *(child.directive.strip() for child in above.children)))),
        settings=settings,
        questions=tuple(ask for section in above.walk() for ask in section.questions),
        phases=phases,
        warnings=notes.warnings,
    )


def parse_section(
    text: str,
    *,
    name: str = "directive",
    mark: str = "",
    actions: Collection[str] | None = None,
    asked: Iterable[str] | None = None,
) -> Section:
    """Read the slice of one section: a node's directive, perhaps edited by hand.

    It begins with its heading (of any level) or with its item line; without either it has no title of its own.
    `parse_section(section.directive)` is the section again, apart from line numbers and marks.

    Args:
        text: The slice.
        name: What messages call it.
        mark: Of the section in its plan; those of its children begin with it.
        actions: Names that `do` may use; None takes any.
        asked: Questions that were asked above; None does not check that each `{{name}}` is asked.

    Raises:
        PlanError: As for `parse`; lines count from the slice's first.
    """
    notes = Notes(actions)
    source = _source(text, name, notes, front_matter=False)
    section = read_section(source.cut(0, len(source.lines)), mark, notes)
    if asked is not None:
        check_names([section], None, tuple(asked), notes)
    notes.raise_errors(name)
    return section


def _source(text: str, name: str, notes: Notes, front_matter: bool) -> Slice:
    source = Slice.of(text, front_matter)
    deep = too_deep(source, front_matter)
    if deep is not None:
        notes.error(deep, "lists or quotes are nested deeper than can be read; use headings, or fewer levels")
        notes.raise_errors(name)
    return source


def _front_matter(source: Slice, notes: Notes) -> tuple[Settings, Slice]:
    """The settings, and the document below them."""
    first = next(iter(blocks(source, front_matter=True)), None)
    if first is not None and first.type == "hr" and first.markup.startswith("---"):
        line = source.first + span(first).start
        notes.error(line, "front matter begins in line 1 and ends with `---`; close it, or take out this line")
    if first is None or first.type != "front_matter":
        return Settings(), source
    end = span(first).stop
    return read_settings(first.content, source.first + 1, notes), Slice(source.lines[end:], source.first + end)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a document divides: what stands above the phases, with the titles blanked, and the slice of each phase."""

    title: str
    title_line: int
    above: Slice
    phases: tuple[Slice, ...]
    border: str

    @classmethod
    def of(cls, body: Slice, notes: Notes) -> _Layout:
        headings = [node for node in blocks(body) if node.type == "heading" and level_of(node) <= _PHASE]
        titles = [node for node in headings if level_of(node) < _PHASE]
        first = next((index for index, node in enumerate(headings) if level_of(node) == _PHASE), None)
        if first is None:
            starts, border = [span(titles[0]).start if titles else 0], "the title"
        else:
            starts, border = [span(node).start for node in headings[first:]], "the first `##`"
            _check_titles(headings, first, body, notes)
        return cls(
            title=titles[0].children[0].content if titles else "",
            title_line=body.first + span(titles[0]).start if titles else body.first,
            above=_blanked(body.cut(0, starts[0]), titles),
            phases=tuple(body.cut(*ends) for ends in zip(starts, [*starts[1:], len(body.lines)], strict=True)),
            border=border,
        )


def _check_titles(headings: list[SyntaxTreeNode], first: int, body: Slice, notes: Notes) -> None:
    for index, node in enumerate(headings):
        if level_of(node) < _PHASE and index > 0:
            what = "a title below the first `##`" if first == 0 else "a second title"
            notes.error(body.first + span(node).start, f"{what}; a plan has one, at its top: make this a `##` phase")


def _blanked(above: Slice, titles: list[SyntaxTreeNode]) -> Slice:
    gone = {number for node in titles for number in span(node)}
    return Slice(tuple("" if number in gone else line for number, line in enumerate(above.lines)), above.first)


def _above(layout: _Layout, notes: Notes) -> Section:
    """The text above the first phase; it can ask, but not act."""
    above = read_section(layout.above, "", notes, may_be_item=False)
    for section in above.walk():
        for line in (*(act.line for act in section.acts), *(check.line for check in section.checks)):
            notes.error(line, f"a fence above {layout.border} cannot act; move it below")
        for item in section.items:
            notes.warn(item.first, f"an item above {layout.border} is context; move it below to have it done")
    title = tuple(Use(name=name, line=layout.title_line) for name in used_names(layout.title))
    return above.model_copy(update={"uses": title + above.uses})
