"""What a person fills in beside a card: reasons, notes, texts, levels, typed words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from swarm.errors import UsageError
from swarm.values import LEVELS, Level, looser
from widgets import safe
from widgets.form import Drafts, Form, TextForm
from widgets.words import LEVEL_WORDS, count


class RejectForm(TextForm):
    """Why a proposal is rejected.

    Args:
        what: The proposal.
        about: What the rejection leads to.
    """

    def __init__(
        self,
        what: str,
        about: str = "What should be different? The node reads it and proposes again.",
        *,
        drafts: Drafts | None = None,
        key: str = "",
    ) -> None:
        missing = "a rejection needs a reason: the node reads it"
        keys = "ctrl+s rejects   esc back, keeps the draft"
        super().__init__(f"Reject · {what}", about, missing=missing, drafts=drafts, key=key, keys=keys)


class StopForm(TextForm):
    """Why a node and all below it are stopped; may be empty."""

    def __init__(self, what: str, about: str, *, drafts: Drafts | None = None, key: str = "") -> None:
        keys = "ctrl+s rejects and stops   esc back, keeps the draft"
        super().__init__(f"Reject and stop · {what}", f"{about} Why?", drafts=drafts, key=key, keys=keys)


class NoteForm(TextForm):
    """A note that is kept with an approval."""

    def __init__(self, what: str, *, drafts: Drafts | None = None, key: str = "") -> None:
        keys = "ctrl+s approves with this note   esc back, keeps the draft"
        about = "The note is kept with the decision."
        missing = "write a note, or go back and approve without one"
        super().__init__(f"Approve with a note · {what}", about, missing=missing, drafts=drafts, key=key, keys=keys)


class TellForm(TextForm):
    """A note to a node, which it reads at its next thought."""

    def __init__(self, node: str, *, drafts: Drafts | None = None, key: str = "") -> None:
        about = "It reads this at its next thought; nothing else changes."
        missing = "write something, or go back"
        super().__init__(f"Tell {node}", about, missing=missing, drafts=drafts, key=key)


class TextEdit(TextForm):
    """A text to change: a file, a script, a directive, a report.

    Args:
        what: What it is.
        text: As it is now.
        keys: What ctrl+s does, for the last line.
    """

    def __init__(
        self,
        what: str,
        text: str,
        *,
        keys: str = "ctrl+s puts it on the card; nothing is sent yet   esc back, keeps the draft",
        drafts: Drafts | None = None,
        key: str = "",
    ) -> None:
        super().__init__(what, text=text, drafts=drafts, key=key, numbers=True, keys=keys)
        self.add_class("-tall")


class ConfirmForm(Form[bool]):
    """A typed word before something that cannot be taken back.

    Args:
        what: What would happen.
        word: To be typed, exactly.
    """

    def __init__(self, what: str, word: str) -> None:
        super().__init__("Sure?", what, "enter does it   esc back")
        self._word = word

    def fields(self) -> Iterable[Widget]:
        """One line."""
        yield Input(placeholder=f"type {safe.line(self._word)}", classes="form-line")

    def on_input_submitted(self) -> None:
        """The line was sent."""
        self.action_submit()

    def result(self) -> bool:
        """True: the word was typed."""
        if self.query_one(Input).value.strip() != self._word:
            raise UsageError(f"type {self._word} to do it, or press esc")
        return True


class NameForm(Form[str]):
    """The name of a file.

    Args:
        title: Of the border.
        about: What is written to it.
        name: Filled in already.
    """

    def __init__(self, title: str, about: str, name: str) -> None:
        super().__init__(title, about, "enter writes it   esc back")
        self._name = name

    def fields(self) -> Iterable[Widget]:
        """One line."""
        yield Input(self._name, placeholder="name of the file", classes="form-line", select_on_focus=False)

    def on_input_submitted(self) -> None:
        """The line was sent."""
        self.action_submit()

    def result(self) -> str:
        """The name, with the person's home in place of `~`."""
        name = self.query_one(Input).value.strip()
        if not name:
            raise UsageError("name a file, or press esc")
        return str(Path(name).expanduser())


class LevelForm(Form[Level]):
    """How much goes through without a human.

    Args:
        what: The node, or the run.
        present: The level in force.
        loosest: That of the parent: nothing looser can be set.
        passing: How many gates that wait each level would approve at once.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(place), f"pick({place - 1})", show=False) for place in range(1, len(LEVELS) + 1)
    ]

    def __init__(
        self, what: str, present: Level, loosest: Level = "auto", passing: Mapping[Level, int] | None = None
    ) -> None:
        keys = "1–5 move   enter sets it   esc back"
        super().__init__(
            f"Level · {what}", "It asks at:", keys if loosest == "auto" else f"{keys}, M for the whole run"
        )
        self._present, self._loosest, self._passing = present, loosest, passing or {}

    def fields(self) -> Iterable[Widget]:
        """One line for each level."""
        yield OptionList(*(self._option(place, level) for place, level in enumerate(LEVELS)), classes="form-options")

    def _option(self, place: int, level: Level) -> Option:
        words = f"{place + 1}  {LEVEL_WORDS[level]}  ({level})"
        if level == self._present:
            words += "  · now"
        too_loose = looser(level, self._loosest)
        if too_loose:
            words += f"  · looser than what is above it ({self._loosest})"
        elif passing := self._passing.get(level):
            words += f"  · approves {count(passing, 'gate')} at once"
        return Option(safe.text(words), disabled=too_loose)

    def on_mount(self) -> None:
        """The cursor stands on what is in force."""
        self.query_one(OptionList).highlighted = LEVELS.index(self._present)

    def action_pick(self, place: int) -> None:
        """Puts the cursor on a level; only enter sets it."""
        self.query_one(OptionList).highlighted = place

    def on_option_list_option_selected(self) -> None:
        """A line was chosen."""
        self.action_submit()

    def result(self) -> Level:
        """The level under the cursor."""
        place = self.query_one(OptionList).highlighted
        if place is None:
            raise UsageError("choose a level: 1 to 5")
        if looser(LEVELS[place], self._loosest):
            raise UsageError(f"{LEVELS[place]} is looser than what is above it ({self._loosest}): set that first")
        return LEVELS[place]
