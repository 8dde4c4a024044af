"""What a plan's directive says that it will write: the only directives that tell it beforehand."""

from __future__ import annotations

from functools import lru_cache

from swarm.errors import PlanError


@lru_cache(maxsize=512)
def writes(directive: str) -> tuple[tuple[str, int], ...]:
    """Paths that a slice of a plan writes or edits, each with the lines of its fence; none if it is no plan."""
    from swarm.plan.parse import parse_section

    try:
        section = parse_section(directive)
    except PlanError:
        return ()
    acts = (act for part in section.walk() for act in part.acts if act.kind in ("write", "edit"))
    return tuple((act.path, act.body.count("\n")) for act in acts)


def of_plan(model: str) -> bool:
    """Whether a model carries out a plan by rules."""
    return model.partition(":")[0] == "plan"
