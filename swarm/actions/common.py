"""What several actions share: reading arguments, asking first, drafting until accepted, passing a report on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from swarm.asks import Needs, Thought
from swarm.context import NodeContext
from swarm.errors import NothingNew, StepFailed
from swarm.results import Pair, Result
from swarm.values import Ask, Child, Evidence, Report, Value

T = TypeVar("T", bound=Thought)
A = TypeVar("A", bound=Value)

_ROUNDS_OF_QUESTIONS = 3


class Handed(Value):
    """What a manager hands down: the human's answers by the question's name, and what earlier rounds did."""

    answers: dict[str, str] = Field(default_factory=dict)
    done: tuple[dict[str, str], ...] = ()


def arguments(node: NodeContext, schema: type[A]) -> A:
    """The arguments of a node as values of its action.

    Raises:
        StepFailed: If they do not fit.
    """
    try:
        return schema.model_validate(node.child.arguments)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise StepFailed(f"argument {where} of {node.node.action}: {error.errors()[0]['msg']}") from None


def answers_of(node: NodeContext) -> dict[str, str]:
    """What the human has answered above a node, by the question's name."""
    return arguments(node, Handed).answers


async def know_enough(node: NodeContext, answers: dict[str, str], **inputs: Any) -> dict[str, str]:
    """Asks the human what the node does not know, a few times at most; gives all answers, the earlier ones too."""
    for _ in range(_ROUNDS_OF_QUESTIONS):
        needs = await node.think(Needs, answers=answers, **inputs)
        missing = [query for query in needs.questions if query.name not in answers]
        if not missing:
            break
        asks = [Ask(name=q.name, text=q.text, choices=tuple(q.choices), default=q.default) for q in missing]
        answers = {**answers, **await node.ask(asks)}
    return answers


async def drafted(
    node: NodeContext,
    schema: type[T],
    propose: Callable[[T, int], Awaitable[Result]],
    rejected: str = "",
) -> tuple[T, Result]:
    """Thinks of a draft and proposes it, again after each rejection; gives the last draft and how it went."""
    answers = answers_of(node)

    async def draft(reason: str, revision: int) -> tuple[T, Result]:
        thought = await node.think(schema, rejected=reason or rejected, answers=answers)
        return thought, await propose(thought, revision)

    return await node.revised(draft, lambda pair: pair[1])


def reported(result: Result, done: str) -> Report:
    """The report of a node whose one effect went as `result` says."""
    if result.outcome == "skipped":
        return skipped(result.reason)
    return Report(outcome="done", summary=done, evidence=result.evidence)


def skipped(reason: str) -> Report:
    """The report of a node whose human left its work out."""
    return Report(outcome="incomplete", summary=reason or "Skipped by the human.", value={"skipped": True})


def passed_on(pairs: Sequence[Pair]) -> Report | None:
    """The report of an only child, unchanged."""
    return pairs[0][1] if len(pairs) == 1 else None


async def delegate(node: NodeContext, child: Child, rejected: str = "") -> Report:
    """Spawns one child and ends with its report; with none if the human left it out.

    Raises:
        NothingNew: If the human would not start it.
    """
    result, pairs = await node.spawn([child], then=passed_on)
    if result.outcome == "rejected":
        raise NothingNew(f"the human would not start {child.name}: {result.reason}")
    if not pairs:
        return skipped(result.reason or rejected)
    return pairs[0][1] if len(pairs) == 1 else together(pairs)


def together(pairs: Sequence[Pair]) -> Report:
    """One report of several: done if all are, with all their evidence."""
    outcome = "done" if all(report.outcome == "done" for _, report in pairs) else "incomplete"
    summary = "\n\n".join(f"**{child.name}**: {report.summary}" for child, report in pairs)
    return Report(outcome=outcome, summary=summary, evidence=evidence_of(pairs))


def evidence_of(pairs: Sequence[Pair]) -> tuple[Evidence, ...]:
    """All evidence of several reports, each item once, in their order."""
    found: list[Evidence] = []
    for _, report in pairs:
        found += [item for item in report.evidence if item not in found]
    return tuple(found)
