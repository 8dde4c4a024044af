"""A command as it is proposed, as it is run, and as what came of it is kept."""

from typing import Any

from pydantic import ValidationError

from swarm.effects import Effect
from swarm.errors import WorkspaceError
from swarm.proposals import Run
from swarm.values import Evidence
from swarm.workspace.sandbox import Command, Outcome


def command_of(proposal: Run) -> Command:
    """What a sandbox runs for a proposal.

    Raises:
        WorkspaceError: It makes no sense as a command.
    """
    try:
        return Command(
            argv=proposal.argv,
            script=None if proposal.argv else proposal.script,
            interpreter=proposal.interpreter or "sh",
            env=proposal.environment,
            readonly=proposal.readonly,
            timeout=proposal.timeout,
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "command"
        raise WorkspaceError(f"{proposal.title or 'the command'} cannot be run: {where}: {first['msg']}") from None


def effect_of(proposal: Run, outcome: Outcome, commit: str, blob: str) -> Effect:
    """What came of a command, for its step.

    Args:
        proposal: What was run.
        outcome: How it ended.
        commit: That holds what it changed; empty if nothing.
        blob: That holds its whole output; empty if the outcome does.
    """
    title = proposal.title or "command"
    how = "timed out" if outcome.timed_out else f"exit {outcome.code}"
    evidence = Evidence(kind="exit", text=f"{title}: {how}", passed=outcome.code == 0, exit_code=outcome.code)
    value: dict[str, Any] = {
        "exit_code": outcome.code,
        "output": outcome.output,
        "seconds": round(outcome.seconds, 3),
        "timed_out": outcome.timed_out,
        "tier": outcome.tier,
        "evidence": [evidence.model_dump(exclude_defaults=True)],
    }
    if blob:
        value["blob"] = blob
    failed = (outcome.code != 0 and not proposal.check) or outcome.timed_out
    return Effect(value=value, error=_why(title, how, outcome.output) if failed else "", commit=commit)


def _why(title: str, how: str, output: str) -> str:
    last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "it printed nothing")
    return f"{title}: {how}: {last[:300]}"
