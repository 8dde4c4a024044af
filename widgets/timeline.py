"""The run from its first frame to its last: how much happened, what was decided, where one stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import MouseDown, MouseMove, MouseScrollDown, MouseScrollUp, MouseUp
from textual.message import Message
from textual.strip import Strip

from widgets.timeline_lines import LEAD, View, bar_line, label_line
from widgets.timeline_marks import frame_at
from widgets.titled import Titled
from widgets.toned import Toned
from widgets.words import count

_PAGES = 20
_PAGE = 10


class Timeline(Toned, Titled, can_focus=True):
    """A bar of all frames with signs for decisions, ends, commits and failures, and a row of labels.

    | Key | Description |
    | :- | :- |
    | h l, left right | One frame back, or on. |
    | pgup pgdn | A page back, or on: ten frames, in a long run a twentieth of it. |
    | home end | To the first frame, or to now. |

    A click or a drag on the bar goes to the frame under the pointer, the wheel a frame back or on.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,left", "step(-1)", "One frame back", show=False, id="time.back"),
        Binding("l,right", "step(1)", "One frame on", show=False, id="time.on"),
        Binding("pageup", "page(-1)", "A page back", show=False, id="time.page-back"),
        Binding("pagedown", "page(1)", "A page on", show=False, id="time.page-on"),
        Binding("g,home", "first", "First frame", show=False, id="time.first"),
        Binding("G,end,shift+g", "last", "Now", show=False, id="time.last"),
    ]

    @dataclass
    class Moved(Message):
        """Another frame is to be shown; the last one means now."""

        timeline: Timeline
        frame: int

        @property
        def control(self) -> Timeline:
            """The timeline."""
            return self.timeline

    @dataclass
    class Stepped(Message):
        """Some frames on, or back, from the one that was asked for last, whether it is shown already or not."""

        timeline: Timeline
        by: int

        @property
        def control(self) -> Timeline:
            """The timeline."""
            return self.timeline

    _view = View()
    _dragged: int | None = None

    def show(self, view: View) -> None:
        """Shows a history, and where in it one stands."""
        if view == self._view:
            return
        self._view = view
        when = f" · {view.at.astimezone():%Y-%m-%d %H:%M:%S}" if view.at else ""
        frames = f"{count(view.last + 1, 'frame')} · {count(view.marks.commits, 'commit')}"
        self.entitle(f"Timeline{when}", frames)
        self.refresh()

    def action_step(self, by: int) -> None:
        """Asks for the frame that is `by` away."""
        if self._view.last >= 0:
            self.post_message(self.Stepped(self, by))

    def action_page(self, by: int) -> None:
        """Asks for a frame that is a page away."""
        self.action_step(by * max(_PAGE, (self._view.last + 1) // _PAGES))

    def action_first(self) -> None:
        """Asks for the first frame."""
        self._move(0)

    def action_last(self) -> None:
        """Asks for the last frame."""
        self._move(self._view.last)

    def _move(self, frame: int) -> None:
        if self._view.last >= 0:
            self.post_message(self.Moved(self, frame))

    # -- mouse ---------------------------------------------------------------------------------------------------------

    def on_mouse_down(self, event: MouseDown) -> None:
        """Takes hold of the frame under the pointer, if there is one."""
        offset = event.get_content_offset(self)
        used = min(self._view.columns(self.size.width), self._view.last + 1)
        if offset and LEAD <= offset.x < LEAD + used:
            self.capture_mouse()
            self._drag_to(offset.x)

    def on_mouse_move(self, event: MouseMove) -> None:
        """Goes along with the pointer; beyond an end of the bar to that end."""
        if self._dragged is not None:
            self._drag_to(event.get_content_offset_capture(self).x)

    def on_mouse_up(self, event: MouseUp) -> None:
        """Lets go."""
        self._dragged = None
        self.release_mouse()

    def _drag_to(self, x: int) -> None:
        columns = self._view.columns(self.size.width)
        frame = max(0, frame_at(max(0, min(x - LEAD, columns - 1)), self._view.last, columns))
        if frame != self._dragged:
            self._dragged = frame
            self._move(frame)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """A frame back."""
        event.stop()
        self.action_step(-1)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """A frame on."""
        event.stop()
        self.action_step(1)

    # -- drawing -------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """The bar, then the labels."""
        width = self.size.width
        if self._view.last < 0 or y > 1:
            return self.strip([], width)
        return self.strip(bar_line(self._view, width) if y == 0 else label_line(self._view, width), width)
