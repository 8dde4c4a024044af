"""A section from its slice alone: what a node is told is exactly what is read."""

from __future__ import annotations

from collections.abc import Callable

from markdown_it.tree import SyntaxTreeNode

from swarm.plan.asks import is_ask, read_ask
from swarm.plan.document import Act, Ask, Check, Section
from swarm.plan.fences import acts, read_fence
from swarm.plan.markdown import (
    Slice,
    blocks,
    indent_of,
    is_closed,
    is_comment,
    is_open_html,
    numbered,
    only_item,
    span,
)
from swarm.plan.notes import Notes
from swarm.plan.roles import Roles


def read_section(source: Slice, mark: str, notes: Notes, may_be_item: bool = True) -> Section:
    """Read a slice that begins with its heading or its item line; without either it has no title of its own.

    Children are read from slices of their own, so that a slice that is taken out of a plan means what it meant there.

    Args:
        source: The slice.
        mark: Of the section; those of its children begin with it.
        notes: Where to note what is wrong.
        may_be_item: A slice that is one item and nothing else is that item, not a section that holds it.
    """
    return _Reader(source, mark, notes).read(may_be_item)


def level_of(heading: SyntaxTreeNode) -> int:
    """1 for `#` to 6 for `######`."""
    return int(heading.tag[1:])


