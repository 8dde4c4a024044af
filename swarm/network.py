"""The first gate of a run whose model nobody named: whether it may use the endpoint that was found."""

from __future__ import annotations

from collections.abc import Callable

from swarm import frames as f
from swarm.ending import closed
from swarm.proposals import Network
from swarm.state import Swarm


def asked(state: Swarm, found: Callable[[str], Network | None]) -> list[f.Frame]:
    """The frames that ask for an endpoint before a run is taken up; none where that is not due, or was allowed.

    An approval holds for the endpoint that was shown: where the environment names another one by now, that is asked
    about in its place.

    Args:
        state: The run; it is asked only if nobody named its model.
        found: The endpoint behind a model as the environment is now; None if there is none.
    """
    gates = [gate for gate in state.gates.values() if isinstance(gate.proposal, Network)]
    last = max(gates, key=lambda gate: int(gate.id), default=None)
    known = last.proposal if last else state.network
    if state.ended or not isinstance(known, Network):
        return []
    now = found(state.model) or known
    if last and last.digest == now.digest and last.status in ("open", "applied"):
        return []
    opened = f.GateOpened(
        node=state.root,
        gate=str(state.next_gate),
        seq=0,
        key=now.kind,
        revision=last.revision + 1 if last else 1,
        proposal=now,
        digest=now.digest,
    )
    return [*closed([last] if last else [], "stale", "the environment names another endpoint now"), opened]
