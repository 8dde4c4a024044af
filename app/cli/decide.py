"""Deciding gates."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast, get_args

import click
from pydantic import TypeAdapter, ValidationError

from app.cli import options
from app.cli.steer import receipt, send
from app.cli.workspace import gate_of
from app.reading import read_json
from swarm.commands import Decide, Seen
from swarm.errors import UsageError
from swarm.frames import Decided
from swarm.home import Home
from swarm.proposals import AnyProposal, Failure
from swarm.state import Gate
from swarm.values import Report
from widgets.words import count

_VERBS = tuple(verb for verb in get_args(Decided) if verb != "choose")
_PROPOSAL: TypeAdapter[AnyProposal] = TypeAdapter(AnyProposal)


@click.command("decide")
@click.argument("run")
@click.argument("words", nargs=-1, required=True, metavar="GATE… [VERB]")
@click.option("--choose", metavar="CHOICE", help="In place of VERB: one of the choices that the gate offers.")
@click.option(
    "--digest", "digests", multiple=True, metavar="D", help="Of each gate, as you saw it; refused if it changed."
)
@click.option(
    "--with", "file", type=click.Path(path_type=Path), metavar="FILE", help="JSON of an edit, or of a report by hand."
)
@click.option("--because", default="", metavar="TEXT", help="Why; a rejection needs it, the node reads it.")
@options.as_json
@options.root
def decide_command(
    run: str,
    words: tuple[str, ...],
    choose: str | None,
    digests: tuple[str, ...],
    file: Path | None,
    because: str,
    root: Path,
    as_json: bool,
) -> None:
    r"""Decide exactly the gates that are named: approve, edit, reject, skip or stop.

    \b
    swarm decide wc-1 14 approve
    swarm decide wc-1 14 15 approve --digest 1f0c… --digest 88ab…
    swarm decide wc-1 14 edit --with edited.json
    swarm decide wc-1 26 --choose retry

    FILE holds the proposal as `swarm inbox --json` gives it, changed; to edit at a failure {"directive": "…"}; for
    --choose report the report. While another process drives the run, that one takes the decision; else the next
    `swarm resume` does.
    """
    gates, verb, choice = _what(words, choose)
    _check_digests(gates, digests)
    home = Home(root)
    name = home.find(run)
    decided = Decide(
        gates=tuple(
            Seen(gate=gate, digest=digest) for gate, digest in zip(gates, digests or [""] * len(gates), strict=True)
        ),
        verb=verb,
        choice=choice,
        reason=because,
    )
    if file:
        found = gate_of(home.state(name), gates[0])
        decided = decided.model_copy(update=_edit(found, choice or verb, file))
    state = send(home, name, decided)
    receipt(home, state, f"{_named(gates)}: {choice or verb}", as_json=as_json)


def _what(words: tuple[str, ...], choose: str | None) -> tuple[list[str], Decided, str]:
    """The gates that are named, the verb and the choice."""
    gates = list(words)
    if choose is not None:
        if gates[-1] in _VERBS:
            raise UsageError(f"{gates[-1]} and --choose {choose} are two decisions: give one")
        verb, choice = cast("Decided", choose if choose in _VERBS else "choose"), "" if choose in _VERBS else choose
    elif gates[-1] in _VERBS:
        verb, choice = cast("Decided", gates.pop()), ""
    else:
        raise UsageError(f"{gates[-1]} is no decision: end with one of {', '.join(_VERBS)}, or say --choose CHOICE")
    if not gates:
        raise UsageError("no gate is named: `swarm inbox` lists those that wait")
    if len(set(gates)) < len(gates):
        raise UsageError("a gate is named twice: name each once")
    return gates, verb, choice


def _check_digests(gates: list[str], digests: tuple[str, ...]) -> None:
    if digests and len(digests) != len(gates):
        given = f"{count(len(gates), 'gate')} and {count(len(digests), 'digest')}"
        raise UsageError(f"{given}: give one for each gate, in their order, or none")
    if not all(digests):
        raise UsageError("a digest is empty: take it from `swarm inbox --json`")


def _edit(gate: Gate, word: str, file: Path) -> dict[str, Any]:
    """The edited proposal, or the report by hand, that a file holds for a gate."""
    value = read_json(file)
    try:
        if word == "report":
            return {"report": Report.model_validate(value)}
        if word != "edit":
            raise UsageError(f"--with goes with edit or --choose report, not with {word}")
        if isinstance(gate.proposal, Failure):
            return {"proposal": _redirected(gate.proposal, value)}
        whole = {"kind": gate.kind, **value} if isinstance(value, dict) else value
        return {"proposal": _PROPOSAL.validate_python(whole)}
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"]) or "it"
        raise UsageError(f"{file}: {where}: {fault['msg']}: give what `swarm inbox --json` shows, changed") from None


def _redirected(failure: Failure, value: Any) -> Failure:
    """The failure with another directive: only that can be edited."""
    directive = value.get("directive") if isinstance(value, dict) else None
    if not isinstance(directive, str) or not directive.strip():
        raise UsageError('an edit at a failure is another directive: {"directive": "…"}')
    return failure.model_copy(update={"directive": directive})


def _named(gates: list[str]) -> str:
    return f"gate {gates[0]}" if len(gates) == 1 else f"gates {', '.join(gates)}"