class _Reader:
    """Walks the blocks of one slice and gathers what they say."""

    def __init__(self, source: Slice, mark: str, notes: Notes) -> None:
        self._source = source
        self._mark = mark
        self._notes = notes
        self._roles = Roles(source)
        self._title = ""
        self._level = 0
        self._asks: list[Ask] = []
        self._acts: list[Act] = []
        self._checks: list[Check] = []
        self._items: list[Section] = []
        self._parts: list[Section] = []

    def read(self, may_be_item: bool) -> Section:
        nodes = blocks(self._source)
        item = only_item(nodes) if may_be_item else None
        if item is not None:
            self._item(item)
        else:
            self._headed(nodes)
        text = self._roles.text()
        return Section(
            title=self._title or self._stand_in(text),
            level=self._level,
            mark=self._mark,
            first=self._source.first,
            last=self._source.last,
            directive=self._source.text,
            text=text,
            questions=tuple(self._asks),
            acts=tuple(self._acts),
            checks=tuple(self._checks),
            items=tuple(self._items),
            parts=tuple(self._parts),
            uses=tuple(self._roles.uses()),
            done=item is not None and bool(item.meta["checked"]),
        )

    def _item(self, item: SyntaxTreeNode) -> None:
        first = item.children[0] if item.children else None
        if first is None or span(first).start > 0:
            self._roles.take_line(0, "title")
        if first is not None and first.type == "paragraph":
            title = first.children[0].content.partition("\n")[0].strip()
            if not is_ask(title):
                self._title = title
                self._roles.take_line(span(first)[0], "title")
        for node in item.children:
            self._visit(node, 0)

    def _headed(self, nodes: list[SyntaxTreeNode]) -> None:
        own = next((node for node in nodes if not is_comment(node)), None)
        if own is not None and own.type == "heading":
            self._level = level_of(own)
            self._title = own.children[0].content
            self._roles.take(own, "title")
            nodes = [node for node in nodes if node is not own]
        headings = [index for index, node in enumerate(nodes) if node.type == "heading"]
        for node in nodes[: headings[0] if headings else None]:
            self._visit(node)
        self._children([nodes[index] for index in headings])

    def _children(self, headings: list[SyntaxTreeNode]) -> None:
        """A part begins at each heading that is not below the part before."""
        starts: list[SyntaxTreeNode] = []
        for node in headings:
            level = level_of(node)
            if level <= self._level:
                self._notes.error(self._line(node), _beside(level))
            if not starts or level <= level_of(starts[-1]):
                starts.append(node)
        begins = [span(node)[0] for node in starts]
        for index, (begin, end) in enumerate(zip(begins, [*begins[1:], len(self._source.lines)], strict=False), 1):
            self._parts.append(read_section(self._source.cut(begin, end), self._below(f"{index}"), self._notes))
        if begins:
            self._roles.take_rest(begins[0], "child")

    def _visit(self, node: SyntaxTreeNode, item_line: int = -1) -> None:
        if node.type.endswith("_list"):
            self._list(node, item_line)
        elif node.type in _VISITS:
            _VISITS[node.type](self, node)

    def _list(self, node: SyntaxTreeNode, item_line: int) -> None:
        if node.type == "ordered_list":
            self._notes.warn(self._line(node), "numbers do not order anything; use `##` phases for steps in order")
        for item in node.children:
            if "checked" in item.meta:
                self._task(item, item_line)
            else:
                for child in item.children:
                    self._visit(child, span(item)[0])

    def _task(self, item: SyntaxTreeNode, item_line: int) -> None:
        lines = span(item)
        if lines.start == item_line:
            self._notes.error(self._line(item), "two list items begin on this line; give each a line of its own")
            return
        source = self._source.cut(lines.start, lines.stop, indent_of(self._source.lines[lines.start]))
        if only_item(blocks(source)) is None:
            self._notes.error(self._line(item), "a line of this item is indented halfway; indent it by two or by none")
        self._items.append(read_section(source, self._below(f"item{len(self._items) + 1}"), self._notes))
        self._roles.take(item, "child")

    def _paragraph(self, node: SyntaxTreeNode) -> None:
        for number, text in numbered(node, self._source):
            line = self._source.first + number
            if self._roles[number] == "title":
                continue
            if is_ask(text):
                self._roles.take_line(number, "ask")
                ask = read_ask(text, line, self._notes)
                self._asks += [ask] if ask else []
            elif text.lstrip().startswith("##"):
                self._notes.warn(line, "this is no heading, so it is context; put a space after the `#`s")

    def _fence(self, node: SyntaxTreeNode) -> None:
        line = self._line(node)
        if not is_closed(node):
            close = f"end it with a line of {node.markup}, indented as its first line is"
            self._notes.error(line, f"this fence is not closed; {close}")
            return
        with self._notes.at(line):
            made = read_fence(node.info, node.content, line, self._notes)
            if isinstance(made, Check):
                self._checks.append(made)
                self._roles.take(node, "code")
            elif made is not None:
                self._act(node, made)

    def _act(self, node: SyntaxTreeNode, act: Act) -> None:
        if self._items:
            self._notes.warn(act.line, "this fence runs before the items above it; to run after them, it needs a phase")
        self._acts.append(act)
        self._roles.take(node, "code" if act.is_code else "act")
        self._roles.take_line(span(node)[0], "act")

    def _code_block(self, node: SyntaxTreeNode) -> None:
        if node.content.lstrip().startswith(("```", "~~~")):
            self._notes.warn(self._line(node), "this fence is indented too far, so it is context; indent it less")

    def _html_block(self, node: SyntaxTreeNode) -> None:
        if is_open_html(node):
            self._notes.error(self._line(node), "this comment or tag is not closed and hides what follows; close it")
        elif is_comment(node):
            self._roles.take(node, "note")

    def _quote(self, node: SyntaxTreeNode) -> None:
        for inner in node.walk():
            if inner.type == "fence" and acts(inner.info):
                line = self._line(inner)
                self._notes.warn(line, "this fence is quoted, so it is context; to use it, take out the `>`")

    def _heading(self, node: SyntaxTreeNode) -> None:
        self._notes.warn(self._line(node), "a heading inside of a list item is context; use an item of its own")

    def _rule(self, node: SyntaxTreeNode) -> None:
        self._roles.take(node, "note")

    def _line(self, node: SyntaxTreeNode) -> int:
        return self._source.first + span(node)[0]

    def _below(self, step: str) -> str:
        return f"{self._mark}.{step}" if self._mark else step

    def _stand_in(self, text: str) -> str:
        """A title for what has none: its first words, or what it does first."""
        names = (text.partition("\n")[0], *(act.summary for act in self._acts), *(ask.text for ask in self._asks))
        return next(filter(None, names), "")


_VISITS: dict[str, Callable[[_Reader, SyntaxTreeNode], None]] = {
    "paragraph": _Reader._paragraph,
    "fence": _Reader._fence,
    "code_block": _Reader._code_block,
    "html_block": _Reader._html_block,
    "blockquote": _Reader._quote,
    "heading": _Reader._heading,
    "hr": _Reader._rule,
}


def _beside(level: int) -> str:
    if level == 1:
        return "a second title; a plan has one goal, so make this a `##` phase"
    return "this heading is not below the first one; a section has one of its own, so add `#`s or take it out"
