"""What an action may do: durable steps. Each leaves an intent and a result, and is never done twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from swarm import frames as f
from swarm import spawning, thinking
from swarm.asides import Asides
from swarm.asks import Check, Thought
from swarm.carrying import Carrying
from swarm.errors import StepFailed
from swarm.foresee import Then
from swarm.gating import Gating, Make, always
from swarm.looking import Looking
from swarm.proposals import AnyProposal, Run
from swarm.results import Fails, Pair, Result
from swarm.values import Ask, Child, Evidence, Report

if TYPE_CHECKING:
    from swarm.actions.base import Revise
    from swarm.engine import Engine

T = TypeVar("T", bound=Thought)
V = TypeVar("V")

_REVISIONS = 3


class NodeContext(Looking):
    """A node's hands: every method that takes `await` is one step.

    Between steps an action must be deterministic, as it is run again from its beginning after a crash, a restart or a
    retry; finished steps then hand back what they recorded.

    Attributes:
        kept: What an action keeps for its `revise`; made again whenever the action is run again.
    """

    def __init__(self, engine: Engine, node_id: str) -> None:
        super().__init__(engine, node_id)
        self.gating, self.carrying, self.asides = Gating(self), Carrying(self), Asides(self)
        self.kept: Any = None

    @property
    def directive(self) -> str:
        """What the node is told to do."""
        return self.node.directive

    @property
    def child(self) -> Child:
        """The node as it was spawned: arguments, source, context."""
        return self.node.child

    async def think(self, schema: type[T], *, key: str = "", rejected: str = "", **inputs: Any) -> T:
        """One structured model call.

        Args:
            schema: What is to be filled in.
            key: Tells apart thoughts of one schema within an action.
            rejected: Why the last proposal was rejected, if it was.
            inputs: JSON values and documents that the prompt is rendered from.

        Raises:
            StepFailed: If the model could not answer in the form that was asked for.
            NothingNew: If it has nothing else to propose after a rejection.
        """
        return await thinking.think(self, schema, key, rejected, inputs)

    def foresee(self, schema: type[T], **inputs: Any) -> T | None:
        """What `think` would answer, where the model can tell for certain and for free; no step."""
        return thinking.foresee(self, schema, inputs)

    async def ask(self, questions: Sequence[Ask], *, key: str = "") -> dict[str, str]:
        """Questions to the human; sleeps until all of them are answered.

        Returns:
            The answers by name.
        """
        return await thinking.ask(self, questions, key)

    async def spawn(
        self,
        children: Sequence[Child],
        *,
        key: str = "",
        revision: int = 1,
        then: Then | None = None,
        fails: Fails | None = None,
    ) -> tuple[Result, list[Pair]]:
        """Proposes children and sleeps until all that were approved have terminated.

        Args:
            children: What would be started, all at once.
            key: Tells apart spawns of one action.
            revision: How often this was proposed before, plus one.
            then: What the node would propose next, given the reports; shown with the last child's end.
            fails: Why the node cannot go on with the reports; a retry then spawns anew instead of reusing them, and
                offers again what did not end well of the batches since the node's last thought.

        Returns:
            How the proposal went, and what really ran with its reports, possibly nothing.

        Raises:
            StepFailed: If `fails` says so.
        """
        return await spawning.spawn(self, children, key, revision, then, fails)

    def was_edited(self, gate: str | None) -> bool:
        """Whether a human changed the proposal of a gate."""
        decision = self.state.gates[gate].decision if gate else None
        return bool(decision and decision.verb == "edit")

    # Effects

    async def effect(
        self, kind: f.StepKind, make: Make, *, key: str = "", revision: int = 1, then: Then | None = None
    ) -> Result:
        """A side effect behind its gate, carried out at most once.

        Args:
            kind: Of the step and of the proposal.
            make: Makes the proposal from the workspace as it is now; again if it has changed since.
            key: Tells apart effects of one kind within an action.
            revision: How often this was proposed before, plus one.
            then: The report that it would lead to, given its result; shown with it.

        Raises:
            StepFailed: If it was approved and failed.
        """
        seq, step = self.next(kind, key)
        if step and step.ended >= 0:
            ended = await self.recorded(step)
            self.gating.note_rejected(ended)
            return self.result_of(ended)
        async with self.pending(begun=bool(step and step.begun >= 0)):  # others wait while it is in doubt
            return self.result_of(await self.carrying.effect(seq, kind, key, make, revision, then))

    def result_of(self, ended: f.StepEnded) -> Result:
        """The result of an effect, as its action sees it."""
        evidence = tuple(Evidence.model_validate(item) for item in (ended.value or {}).get("evidence", ()))
        evidence = tuple(
            item.model_copy(update={"commit": ended.commit}) if item.path or item.kind == "commit" else item
            for item in evidence
        )
        return Result(
            outcome=ended.outcome,
            reason=ended.error,
            value=ended.value,
            evidence=evidence,
            edited=self.state.steps[self.id, ended.seq].edit is not None,
        )

    async def write(self, path: str, content: str, *, revision: int = 1, then: Then | None = None) -> Result:
        """Writes a whole file."""
        return await self.effect(
            "write", lambda: self.engine.world.write(path, content), key=path, revision=revision, then=then
        )

    async def edit(self, path: str, edit: str, *, revision: int = 1, then: Then | None = None) -> Result:
        """Changes a file by search/replace blocks or a unified diff."""
        return await self.effect(
            "write", lambda: self.engine.world.edit(path, edit), key=path, revision=revision, then=then
        )

    async def run(self, command: Run, *, key: str = "", revision: int = 1, then: Then | None = None) -> Result:
        """Runs a command in the sandbox; a non-zero exit fails the step, unless it is a check."""
        return await self.effect(
            "run", lambda: self.engine.world.command(command), key=key or command.title, revision=revision, then=then
        )

    async def check(self, check: Check, environment: dict[str, str], *, then: Then | None = None) -> Result:
        """Runs a check, read-only; its exit code is evidence, whatever it is."""
        return await self.run(check_command(check, environment), key=f"check {check.title}", then=then)

    async def gated(
        self, proposal: AnyProposal, *, key: str = "", revision: int = 1, then: Then | None = None
    ) -> Result:
        """An effect whose proposal needs nothing from the workspace: a tag, something to save."""
        kind: Any = proposal.kind
        return await self.effect(kind, always(proposal), key=key, revision=revision, then=then)

    async def terminate(self, report: Report, revise: Revise) -> None:
        """Ends the node: proposes its report, and revises it after a rejection, three times at most.

        Raises:
            StepFailed: If three reports were rejected.
        """
        reason = ""
        for revision in range(1, self._revisions + 1):
            seq, step = self.next("terminate", "")
            if step and step.ended >= 0:
                refused = await self.recorded(step)
                self.gating.note_rejected(refused)
                reason = refused.error
            else:
                async with self.pending():
                    again = await self.gating.terminate(seq, report, revision)
                if again is None:
                    return
                reason = again
            if revision < self._revisions:
                report = await revise(self, report, reason)
        raise StepFailed(f"{self._revisions} reports were rejected, the last one because: {reason}")

    # Proposing again

    @property
    def _revisions(self) -> int:
        """How often the node may propose: each attempt goes on from the rejections of those before it."""
        return _REVISIONS * self.node.attempt

    async def revised(self, draft: Callable[[str, int], Awaitable[V]], result: Callable[[V], Result]) -> V:
        """Proposes, and after a rejection proposes again with its reason, three times at most.

        Args:
            draft: Makes and proposes; gets the reason of the last rejection (empty at first) and the revision.
            result: Tells from what `draft` gave how the proposal went.

        Raises:
            StepFailed: If three revisions were rejected.
        """
        reason = ""
        for revision in range(1, self._revisions + 1):
            value = await draft(reason, revision)
            if result(value).outcome != "rejected":
                return value
            reason = result(value).reason
        raise StepFailed(f"{self._revisions} proposals were rejected, the last one because: {reason}")


def check_command(check: Check, environment: dict[str, str]) -> Run:
    """The command of a check: read-only, its exit code is a finding."""
    return Run(
        title=check.title,
        interpreter=check.interpreter,
        script=check.script,
        environment=environment,
        readonly=True,
        check=True,
    )
