"""Commands on a run: answers, notes, levels, pauses, stops, retries."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from app.cli import options
from app.cli.output import put_json, say
from app.cli.replies import ReceiptShape
from app.cli.workspace import is_live
from swarm.commands import Answer, Command, Continue, Pause, Retry, SetLevel, Stop, Tell
from swarm.errors import Refused, UsageError
from swarm.home import Home
from swarm.runs import command
from swarm.state import Swarm
from swarm.values import LEVELS


def send(home: Home, run: str, *commands: Command) -> Swarm:
    """Hands commands to whoever drives a run, or records them for the next one; the state once they are on disk.

    Raises:
        Refused: If one does not fit the run; those before it stand.
    """

    async def sent() -> None:
        for what in commands:
            await command(home, run, what)

    asyncio.run(sent())
    return home.state(run)


def receipt(home: Home, state: Swarm, words: str, *, as_json: bool) -> None:
    """Prints what was done, and who takes it up."""
    live = is_live(home, state.run)
    if as_json:
        put_json(ReceiptShape(run=state.run, frame=state.frame, status=state.status, waiting=state.waiting, live=live))
        return
    say(words if live or state.ended else f"{words}; `swarm resume {state.run}` takes it up")


def _do(root: Path, run: str, what: Command, words: str, as_json: bool) -> None:
    home = Home(root)
    receipt(home, send(home, home.find(run), what), words, as_json=as_json)


@click.command("answer")
@click.argument("run")
@click.argument("question")
@click.argument("text")
@options.as_json
@options.root
def answer_command(run: str, question: str, text: str, root: Path, as_json: bool) -> None:
    """Answer QUESTION with TEXT: a choice, its number, free text where that is taken, or JSON for a form.

    Put -- before a TEXT that begins with a hyphen.
    """
    _do(root, run, Answer(question=question, answer=text), f"{question} is answered", as_json)


@click.command("tell")
@click.argument("run")
@click.argument("node")
@click.argument("text")
@options.as_json
@options.root
def tell_command(run: str, node: str, text: str, root: Path, as_json: bool) -> None:
    """Leave TEXT for NODE, which reads it at its next thought.

    Put -- before a TEXT that begins with a hyphen.
    """
    _do(root, run, Tell(node=node, text=text), f"node {node} is told", as_json)


@click.command("level")
@click.argument("run")
@click.argument("words", nargs=-1, required=True, metavar="[NODE] LEVEL")
@options.as_json
@options.root
def level_command(run: str, words: tuple[str, ...], root: Path, as_json: bool) -> None:
    """Set how much of a run, or of NODE and all below it, goes through without you.

    LEVEL is step (asks for everything), guided, effects, questions, or auto.
    """
    *nodes, word = words
    level = next((known for known in LEVELS if known == word), None)
    if level is None or len(nodes) > 1:
        raise UsageError(
            f"say `swarm level RUN [NODE] LEVEL`, LEVEL one of {', '.join(LEVELS)}: {' '.join(words)} is not that"
        )
    node = nodes[0] if nodes else None
    _do(root, run, SetLevel(node=node, level=level), f"level {level} for {_whole(run, node)}", as_json)


@click.command("pause")
@options.run_or_node
def pause_command(run: str, node: str | None, root: Path, as_json: bool) -> None:
    """Begin no further step in the run, or in NODE and all below it."""
    _do(root, run, Pause(node=node), f"{_whole(run, node)} is paused", as_json)


@click.command("continue")
@options.run_or_node
def continue_command(run: str, node: str | None, root: Path, as_json: bool) -> None:
    """Take a pause back."""
    _do(root, run, Continue(node=node), f"{_whole(run, node)} goes on", as_json)


@click.command("stop")
@click.option("--because", default="", metavar="TEXT", help="Why; it stands in the report.")
@options.run_or_node
def stop_command(run: str, node: str | None, because: str, root: Path, as_json: bool) -> None:
    """End the run, or NODE and all below it, as stopped; what it did stays on its branch."""
    _do(root, run, Stop(node=node, reason=because), f"{_whole(run, node)} is stopped", as_json)


@click.command("retry")
@options.run_or_node
def retry_command(run: str, node: str | None, root: Path, as_json: bool) -> None:
    """Try NODE again that waits at a failure; without one, all that do."""
    home = Home(root)
    name = home.find(run)
    nodes = [node] if node else _failing(home.state(name))
    state = send(home, name, *(Retry(node=failed) for failed in nodes))
    receipt(home, state, f"node {', '.join(nodes)} tries again", as_json=as_json)


def _failing(state: Swarm) -> list[str]:
    nodes = [state.gates[gate].node for gate in state.open_gates if state.gates[gate].kind == "failure"]
    if not nodes:
        raise Refused(f"no node of run {state.run} waits at a failure: there is nothing to retry")
    return sorted(nodes, key=int)


def _whole(run: str, node: str | None) -> str:
    return f"node {node}" if node else f"run {run}"
