"""A run as one file: a page, a picture, data, a plan."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import click

from app.cli import options, shaped
from app.cli.output import put_json, say
from app.cli.replies import ExportedShape
from app.cli.telling import what_happened
from app.cli.text import line
from app.cli.workspace import looking
from swarm.errors import UsageError
from swarm.frames import encode
from swarm.home import Home
from swarm.state import Swarm
from swarm.store.files import replace_file
from widgets.glyphs import SIGNS
from widgets.words import name_of, summary


@click.command("export")
@click.argument("words", nargs=-1, required=True, metavar="[RUN] FILE")
@click.option("--frame", type=click.IntRange(min=0), metavar="N", help="As it was at this frame.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@options.as_json
@options.root
def export_command(words: tuple[str, ...], frame: int | None, force: bool, root: Path, as_json: bool) -> None:
    """Write RUN (the newest if none is named) to FILE; the end of its name says as what.

    .html is a page with tree, timeline, reports, decisions and diffs, which opens anywhere without a network; .svg is a
    picture of the tree; .json is all frames, and the run as `show --json` prints it; .md is a plan that does the same
    again, for `swarm run FILE.md`.

    Values of secret variables of the environment are left out of pages and pictures; data and plans hold what was
    recorded.
    """
    run, path = _asked(words)
    maker(path)
    if path.exists() and not force:
        raise UsageError(f"{path} is there already: name another file, or say --force")
    with looking(root) as home:
        made = write_export(home, home.find(run), path, frame)
    if as_json:
        put_json(made)
    else:
        say(told(made))


def write_export(home: Home, run: str, path: Path, frame: int | None = None) -> ExportedShape:
    """Writes a run as it was at a frame (the last one if None) to a file, replacing it.

    Raises:
        UsageError: If the ending of its name is none that is known, or the run has no such frame.
        SwarmError: If something cannot be read or written.
    """
    make = maker(path)
    state = home.state(run, frame)
    data = make(home, state).encode()
    replace_file(path, data)
    return ExportedShape(run=state.run, frame=state.frame, file=str(path), bytes=len(data))


def told(made: ExportedShape) -> str:
    """What was written, in one line."""
    return f"wrote {line(made.file)}: {made.run} at frame {made.frame}, {-(-made.bytes // 1024)} KiB"


def _asked(words: tuple[str, ...]) -> tuple[str | None, Path]:
    *names, file = words
    if len(names) > 1:
        raise UsageError("say `swarm export [RUN] FILE`: one run, one file")
    return (names[0] if names else None), Path(file)


def _html(home: Home, state: Swarm) -> str:
    from swarm.export.commits import commits_of, patches
    from swarm.export.html import html_page
    from swarm.export.page_data import page_data
    from swarm.export.secrets import hider
    from swarm.export.words import Sign, Words

    signs = {name: Sign(sign.glyph, sign.word, sign.tone) for name, sign in SIGNS.items()}
    words = Words(signs, node=name_of, proposal=summary, frame=what_happened)
    frames = list(home.frames(state.run, upto=state.frame))
    hide = hider(os.environ)
    data = page_data(frames, words, patches(home.repository.git, commits_of(frames)), hide)
    return html_page(data, hide(f"{state.title} · {state.run}"))


def _svg(home: Home, state: Swarm) -> str:
    from swarm.export.secrets import hider
    from swarm.export.svg import Line, svg
    from swarm.export.words import Sign
    from widgets.tree_rows import Rows

    hide = hider(os.environ)
    lines = []
    for row in Rows(state, lambda node: True):
        sign = SIGNS[row.status]
        lines.append(Line(row.depth, Sign(sign.glyph, sign.word, sign.tone), hide(row.title), row.waits))
    status = state.status.replace("_", " ")
    about = f"run {state.run} · {status} · frame {state.frame} · {state.at:%Y-%m-%d %H:%M} UTC"
    return svg(hide(state.title), about, lines)


def _json(home: Home, state: Swarm) -> str:
    head = {"format": "swarm-export", "version": 1, "run": state.run, "origin": state.origin, "frame": state.frame}
    frames = ",\n".join(encode(frame).decode() for frame in home.frames(state.run, upto=state.frame))
    return f'{json.dumps(head)[:-1]}, "frames": [\n{frames}\n], "state": {shaped.run(state).model_dump_json()}}}\n'


def _plan(home: Home, state: Swarm) -> str:
    from swarm.export.commits import changed
    from swarm.export.plan import plan_text

    frames = home.frames(state.run, upto=state.frame)
    return plan_text(frames, lambda commit: list(changed(home.repository.git, commit)))


_MAKERS: dict[str, Callable[[Home, Swarm], str]] = {".html": _html, ".svg": _svg, ".json": _json, ".md": _plan}


def maker(path: Path) -> Callable[[Home, Swarm], str]:
    """What makes the text of a file.

    Raises:
        UsageError: If its name does not say as what.
    """
    make = _MAKERS.get(path.suffix.lower())
    if make is None:
        raise UsageError(f"{path} does not say what to write: let its name end in {', '.join(_MAKERS)}")
    return make
