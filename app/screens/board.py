"""The board of a run: what happens, what waits for the human, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static

from app import choice as choices
from app.attention import Attention, window_title
from app.choice import Choice
from app.desk import Desk
from app.editing import draft, edited
from app.editor import edit
from app.farewell import farewell
from app.follow import follow
from app.keys import BOARD, bindings
from app.requests import ShowRuns
from app.screens.node_commands import NodeCommands
from app.screens.notice import Notice
from app.screens.panes import PANES, Panes
from app.screens.sheet import Sheet
from app.screens.tabs import Tabs
from app.scrub import Scrubber
from swarm.commands import Answer, Command
from swarm.errors import SwarmError
from swarm.frames import Frame
from swarm.session import Session
from swarm.state import Node, Swarm
from widgets.card import CardView
from widgets.decisions import Decision, EditOutside
from widgets.detail import NodeDetail
from widgets.inbox import Inbox
from widgets.question import QuestionPanel
from widgets.receipts import Receipts
from widgets.status import KeyLine, RunHeader, StatusLine
from widgets.timeline import Timeline
from widgets.timeline_marks import Marks, marks
from widgets.tree import SwarmTree
from widgets.words import count
