"""Why a gate asks, or went through."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import options, shaped
from app.cli.output import put_json, say
from app.cli.replies import WhyShape
from app.cli.text import line
from app.cli.workspace import gate_of, looking
from swarm.state import Gate, Swarm
from widgets.why import asked_by, in_more_words
from widgets.words import summary


@click.command("why")
@click.argument("run")
@click.argument("gate")
@options.as_json
@options.root
def why_command(run: str, gate: str, root: Path, as_json: bool) -> None:
    """Say by which rule a gate asks, or by which it went through."""
    with looking(root) as home:
        state = home.state(home.find(run))
        reasons = _reasons(state, gate_of(state, gate))
    if as_json:
        put_json(reasons)
    else:
        say(_text(state, reasons))


def _reasons(state: Swarm, gate: Gate) -> WhyShape:
    decision = gate.decision
    by_rule = decision is not None and decision.by == "rule"
    return WhyShape(
        gate=gate.id,
        node=gate.node,
        kind=gate.kind,
        status=gate.status,
        asked_by="" if by_rule else asked_by(state, gate),
        because=tuple(in_more_words(state, gate)),
        decision=shaped.decision(decision),
    )


def _text(state: Swarm, reasons: WhyShape) -> str:
    gate, decision = state.gates[reasons.gate], reasons.decision
    lines = [f"gate {gate.id}  {line(summary(gate.proposal))}, {gate.status}"]
    if reasons.asked_by:
        lines.append(f"asked by {reasons.asked_by}")
    if decision:
        word = decision.choice or decision.verb
        lines.append(
            line(f"{word} by {decision.by}" + (f": {why}" if (why := decision.rule or decision.reason) else ""), 300)
        )
    if gate.why:
        lines.append(line(gate.why, 300))
    return "\n".join([*lines, *reasons.because])
