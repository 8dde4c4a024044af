"""The lines above and below the panes: what the run is, how it stands, which keys do something here."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.strip import Strip

from swarm.state import Swarm
from swarm.values import Usage
from widgets.glyphs import SIGNS, glyph, mark
from widgets.safe import line
from widgets.toned import Piece, Toned
from widgets.words import LEVEL_WORDS, fit

_THOUSAND = 1000
_NO_PROSE = ("#", "`", "~", "?", "-", "<")


class OneLine(Toned):
    """A line of pieces with others at its right end; what does not fit is left out, from the right."""

    _left: Sequence[Piece] = ()
    _right: Sequence[Piece] = ()

    def put(self, left: Sequence[Piece], right: Sequence[Piece] = ()) -> None:
        """Shows pieces at the left and at the right; the right ones go first if there is no room."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        width = self.size.width
        right = list(self._right)
        while right and _cells(right) + _cells(self._left[:1]) + 2 > width:
            right.pop(0)
        left = _fitted(self._left, width - _cells(right) - (2 if right else 0))
        return self.strip([*left, (" " * (width - _cells(left) - _cells(right)), ""), *right], width)


def _without_title(state: Swarm) -> str:
    """The goal; of a plan, the paragraph below its title, if there is one."""
    first, _, rest = state.goal.partition("\n")
    if first.strip("# ") != state.title:
        return state.goal
    paragraph = rest.strip().partition("\n\n")[0]
    return "" if paragraph.startswith(_NO_PROSE) else paragraph


class RunHeader(OneLine):
    """Title and goal of a run, its id, and which frame is shown."""

    def show(self, state: Swarm, last: int | None = None) -> None:
        """Shows the run at a state.

        Args:
            state: What the screen shows.
            last: Number of the last frame of the run; the screen shows the past if it is a later one.
        """
        title, goal = line(state.title), line(_without_title(state)[:400])
        left: list[Piece] = [(f" {title or 'run'}", "strong")]
        if goal and goal != title:
            left.append((f" {mark('dot')} {goal}", "muted"))
        run: Piece = (f"run {line(state.run)} {mark('dot')} ", "muted")
        if last is None or state.frame >= last:
            right: list[Piece] = [run, (f"now, frame {max(0, state.frame)} ", "")]
        else:
            right = [
                run,
                (f"frame {state.frame} of {last}", "primary"),
                (f" {mark('dot')} esc returns to now ", "muted"),
            ]
        self.put(left, right)


class StatusLine(OneLine):
    """How a run stands: what waits, what is asked about, what was used, how safe commands are."""

    def show(self, state: Swarm, waiting: int | None = None, *, stuck: bool = False) -> None:
        """Shows how a run stands.

        Args:
            state: The state that the screen shows.
            waiting: How many cards and questions wait; None to count gates and questions.
            stuck: It cannot go on here, whatever waits.
        """
        number = state.waiting if waiting is None else waiting
        calm: list[Piece] = [(f"   asks at: {LEVEL_WORDS[state.level]}", "muted"), (f"   {used(state.usage)}", "muted")]
        sandbox = _sandbox(state.tier)
        standing: list[Piece] = [(f" {glyph('failed')} cannot go on", "error")] if stuck else _standing(state, number)
        self.put([*standing, *(calm + sandbox if state.tier == "full" else sandbox + calm)])


class KeyLine(OneLine):
    """Which keys do something here."""

    _keys: Sequence[Sequence[Piece]] = ()

    def show(self, keys: Sequence[tuple[str, str]], last: Sequence[tuple[str, str]] = ()) -> None:
        """Shows keys, each with what it does.

        Args:
            keys: The most important first; those that do not fit are left out.
            last: Always shown, at the right.
        """
        self._keys = [_key(*key) for key in keys]
        self.put([piece for key in self._keys for piece in key], [piece for key in last for piece in _key(*key)])

    def render_line(self, y: int) -> Strip:
        """The line; a key is never shown without its words."""
        room = self.size.width - _cells(self._right)
        left: list[Piece] = []
        for key in self._keys:
            if _cells(left) + _cells(key) > room:
                break
            left += key
        gap = (" " * (room - _cells(left)), "")
        return self.strip([*left, gap, *self._right], self.size.width)


def used(usage: Usage) -> str:
    """Tokens and money in a few words."""
    tokens = usage.input_tokens + usage.output_tokens
    amount = f"{tokens / _THOUSAND:.1f}k" if tokens >= _THOUSAND else str(tokens)
    cost = "cost unknown" if usage.cost is None else f"${usage.cost:.2f}"
    return f"{amount} tokens {mark('dot')} {cost}"


def _standing(state: Swarm, waiting: int) -> list[Piece]:
    status = state.status
    if status == "waiting" and waiting:
        return [(f" {glyph('waiting')} waiting for you ({waiting})", "warning")]
    sign = SIGNS[status]
    pieces: list[Piece] = [(f" {glyph(status)} {sign.word}", sign.tone)]
    if waiting:
        pieces.append((f"   {glyph('waiting')} {waiting} for you", "warning"))
    return pieces


def _sandbox(tier: str) -> list[Piece]:
    if tier == "none":
        return [(f"   {glyph('failed')} no sandbox", "error")]
    return [(f"   sandbox {line(tier)}", "warning" if tier == "partial" else "muted")] if tier else []


def _key(key: str, words: str) -> list[Piece]:
    return [(f" {key}", "strong"), (f" {words} ", "muted")]


def _cells(pieces: Sequence[Piece]) -> int:
    return sum(cell_len(text) for text, _ in pieces)


def _fitted(pieces: Sequence[Piece], width: int) -> list[Piece]:
    """The pieces that fit; the first one that does not is cut."""
    found: list[Piece] = []
    for text, tone in pieces:
        found.append((fit(text, width), tone))
        width -= cell_len(text)
        if width <= 0:
            break
    return found
