"""Forms that change a proposal field by field: the children of a spawn, a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from swarm.errors import UsageError
from swarm.values import Child, Outcome, Report
from widgets.form import Drafts, Form
from widgets.pick import Pick

_OUTCOMES: tuple[Outcome, ...] = ("done", "incomplete", "failed", "stopped")
_KEPT = ("starts", "left out")


class Children(NamedTuple):
    """What became of the children of a spawn.

    Attributes:
        children: All of them, reworded and added.
        dropped: Places of those that are left out.
    """

    children: tuple[Child, ...]
    dropped: frozenset[int]


class ChildFields(Vertical):
    """The fields of one child.

    Args:
        number: Under which it is shown, from 1.
        child: As it is now; a new one is empty.
        kept: Whether it starts.
    """

    def __init__(self, number: int, child: Child, kept: bool) -> None:
        super().__init__(classes="form-child")
        self._number, self._child, self._kept = number, child, kept

    def compose(self) -> ComposeResult:
        """Number, title and whether it starts on one line, the directive below."""
        with Horizontal(classes="form-row"):
            yield Static(f"{self._number}", classes="form-number")
            yield Input(self._child.name, placeholder="a few words", compact=True, classes="form-line")
            yield Pick(_KEPT, _KEPT[not self._kept])
        yield TextArea(self._child.directive, compact=True, highlight_cursor_line=False, classes="form-directive")

    @property
    def kept(self) -> bool:
        """Whether it starts."""
        return self.query_one(Pick).value == _KEPT[0]

    @property
    def child(self) -> Child:
        """As it was filled in; the same value if nothing was changed."""
        title, directive = self.query_one(Input).value.strip(), self.query_one(TextArea).text
        if (title, directive) == (self._child.name.strip(), self._child.directive):
            return self._child
        title = self._child.title if title == self._child.name.strip() else title
        return self._child.model_copy(update={"title": title, "directive": directive})


class SpawnEdit(Form[Children]):
    """The children of a spawn, item by item: reword, leave out, add.

    Args:
        what: Who wants to start them.
        children: As they are now, and which of them are left out already.
        at: Place of the one to begin with.
        drafts: Where the draft is kept until it is sent.
        key: Of the draft.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+n", "add", show=False)]

    def __init__(
        self, what: str, children: Children, at: int = 0, *, drafts: Drafts | None = None, key: str = ""
    ) -> None:
        keys = "ctrl+s puts it on the card; nothing is sent yet   ctrl+n adds one   tab next field   esc back"
        super().__init__(f"Edit · {what}", keys=keys)
        self._drafts = {} if drafts is None else drafts
        self._key, self._at = key, at
        self._now: Children = self._drafts.get(key, children)
        self.add_class("-tall")

    def fields(self) -> Iterable[Widget]:
        """One group for each child."""
        groups = (ChildFields(n + 1, child, n not in self._now.dropped) for n, child in enumerate(self._now.children))
        yield VerticalScroll(*groups, classes="form-children", can_focus=False)

    def on_mount(self) -> None:
        """One begins at the child where the cursor stood."""
        self._focus(self._at)

    def _focus(self, place: int) -> None:
        groups = list(self.query(ChildFields))
        if groups:
            groups[min(place, len(groups) - 1)].query_one(TextArea).focus()

    async def action_add(self) -> None:
        """Adds an empty child and goes there."""
        number = len(self.query(ChildFields))
        await self.query_one(VerticalScroll).mount(ChildFields(number + 1, Child(directive=""), kept=True))
        self.query(ChildFields).last().query_one(Input).focus()

    @property
    def _filled_in(self) -> Children:
        """All children; one that was left empty and out is gone."""
        groups = [group for group in self.query(ChildFields) if group.kept or group.child.directive.strip()]
        left_out = frozenset(place for place, group in enumerate(groups) if not group.kept)
        return Children(tuple(group.child for group in groups), left_out)

    def result(self) -> Children:
        """All children as they were filled in."""
        found = self._filled_in
        kept = [child for place, child in enumerate(found.children) if place not in found.dropped]
        if not kept:
            raise UsageError("nothing would start: keep one, or go back and reject the proposal")
        if not all(child.directive.strip() for child in kept):
            raise UsageError("a child that starts has no directive: write one, or leave it out")
        self._drafts.pop(self._key, None)
        return found

    def action_close(self) -> None:
        """Keeps the draft."""
        self._drafts[self._key] = self._filled_in
        super().action_close()


_Draft = tuple[str | None, str, str]


class ReportForm(Form[Report]):
    """A report: changed before a node ends with it, or written by hand.

    Args:
        what: The node.
        report: As it is now; None to write one.
        proposed: The outcome that the node itself proposed: another one needs a reason.
        drafts: Where the draft is kept until it is sent.
        key: Of the draft.
    """

    def __init__(
        self,
        what: str,
        report: Report | None = None,
        proposed: Outcome | None = None,
        *,
        drafts: Drafts | None = None,
        key: str = "",
    ) -> None:
        title = f"Edit the report · {what}" if report else f"Report by hand · {what}"
        about = "" if report else "It ends with this report."
        does = "puts it on the card; nothing is sent yet" if report else "ends it with this report"
        super().__init__(title, about, f"ctrl+s {does}   tab next field   esc back, keeps the draft")
        self._report = report or Report(outcome="done", summary="")
        self._proposed = proposed
        self._drafts = {} if drafts is None else drafts
        self._key = key
        outcome = report.outcome if report else None
        self._now: _Draft = self._drafts.get(key, (outcome, self._report.summary, self._report.edited))
        self.add_class("-tall")

    def fields(self) -> Iterator[Widget]:
        """Outcome, summary and reason."""
        outcome, summary, reason = self._now
        yield Pick(_OUTCOMES, outcome)
        yield Static("Summary, in Markdown", classes="form-label")
        yield TextArea(summary, highlight_cursor_line=False, classes="form-text")
        yield Static("Why; needed for another outcome", classes="form-label")
        yield Input(reason, compact=True, classes="form-line")

    @property
    def _filled_in(self) -> _Draft:
        outcome, summary = self.query_one(Pick).value, self.query_one(TextArea).text
        return outcome, summary, self.query_one(Input).value.strip()

    def result(self) -> Report:
        """The report; `edited` holds the reason."""
        outcome, summary, reason = self._filled_in
        if outcome is None:
            raise UsageError("choose how it went: done, incomplete, failed or stopped")
        if not summary.strip():
            raise UsageError("write a summary: its parent reads it")
        if self._proposed not in (None, outcome) and not reason:
            raise UsageError("another outcome needs a reason: say why")
        self._drafts.pop(self._key, None)
        return self._report.model_copy(update={"outcome": outcome, "summary": summary, "edited": reason})

    def action_close(self) -> None:
        """Keeps the draft."""
        self._drafts[self._key] = self._filled_in
        super().action_close()
