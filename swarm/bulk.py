"""Making very many values at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def bulk() -> Iterator[None]:
    """Keeps the garbage collector from looking through what is being made, again and again: half of the time else.

    Nor does it look through it later, which would hold up everything for most of a second in a long run. What is in no
    circle, as all values of a state are, goes as before once nobody refers to it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
