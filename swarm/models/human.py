"""The human as the model: every request is a form, which the engine asks as a question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from swarm.errors import ModelError
from swarm.models.base import Reply, Request


class HumanModel:
    """Stands for the person where a model is looked up; the answers come in through the inbox, not through calls."""

    name = "human"

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Answers nothing by itself.

        Raises:
            ModelError: Always.
        """
        raise ModelError(f"the human is asked for {request.schema_name} in a form, and not called")

    def foresee(self, request: Request) -> Any:
        """Nothing: nobody knows what a person will say."""
