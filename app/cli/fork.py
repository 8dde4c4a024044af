"""Other ways for a run: forks, and taking the last decision back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from app.cli import options
from app.cli.output import put_json, say
from app.cli.replies import ForkShape
from app.cli.workspace import looking
from app.reading import read_json
from swarm.commands import Answer, Decide, Seen
from swarm.errors import UsageError
from swarm.forking import Change, Directive, Thought
from swarm.forks import fork, undo
from swarm.frames import Decided
from swarm.home import Home

_VERBS: dict[str, Decided] = {
    "approve": "approve", "reject": "reject", "skip": "skip", "stop": "stop",
}  # fmt: skip


@click.command("fork")
@options.run
@click.option("--frame", type=click.IntRange(min=1), metavar="N", help="The last frame that both share.")
@click.option("--decide", nargs=2, metavar="GATE VERB", help="Decide a gate in another way.")
@click.option("--answer", nargs=2, metavar="QUESTION TEXT", help="Give another answer.")
@click.option("--directive", nargs=2, metavar="NODE TEXT", help="Give a node another directive.")
@click.option(
    "--reply", type=(str, click.Path(path_type=Path)), metavar="NODE.STEP FILE",
    help="Put the JSON of FILE in place of what the model answered.",
)  # fmt: skip
@click.option("--because", default="", metavar="TEXT", help="Why, with --decide; a rejection needs it.")
@click.option(
    "--carry/--no-carry", default=None,
    help="Take over later decisions, answers and thoughts where the same comes again; as by default with a change.",
)  # fmt: skip
@options.as_json
@options.root
def fork_command(
    run: str | None,
    frame: int | None,
    decide: tuple[str, str] | None,
    answer: tuple[str, str] | None,
    directive: tuple[str, str] | None,
    reply: tuple[str, Path] | None,
    because: str,
    carry: bool | None,
    root: Path,
    as_json: bool,
) -> None:
    r"""Begin a new run with the frames and the files of RUN up to a frame; RUN stays as it is.

    \b
    swarm fork wc-1 --frame 12
    swarm fork wc-1 --decide 14 reject --because "one file is enough"
    swarm fork wc-1 --answer q1 2
    swarm fork wc-1 --directive 7 "Count bytes only."

    One thing may be different. Without --frame the run is forked right before that; `swarm resume` goes on with it.
    """
    changes = [
        change
        for change in (
            _decided(decide, because) if decide else None,
            Answer(question=answer[0], answer=answer[1]) if answer else None,
            Directive(node=directive[0], directive=directive[1]) if directive else None,
            _thought(*reply) if reply else None,
        )
        if change
    ]
    if len(changes) > 1:
        raise UsageError("a fork changes one thing: give one of --decide, --answer, --directive, --reply")
    if because and not decide:
        raise UsageError("--because goes with --decide")
    change: Change | None = changes[0] if changes else None
    with looking(root) as home:
        new = asyncio.run(fork(home, home.find(run), frame, change, carry=carry))
    _told(home, new, "begins as a fork of", as_json=as_json)


def _decided(words: tuple[str, str], because: str) -> Decide:
    gate, verb = words
    if verb not in _VERBS:
        raise UsageError(f"{verb} is no decision for a fork: use one of {', '.join(_VERBS)}")
    return Decide(gates=(Seen(gate=gate),), verb=_VERBS[verb], reason=because)


def _thought(place: str, file: Path) -> Thought:
    node, _, step = place.partition(".")
    if not node or not step.isdecimal():
        raise UsageError(f"{place} is no step: say NODE.STEP, as in 7.1; `swarm history` lists them")
    return Thought(node=node, step=int(step), value=read_json(file))


@click.command("undo")
@options.run
@options.as_json
@options.root
def undo_command(run: str | None, root: Path, as_json: bool) -> None:
    """Take the last decision or answer of RUN back.

    A fork from right before it takes the place of RUN, which stays as it is: to resume RUN is to take the undo back.
    """
    home = Home(root)
    new = asyncio.run(undo(home, home.find(run)))
    _told(home, new, "takes the place of", as_json=as_json)


def _told(home: Home, run: str, how: str, *, as_json: bool) -> None:
    state = home.state(run)
    origin, _, frame = state.origin.rpartition("@")
    if as_json:
        shape = ForkShape(
            run=run,
            origin=origin,
            frame=int(frame),
            branch=state.branch,
            commit=state.commit,
            status=state.status,
            waiting=state.waiting,
        )
        put_json(shape)
        return
    say(f"{run} {how} {origin} at frame {frame}, with the files of commit {state.commit[:10]} (ignored files left out)")
    say(f"`swarm resume {run}` goes on; {origin} is as it was")
