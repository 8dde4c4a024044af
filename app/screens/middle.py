"""The middle of the board: the chosen gate's card, the chosen form, or the chosen node."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from textual import on, work
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from app.choice import Choice, card_of
from app.node_frames import NodeFrames
from app.screens.browser import Browser
from swarm.cards import Card
from swarm.errors import SwarmError
from swarm.frames import Frame
from swarm.session import Session
from swarm.state import Node, Swarm
from widgets.card import CardView
from widgets.detail import NodeDetail
from widgets.files import FileList, FileText
from widgets.form import Drafts
from widgets.question import QuestionPanel

STREAM = 0.1
"""Seconds between two looks at the text that a model streams."""


class Middle(ContentSwitcher):
    """Shows one of three things, or files in place of them; what takes the focus is `front`.

    Args:
        session: The run; frames of a node are read from it.
        drafts: What was begun and not sent.
        keys: Decision keys and what they do.
    """

    def __init__(self, session: Session, drafts: Drafts, keys: Mapping[str, str]) -> None:
        super().__init__(id="middle", initial="card")
        self._session, self._drafts, self._keys = session, drafts, keys
        self.browser = Browser(session, self.run_worker)
        self._frames = NodeFrames(session)
        self._node: Node | None = None
        self._past = False
        self._state = Swarm()

    def compose(self) -> ComposeResult:
        """All of them; one can be seen."""
        yield CardView(id="card", drafts=self._drafts, keys=self._keys)
        yield NodeDetail(id="detail")
        yield QuestionPanel(id="form", drafts=self._drafts)
        yield self.browser.files
        yield self.browser.text

    def on_mount(self) -> None:
        """Looks at what is streamed, from time to time."""
        self.set_interval(STREAM, self._show_stream)

    @property
    def card(self) -> CardView:
        """The card, seen or not."""
        return self.query_one("#card", CardView)

    @property
    def front(self) -> Widget:
        """What can be seen."""
        return self.query_one(f"#{self.current}")

    @property
    def words(self) -> str:
        """What can be seen, in two words."""
        gates = self.card.ballot.gates
        if self.current == "card":
            return f"Gate {gates[0].id}" if gates else "Gate"
        if self.browser.on:
            return "Files"
        return "Form" if self.current == "form" else f"Node {self._node.id if self._node else ''}"

    def show(self, choice: Choice, state: Swarm, now: datetime, *, past: bool, why: str = "") -> None:
        """Shows what was chosen, as it is at a state.

        Args:
            choice: What was chosen.
            state: Of the run.
            now: Or the moment in the past that is shown.
            past: Whether it is one; nothing can be decided in it.
            why: Nothing can be decided now either, in a few words.
        """
        self._past, self._state = past, state
        shut = past or bool(why)
        card = card_of(state, choice)
        if self.browser.on:
            self.browser.show(state)
            self._bring(self.browser.front)
        elif card is not None:
            self.card.show(card, state, now, past=shut, why=why)
            self._bring("card")
        elif is_form(state, choice):
            self.query_one("#form", QuestionPanel).show(state.questions[choice.question], state, past=shut)
            self._bring("form")
        elif choice.node in state.nodes:
            self._show_node(state, choice.node)
            self._bring("detail")
        else:
            self.card.show(None, state, now, past=shut, why=why)
            self._bring("card")

    def hold(self, state: Swarm, now: datetime) -> None:
        """Keeps a card that was just decided, with nothing left to decide on it."""
        gates = self.card.ballot.gates
        if self.current == "card" and gates:
            self.card.show(Card(gates[0].id, gates, 0), state, now)

    @on(FileList.Opened)
    def _file_opened(self, event: FileList.Opened) -> None:
        self.browser.show(self._state, event.path)
        self._bring(self.browser.front)

    @on(FileText.Closed)
    def _file_closed(self) -> None:
        self.browser.show(self._state, "")
        self._bring(self.browser.front)

    def _bring(self, name: str) -> None:
        """Brings one of them to the front; the focus goes along if it was here."""
        before, held = self.current, self.front.has_focus_within
        if name == before:
            return
        self.current = name
        if held:
            self.front.focus()
            if before == "form":
                self.card.stand(field_taken=True)

    def _show_node(self, state: Swarm, node: str) -> None:
        if self._node is not state.nodes[node] or self.current != "detail":
            self._node = state.nodes[node]
            self._read(state, node)

    @work(exclusive=True, group="node", description="reads a node")  # else textual writes the whole state into one
    async def _read(self, state: Swarm, node: str) -> None:
        detail = self.query_one("#detail", NodeDetail)
        frames: list[Frame] = []
        with suppress(SwarmError):  # whoever follows the run says so
            frames = await self._frames.of(state, node)
        detail.show(state, node, frames)
        with suppress(SwarmError):  # its writes are shown as they were proposed
            detail.show(state, node, frames, await self._frames.patches(frames))

    def _show_stream(self) -> None:
        if self.current == "detail" and self._node:
            live = "" if self._past else self._session.live(self._node.id)
            self.query_one("#detail", NodeDetail).live(live)


def is_form(state: Swarm, choice: Choice) -> bool:
    """Whether a choice is an open question that needs the room of the middle: a form, for the human as the model."""
    return choice.question in state.open_questions and state.questions[choice.question].ask.form is not None
