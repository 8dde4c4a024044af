"""What whoever exports calls the things of a run: the signs and words of the screen, handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from swarm.frames import Frame
from swarm.proposals import AnyProposal
from swarm.state import Swarm


class Sign(NamedTuple):
    """How a status is shown: never by colour alone.

    Attributes:
        glyph: One character.
        word: Beside it.
        tone: `muted`, `primary`, `accent`, `success`, `warning`, `error`, or empty for that of the text.
    """

    glyph: str
    word: str
    tone: str


@dataclass(frozen=True, slots=True)
class Words:
    """How things are called.

    Attributes:
        signs: By status of a node or run, and by verb of a decision.
        node: The name of a node, by its id.
        proposal: What would happen, in a few words.
        frame: What happened, on one line.
    """

    signs: Mapping[str, Sign]
    node: Callable[[Swarm, str], str]
    proposal: Callable[[AnyProposal], str]
    frame: Callable[[Frame], str]
