"""How the program looks and which keys it takes."""

from __future__ import annotations

from swarm.values import Value


class Settings(Value):
    """What a person can set to taste.

    Attributes:
        theme: Name of a theme.
        keys: Keys by the id of their binding, as in `app/keys.py`.
    """

    theme: str = "swarm-dark"
    keys: dict[str, str] = {}
