"""The whole of a proposal as rows, hidden characters visible: what exactly would happen."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from functools import singledispatch
from typing import Any

from textual.content import Content

from swarm.proposals import (
    AnyProposal,
    Budget,
    Failure,
    InDoubt,
    Merge,
    Network,
    Run,
    Save,
    Tag,
    Terminate,
    Write,
)
from swarm.values import Child, Evidence, Limits, Report
from widgets import diff, glyphs, planned
from widgets.lines import Row
from widgets.safe import visible
from widgets.words import count, price, summary

MUTED = "$text-muted"

_DEEPEST = 24

_LIMITS = {
    "nodes": "nodes in the run",
    "depth": "depth of the tree",
    "fan_out": "children at once",
    "attempts": "tries of one node",
}
_TIERS = {
    "full": ("sandbox full: no network, no home, no secrets", MUTED),
    "partial": ("sandbox partial: no network, writes only in the run's copy; may read other files", "$warning"),
    "none": ("NO SANDBOX: it can do whatever you can, with your files and your network", "bold $error"),
}


def flat(text: str) -> Content:
    """Text on one line, hidden characters and line breaks shown: nobody can fake a row."""
    return visible(text.replace("\n", "␊"))


def prose(text: str, indent: int, style: str = "") -> Iterator[Row]:
    """A text line by line, wrapped between words."""
    for line in diff.lines_of(text):
        blanks = min(len(line) - len(line.lstrip(" ")), _DEEPEST)
        yield Row(visible(line[blanks:]).stylize_before(style), Content(" " * (indent + blanks)))


def note(text: str, indent: int, style: str = MUTED) -> Row:
    """One line of ours, or of data that is no proposal's text."""
    return Row(flat(text).stylize_before(style), Content(" " * indent))


def json_rows(value: Any, indent: int) -> list[Row]:
    """A JSON value, indented by two."""
    return diff.code(json.dumps(value, indent=2, ensure_ascii=False), indent)


def title(proposal: AnyProposal) -> str:
    """What would happen, in one line with nothing cut; may hold text of others."""
    match proposal:
        case Write(path=path):
            return f"write {path}"
        case Run(title=name, check=check):
            return f"{'check' if check else 'run'}: {name}" if name else f"{'check with' if check else 'run'} a command"
    return summary(proposal)


@singledispatch
def rows(proposal: AnyProposal, indent: int) -> Iterable[Row]:
    """What stands below the head of a gate; a spawn's children are items of their own."""
    return ()


@rows.register
def _terminate(proposal: Terminate, indent: int) -> Iterator[Row]:
    yield from report(proposal.report, indent)


def report(found: Report, indent: int) -> Iterator[Row]:
    """A report and, below it, what can be checked of it."""
    sign, style = found.outcome, f"bold {glyphs.tone(found.outcome)}"
    yield note(f"{glyphs.glyph(sign)} {glyphs.word(sign)}", indent, style)
    if found.edited:
        yield note(f"edited by a human: {found.edited}", indent)
    yield from prose(found.summary, indent)
    if found.value is not None:
        yield note("value for its parent", indent)
        yield from json_rows(found.value, indent + 2)
    yield Row()
    yield note("Evidence" if found.evidence else "No evidence", indent, "bold")
    yield from (_evidence(item, indent) for item in found.evidence)
    if found.artifacts:
        yield note("Made", indent, "bold")
    for artifact in found.artifacts:
        yield note(f"{artifact.name}  {artifact.path or artifact.blob}  {artifact.media_type}", indent, "")


def _evidence(item: Evidence, indent: int) -> Row:
    word, style, sign = {
        True: ("passed", "$success", "done"),
        False: ("failed", "$error", "failed"),
        None: (item.kind, MUTED, "queued"),
    }[item.passed]
    more = [f"exit {item.exit_code}"] if item.exit_code is not None else []
    more += [part for part in (item.path if item.path not in item.text else "", item.commit[:7]) if part]
    lead = Content.assemble(" " * indent, (f"{glyphs.glyph(sign)} {word:<7} ", style))
    return Row(flat(item.text) + Content.assemble((f"  {' · '.join(more)}" if more else "", MUTED)), lead)


@rows.register
def _write(proposal: Write, indent: int) -> Iterator[Row]:
    if proposal.before and proposal.original is None:
        yield note("replaces a file whose present text is not on record; all of the new text:", indent)
    yield from diff.rows(proposal.original if proposal.before else None, proposal.content, indent)


