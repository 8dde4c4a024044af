"""The environment that every picture is drawn in: set before textual is imported."""

from __future__ import annotations

import gc
import os

for _name in ("NO_COLOR", "FORCE_COLOR", "TEXTUAL_THEME", "TEXTUAL_DRIVER", "COLUMNS", "LINES", "SWARM_ASCII"):
    os.environ.pop(_name, None)
os.environ.update(TEXTUAL_ANIMATIONS="none", TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8", TZ="UTC")
gc.set_threshold(50_000, 20, 100)  # the usual ones take nearly half of the time that it takes to draw
