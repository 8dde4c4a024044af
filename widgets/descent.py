"""Where a run comes from and what took its place, as the title of its row in a list. Pure, no screen."""

from __future__ import annotations

from widgets.glyphs import mark

_DEEPEST = 8


def title(goal: str, origin: str, depth: int, instead: str) -> str:
    """The title on one line: a fork below its origin says only from which frame it goes another way.

    Args:
        goal: Of the run, in a few words. All texts have been made harmless by whoever shows them.
        origin: The run and frame that it was forked from, as `wc-1@12`; empty for none.
        depth: How many of the runs above it in the list it comes from; 0 for none, or where they are gone.
        instead: The run that took its place; empty for none.
    """
    run, _, frame = origin.rpartition("@")
    if depth:
        words = f"{'  ' * min(depth - 1, _DEEPEST)}{mark('branch')} from frame {frame}"
    else:
        words = goal + (f" {mark('dot')} from frame {frame} of {run} (gone)" if run else "")
    return f"{words} {mark('dot')} undone, see {instead}" if instead else words
