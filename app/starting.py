"""From what a person asks for to what a run starts with: goal or plan, front matter, attached files, model."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from app.models import from_environment, usual
from app.reading import read_text
from app.settings import load_settings
from swarm.actions.base import Entry
from swarm.errors import PlanError, UsageError
from swarm.plan.document import Plan
from swarm.plan.files import read_plan
from swarm.plan.parse import parse
from swarm.plan.settings import Settings
from swarm.runs import Start
from swarm.spaces.builtin import builtin_entries, leaves
from swarm.values import Document, Level, Limits

_ATTACHED = re.compile(r"(?<!\S)@(\S+)")
_MARKS = ".,;:!?)]}>\"'"
_TITLE = 60  # characters of a title that is taken from a goal in words
_NAME = 255  # bytes that a file's name has at most


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for; what is left empty is taken from the plan's front matter, then as it is usual.

    Attributes:
        goal: In words, or the path of a plan.
        model: `KIND[:NAME]`.
        level: How much goes through without a human.
        limits: By name.
        context: Files to attach.
        defaults: Take the declared default of a question where there is one.
        allow_unsandboxed: Do not ask for each command where there is no sandbox.
        folder: Where paths begin.
    """

    goal: str
    model: str = ""
    level: Level | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    context: tuple[str, ...] = ()
    defaults: bool = False
    allow_unsandboxed: bool = False
    folder: Path = Path()


@dataclass(frozen=True, slots=True)
class Prepared:
    """What `swarm.runs.start` takes, and the plan behind it if there is one."""

    start: Start
    plan: Plan | None


def made_ready(wish: Wish) -> Prepared:
    """Reads all that a wish names, with the settings and the endpoints of this person; nothing is written.

    Raises:
        UsageError: As `prepared` does, or if settings or endpoints are not set up right.
        PlanError: If the plan cannot be carried out.
    """
    preferred = load_settings(os.environ).model
    what = prepared(wish, partial(usual, preferred=preferred))
    was_named = what.start.model in (wish.model, preferred)
    network = None if was_named else from_environment(what.start.model)
    return replace(what, start=what.start.model_copy(update={"network": network}))


def prepared(wish: Wish, usual: Callable[[bool], str]) -> Prepared:
    """Reads all that a wish names; nothing is written.

    Args:
        wish: What is asked for.
        usual: The model where neither wish nor plan names one; gets whether the goal is a plan.

    Raises:
        UsageError: If a file is missing or cannot be used, or there is no goal.
        PlanError: If the plan cannot be carried out.
    """
    goal = wish.goal.strip()
    if not goal:
        raise UsageError("a run needs a goal: write a sentence, or name a plan such as plan.md")
    path = _plan_path(goal, wish.folder)
    text = read_plan(path) if path else goal
    plan = _parsed(text, goal, wish.model or usual(True)) if path else None
    settings = plan.settings if plan else Settings()
    attached = _documents(wish.context, wish.folder)
    attached += (
        _documents(settings.context, path.parent) if path else _documents(_mentioned(goal, wish.folder), wish.folder)
    )
    start = Start(
        goal=text,
        title=plan.title if plan else path.name if path else _title(goal),
        model=wish.model or settings.model or usual(path is not None),
        level=wish.level or settings.autonomy or "step",
        limits=settings.limits(Limits()).model_copy(update=dict(wish.limits)),
        context=tuple({document.name: document for document in attached}.values()),
        defaults=wish.defaults,
        allow_unsandboxed=wish.allow_unsandboxed,
    )
    return Prepared(start, plan)


def _plan_path(goal: str, folder: Path) -> Path | None:
    """The file that a goal names: whatever ends in `.md`, a word with a slash in it, one that is there."""
    path, one_word = folder / goal, len(goal.split()) == 1
    if goal.endswith((".md", ".markdown")):
        if not one_word and not path.exists():
            raise UsageError(
                f"there is no plan {goal}: a goal in words that ends like a file needs a full stop at its end"
            )
        return path
    return path if one_word and ("/" in goal or (len(goal) < _NAME and path.exists())) else None


def _parsed(text: str, name: str, model: str) -> Plan | None:
    """The plan; None for a document that is none, where another model than the plan is to pursue it."""
    try:
        return checked_plan(text, name)
    except PlanError:
        if model.partition(":")[0] == "plan":
            raise
        return None


def checked_plan(text: str, name: str) -> Plan:
    """The plan in a text, checked as before a run.

    Raises:
        PlanError: If it cannot be carried out.
    """
    return parse(text, name, actions={leaf.name for leaf in leaves(Entry("actions", "", entries=builtin_entries()))})


def _title(goal: str) -> str:
    """The first words of a goal."""
    first = goal.partition("\n")[0].strip()
    return first if len(first) <= _TITLE else f"{first[:_TITLE].rsplit(' ', 1)[0]}…"


def _mentioned(goal: str, folder: Path) -> Iterator[str]:
    """The files that a goal attaches by `@path`; a name without dot or slash that is no file is just a word."""
    for found in _ATTACHED.findall(goal):
        name = found if (folder / found).exists() else found.rstrip(_MARKS)
        if (folder / name).exists() or "/" in name or "." in name:
            yield name


def _documents(names: Iterable[str], folder: Path) -> list[Document]:
    return [Document(name=name, text=read_text(folder / name)) for name in names]
