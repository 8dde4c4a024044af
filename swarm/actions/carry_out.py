"""Several steps in order: files written and edited, commands run, texts kept, other actions started."""

from __future__ import annotations

from collections.abc import Sequence

from swarm.actions.base import Action
from swarm.actions.common import Handed, arguments, know_enough, skipped
from swarm.actions.editing import edited, is_edit
from swarm.asks import Act, Acts
from swarm.context import NodeContext
from swarm.foresee import Then
from swarm.plan.names import environment
from swarm.proposals import Run, Save
from swarm.results import Pair, Result
from swarm.values import Child, Evidence, Report


class Hands:
    """Carries out lists of acts; what was done is kept when the rest is thought of anew."""

    def __init__(self, node: NodeContext, answers: dict[str, str]) -> None:
        self.node, self.answers = node, answers
        self.lines: list[str] = []
        self.evidence: list[Evidence] = []
        self.left_out = 0

    async def carry_out(self, acts: Sequence[Act], revision: int, rejected: str) -> Result:
        """Takes the acts in order, the first in place of what was rejected; stops at the next that is."""
        result = Result()
        for number, act in enumerate(acts, start=1):
            if len(acts) > 1:
                self.node.progress(f"step {number} of {len(acts)}: {_name(act)}")
            then = self._foreseen(act) if number == len(acts) else None
            result = await self._act(act, revision, then, rejected if number == 1 else "")
            if result.outcome == "rejected":
                return result
            if result.outcome == "skipped":
                self.left_out += 1
                self.lines.append(f"Left out by the human: {_name(act)}.")
            else:
                self._note(act, result)
        return result

    def _note(self, act: Act, result: Result) -> None:
        self.lines.append(_line(act, result))
        self.evidence += result.evidence

    def _foreseen(self, act: Act) -> Then | None:
        """The end that the last act would lead to; none where its output will be part of the report."""
        if act.do == "action" or (act.do == "run" and act.readonly):
            return None

        def then(_: object) -> Report:
            expected = Hands(self.node, self.answers)
            expected.lines, expected.evidence = [*self.lines, _line(act, Result())], [*self.evidence, *_expected(act)]
            expected.left_out = self.left_out
            return expected.report()

        return then

    def report(self) -> Report:
        """What was done, and what was left out."""
        summary = "\n".join(self.lines)
        if self.left_out:
            return Report(outcome="incomplete", summary=summary, value={"skipped": True}, evidence=tuple(self.evidence))
        return Report(outcome="done", summary=summary, evidence=tuple(self.evidence))

    async def _act(self, act: Act, revision: int, then: Then | None, rejected: str) -> Result:
        node = self.node
        if act.do == "write":
            return await node.write(act.path, act.text, revision=revision, then=then)
        if act.do == "edit" and not is_edit(act.text):
            told = {"change": act.text, "answers": self.answers}
            return await edited(node, act.path, rejected=rejected, revision=revision, then=then, **told)
        if act.do == "edit":
            return await node.edit(act.path, act.text, revision=revision, then=then)
        if act.do == "remember":
            return await node.gated(Save(name=act.name, text=act.text), key=act.name, revision=revision, then=then)
        if act.do == "run":
            return await node.run(self._command(act), revision=revision, then=then)
        return await self._other(act, revision)

    def _command(self, act: Act) -> Run:
        return Run(
            title=_name(act),
            interpreter=act.interpreter,
            script=act.text,
            argv=(act.interpreter, act.path) if act.path else (),
            environment=environment(self.answers),
            readonly=act.readonly,
        )

    async def _other(self, act: Act, revision: int) -> Result:
        child = Child(action=act.name, directive=act.text, title=_name(act), arguments={"answers": self.answers})
        result, pairs = await self.node.spawn([child], key=act.name, revision=revision, fails=_fails)
        if result.outcome != "ok":
            return result
        if not pairs:
            return Result(outcome="skipped")
        report = pairs[0][1]
        return Result(value={"summary": report.summary}, evidence=report.evidence)


async def run(node: NodeContext) -> Report:
    """Asks what it must know, lists the steps, takes them."""
    given = arguments(node, Handed)
    node.kept = Hands(node, await know_enough(node, dict(given.answers)))
    return await _carried_out(node, "")


async def revise(node: NodeContext, report: Report, reason: str) -> Report:
    """After a rejected end: lists further steps, with the reason."""
    return await _carried_out(node, reason)


async def _carried_out(node: NodeContext, rejected: str) -> Report:
    hands: Hands = node.kept
    done = list(arguments(node, Handed).done)

    async def draft(reason: str, revision: int) -> Result:
        why = reason or rejected
        acts = await node.think(Acts, rejected=why, answers=hands.answers, done=done, done_so_far=list(hands.lines))
        if acts.too_big:
            return Result(value={"too_big": True})
        return await hands.carry_out(acts.acts, revision, why)

    result = await node.revised(draft, lambda result: result)
    node.progress("")
    if isinstance(result.value, dict) and result.value.get("too_big"):
        return Report(outcome="incomplete", summary="Too big for a few steps.", value={"too_big": True})
    return hands.report() if hands.lines else skipped("There was nothing to do.")


def _fails(pairs: Sequence[Pair]) -> str:
    """Why the next step cannot be taken: what was handed on was not done."""
    bad = [(child, report) for child, report in pairs if report.outcome in ("failed", "stopped")]
    return "; ".join(f"{child.action} ended {report.outcome}: {report.summary}" for child, report in bad)


def _name(act: Act) -> str:
    return act.title or act.path or act.name or act.text.strip().partition("\n")[0]


def _line(act: Act, result: Result) -> str:
    if act.do == "write":
        return f"Wrote `{act.path}`."
    if act.do == "edit":
        return f"Edited `{act.path}`."
    if act.do == "remember":
        return f"Kept “{act.name}” in the memory."
    if act.do == "run" and act.readonly and result.value:
        return f"{_name(act)}\n\n```text\n{str(result.value.get('output', '')).rstrip()}\n```"
    if act.do == "run":
        return f"Ran {_name(act)}: exit 0."
    return f"{_name(act)}: {(result.value or {}).get('summary', 'done')}"


def _expected(act: Act) -> tuple[Evidence, ...]:
    """The evidence that an act leaves when it goes well."""
    if act.do in ("write", "edit"):
        return (Evidence(kind="commit", text=act.path, path=act.path),)
    if act.do == "run":
        return (Evidence(kind="exit", text=f"{_name(act)}: exit 0", passed=True, exit_code=0),)
    return ()


ACTION = Action("carry_out", run, revise, version="2")
