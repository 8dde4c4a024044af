"""Paths by pattern, in time that a pattern cannot make explode."""

from collections.abc import Callable
from fnmatch import fnmatchcase

from swarm.workspace import paths


def matcher(pattern: str) -> Callable[[str], bool]:
    """Tells whether a path matches a glob.

    Args:
        pattern: `*`, `?` and `[…]` stand for characters of one name; a part `**` for any number of folders, none
            included, or at the end for everything below. Names with a leading dot are like any others.

    Returns:
        A function of a path that is relative to the top.

    Raises:
        PathRefused: The pattern could only match what must not be touched, such as `../*`.
    """
    parts = paths.check(pattern).parts
    return lambda path: _matches(path.split("/"), parts)


def _matches(names: list[str], parts: tuple[str, ...]) -> bool:
    """Follows all ways through the pattern at once: its places after each name, never one way after another."""
    places = _opened({0}, parts)
    for name in names:
        reached = {
            place if parts[place] == "**" else place + 1
            for place in places
            if place < len(parts) and (parts[place] == "**" or fnmatchcase(name, parts[place]))
        }
        places = _opened(reached, parts)
    return len(parts) in places


def _opened(places: set[int], parts: tuple[str, ...]) -> set[int]:
    """The places, and those behind a `**` that stands for nothing."""
    found = set(places)
    for place in sorted(places):
        while place < len(parts) and parts[place] == "**":
            place += 1
            found.add(place)
    return found
