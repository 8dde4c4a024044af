"""A run of any length as frames, without an engine: what an export of a long run is measured on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from swarm import frames as f
from swarm.proposals import Run, Write
from swarm.values import Child, Report, Usage

GOAL = "Keep a hundred things in order"
_FAN = 12


def long_run(frames: int) -> Iterator[f.Frame]:
    """So many frames: nodes that each think, write or run at a gate, and end."""
    for number, frame in zip(range(frames), _endless(), strict=False):
        yield frame.model_copy(update={"frame": number, "at": f.EPOCH + timedelta(seconds=number)})


def _endless() -> Iterator[f.Frame]:
    yield f.RunStarted(
        run="long-1", goal=GOAL, title=GOAL, model="kit", level="effects", branch="swarm/long-1", by="Ann"
    )
    yield from _begun("1", None, Child(action="organise_context", directive=GOAL, id="1"))
    number = 1
    while True:
        number += 1
        parent = str(max(1, (number - 2) // _FAN + 1))
        yield from _node(str(number), parent, number)


def _begun(node: str, parent: str | None, child: Child, index: int = 0) -> Iterator[f.Frame]:
    yield f.NodeSpawned(node=node, parent=parent, step=1, index=index, child=child)
    yield f.NodeStarted(node=node, action=child.action, version="1", attempt=1)


def _node(node: str, parent: str, number: int) -> Iterator[f.Frame]:
    directive = f"Put thing {number} in its place.\n\n{GOAL}, and say what was found in each place."
    child = Child(action="carry_out", directive=directive, title=f"Thing {number}", id=node)
    yield from _begun(node, parent, child, number % _FAN)
    yield f.StepBegun(node=node, seq=1, step="think", schema_name="Acts", intent={"messages": [directive * 20]})
    usage = Usage(calls=1, input_tokens=900, output_tokens=120, cost=0.002)
    yield f.StepEnded(node=node, seq=1, step="think", schema_name="Acts", value={"acts": []}, usage=usage)
    lines = "".join(f"line {line} of thing {number}\n" for line in range(12))
    what = Write(path=f"things/{number}.txt", content=lines) if number % 3 else Run(interpreter="sh", script=lines)
    gate = str(number)
    yield f.GateOpened(node=node, gate=gate, seq=2, proposal=what, digest=what.digest, key=f"thing {number}")
    yield f.GateDecided(
        node=node, gate=gate, digest=what.digest, decision="approve", by="Ann", reason="as it should be"
    )
    yield f.StepBegun(node=node, seq=2, step=what.kind, key=f"thing {number}", gate=gate)
    value = {"exit_code": 0, "output": lines, "seconds": 0.1}
    commit = f"{number:040x}"
    yield f.StepEnded(node=node, seq=2, step=what.kind, key=f"thing {number}", value=value, commit=commit, gate=gate)
    yield f.NodeEnded(node=node, report=Report(outcome="done", summary=f"Thing {number} is in **its place**."))
