"""The manager: breaks a directive down, has the parts done, has the whole reviewed, goes on until it is fulfilled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from swarm.actions.base import Action
from swarm.actions.common import arguments, evidence_of, know_enough, passed_on, skipped, together
from swarm.asks import Decomposition, Part, Verdict
from swarm.context import NodeContext
from swarm.errors import NothingNew
from swarm.proposals import Spawn
from swarm.results import Pair, Result
from swarm.values import Ask, Child, Report, Value


class Arguments(Value):
    """What one manager hands to the next.

    Attributes:
        round: Counted from 1.
        done: Title and summary of each earlier round.
        missing: What the last review found missing, or why the human rejected the end.
        answers: What the human has said so far, by the question's name.
    """

    round: int = 1
    done: tuple[dict[str, str], ...] = ()
    missing: str = ""
    answers: dict[str, str] = Field(default_factory=dict)


class Round:
    """One round of a manager: everything in it is derived from the node's recorded steps."""

    def __init__(self, node: NodeContext, given: Arguments, answers: dict[str, str]) -> None:
        self.node, self.given, self.answers = node, given, answers
        self.plan = Decomposition()
        self.pairs: list[Pair] = []

    def inputs(self) -> dict[str, Any]:
        """What every thought of this round is told."""
        given = self.given
        return {"round": given.round, "done": list(given.done), "missing": given.missing, "answers": self.answers}

    async def parts_done(self) -> Result:
        """Has the parts done; after a rejected batch, what is left of the directive is broken down anew."""
        result = await self.node.revised(self._broken_down, lambda result: result)
        self.node.progress("")
        return result

    async def _broken_down(self, rejected: str, revision: int) -> Result:
        """One plan, stage after stage, up to the first that is rejected or skipped."""
        done = [_told(child, report) for child, report in self.pairs]
        self.plan = await self.node.think(Decomposition, rejected=rejected, **self.inputs(), parts_done=done)
        stages = sorted({part.stage for part in self.plan.parts})
        for number, stage in enumerate(stages, start=1):
            if len(stages) > 1:
                self.node.progress(f"stage {number} of {len(stages)}")
            children = [self._child(part) for part in self.plan.parts if part.stage == stage]
            result, pairs = await self.node.spawn(children, key=f"stage {stage}", revision=revision)
            self.pairs += pairs
            if not result.ok:
                return result
        return Result()

    def _child(self, part: Part) -> Child:
        told = {"answers": self.answers, "done": list(self.given.done)}
        given = {key: value for key, value in told.items() if value}
        return Child(
            action=part.action,
            directive=part.directive,
            title=part.title,
            source=part.source,
            arguments=given,
            context=self.node.child.context,
        )

    def review(self) -> Child:
        """The reviewer of this round."""
        return Child(
            action="review_directive",
            directive=self.node.directive,
            title=f"review {self.name}",
            source=self.node.child.source,
            arguments={
                "checks": [check.model_dump() for check in self.plan.checks],
                "reports": [_told(child, report) for child, report in self.pairs],
                "inputs": self.inputs(),
            },
            context=self.node.child.context,
        )

    @property
    def name(self) -> str:
        """Of this round: its title, or that of the node."""
        return self.plan.title or self.node.child.name

    def after_review(self, pairs: Sequence[Pair]) -> Report | Spawn | None:
        """What a review leads to: the end, or a successor; nothing where only the human can help."""
        if not pairs:
            return None
        report = pairs[0][1]
        verdict = verdict_of(report)
        if verdict.outcome == "fulfilled":
            return self.consolidated(report)
        return Spawn(children=(self.successor(report, verdict),)) if verdict.outcome == "continue" else None

    def stuck(self, pairs: Sequence[Pair]) -> str:
        """Why only the human can help after a review; empty if it leads somewhere."""
        if not pairs or self.after_review(pairs):
            return ""
        return verdict_of(pairs[0][1]).missing or "the review sees no way on without you"

    def consolidated(self, review: Report) -> Report:
        """The manager's report: what the reviews of all rounds say, and the evidence of this one."""
        rounds = [*self.given.done, {"title": self.name, "summary": review.summary}]
        summary = "\n\n".join(f"### {item['title']}\n\n{item['summary']}" for item in rounds)
        evidence = evidence_of([*self.pairs, (self.review(), review)])
        return Report(outcome="done", summary=summary if len(rounds) > 1 else review.summary, evidence=evidence)

    def successor(self, review: Report, verdict: Verdict) -> Child:
        """The manager of the next round."""
        done = (*self.given.done, {"title": self.name, "summary": review.summary})
        return Child(
            action="decompose_directive",
            directive=self.node.directive,
            title=verdict.next or f"round {self.given.round + 1}",
            source=self.node.child.source,
            arguments={
                "round": self.given.round + 1,
                "done": list(done),
                "missing": verdict.missing,
                "answers": self.answers,
            },
            context=self.node.child.context,
        )


