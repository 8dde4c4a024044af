"""What stays in the terminal when the screen is gone."""

from __future__ import annotations

import shlex
from pathlib import Path

from swarm.cards import cards, questions
from swarm.state import Swarm

_ENDED = {"done": "done", "failed": "failed", "stopped": "stopped", "over_budget": "stopped at a limit"}


def farewell(state: Swarm, place: str = "") -> tuple[str, str, str]:
    """Three lines: what the run does, its branch, how to go on. They hold untrusted text: make them harmless.

    Args:
        state: Of the run.
        place: What commands need to find its workspace, as `place_of` gives it.
    """
    status = f"run {state.run}  {_status(state)}, frame {state.frame}"
    return status, f"branch {_branch(state)}", f"{_how_to_go_on(state)}{place}"


def place_of(root: Path) -> str:
    """What a command that is typed in the current directory needs to find a workspace: nothing if it is in it."""
    return "" if Path.cwd().is_relative_to(root) else f" --root {shlex.quote(str(root))}"


def _status(state: Swarm) -> str:
    if state.ended:
        return f"{_ENDED[state.ended]}: {state.why}" if state.why else _ENDED[state.ended]
    if waiting := len(cards(state)) + len(questions(state)):
        return f"{waiting} waiting for you, it keeps its place"
    return "paused, it keeps its place" if state.paused_run else "not finished, it keeps its place"


def _branch(state: Swarm) -> str:
    commits = "1 commit" if state.commits == 1 else f"{state.commits} commits"
    return f"{state.branch or 'none'}  {commits}" + (f", merged into {state.merged}" if state.merged else "")


def _how_to_go_on(state: Swarm) -> str:
    if state.ended in ("done", "stopped") and state.commits and not state.merged:
        return f"take the work over with: swarm merge {state.run}"
    verb = "show" if state.ended else "resume"
    return f"{'look at it' if state.ended else 'go on'} with: swarm {verb} {state.run}"
