"""The reviewer: is the directive fulfilled, judged from reports and evidence?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from swarm.actions.base import Action
from swarm.actions.common import arguments
from swarm.asks import Check, Verdict
from swarm.context import NodeContext, check_command
from swarm.errors import NothingNew
from swarm.plan.names import environment
from swarm.proposals import Run
from swarm.results import Pair, Result
from swarm.values import Child, Evidence, Report, Value


class Arguments(Value):
    """What a manager hands to its reviewer.

    Attributes:
        checks: Commands whose exit code is evidence.
        reports: Those of the parts, with their evidence.
        inputs: What the manager's own thoughts were told.
    """

    checks: tuple[Check, ...] = ()
    reports: tuple[dict[str, Any], ...] = ()
    inputs: dict[str, Any] = Field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The human's answers, as the checks see them."""
        return environment(self.inputs.get("answers", {}))


async def run(node: NodeContext, rejected: str = "") -> Report:
    """Runs the checks side by side, then judges."""
    given = arguments(node, Arguments)

    def after_checks(_: Sequence[Pair]) -> Report | None:
        """The end if every check passes, where the model can tell it beforehand."""
        passed = [_evidence(check, 0) for check in given.checks]
        verdict = node.foresee(Verdict, **_told(given, passed))
        return _report(verdict, passed) if verdict else None

    last = len(given.checks) - 1
    results = await node.together(
        *(
            node.check(check, given.environment, then=after_checks if index == last else None)
            for index, check in enumerate(given.checks)
        )
    )
    evidence = [_seen(node, check, result) for check, result in zip(given.checks, results, strict=True)]
    verdict = await node.think(Verdict, rejected=rejected, **_told(given, evidence))
    return _report(verdict, evidence)


def _told(given: Arguments, evidence: Sequence[Evidence]) -> dict[str, Any]:
    checks = [item.model_dump(exclude={"commit"}, exclude_defaults=True) for item in evidence]
    return {**given.inputs, "reports": list(given.reports), "checks": checks}


def _evidence(check: Check, exit_code: int) -> Evidence:
    how = "passed" if exit_code == 0 else f"exit {exit_code}"
    return Evidence(kind="check", text=f"{check.title}: {how}", passed=exit_code == 0, exit_code=exit_code)


def _seen(node: NodeContext, check: Check, result: Result) -> Evidence:
    if result.outcome == "ok":
        return _evidence(check, int(result.value["exit_code"]))
    if result.outcome == "skipped":
        return Evidence(kind="check", text=f"{check.title}: left out by the human", passed=None)
    if node.node.model == "human":
        return Evidence(kind="check", text=f"{check.title}: not seen: {result.reason}", passed=None)
    raise NothingNew(f"the human would not run the check {check.title}: {result.reason}")


def _report(verdict: Verdict, evidence: Sequence[Evidence]) -> Report:
    return Report(
        outcome="done", summary=verdict.summary, value=verdict.model_dump(mode="json"), evidence=tuple(evidence)
    )


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected verdict: judges again, with the reason; checks are not run again."""
    given = arguments(node, Arguments)
    verdict = await node.think(Verdict, rejected=reason, **_told(given, report.evidence))
    return _report(verdict, report.evidence)


def first(child: Child) -> list[Run]:
    """The checks with which a review begins."""
    given = Arguments.model_validate(child.arguments)
    return [check_command(check, given.environment) for check in given.checks]


ACTION = Action("review_directive", run, revise, first)