async def run(node: NodeContext) -> Report:
    """One round, and its successors."""
    given = arguments(node, Arguments)
    answers = await know_enough(node, dict(given.answers), round=given.round, done=list(given.done))
    this = node.kept = Round(node, given, answers)
    result = await this.parts_done()
    if not (this.plan.parts or this.plan.checks or this.pairs):
        return await _nothing_left(this)
    if result.outcome == "skipped":
        return skipped(result.reason)
    result, reviews = await node.spawn([this.review()], key="review", then=this.after_review, fails=this.stuck)
    if result.outcome == "rejected":
        raise NothingNew(f"the human would not start the review: {result.reason}")
    following = this.after_review(reviews)
    if isinstance(following, Spawn):
        return await _successor(node, following.children[0])
    return following or together(this.pairs)


async def _successor(node: NodeContext, child: Child) -> Report:
    result, pairs = await node.spawn([child], key="successor", then=passed_on)
    if result.outcome == "rejected":
        raise NothingNew(f"the human would not start the next round: {result.reason}")
    return pairs[0][1] if len(pairs) == 1 else skipped(result.reason) if not pairs else together(pairs)


async def _nothing_left(this: Round) -> Report:
    """The model sees nothing to do: the human says what becomes of the directive."""
    node = this.node
    if not this.given.missing and this.given.round > 1:
        return Report(outcome="done", summary="\n\n".join(item["summary"] for item in this.given.done))
    why = f" ({this.given.missing})" if this.given.missing else ""
    text = f"Nothing is left to do in “{this.name}”{why}. What now?"
    question = Ask(name="next", text=text, choices=("done", "skip"), free=True)
    answer = (await node.ask([question], key="nothing left"))["next"]
    if answer == "done":
        return Report(outcome="done", summary="The human says that it is done.")
    if answer == "skip":
        return skipped("")
    model = node.engine.thinker(node.node)
    return await _successor(node, Child(directive=answer, source=node.child.source, model=model))


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: the review counts as "incomplete", with the human's reason."""
    this: Round = node.kept
    verdict = Verdict(outcome="continue", summary=report.summary, missing=reason)
    return await _successor(node, this.successor(report, verdict))


def verdict_of(report: Report) -> Verdict:
    """What a review says; a report without a verdict is one that only the human can judge."""
    if report.outcome == "done" and isinstance(report.value, dict) and "outcome" in report.value:
        return Verdict.model_validate(report.value)
    outcome = "continue" if report.edited else "stuck"
    return Verdict(outcome=outcome, summary=report.summary, missing=report.summary)


def _told(child: Child, report: Report) -> dict[str, Any]:
    evidence = [item.model_dump(exclude={"commit"}, exclude_defaults=True) for item in report.evidence]
    return {
        "title": child.name,
        "outcome": report.outcome,
        "summary": report.summary,
        "evidence": evidence,
        "skipped": report.left_out,
    }


ACTION = Action("decompose_directive", run, revise, version="2")
