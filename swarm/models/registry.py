"""Finds models by name."""

from __future__ import annotations

from collections.abc import Callable

from swarm.models.base import Model


class Models:
    """Models by their spec, each built once.

    Args:
        build: Makes the model of a spec such as `plan` or `openai:local`.
    """

    def __init__(self, build: Callable[[str], Model]) -> None:
        self._build = build
        self._built: dict[str, Model] = {}

    def find(self, spec: str) -> Model:
        """The model of a spec.

        Raises:
            UnknownName: If there is no such kind.
        """
        if spec not in self._built:
            self._built[spec] = self._build(spec)
        return self._built[spec]