@rows.register
def _run(proposal: Run, indent: int) -> Iterator[Row]:
    if proposal.argv:
        yield from diff.code(shlex.join(proposal.argv), indent)
    else:
        yield note(f"{proposal.interpreter or 'sh'} reads:", indent)
        yield from diff.code(proposal.script, indent)
    for name, value in proposal.environment.items():
        yield note(f"with {name}={value}", indent)
    for path, blob in proposal.inputs.items():
        yield note(f"names {path} ({blob[:7] or 'not there'})", indent)
    what = "sees the files, changes nothing" if proposal.readonly else "may change files of the run's copy"
    yield note(f"{what} · at most {proposal.timeout:g} s", indent)
    yield from _tier(proposal.tier, indent)


def _tier(tier: str, indent: int) -> Iterator[Row]:
    words, style = _TIERS.get(tier, (f"sandbox {tier}", MUTED))
    yield note(words, indent, style)


@rows.register
def _tag(proposal: Tag, indent: int) -> Iterator[Row]:
    yield from prose(proposal.message or "without a message", indent)


@rows.register
def _save(proposal: Save, indent: int) -> Iterator[Row]:
    yield from diff.code(proposal.text, indent)


@rows.register
def _network(proposal: Network, indent: int) -> Iterator[Row]:
    what = {"Model": proposal.model, "Host": proposal.host, "URL": proposal.url, "Price": price(proposal.prices)}
    used = f"{proposal.purpose}; goal, files and reports go there"
    for label, words in {**what, "Found in": ", ".join(proposal.variables), "Used for": used}.items():
        yield Row(flat(words), Content.styled(f"{' ' * indent}{label:<10}", MUTED))


@rows.register
def _budget(proposal: Budget, indent: int) -> Iterator[Row]:
    yield from prose(proposal.why, indent)


@rows.register
def _failure(proposal: Failure, indent: int) -> Iterator[Row]:
    yield from prose(proposal.error, indent, "$error")


@rows.register
def _in_doubt(proposal: InDoubt, indent: int) -> Iterator[Row]:
    yield from prose(f"Step {proposal.step} began, and its end was not seen: {proposal.what}", indent)
    changed = proposal.changed
    yield note(
        f"{count(len(changed), 'path')} changed since" if changed else "no file has changed since", indent, "bold"
    )
    yield from (note(path, indent + 2, "") for path in changed)


@rows.register
def _merge(proposal: Merge, indent: int) -> Iterator[Row]:
    commits, files = count(proposal.commits, "commit"), count(len(proposal.files), "file")
    yield note(f"{commits} and {files} of {proposal.branch} would go into {proposal.into}", indent, "")
    yield from (note(path, indent + 2, "") for path in proposal.files)
    if proposal.conflicts:
        yield note("These would conflict", indent, "bold $error")
    yield from (note(path, indent + 2, "$error") for path in proposal.conflicts)


def child(found: Child, indent: int, model: str, above: str = "") -> Iterator[Row]:
    """All of a child but its name.

    Args:
        found: The child.
        indent: Columns on the left.
        model: The one that it would get from its parent.
        above: The directive of its parent; the same one is not shown twice.
    """
    if found.directive == above:
        yield note("with the directive above, unchanged", indent)
        for words in _more(found):
            yield note(words, indent)
        return
    first, _, rest = found.directive.strip().partition("\n")
    yield from prose(rest.strip("\n") if first.lstrip("#-[] x\t").strip() == found.name else found.directive, indent)
    for words in _more(found):
        yield note(words, indent)
    if planned.of_plan(found.model or model):
        for path, lines in planned.writes(found.directive):
            yield note(f"writes {path} ({count(lines, 'line')})", indent)


def _readable(arguments: dict[str, Any]) -> list[str]:
    import yaml  # takes 15 ms, and few cards show arguments

    return yaml.safe_dump(arguments, sort_keys=False, allow_unicode=True, width=10_000).splitlines()


def _more(found: Child) -> Iterator[str]:
    if found.arguments:
        yield "arguments"
        yield from (f"  {line}" for line in _readable(found.arguments))
    if found.context:
        yield f"starts with {', '.join(found.context)}"
    if found.model:
        yield f"model {found.model}"
    if found.source:
        yield f"source {found.source}"


def limits(now: Limits, raised: Limits) -> str:
    """What of the limits would change, such as `nodes in the run 200 → 400`."""
    changed = [
        f"{words} {getattr(now, name)} → {getattr(raised, name)}"
        for name, words in _LIMITS.items()
        if getattr(now, name) != getattr(raised, name)
    ]
    return ", ".join(changed) or "nothing"
