"""What changed between two frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from app.cli import options
from app.cli.output import put_json, say
from app.cli.replies import DiffShape
from app.cli.text import line
from app.cli.workspace import looking
from swarm.difference import Difference, GateChange, difference
from swarm.errors import UsageError
from swarm.found import FileChange
from swarm.workspace import changes
from widgets.words import count


@click.command("diff")
@click.argument("words", nargs=-1, required=True, metavar="[RUN] N M")
@click.option("--patch", is_flag=True, help="Print the unified diff of the files as well.")
@options.as_json
@options.root
def diff_command(words: tuple[str, ...], patch: bool, root: Path, as_json: bool) -> None:
    """Show what differs between frames N and M of a run (the newest if none is named): nodes, gates, reports, files."""
    run, before, after = _asked(words)
    with looking(root) as home:
        name = home.find(run)
        found = difference(home.state(name, before), home.state(name, after))
    git = home.repository.git
    ends = git.commit(found.commit_before), git.commit(found.commit_after)
    files = changes.diff(git, *ends)
    text = changes.patch(git, *ends) if as_json or patch else ""
    if as_json:
        put_json(DiffShape(**found.model_dump(), files=files, patch=text))
        return
    say("\n".join([*_told(found, files), *([text] if text else [])]))


def _asked(words: tuple[str, ...]) -> tuple[str | None, int, int]:
    *names, before, after = words if len(words) > 1 else (*words, "")
    if len(names) > 1 or not (before.isdecimal() and after.isdecimal()):
        raise UsageError("say `swarm diff [RUN] N M`, N and M two frames: `swarm history RUN` lists them")
    return (names[0] if names else None), int(before), int(after)


def _told(found: Difference, files: tuple[FileChange, ...]) -> Iterator[str]:
    yield f"{found.run}  frame {found.before} to {found.after}"
    for node in found.nodes:
        yield f"  node {node.id} {line(node.title, 40)}: {_way(node.before, node.after)}"
        if node.directive is not None:
            yield f"    told: {line(node.directive, 80)}"
        if node.report:
            yield f"    report: {node.report.outcome}, {line(node.report.summary, 80)}"
    yield from (_gate("gate", gate) for gate in found.gates)
    yield from (_gate("question", question) for question in found.questions)
    if found.tokens:
        yield f"  {found.tokens:+} tokens"
    if not files:
        yield "  no file differs"
    for file in files:
        size = "binary" if file.added is None else f"+{file.added} -{file.removed}"
        yield f"  {file.status} {line(file.path)}  {size}"
    if files:
        yield f"  {count(len(files), 'file')} between {found.commit_before[:10]} and {found.commit_after[:10]}"


def _gate(word: str, gate: GateChange) -> str:
    what = f" ({line(gate.decision, 60)})" if gate.decision else ""
    kind = "" if word == "question" else f" {gate.kind}"
    return f"  {word} {gate.id}{kind} of node {gate.node}: {_way(gate.before, gate.after)}{what}"


def _way(before: str | None, after: str | None) -> str:
    was, now = before or "not there", after or "not there"
    return was if was == now else f"{was} → {now}"
