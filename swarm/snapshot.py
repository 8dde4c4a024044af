"""A run at a frame in one file, from which it can be taken up again, also in another clone of the repository."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue, ValidationError

from swarm import frames as f
from swarm.errors import Damaged, UsageError
from swarm.proposals import Terminate
from swarm.state import Gate, Node, Question, Swarm
from swarm.store.upgrade import SNAPSHOTS, check_version, upgrade
from swarm.values import Document, Value

VERSION = 1


class Operation(Value):
    """What waits in the lifecycle queue: a node to be spawned, or one to be terminated as it was approved."""

    operation: Literal["spawn", "terminate"]
    node: str


class Snapshot(Value):
    """Everything that it takes to go on with a run elsewhere.

    Attributes:
        population: Ids of all nodes, in the order in which they were spawned.
        nodes: By id.
        queue: The pending operations, in their order.
        gates, questions: Those that are open, by id.
        memory: What the run remembers.
        commit: Of the run's branch at the frame; `base` is where the branch began.
        bundle: Name of the git bundle beside the file; empty where the commits are in every clone.
        frames: The history, which all of the above follows from.
        blobs: What frames refer to by digest, in base64.
        sum: BLAKE2b over the frames.
    """

    format: Literal["swarm-snapshot"] = "swarm-snapshot"
    version: int = VERSION
    run: str
    goal: str
    frame: int
    at: datetime
    commit: str
    base: str
    population: tuple[str, ...]
    nodes: dict[str, Node]
    queue: tuple[Operation, ...]
    gates: dict[str, Gate]
    questions: dict[str, Question]
    memory: dict[str, Document]
    bundle: str
    frames: tuple[JsonValue, ...]
    blobs: dict[str, str]
    sum: str

    @property
    def history(self) -> list[f.Frame]:
        """The frames as they were recorded."""
        return [f.decode(json.dumps(frame).encode()) for frame in self.frames]


def queue(state: Swarm) -> tuple[Operation, ...]:
    """The operations that are about to be done."""
    spawns = sorted(state.queued.items(), key=lambda item: item[1])
    ends = [
        gate.node
        for gate in sorted(state.gates.values(), key=lambda gate: int(gate.id))
        if gate.status == "decided" and gate.seq is not None and isinstance(gate.proposal, Terminate)
    ]
    return (
        *(Operation(operation="spawn", node=node) for node, _ in spawns),
        *(Operation(operation="terminate", node=node) for node in ends),
    )


def snapshot(state: Swarm, frames: Iterable[f.Frame], bundle: str, blobs: dict[str, bytes]) -> Snapshot:
    """A snapshot of a state.

    Args:
        state: The run at the frame.
        frames: All up to it.
        bundle: Name of the git bundle.
        blobs: The data of all digests that `digests` finds in the frames.
    """
    nodes = sorted(state.nodes.values(), key=lambda node: node.spawned)
    plain: Any = [json.loads(f.encode(frame)) for frame in frames]
    return Snapshot(
        run=state.run,
        goal=state.goal,
        frame=state.frame,
        at=state.at,
        commit=state.commit,
        base=state.base,
        population=tuple(node.id for node in nodes),
        nodes={node.id: node for node in nodes},
        queue=queue(state),
        gates={name: state.gates[name] for name in sorted(state.open_gates, key=int)},
        questions={name: state.questions[name] for name in state.open_questions},
        memory=dict(state.memory),
        bundle=bundle,
        frames=plain,
        blobs={digest: b64encode(data).decode() for digest, data in blobs.items()},
        sum=_sum(plain),
    )


def digests(frames: Iterable[f.Frame]) -> Iterator[str]:
    """The digests of the blobs that frames refer to."""
    for frame in frames:
        if isinstance(frame, f.StepEnded) and isinstance(frame.value, dict) and "blob" in frame.value:
            yield str(frame.value["blob"])


def read_snapshot(path: Path) -> tuple[Snapshot, dict[str, bytes]]:
    """The snapshot in a file, checked, and its blobs by digest.

    Raises:
        UsageError: If it cannot be read, or is none.
        NewerFormat, OlderFormat: If it is of a version that cannot be read.
        Damaged: If it is not as it was written.
    """
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise UsageError(f"{path}: this is no snapshot: `swarm snapshot RUN` writes one") from None
    if not isinstance(value, dict) or value.get("format") != "swarm-snapshot":
        raise UsageError(f"{path}: this is no snapshot: `swarm snapshot RUN` writes one")
    try:
        version = check_version(path, value.get("version"), VERSION, SNAPSHOTS)
        is_as_written = value["sum"] == _sum(value["frames"])
        value = upgrade(value, version, VERSION, SNAPSHOTS)
        found = Snapshot.model_validate({**value, "version": VERSION, "sum": _sum(value["frames"])})
        blobs = {digest: b64decode(text, validate=True) for digest, text in found.blobs.items()}
    except (ValidationError, ValueError, LookupError, TypeError, AttributeError):
        raise Damaged(f"{path}: this snapshot is not whole: write it again") from None
    if not is_as_written:
        raise Damaged(f"{path}: this snapshot was changed after it was written: write it again")
    return found, blobs


def _sum(frames: Any) -> str:
    return blake2b(json.dumps(frames, separators=(",", ":")).encode(), digest_size=16).hexdigest()
