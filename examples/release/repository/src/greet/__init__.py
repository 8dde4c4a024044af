"""Greets people."""

__version__ = "0.3.0"


def greet(name: str) -> str:
    """A greeting for a name."""
    return f"Good day, {name}."
