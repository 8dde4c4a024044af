"""A question and its answer: nothing is filled in beforehand, nothing is sent before it was chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Self

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from swarm.answers import checked
from swarm.commands import Answer
from swarm.state import Question, Swarm
from widgets.facts import who
from widgets.form import Drafts
from widgets.lines import Lines, Row
from widgets.proposed import MUTED, flat, prose
from widgets.question_bodies import Body, ChoiceBody, TextBody
from widgets.question_form import FormBody
from widgets.titled import Titled
from widgets.words import question_name


class QuestionPanel(Vertical, Titled):
    """One question at a time: choices with numbers, free text, or the form of a schema.

    Args:
        drafts: Where answers are kept that were begun and not sent.
        clock: Tells seconds, on the axis of the time of events.
    """

    @dataclass
    class Answered(Message):
        """An answer that fits its question.

        Attributes:
            panel: Where it was given.
            question_id: Of the question.
            answer: A choice, a text, or a JSON value.
        """

        panel: QuestionPanel
        question_id: str
        answer: Any

        @property
        def control(self) -> QuestionPanel:
            """The panel."""
            return self.panel

        @property
        def command(self) -> Answer:
            """The command to send."""
            return Answer(question=self.question_id, answer=self.answer)

    @dataclass
    class FieldTaken(Message):
        """The field in which the person was typing is gone: whatever has the focus next must not take those keys."""

        panel: QuestionPanel

        @property
        def control(self) -> QuestionPanel:
            """The panel."""
            return self.panel

    def __init__(
        self,
        *,
        drafts: Drafts | None = None,
        clock: Callable[[], float] = monotonic,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._drafts: Drafts = {} if drafts is None else drafts
        self._clock = clock
        self._question: Question | None = None
        self._part: Body | Lines | None = None
        self._asker, self._past = "", False

    def compose(self) -> ComposeResult:
        """Filled by `show`."""
        if self._part is not None:
            yield self._part

    @property
    def question(self) -> Question | None:
        """What is shown."""
        return self._question

    def show(self, question: Question | None, state: Swarm, *, past: bool = False) -> None:
        """Shows a question, or how the one that is shown stands now; what was typed stays.

        Args:
            question: To show; None for nothing.
            state: The run; at a frame of the past, if `past`.
            past: Nothing can be answered.
        """
        before = (self._question, self._past)
        self._question, self._past = question, past
        self._asker = who(state, (), question.node) if question else ""
        self.set_class(question is None, "-empty")
        self.entitle(f"Question {question.id} · {question_name(question)}" if question else "Question")
        if _shape(*before) != _shape(question, past):
            if self.is_mounted and self.has_focus_within:
                self.post_message(self.FieldTaken(self))
            self._fill(self._made())

    def _fill(self, part: Body | Lines | None) -> None:
        self._part = part
        if self.is_mounted:
            self.remove_children()
            if part is not None:
                self.mount(part)

    def _made(self) -> Body | Lines | None:
        question = self._question
        if question is None:
            return None
        if not question.open or self._past:
            return Lines(_settled(question, self._asker))
        ask = question.ask
        if ask.form is not None:
            return FormBody(question, self._asker, self._send, self._drafts)
        free = ask.free or not ask.choices
        if free and ((not ask.choices and ask.default is None) or f"question {question.id}" in self._drafts):
            return TextBody(question, self._asker, self._send, self._drafts)
        more = self._write if free else None
        return ChoiceBody(question, self._asker, self._send, self._drafts, more=more, clock=self._clock)

    def _write(self) -> None:
        """Something else than the default."""
        if self._question is not None:
            self._fill(TextBody(self._question, self._asker, self._send, self._drafts))
            self.focus()

    def focus(self, scroll_visible: bool = True) -> Self:
        """Puts the focus where the answer is given."""
        if isinstance(self._part, Body):
            self._part.start()
        return self

    def _send(self, answer: Any) -> None:
        if self._question is not None:
            self.post_message(self.Answered(self, self._question.id, checked(self._question, answer)))


def _shape(question: Question | None, past: bool) -> tuple[str, bool]:
    return (question.id, question.open and not past) if question else ("", False)


def _settled(question: Question, asker: str) -> list[Row]:
    if question.open:
        words = "it was open at this frame"
    elif question.withdrawn:
        words = "no answer is needed any more"
    else:
        rule = f" ({question.rule})" if question.rule else ""
        words = f"answered by {question.by}{rule}: {question.answer}"
    return [
        *prose(question.ask.text, 0, "bold"),
        Row(flat(f"for {asker}").stylize(MUTED)),
        Row(),
        Row(flat(words)),
    ]
