"""The group of all verbs: it lists them without loading them."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

import click


class Verb(NamedTuple):
    """Where a verb is, and what it does in a few words."""

    module: str
    words: str


SECTIONS: dict[str, dict[str, Verb]] = {
    "Runs": {
        "run": Verb("run", "Pursue a goal, or carry out a plan."),
        "resume": Verb("run", "Go on with a run where it was left."),
        "runs": Verb("look", "List the runs."),
        "show": Verb("look", "Show a run, now or at a frame."),
        "history": Verb("look", "List all that happened in a run."),
        "diff": Verb("diff", "Show what changed between two frames, files included."),
        "fork": Verb("fork", "Begin a new run at a frame of another one."),
        "undo": Verb("fork", "Take the last decision back."),
        "snapshot": Verb("snapshot", "Write a run to a file that another clone can go on from."),
        "export": Verb("export", "Write a run as a page, a picture, data or a plan."),
        "merge": Verb("merge", "Take the work of a run over into your branch."),
    },
    "Decide": {
        "inbox": Verb("look", "List what waits for you."),
        "decide": Verb("decide", "Decide gates: approve, edit, reject, skip, stop."),
        "answer": Verb("steer", "Answer a question."),
        "why": Verb("why", "Say why a gate asks, or went through."),
        "tell": Verb("steer", "Leave a note that a node reads."),
        "level": Verb("steer", "Set how much goes through without you."),
        "pause": Verb("steer", "Begin no further step in a run, or below a node."),
        "continue": Verb("steer", "Take a pause back."),
        "stop": Verb("steer", "End a run, or a node and all below it."),
        "retry": Verb("steer", "Try a node again that failed."),
    },
    "Prepare": {
        "plan": Verb("plan", "Print the tree that a plan would grow, or a template."),
        "actions": Verb("spaces", "List or show what nodes can do."),
        "memory": Verb("spaces", "List, show or search what is kept beyond a run."),
        "doctor": Verb("doctor", "Say what is there, and what to do about what is not."),
    },
}
"""All verbs as the help shows them."""

_VERBS = {name: verb for section in SECTIONS.values() for name, verb in section.items()}


class Verbs(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all verbs, in the order of the help."""
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb."""
        if cmd_name not in _VERBS:
            return None
        module = import_module(f"app.cli.{_VERBS[cmd_name].module}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the verbs by what they are for."""
        for title, verbs in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, verb.words) for name, verb in verbs.items()])
