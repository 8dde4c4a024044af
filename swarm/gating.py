"""How a node's proposals pass their gates: opened, foreseen, waited for, carried out, proposed anew when stale."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from swarm import frames as f
from swarm.autonomy import rule_for
from swarm.decide import dependents, ended, stop_run
from swarm.effects import Effect, Mark
from swarm.errors import NothingNew, StepFailed, WorkspaceError
from swarm.foresee import Foreseen, Then, foresee
from swarm.proposals import AnyProposal, Budget, Failure, InDoubt, Spawn, Terminate
from swarm.state import Gate, Node, Step, Swarm
from swarm.values import Limits, Report

if TYPE_CHECKING:
    from swarm.context import NodeContext
    from swarm.ledger import Ledger

Make = Callable[[], Awaitable[AnyProposal]]


class Gating:
    """The gates of one node.

    Attributes:
        thens: What the node would propose after a step, by the step's sequence number.
        rejected: Digests of what was rejected: the same proposal is never made twice.
    """

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self.thens: dict[int, Then | None] = {}
        self.rejected: set[str] = set()

    @property
    def _id(self) -> str:
        return self._context.id

    @property
    def _ledger(self) -> Ledger:
        return self._context.engine.ledger

    # -- opening and waiting ---------------------------------------------------------------------------------------------

    async def decided(self, seq: int, key: str, make: Make, revision: int, then: Then | None) -> Gate:
        """The gate of a step once it is decided; opened if there is none yet."""
        while True:
            gate = self._present(seq)
            if gate is None:
                proposal = await make()
                if proposal.digest in self.rejected:
                    raise NothingNew("the same was proposed and rejected before: there is nothing else to propose")
                gate = self._match(seq, proposal) or await self._open(seq, key, proposal, revision, then)
            gate = await self._no_longer_open(gate.id)
            if gate.status in ("decided", "applied"):
                return gate

    async def _no_longer_open(self, gate: str) -> Gate:
        def shut(state: Swarm) -> Gate | None:
            found = state.gates.get(gate)
            return found if found and found.status != "open" else None

        return await self._context.until(shut)

    def _present(self, seq: int) -> Gate | None:
        head = self._ledger.head
        step = head.steps.get((self._id, seq))
        gate = head.gates[step.gate] if step and step.gate else None
        return gate if gate and gate.status in ("open", "decided", "applied") else None

    def _match(self, seq: int, proposal: AnyProposal) -> Gate | None:
        """The foreseen gate that this proposal fulfils exactly; the others of the node are stale if there is none."""
        ledger = self._ledger
        head = ledger.head
        waiting = [head.gates[gate] for gate in head.foreseen.get(self._id, ())]
        for gate in waiting:
            if gate.digest == proposal.digest and (gate.after is None or head.gates[gate.after].status == "applied"):
                ledger.put([f.GateDue(node=self._id, gate=gate.id, seq=seq)])
                return ledger.head.gates[gate.id]
        for gate in waiting:
            ledger.put(stale(ledger.head, gate, "it went another way than was shown"))
        return None

    async def _open(self, seq: int, key: str, proposal: AnyProposal, revision: int, then: Then | None) -> Gate:
        engine, node = self._context.engine, self._context.node
        rule = rule_for(self._ledger.head, node, proposal)
        chain = [] if rule else await foresee(engine, node, proposal, then)
        frames: list[f.Frame] = []
        first, free = self._ledger.head.next_gate, self._ledger.head.next_node
        for place, link in enumerate([Foreseen(node, proposal), *chain]):
            what, free = numbered(link.proposal, free)
            opened = f.GateOpened(
                node=self._proposer(link, frames).id,
                gate=str(first + place),
                seq=None if place else seq,
                revision=1 if place else revision,
                proposal=what,
                digest=what.digest,
                after=str(first + link.after) if place else None,
                key="" if place else key,
            )
            frames.append(opened)
            passes = rule_for(self._ledger.head, self._proposer(link, frames), what)
            decided = approved(opened, passes) if passes else None
            frames += [decided] if decided else []
        self._ledger.put(frames)
        return self._ledger.head.gates[str(first)]

    def _proposer(self, link: Foreseen, frames: Sequence[f.Frame]) -> Node:
        """The node that proposes a link of a chain; it may be a child that is only proposed itself."""
        if link.index is None:
            return link.node
        spawn = [frame for frame in frames if isinstance(frame, f.GateOpened)][link.after].proposal
        assert isinstance(spawn, Spawn)
        return self._context.engine.proposed(spawn.children[link.index], link.node)

    async def refused(self, gate: Gate, seq: int, kind: f.StepKind, key: str) -> f.StepEnded | None:
        """Records a rejection or a skip as the step's result and gives it; None if the gate was approved."""
        decision = gate.decision
        if decision is None or decision.verb in ("approve", "edit"):
            return None
        self.rejected.add(gate.digest)
        outcome: f.StepOutcome = "skipped" if decision.verb == "skip" else "rejected"
        frame = f.StepEnded(
            node=self._id, seq=seq, step=kind, key=key, outcome=outcome, error=decision.reason, value={}, gate=gate.id
        )
        await self._ledger.append(frame)
        return frame

    # -- carrying out ----------------------------------------------------------------------------------------------------

    async def effect(
        self, seq: int, kind: f.StepKind, key: str, make: Make, revision: int, then: Then | None
    ) -> f.StepEnded:
        """A side effect from its proposal to its result; what was begun before is proved or asked about."""
        step = self._context.state.steps.get((self._id, seq))
        if step and step.begun >= 0:
            return await self._recover(step)
        while True:
            gate = await self._proposed(seq, kind, key, make, revision, then)
            if (refused := await self.refused(gate, seq, kind, key)) is not None:
                return refused
            await self._context.ready()
            done = await self._carry_out(seq, kind, key, gate, make)
            if isinstance(done, f.StepEnded):
                return done
            make = _edited_again(done) if gate.final is not gate.proposal else make

    async def _proposed(
        self, seq: int, kind: f.StepKind, key: str, make: Make, revision: int, then: Then | None
    ) -> Gate:
        try:
            return await self.decided(seq, key, make, revision, then)
        except WorkspaceError as error:
            await self._context.fail(seq, kind, key, str(error))
            raise StepFailed(str(error)) from error

    async def _carry_out(
        self, seq: int, kind: f.StepKind, key: str, gate: Gate, make: Make
    ) -> f.StepEnded | AnyProposal:
        """Does what was approved if it still is what would be done, else gives what would be done now."""
        world = self._context.engine.world
        async with world.turn(gate.final, (self._id, seq)):
            await self._settle()
            try:
                fresh = await (make() if gate.final is gate.proposal else world.refreshed(gate.final))
            except WorkspaceError as error:
                return await self._end(seq, kind, key, gate, Effect(error=str(error)))
            if fresh.digest != gate.final.digest:
                await self._ledger.append(*stale(self._ledger.head, gate, "what it touches has changed since"))
                return fresh
            await self._begin(seq, kind, key, gate.id)
            return await self._perform(seq, kind, key, gate)

    async def _settle(self) -> None:
        """Commits what the human changed in the worktree as the human's own."""
        if edited := await self._context.engine.world.settle():
            await self._ledger.append(edited)

    async def _begin(self, seq: int, kind: f.StepKind, key: str, gate: str | None) -> None:
        intent = {"commit": self._context.engine.world.head}
        await self._ledger.append(f.StepBegun(node=self._id, seq=seq, step=kind, key=key, intent=intent, gate=gate))

    async def _perform(self, seq: int, kind: f.StepKind, key: str, gate: Gate) -> f.StepEnded:
        try:
            effect = await self._context.engine.world.perform(gate.final, self._mark(seq))
        except WorkspaceError as error:
            effect = Effect(error=str(error))
        return await self._end(seq, kind, key, gate, effect)

    def _mark(self, seq: int) -> Mark:
        state = self._context.state
        return Mark(
            run=state.run, node=self._id, frame=state.steps[self._id, seq].begun, title=state.nodes[self._id].child.name
        )

    async def _end(self, seq: int, kind: f.StepKind, key: str, gate: Gate, effect: Effect) -> f.StepEnded:
        frame = f.StepEnded(
            node=self._id,
            seq=seq,
            step=kind,
            key=key,
            outcome="failed" if effect.error else "ok",
            value=effect.value,
            error=effect.error,
            commit=effect.commit,
            gate=gate.id,
        )
        gone = dependents(self._ledger.head, gate) if effect.error else []
        await self._ledger.append(frame, *closed(gone, "stale", "what it would follow from failed"))
        if effect.error:
            raise StepFailed(effect.error)
        return frame

    # -- after a crash ---------------------------------------------------------------------------------------------------

    async def _recover(self, step: Step) -> f.StepEnded:
        """An effect that began and whose result is not on record: proved where possible, else asked about."""
        world, gate = self._context.engine.world, self._context.state.gates[str(step.gate)]
        seq, kind, key = step.seq, step.kind, step.key
        async with world.turn(gate.final, (self._id, seq)):
            effect = await world.prove(gate.final, self._mark(seq))
            if effect is None:
                choice = await self._asked_in_doubt(step, gate)
                begun = await self._ledger.frame(step.begun)
                assert isinstance(begun, f.StepBegun)
                if choice == "again":
                    await world.restore(str(begun.intent["commit"]))
                    await self._begin(seq, kind, key, gate.id)
                    world.certain((self._id, seq))
                    return await self._perform(seq, kind, key, gate)
                effect = await world.take(gate.final, self._mark(seq))
                if choice == "fail":
                    effect = effect.model_copy(update={"error": "taken as failed after it was in doubt"})
            world.certain((self._id, seq))
            return await self._end(seq, kind, key, gate, effect)

    async def _asked_in_doubt(self, step: Step, gate: Gate) -> str:
        """The human's choice about an effect in doubt: one that is newer than its last intent, or a new one."""
        name = self._doubt(step)
        if name is None:
            changed = tuple(await self._context.engine.world.dirty())
            what = f"{gate.kind} {step.key}".strip()
            name = self.open_aside(step.seq, InDoubt(what=what, step=step.seq, changed=changed))
        asked = name
        await self._context.until(lambda state: True if _status(state, asked) == "applied" else None)
        decision = self._context.state.gates[asked].decision
        return decision.choice if decision else "fail"

    def _doubt(self, step: Step) -> str | None:
        for gate in sorted(self._ledger.head.gates.values(), key=lambda gate: -int(gate.id)):
            if isinstance(gate.proposal, InDoubt) and (gate.node, gate.seq) == (step.node, step.seq):
                fresh = gate.status == "open" or (gate.decision is not None and gate.decision.frame > step.begun)
                return gate.id if fresh else None
        return None

    # -- gates beside a step ---------------------------------------------------------------------------------------------

    def open_aside(self, seq: int, proposal: AnyProposal, *more: f.Frame) -> str:
        """Opens a gate that is no step of its own (failure, doubt, limit) and gives its id."""
        number = str(self._ledger.head.next_gate)
        opened = f.GateOpened(node=self._id, gate=number, seq=seq, proposal=proposal, digest=proposal.digest)
        self._ledger.put([opened, *more])
        return number

    def _aside(self, kind: str) -> Gate | None:
        head = self._ledger.head
        found = (head.gates[gate] for gate in head.open_gates)
        return next((gate for gate in found if gate.node == self._id and gate.kind == kind), None)

    async def within_limits(self, seq: int, proposal: AnyProposal) -> None:
        """Returns when children may be started under the limits of the run; asks where they would be passed."""
        assert isinstance(proposal, Spawn)
        while (needed := passed_limits(self._context.state, self._context.node, proposal)) is not None:
            await self._ask_for_limits(seq, *needed)

    async def may_start(self) -> None:
        """Returns when the node's attempt is within the limits."""
        while (node := self._context.node).attempt > (limits := self._context.state.limits).attempts:
            raised = limits.model_copy(update={"attempts": node.attempt})
            await self._ask_for_limits(0, f"attempt {node.attempt} of {limits.attempts}", raised)

    async def _ask_for_limits(self, seq: int, why: str, limits: Limits) -> None:
        gate = self._aside("budget")
        name = gate.id if gate else self.open_aside(seq, Budget(why=why, limits=limits))
        if self._context.node.level == "auto" and _status(self._ledger.head, name) == "open":
            opened = self._ledger.head.gates[name]
            decided = f.GateDecided(
                node=self._id,
                gate=name,
                digest=opened.digest,
                decision="stop",
                by="rule",
                rule="level auto: to the budget's end",
            )
            self._ledger.put([decided, *stop_run(self._ledger.head, "over_budget", why, except_gate=name)])
        await self._context.until(lambda state: True if _status(state, name) == "applied" else None)

    async def failed(self, error: str, *, restart: bool = False) -> None:
        """The node cannot go on: returns when it was decided, and the node has ended or been given a new attempt."""
        attempt = self._context.node.attempt
        if self._aside("failure") is None:
            head, node = self._ledger.head, self._ledger.head.nodes[self._id]
            failure = Failure(error=error, directive=node.directive, restart=restart)
            for gate in head.foreseen.get(self._id, ()):
                self._ledger.put(stale(self._ledger.head, head.gates[gate], "its node failed"))
            rule = rule_for(head, node, failure)
            number = self.open_aside(0, failure)
            if rule:
                gate_now = self._ledger.head.gates[number]
                decided = f.GateDecided(
                    node=self._id,
                    gate=number,
                    digest=gate_now.digest,
                    decision="choose",
                    by="rule",
                    rule=rule,
                    choice="pass",
                )
                report = Report(outcome="failed", summary=error)
                self._ledger.put([decided, *ended(self._ledger.head, node, report)])
        await self._context.until(
            lambda state: True if state.nodes[self._id].report or state.nodes[self._id].attempt > attempt else None
        )

    # -- the end ---------------------------------------------------------------------------------------------------------

    async def terminate(self, seq: int, report: Report, revision: int) -> str | None:
        """Proposes to end with a report: None once the node has ended, else the reason of the rejection."""

        async def make() -> AnyProposal:
            return Terminate(report=report)

        gate = await self.decided(seq, "", make, revision, None)
        if refused := await self.refused(gate, seq, "terminate", ""):
            return refused.error
        edited = gate.decision.proposal if gate.decision else None
        final = edited.report if isinstance(edited, Terminate) else report
        await self._ledger.append(*ended(self._ledger.head, self._context.node, final, gate.id))
        return None


