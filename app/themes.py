"""The colours: calm grounds, one accent, and warm tones only for what wants the human."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="swarm-dark",
    dark=True,
    primary="#7aa2d6",
    secondary="#8f9bb3",
    accent="#b79ad6",
    warning="#e0b060",
    error="#e07a70",
    success="#86bf86",
    foreground="#d4d8e0",
    background="#14171c",
    surface="#191d23",
    panel="#232830",
    variables={
        "border": "#5b6a80",
        "border-blurred": "#363d49",
        "text-muted": "#8790a0",
        "scrollbar": "#363d49",
        "scrollbar-background": "#14171c",
        "scrollbar-corner-color": "#14171c",
    },
)

LIGHT = Theme(
    name="swarm-light",
    dark=False,
    primary="#2f62a8",
    secondary="#5a6478",
    accent="#7a4fa8",
    warning="#96600a",
    error="#b03a30",
    success="#2f7a3a",
    foreground="#22262e",
    background="#f7f6f2",
    surface="#efede7",
    panel="#e4e1d9",
    variables={
        "border": "#8a93a3",
        "border-blurred": "#c6c4bc",
        "text-muted": "#646b78",
        "scrollbar": "#c6c4bc",
        "scrollbar-background": "#f7f6f2",
        "scrollbar-corner-color": "#f7f6f2",
    },
)

THEMES = (DARK, LIGHT)
