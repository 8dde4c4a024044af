"""A question and its answer: nothing is filled in beforehand, nothing is sent before it was chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

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
from widgets.question_bodies import Body, ChoiceBody, FormBody, TextBody
from widgets.titled import Titled
from widgets.words import question_name


class QuestionPanel(Titled, Vertical):
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
        self._asker = ""

    def compose(self) -> ComposeResult:
        """Filled by `show`."""
        yield from self._parts()

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
        if past and question is not None and question.open:
            question = None
        before, self._question = self._question, question
        self._asker = who(state, (), question.node) if question else ""
        self.set_class(question is None, "-empty")
        self.entitle(f"Question {question.id} · {question_name(question)}" if question else "Question")
        if _shape(before) != _shape(question):
            self._fill(self._parts())

    def _fill(self, parts: list[Body | Lines]) -> None:
        if self.is_mounted:
            self.remove_children()
            self.mount(*parts)

    def _parts(self) -> list[Body | Lines]:
        question = self._question
        if question is None:
            return []
        if not question.open:
            return [Lines(_settled(question, self._asker))]
        ask = question.ask
        if ask.form is not None:
            return [FormBody(question, self._asker, self._send, self._drafts)]
        if not ask.choices and (ask.default is None or f"question {question.id}" in self._drafts):
            return [TextBody(question, self._asker, self._send, self._drafts)]
        more = None if ask.choices else self._write
        return [ChoiceBody(question, self._asker, self._send, self._drafts, more=more, clock=self._clock)]

    def _write(self) -> None:
        """Something else than the default."""
        if self._question is not None:
            body = TextBody(self._question, self._asker, self._send, self._drafts)
            self._fill([body])
            self.call_after_refresh(body.start)

    def start(self) -> None:
        """Puts the focus where the answer is given."""
        for body in self.query(Body):
            body.start()

    def _send(self, answer: Any) -> None:
        if self._question is not None:
            self.post_message(self.Answered(self, self._question.id, checked(self._question, answer)))


def _shape(question: Question | None) -> tuple[str, bool]:
    return (question.id, question.open) if question else ("", False)


def _settled(question: Question, asker: str) -> list[Row]:
    if question.withdrawn:
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
