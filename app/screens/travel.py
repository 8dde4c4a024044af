"""Going through time: to a frame, a time, the next moment of a kind; playing, marking, comparing, looking at files."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, Literal

from textual import on, work
from textual.binding import BindingType
from textual.events import Key

from app import keys
from app.choice import Choice
from app.desk import Desk
from app.moments import Kind, Moments
from app.play import Player
from app.screens.compare import CompareScreen
from app.screens.node_commands import NodeCommands
from swarm.session import Session
from swarm.state import Swarm
from widgets.decision_bar import spelled
from widgets.moment_form import MomentForm
from widgets.timeline import Timeline
from widgets.timeline_lines import View
from widgets.timeline_marks import Marks

Jump = Kind | Literal["node", "sign"]
_NOUNS = {"node": "frame of this node"}
_PLAYING = ("time.play", "time.faster", "time.slower")


class BoardTimeline(Timeline):
    """The timeline of the board: what its keys do is the screen's."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.TIMELINE, "screen.")]


class Travel(NodeCommands):
    """A screen with a timeline.

    Args:
        session: The run.
        desk: What can be done with it as a whole.
        clock: Tells the time, UTC.
        changed: Keys as the person bound them, by id.
    """

    def __init__(
        self, session: Session, desk: Desk, clock: Callable[[], datetime], changed: keys.Changed | None = None
    ) -> None:
        super().__init__(session, desk, clock)
        self._changed = changed or {}
        self.marks, self.moments = Marks(), Moments()
        self.marked: int | None = None
        self.player = Player(self.scrubber, self.set_interval, self.show_run)
        self._player_keys = {key for name in _PLAYING for key in keys.keys_of(name, self._changed)}

    def show_time(self, shown: Swarm) -> None:
        """Shows on the timeline where one stands."""
        when = shown.at if self.in_past else None
        last, speed = self.newest.frame, self.player.speed if self.player.playing else 0
        view = View(self.marks, last, shown.frame, when, shown.commit, self.marked, speed)
        self.query_one(Timeline).show(view)

    # -- moving --------------------------------------------------------------------------------------------------------

    @on(Timeline.Moved)
    def _timeline_moved(self, event: Timeline.Moved) -> None:
        self.player.stop()
        self.scrubber.go(event.frame)

    @on(Timeline.Stepped)
    def _timeline_stepped(self, event: Timeline.Stepped) -> None:
        self.player.stop()
        self.scrubber.step(event.by)

    def action_scrub(self, step: int) -> None:
        """Goes a frame back, or on."""
        self.scrubber.step(step)

    def action_now(self) -> None:
        """Goes back to now, and to what waits there."""
        self.player.stop()
        if self.scrubber.away:
            self.middle.browser.turn(on=False)
        self.scrubber.now()

    def action_jump(self, kind: Jump, by: int) -> None:
        """Goes to the next moment of a kind, or the one before, and to what it is about."""
        here = self.scrubber.wanted
        frame = self._next(kind, here, by)
        if frame is None:
            self.say(f"there is no {_NOUNS.get(kind, kind)} {'after' if by > 0 else 'before'} frame {here}")
            return
        self.scrubber.go(frame)
        self.look_at(self._about(frame))

    def _next(self, kind: Jump, here: int, by: int) -> int | None:
        if kind == "node":
            return self.moments.next_of_node(self.target.id, here, by) if self.target else None
        if kind != "sign":
            return self.moments.next(kind, here, by)
        frames = [point.frame for point in self.marks.points]
        place = bisect_right(frames, here) if by > 0 else bisect_left(frames, here) - 1
        return frames[place] if 0 <= place < len(frames) else None

    def _about(self, frame: int) -> Choice:
        """What a frame is about: the gate or question that it opens, or a node."""
        node = self.moments.node(frame)
        gates = tuple(gate.id for gate in self.newest.gates.values() if gate.opened == frame)
        asked = next((one.id for one in self.newest.questions.values() if one.opened == frame), "")
        return Choice(gates=gates, question=asked, node=node)

    @work
    async def action_moment(self) -> None:
        """Asks for a time or a frame, and goes there."""
        found: Any = await self.app.push_screen_wait(MomentForm(self.shown.at, self.newest.frame))
        if found is not None:
            self.scrubber.go(self.moments.at(found) if isinstance(found, datetime) else found)

    # -- playing -------------------------------------------------------------------------------------------------------

    def action_play(self) -> None:
        """Plays the run from where one stands, from its beginning if that is now; or stops."""
        if self.player.playing:
            self.player.stop()
        else:
            self.player.start()

    def action_faster(self, by: int) -> None:
        """Plays faster, or slower."""
        self.say(f"{self.player.change_speed(by)} frames a second")

    def on_key(self, event: Key) -> None:
        """Any key but those of the player stops it."""
        if spelled(event) not in self._player_keys:
            self.player.stop()

    # -- comparing and files -------------------------------------------------------------------------------------------

    def action_compare(self) -> None:
        """Marks this frame; where another one is marked, compares the two."""
        self.player.stop()
        here, marked = self.scrubber.wanted, self.marked
        self.marked = here if marked is None else None
        if marked is None:
            key = keys.first("board.compare", self._changed)
            self.say(f"frame {here} is marked: go to another one and press {key} to compare them")
        elif marked == here:
            self.say(f"frame {here} is not marked any more")
        else:
            before, after = sorted((marked, here))
            self.app.push_screen(CompareScreen(self.session, before, after, self._changed))
        self.show_run()

    def action_files(self) -> None:
        """Shows the files of this moment, or again what was open."""
        browser = self.middle.browser
        browser.turn(on=not browser.on)
        self.show_run()
        self.action_pane("middle")
