"""What an action may do: durable steps. Each leaves an intent and a result, and is never done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from swarm import frames as f
from swarm.asks import ASKS, Check, Thought
from swarm.errors import ModelError, NothingNew, ReplayMismatch, StepError, StepFailed
from swarm.foresee import Then
from swarm.gating import Gating
from swarm.models.base import Request
from swarm.prompts import render
from swarm.proposals import AnyProposal, Run, Spawn
from swarm.state import Node, Step, Swarm
from swarm.values import Ask, Child, Document, Evidence, Report, Value

if TYPE_CHECKING:
    from swarm.engine import Engine

T = TypeVar("T", bound=Thought)
V = TypeVar("V")

Pair = tuple[Child, Report]
Revise = Callable[["NodeContext", Report, str], Awaitable[Report]]
Make = Callable[[], Awaitable[AnyProposal]]

_REVISIONS = 3


class Result(Value):
    """How a gated step went.

    Attributes:
        outcome: `ok`, `rejected` by the human (with a reason) or `skipped`.
        reason: Why it was rejected.
        value: What came of it, such as an exit code and output.
        evidence: What it adds to a report.
        edited: A human changed the proposal before it was carried out.
    """

    outcome: f.StepOutcome = "ok"
    reason: str = ""
    value: Any = None
    evidence: tuple[Evidence, ...] = ()
    edited: bool = False

    @property
    def ok(self) -> bool:
        """Whether it was carried out."""
        return self.outcome == "ok"


class NodeContext:
    """A node's hands: every method that takes `await` is one step.

    Between steps an action must be deterministic, as it is run again from its beginning after a crash, a restart or a
    retry; finished steps then hand back what they recorded.

    Attributes:
        id: Of the node.
    """

    def __init__(self, engine: Engine, node_id: str) -> None:
        self.id = node_id
        self.engine = engine
        self.gating = Gating(self)
        self._seq = 0
        self._pending = 0
        self._together = False
        self._changed = asyncio.Event()

    @property
    def state(self) -> Swarm:
        """The run as it is on disk."""
        return self.engine.ledger.state

    @property
    def node(self) -> Node:
        """The node as it is on disk."""
        return self.state.nodes[self.id]

    @property
    def directive(self) -> str:
        """What the node is told to do."""
        return self.node.directive

    @property
    def child(self) -> Child:
        """The node as it was spawned: arguments, source, context."""
        return self.node.child

    def poke(self) -> None:
        """Tells the node that something about it changed."""
        self._changed.set()

    async def until(self, found: Callable[[Swarm], V | None]) -> V:
        """Sleeps until `found` gives something; it is asked again whenever something about the node changed."""
        while (value := found(self.state)) is None:
            self._changed.clear()
            await self._changed.wait()
        return value

    async def together(self, *steps: Awaitable[V]) -> list[V]:
        """Takes several steps at once; they are numbered in the order given."""
        self._together = True
        try:
            return list(await asyncio.gather(*steps))
        finally:
            self._together = False

    def _next(self, kind: f.StepKind, key: str, schema: str = "") -> tuple[int, Step | None]:
        if self._pending and not self._together:
            raise StepError(f"node {self.id} began a {kind} step while another was pending: use together()")
        self._seq += 1
        step = self.state.steps.get((self.id, self._seq))
        if step and (step.kind, step.key, step.schema_name) != (kind, key, schema):
            now, then = f"{kind}:{key or schema}", f"{step.kind}:{step.key or step.schema_name}"
            raise ReplayMismatch(f"step {self._seq} was {then} and would now be {now}: retry starts the node anew")
        return self._seq, step

    async def _recorded(self, step: Step) -> f.StepEnded:
        frame = await self.engine.ledger.frame(step.ended)
        assert isinstance(frame, f.StepEnded)
        if frame.outcome == "failed":
            raise StepFailed(frame.error)
        return frame

    async def ready(self) -> None:
        """Sleeps while the node, one above it or the run is paused."""
        await self.until(lambda state: True if not state.is_paused(self.id) else None)

    # -- thinking and asking ---------------------------------------------------------------------------------------------

    async def think(self, schema: type[T], *, key: str = "", rejected: str = "", **inputs: Any) -> T:
        """One structured model call.

        Args:
            schema: What is to be filled in.
            key: Tells apart thoughts of one schema within an action.
            rejected: Why the last proposal was rejected, if it was.
            inputs: JSON values that the prompt is rendered from.

        Raises:
            StepFailed: If the model could not answer in the form that was asked for.
        """
        seq, step = self._next("think", key, schema.__name__)
        if step and step.ended >= 0:
            return schema.model_validate((await self._recorded(step)).value)
        await self.ready()
        self._pending += 1
        try:
            return await self._think(schema, seq, step, key, rejected, inputs)
        finally:
            self._pending -= 1

    async def _think(
        self, schema: type[T], seq: int, step: Step | None, key: str, rejected: str, inputs: dict[str, Any]
    ) -> T:
        name, ledger = schema.__name__, self.engine.ledger
        request = self._request(name, inputs, rejected)
        if step and step.begun >= 0:
            begun = await ledger.frame(step.begun)
            assert isinstance(begun, f.StepBegun)
            request = request.model_copy(update={"messages": Request.model_validate(begun.intent).messages})
        else:
            intent = {"schema_name": name, "messages": [message.model_dump() for message in request.messages]}
            begun = f.StepBegun(
                node=self.id, seq=seq, step="think", key=key, schema_name=name, intent=intent, notes=self.node.notes
            )
            asked = [self._form(seq, schema, request)] if self.node.model == "human" else []
            await ledger.append(begun, *asked)
        if self.node.model == "human":
            value, usage = await self._answer(seq), None
        else:
            try:
                reply = await self.engine.call(self.node, request)
                value, usage = schema.model_validate(reply.value).model_dump(mode="json"), reply.usage
            except (ModelError, ValueError) as error:
                await self.fail(seq, "think", key, _one_line(error), name)
                raise (error if isinstance(error, NothingNew) else StepFailed(_one_line(error))) from None
        ended = f.StepEnded(node=self.id, seq=seq, step="think", key=key, schema_name=name, value=value, usage=usage)
        await ledger.append(ended)
        return schema.model_validate(value)

    def foresee(self, schema: type[T], **inputs: Any) -> T | None:
        """What `think` would answer, where the model can tell for certain and for free; no step."""
        model = self.engine.model_of(self.node)
        value = model.foresee(self._request(schema.__name__, inputs, "")) if model else None
        return schema.model_validate(value) if value is not None else None

    def _request(self, schema: str, inputs: dict[str, Any], rejected: str) -> Request:
        state, node = self.state, self.node
        return Request(
            schema_name=schema,
            messages=render(state, node, schema, inputs, rejected),
            action=node.action,
            directive=node.directive,
            source=node.child.source,
            inputs=inputs,
            rejected=rejected,
            position=self.engine.position(node, self._seq),
        )

    def _form(self, seq: int, schema: type[Thought], request: Request) -> f.QuestionAsked:
        prompt = "\n\n".join(message.content for message in request.messages)
        text = (schema.__doc__ or "").strip().partition("\n")[0]
        ask = Ask(name=schema.__name__, text=text, form=ASKS[schema.__name__].model_json_schema(), prompt=prompt)
        return f.QuestionAsked(node=self.id, question=f"q{self.engine.ledger.head.next_question}", seq=seq, ask=ask)

    async def _answer(self, seq: int) -> Any:
        await self.until(lambda state: True if not state.steps[self.id, seq].remaining else None)
        step = self.state.steps[self.id, seq]
        return self.state.questions[step.questions[-1]].answer

    async def ask(self, questions: Sequence[Ask], *, key: str = "") -> dict[str, str]:
        """Questions to the human; sleeps until all of them are answered.

        Returns:
            The answers by name.
        """
        seq, step = self._next("ask", key)
        if step and step.ended >= 0:
            return dict((await self._recorded(step)).value)
        await self.ready()
        self._pending += 1
        try:
            if step is None:
                await self.engine.ledger.append(*self._asked(seq, key, questions))
            await self.until(lambda state: True if not state.steps[self.id, seq].remaining else None)
            asked = [self.state.questions[question] for question in self.state.steps[self.id, seq].questions]
            answers = {question.ask.name: str(question.answer) for question in asked}
            await self.engine.ledger.append(f.StepEnded(node=self.id, seq=seq, step="ask", key=key, value=answers))
            return answers
        finally:
            self._pending -= 1

    def _asked(self, seq: int, key: str, questions: Sequence[Ask]) -> list[f.Frame]:
        found: list[f.Frame] = [f.StepBegun(node=self.id, seq=seq, step="ask", key=key)]
        number = self.engine.ledger.head.next_question
        for index, ask in enumerate(questions):
            name = f"q{number + index}"
            found.append(f.QuestionAsked(node=self.id, question=name, seq=seq, ask=ask))
            if self.state.defaults and ask.default is not None:
                rule = "--defaults: an assumption"
                found.append(f.QuestionAnswered(node=self.id, question=name, answer=ask.default, by="rule", rule=rule))
        return found

    # -- children --------------------------------------------------------------------------------------------------------

    async def spawn(
        self, children: Sequence[Child], *, key: str = "", revision: int = 1, then: Then | None = None
    ) -> tuple[Result, list[Pair]]:
        """Proposes children and sleeps until all that were approved have terminated.

        Args:
            children: What would be started, all at once.
            key: Tells apart spawns of one action.
            revision: How often this was proposed before, plus one.
            then: What the node would propose next, given the reports; shown with the last child's end.

        Returns:
            How the proposal went, and what really ran with its reports, possibly nothing.
        """
        seq, step = self._next("spawn", key)
        if step and step.ended >= 0:
            ended = await self._recorded(step)
            self._note_rejected(ended)
            return Result(outcome=ended.outcome, reason=ended.error), self._reports(step)
        await self.ready()
        self._pending += 1
        try:
            return await self._spawn(seq, key, tuple(children), revision, then)
        finally:
            self._pending -= 1

    async def _spawn(
        self, seq: int, key: str, children: tuple[Child, ...], revision: int, then: Then | None
    ) -> tuple[Result, list[Pair]]:
        self.gating.thens[seq] = then
        step, ledger = self.state.steps.get((self.id, seq)), self.engine.ledger
        if step is None or step.begun < 0:
            gate = await self.gating.decided(seq, key, _always(Spawn(children=children)), revision, None)
            if refused := await self.gating.refused(gate, seq, "spawn", key):
                return Result(outcome=refused.outcome, reason=refused.error), []
            await self.gating.within_limits(seq, gate.final)
            ledger.put(self._spawned(seq, key, gate.id, gate.final))
        await self.until(lambda state: True if self._joined(state, seq) else None)
        step = self.state.steps[self.id, seq]
        await ledger.append(f.StepEnded(node=self.id, seq=seq, step="spawn", key=key))
        return Result(edited=self._was_edited(step.gate)), self._reports(step)

    def _joined(self, state: Swarm, seq: int) -> bool:
        step = state.steps.get((self.id, seq))
        return bool(step and step.begun >= 0 and not step.remaining)

    def _was_edited(self, gate: str | None) -> bool:
        decision = self.state.gates[gate].decision if gate else None
        return bool(decision and decision.verb == "edit")

    def _spawned(self, seq: int, key: str, gate: str, proposal: AnyProposal) -> list[f.Frame]:
        """Children that a torn write left out are added, those that are there are not queued twice."""
        assert isinstance(proposal, Spawn)
        head = self.engine.ledger.head
        frames: list[f.Frame] = [
            f.NodeSpawned(node=child.id, parent=self.id, step=seq, index=index, child=self.engine.routed(child))
            for index, child in enumerate(proposal.children)
            if child.id not in head.nodes
        ]
        ids = tuple(child.id for child in proposal.children)
        frames.append(f.StepBegun(node=self.id, seq=seq, step="spawn", key=key, children=ids, gate=gate))
        return frames

    def _reports(self, step: Step) -> list[Pair]:
        nodes = [self.state.nodes[child] for child in step.children]
        return [(node.child, node.report) for node in nodes if node.report is not None]

    # -- effects ---------------------------------------------------------------------------------------------------------

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
        seq, step = self._next(kind, key)
        if step and step.ended >= 0:
            ended = await self._recorded(step)
            self._note_rejected(ended)
            return self._result(ended)
        await self.ready()
        self._pending += 1
        try:
            return self._result(await self.gating.effect(seq, kind, key, make, revision, then))
        finally:
            self._pending -= 1

    def _note_rejected(self, ended: f.StepEnded) -> None:
        if ended.outcome != "ok" and ended.gate:
            self.gating.rejected.add(self.state.gates[ended.gate].digest)

    def _result(self, ended: f.StepEnded) -> Result:
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
            edited=self._was_edited(ended.gate),
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
        return await self.effect(kind, _always(proposal), key=key, revision=revision, then=then)

    async def terminate(self, report: Report, revise: Revise) -> None:
        """Ends the node: proposes its report, and revises it after a rejection, three times at most.

        Raises:
            StepFailed: If three reports were rejected.
        """
        reason = ""
        for revision in range(1, _REVISIONS + 1):
            seq, step = self._next("terminate", "")
            if step and step.ended >= 0:
                refused = await self._recorded(step)
                self._note_rejected(refused)
                reason = refused.error
            else:
                again = await self.gating.terminate(seq, report, revision)
                if again is None:
                    return
                reason = again
            if revision < _REVISIONS:
                report = await revise(self, report, reason)
        raise StepFailed(f"{_REVISIONS} reports were rejected, the last one because: {reason}")

    # -- looking and remembering -----------------------------------------------------------------------------------------

    async def read(self, path: str) -> str:
        """The text of a file in the worktree, as it was when this step was first taken."""
        return str(await self._observe("read", path, lambda: self.engine.world.read(path)))

    async def recall(self, query: str) -> list[Document]:
        """What the memory of the run and of the workspace holds about a name or some words, the best first."""

        async def look() -> Any:
            found = await asyncio.to_thread(self.engine.memory.recall, self.state, query)
            return [document.model_dump() for document in found]

        found = await self._observe("recall", query, look)
        return [Document.model_validate(item) for item in found]

    async def remember(self, document: Document) -> None:
        """Keeps a text in the memory of the run."""

        async def keep() -> Any:
            return document.model_dump()

        await self._observe("remember", document.name, keep)

    async def _observe(self, kind: f.StepKind, key: str, look: Callable[[], Awaitable[Any]]) -> Any:
        seq, step = self._next(kind, key)
        if step and step.ended >= 0:
            return (await self._recorded(step)).value
        await self.ready()
        try:
            value = await look()
        except Exception as error:
            await self.fail(seq, kind, key, _one_line(error))
            raise StepFailed(_one_line(error)) from error
        await self.engine.ledger.append(f.StepEnded(node=self.id, seq=seq, step=kind, key=key, value=value))
        return value

    async def fail(self, seq: int, kind: f.StepKind, key: str, error: str, schema: str = "") -> None:
        """Records that a step failed."""
        await self.engine.ledger.append(
            f.StepEnded(node=self.id, seq=seq, step=kind, key=key, schema_name=schema, outcome="failed", error=error)
        )

    # -- proposing again -------------------------------------------------------------------------------------------------

    async def revised(self, draft: Callable[[str, int], Awaitable[V]], result: Callable[[V], Result]) -> V:
        """Proposes, and after a rejection proposes again with its reason, three times at most.

        Args:
            draft: Makes and proposes; gets the reason of the last rejection (empty at first) and the revision.
            result: Tells from what `draft` gave how the proposal went.

        Raises:
            StepFailed: If three revisions were rejected.
        """
        reason = ""
        for revision in range(1, _REVISIONS + 1):
            value = await draft(reason, revision)
            if result(value).outcome != "rejected":
                return value
            reason = result(value).reason
        raise StepFailed(f"{_REVISIONS} proposals were rejected, the last one because: {reason}")

    # -- what only a watcher sees ----------------------------------------------------------------------------------------

    def progress(self, text: str) -> None:
        """Shows a line to whoever watches; not recorded, never read by a model."""
        self.engine.stream(self.id, text)


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


def _always(proposal: AnyProposal) -> Make:
    async def make() -> AnyProposal:
        return proposal

    return make


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text or type(error).__name__
