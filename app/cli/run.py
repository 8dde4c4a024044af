"""Starting runs, and going on with them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from app.cli import options
from app.cli.headless import drive
from app.cli.output import complain
from app.cli.screen import need_terminal, show
from app.cli.workspace import home_or_offer
from app.models import check_reachable, endpoint, models, words
from app.starting import Prepared, Wish, made_ready
from swarm.errors import UsageError
from swarm.home import Home
from swarm.runs import Start, start
from swarm.snapshots import begin_from
from swarm.values import LEVELS, Level, Limits

_NAMED = 3


def _limits(ctx: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, int]:
    """Reads `nodes=50,depth=6`."""
    found: dict[str, int] = {}
    known = ", ".join(Limits.model_fields)
    for text in ",".join(texts).split(",") if texts else ():
        name, _, amount = (part.strip() for part in text.partition("="))
        if name not in Limits.model_fields:
            raise click.BadParameter(f"{name or text!r} is no limit: there are {known}")
        if name in found:
            raise click.BadParameter(f"{name} is set twice: keep one")
        if not (amount.isascii() and amount.isdecimal() and 0 < int(amount) < 1_000_000_000):
            raise click.BadParameter(f"{name} is a whole number above 0, such as {name}=20")
        found[name] = int(amount)
    return found


_headless = click.option("--headless", is_flag=True, help="Open no screen; go on until it ends or waits for you.")


@click.command("run")
@click.argument("goal", required=False)
@click.option("--from", "snapshot", type=click.Path(path_type=Path), metavar="FILE", help="Go on from a snapshot.")
@click.option("--model", default="", metavar="KIND[:NAME]", help="Who thinks: plan, human, openai[:NAME], replay:RUN.")
@click.option("--autonomy", type=click.Choice(LEVELS), help="How much goes through without you.")
@click.option(
    "--budget", multiple=True, callback=_limits, metavar="NAME=N,…", help="Limits: nodes, depth, fan_out, attempts."
)
@click.option("--context", multiple=True, metavar="FILE", help="Attach a file; may be given several times.")
@click.option("--defaults", is_flag=True, help="Take the declared default of a question where there is one.")
@click.option("--allow-unsandboxed", is_flag=True, help="Do not ask for each command where there is no sandbox.")
@_headless
@options.as_json
@options.root
def run_command(
    goal: str | None,
    snapshot: Path | None,
    model: str,
    autonomy: Level | None,
    budget: dict[str, int],
    context: tuple[str, ...],
    defaults: bool,
    allow_unsandboxed: bool,
    headless: bool,
    root: Path,
    as_json: bool,
) -> int:
    """Pursue GOAL: a sentence (@PATH in it attaches a file), or the path of a plan such as plan.md.

    --json opens no screen either, and prints one frame a line. With --from the goal is that of the snapshot; nothing
    that was allowed elsewhere is allowed here.
    """
    if snapshot:
        if goal or budget or context or defaults or allow_unsandboxed:
            raise UsageError("--from takes goal and rules from the snapshot: only --model and --autonomy go with it")
        return _run_from(snapshot, model, autonomy or "step", headless, root, as_json)
    if goal is None:
        raise UsageError("no GOAL: say `swarm run PLAN.md`, or a goal in quotes")
    wish = Wish(goal, model, autonomy, budget, context, defaults, allow_unsandboxed)
    ready = made_ready(wish)
    if not (headless or as_json):
        need_terminal()
    home = home_or_offer(root)
    asyncio.run(_check_model(home, ready.start))
    _say_what_matters(home, goal, ready, was_named=bool(model))
    run = asyncio.run(start(home, ready.start))
    return drive(home, run, -1, as_json=as_json) if headless or as_json else show(home, run)


def _run_from(path: Path, model: str, level: Level, headless: bool, root: Path, as_json: bool) -> int:
    if not (headless or as_json):
        need_terminal()
    home = home_or_offer(root)
    run = asyncio.run(begin_from(home, path, level, model))
    after = int(home.state(run).origin.rpartition("@")[2])
    return drive(home, run, after, as_json=as_json) if headless or as_json else show(home, run)


def _say_what_matters(home: Home, goal: str, ready: Prepared, *, was_named: bool) -> None:
    """Says on standard error what a person should know before the run begins."""
    for warning in ready.plan.warnings if ready.plan else ():
        complain(f"{goal}:{warning.line}: warning: {warning.message}")
    found = None if was_named or ready.start.network else endpoint(ready.start.model)
    if found:
        complain(f"the model is {words(found)}: --model chooses another one")
    dirty = [path for path in home.repository.dirty_paths() if home.root / path != Path(goal).absolute()]
    if dirty:
        names = ", ".join(dirty[:_NAMED]) + (f" and {len(dirty) - _NAMED} more" if len(dirty) > _NAMED else "")
        complain(f"the run begins at your last commit and does not see what you have not committed: {names}")


async def _check_model(home: Home, what: Start) -> None:
    """Sees that a model is there before anything is made for it; one that is asked about first is not called on."""
    found = models(home)
    try:
        found.find(what.model)
        if what.network is None and (where := endpoint(what.model)):
            await check_reachable(where)
    finally:
        await found.aclose()


@click.command("resume")
@options.run
@_headless
@options.as_json
@options.root
def resume_command(run: str | None, headless: bool, root: Path, as_json: bool) -> int:
    """Go on with a run (the newest if none is named) where it was left.

    If another process drives it, the screen follows that one. --json opens no screen, and prints the new frames.
    """
    home = Home(root)
    name = home.find(run)
    if headless or as_json:
        return drive(home, name, home.state(name).frame, as_json=as_json)
    need_terminal()
    return show(home, name)