def _edited_again(proposal: AnyProposal) -> Make:
    """Proposes a human's edit once more, as the workspace is now."""

    async def make() -> AnyProposal:
        return proposal

    return make


def numbered(proposal: AnyProposal, next_node: int) -> tuple[AnyProposal, int]:
    """The proposal with an id for each child that has none, and the next free number."""
    if not isinstance(proposal, Spawn):
        return proposal, next_node
    children = []
    for child in proposal.children:
        children.append(child.model_copy(update={"id": str(next_node)}))
        next_node += 1
    return Spawn(children=tuple(children)), next_node


def approved(opened: f.GateOpened, rule: str) -> f.GateDecided:
    """The approval of a gate by a rule."""
    return f.GateDecided(
        node=opened.node, gate=opened.gate, digest=opened.digest, decision="approve", by="rule", rule=rule
    )


def closed(gates: Sequence[Gate], status: f.Closed, why: str) -> list[f.Frame]:
    """The frames that close gates which are still open, or decided and not applied."""
    return [
        f.GateClosed(node=gate.node, gate=gate.id, status=status, why=why)
        for gate in gates
        if gate.status in ("open", "decided")
    ]


def stale(state: Swarm, gate: Gate, why: str) -> list[f.Frame]:
    """The frames that make a gate stale, and with it those that were foreseen to follow."""
    return closed([state.gates[gate.id], *dependents(state, gate)], "stale", why)


def passed_limits(state: Swarm, node: Node, proposal: Spawn) -> tuple[str, Limits] | None:
    """Which limit a spawn would pass, and the limits under which it would not; None if it passes none."""
    limits, count = state.limits, len(proposal.children)
    new = sum(child.id not in state.nodes for child in proposal.children)
    if len(state.nodes) + new > limits.nodes:
        total = len(state.nodes) + new
        return f"{total} nodes of {limits.nodes}", limits.model_copy(update={"nodes": max(total, limits.nodes * 2)})
    if count > limits.fan_out:
        return f"{count} children at once of {limits.fan_out}", limits.model_copy(update={"fan_out": count})
    if node.depth + 1 > limits.depth:
        return f"depth {node.depth + 1} of {limits.depth}", limits.model_copy(update={"depth": limits.depth * 2})
    return None


def _status(state: Swarm, gate: str) -> str:
    found = state.gates.get(gate)
    return found.status if found else "open"
