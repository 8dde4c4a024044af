"""A realistic history of any length, quickly: frames, fold and journal, without an engine.

A root works in rounds; each round spawns a manager, the manager spawns leaves, and the leaves think, write a file and
end, side by side, every gate approved. Nothing is random, and the clock is made up: two histories of one length are
the same byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from hashlib import blake2b
from itertools import count, islice, zip_longest
from typing import Any

from swarm import frames as f
from swarm.fold import apply
from swarm.proposals import AnyProposal, Spawn, Terminate, Write
from swarm.state import Swarm
from swarm.store.log import Log
from swarm.values import Child, Evidence, Limits, Report, Usage

LEAVES = 8
_GROUP = 256
_TICK = timedelta(milliseconds=40)
_PROSE = "The phase is complete when its check passes; what it needs from the others is named, not assumed. "


async def write_long_run(log: Log, run: str, frames: int) -> Swarm:
    """Appends a history of so many frames to a run that has none yet; gives the state at its end."""
    state = Swarm()
    group: list[bytes] = []
    for frame in islice(history(run), frames):
        numbered = frame.model_copy(update={"frame": state.frame + 1, "at": f.EPOCH + _TICK * (state.frame + 2)})
        state = apply(state, numbered)
        group.append(f.encode(numbered))
        if len(group) == _GROUP or state.frame == frames - 1:
            await log.append(run, state.frame - len(group), group)
            group = []
    return state


def history(run: str) -> Iterator[f.Frame]:
    """The frames, without numbers and times, without an end."""
    yield f.RunStarted(
        run=run, goal="Build it, round by round.", title="long", model="plan", level="step", limits=Limits(nodes=10**9)
    )
    yield f.NodeSpawned(
        node="1", parent=None, step=0, index=0, child=Child(action="organise_context", directive=_PROSE)
    )
    yield _started("1", "organise_context")
    ids, gates = count(2), count(1)
    for number in count(1):
        manager, *leaves = [str(node) for node in islice(ids, 1 + LEAVES)]
        yield from _spawned("1", number, [(manager, "decompose_directive")], gates)
        yield from _manager(manager, leaves, gates)
        yield f.StepEnded(node="1", seq=number, step="spawn")


def _manager(node: str, leaves: Sequence[str], gates: Iterator[int]) -> Iterator[f.Frame]:
    yield _started(node, "decompose_directive")
    yield from _thought(node, 1, "Directives", {"directives": [f"{_PROSE}{leaf}" for leaf in leaves]})
    yield from _spawned(node, 2, [(leaf, "write_file") for leaf in leaves], gates)
    for frames in zip_longest(*(_leaf(leaf, gates) for leaf in leaves)):
        yield from (frame for frame in frames if frame is not None)
    yield f.StepEnded(node=node, seq=2, step="spawn")
    yield from _ended(node, 3, Report(outcome="done", summary=_PROSE * 3), gates)


def _leaf(node: str, gates: Iterator[int]) -> Iterator[f.Frame]:
    path, commit = f"src/part_{node}.py", blake2b(node.encode(), digest_size=20).hexdigest()
    content = "".join(f"def step_{number}() -> int:\n    return {number}\n\n\n" for number in range(12))
    yield _started(node, "write_file")
    yield from _thought(node, 1, "FileDraft", {"path": path, "content": content})
    gate = str(next(gates))
    yield from _gate(node, 2, gate, Write(path=path, content=content), path)
    yield f.StepBegun(node=node, seq=2, step="write", key=path, intent={"commit": commit}, gate=gate)
    evidence = Evidence(kind="commit", text=f"{path} written", passed=True, path=path)
    value = {"path": path, "evidence": [evidence.model_dump(mode="json")]}
    yield f.StepEnded(node=node, seq=2, step="write", key=path, value=value, commit=commit, gate=gate)
    yield from _ended(node, 3, Report(outcome="done", summary=f"Wrote `{path}`.", evidence=(evidence,)), gates)


def _started(node: str, action: str) -> f.Frame:
    return f.NodeStarted(node=node, action=action, version="1", attempt=1)


def _thought(node: str, seq: int, schema: str, value: dict[str, Any]) -> Iterator[f.Frame]:
    messages = [{"role": "system", "content": _PROSE * 4}, {"role": "user", "content": _PROSE * 6}]
    yield f.StepBegun(
        node=node, seq=seq, step="think", schema_name=schema, intent={"schema_name": schema, "messages": messages}
    )
    usage = Usage(calls=1, input_tokens=900, output_tokens=200, cost=0.001)
    yield f.StepEnded(node=node, seq=seq, step="think", schema_name=schema, value=value, usage=usage)


def _gate(node: str, seq: int, gate: str, proposal: AnyProposal, key: str = "") -> Iterator[f.Frame]:
    yield f.GateOpened(node=node, gate=gate, seq=seq, proposal=proposal, digest=proposal.digest, key=key)
    yield f.GateDecided(
        node=node, gate=gate, digest=proposal.digest, decision="approve", by="you", command=f"{int(gate):016x}"
    )


def _spawned(node: str, seq: int, children: Sequence[tuple[str, str]], gates: Iterator[int]) -> Iterator[f.Frame]:
    spawn = Spawn(
        children=tuple(Child(action=action, directive=f"{_PROSE}{child}", id=child) for child, action in children)
    )
    gate = str(next(gates))
    yield from _gate(node, seq, gate, spawn)
    for index, child in enumerate(spawn.children):
        yield f.NodeSpawned(node=child.id, parent=node, step=seq, index=index, child=child)
    yield f.StepBegun(node=node, seq=seq, step="spawn", children=tuple(child for child, _ in children), gate=gate)


def _ended(node: str, seq: int, report: Report, gates: Iterator[int]) -> Iterator[f.Frame]:
    gate = str(next(gates))
    yield from _gate(node, seq, gate, Terminate(report=report))
    yield f.NodeEnded(node=node, report=report, gate=gate)
