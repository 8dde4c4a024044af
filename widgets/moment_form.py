"""Where in time to go: a frame, a time of the day, or some time before."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from textual.widget import Widget
from textual.widgets import Input

from swarm.errors import UsageError
from widgets import safe
from widgets.form import Form

_FRAME = re.compile(r"(?:frame\s*)?#?(\d{1,12})")
_SPAN = re.compile(r"([+-])\s*(\d{1,9})\s*([smhd])")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def moment(words: str, shown: datetime, last: int) -> int | datetime:
    """The frame, or the time, that words stand for.

    Args:
        words: `120` or `frame 120`; `14:05` on the day that is shown, or `2026-11-21 14:05`; `-10m` from what is shown.
        shown: When the moment was that is shown.
        last: Number of the last frame.

    Raises:
        UsageError: If they stand for none.
    """
    words = words.strip().lower()
    if found := _FRAME.fullmatch(words):
        if int(found[1]) > last:
            raise UsageError(f"there is no frame {found[1]}: the last is {last}")
        return int(found[1])
    try:
        if found := _SPAN.fullmatch(words):
            span = timedelta(seconds=int(found[2]) * _UNITS[found[3]])
            return shown - span if found[1] == "-" else shown + span
        if found := _CLOCK.fullmatch(words):
            hour, minute, second = (int(number or 0) for number in found.groups())
            return shown.astimezone().replace(hour=hour, minute=minute, second=second, microsecond=999_999)
        return datetime.fromisoformat(words).astimezone()
    except (ValueError, OverflowError):
        raise UsageError("say a time such as 14:05, a span such as -10m, or frame 120") from None


class MomentForm(Form[int | datetime]):
    """A line for a time or a frame.

    Args:
        shown: When the moment was that is shown.
        last: Number of the last frame.
    """

    def __init__(self, shown: datetime, last: int) -> None:
        about = f"A time such as {shown.astimezone():%H:%M}, a span from what is shown such as -10m, or frame {last}."
        super().__init__("Go to", about, "enter goes there   esc back")
        self._shown, self._last = shown, last

    def fields(self) -> Iterable[Widget]:
        """One line."""
        yield Input(placeholder=safe.line(f"{self._shown.astimezone():%H:%M}, -10m, frame 0"), classes="form-line")

    def on_input_submitted(self) -> None:
        """The line was sent."""
        self.action_submit()

    def result(self) -> int | datetime:
        """Where to go."""
        return moment(self.query_one(Input).value, self._shown, self._last)
