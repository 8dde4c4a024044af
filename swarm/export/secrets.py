"""Keeps secrets of the environment out of what is handed to others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS(WORD|WD|PHRASE)|CREDENTIAL|(^|_)(AUTH|PAT|PWD)$", re.IGNORECASE)
_SHORTEST = 8  # characters: what is shorter stands in texts by chance


def hider(environ: Mapping[str, str]) -> Callable[[str], str]:
    """Makes a function that puts `[NAME hidden]` where a text holds the value of a variable whose name says secret.

    Args:
        environ: All variables; values of fewer than eight characters are not looked for.
    """
    names = {value: name for name, value in environ.items() if _SECRET.search(name) and len(value) >= _SHORTEST}
    if not names:
        return str
    longest_first = sorted(names, key=len, reverse=True)
    found = re.compile("|".join(map(re.escape, longest_first)))
    return lambda text: found.sub(lambda match: f"[{names[match[0]]} hidden]", text)
