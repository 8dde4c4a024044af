"""The pieces of a plan, each written so that it reads back as exactly what is meant, whatever the texts hold."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Any

from swarm.errors import PathRefused, PlanError
from swarm.plan.asks import read_ask
from swarm.plan.document import Act, Section
from swarm.plan.markdown import Slice, too_deep
from swarm.plan.names import NAME, environment, fill
from swarm.plan.notes import Notes, printable
from swarm.plan.parse import parse_section
from swarm.proposals import Run, Save, Tag
from swarm.state import Question

_USE = re.compile(rf"(?=\{{\{{{NAME}\}}\}})")
_OPEN_USE = re.compile(rf"(?<!\\)(?=\{{\{{{NAME}\}}\}})")
_TICKS = re.compile(r"`{3,}")
_LANGUAGES = {
    ".css": "css",
    ".html": "html",
    ".js": "js",
    ".json": "json",
    ".md": "markdown",
    ".py": "python",
    ".sh": "sh",
    ".toml": "toml",
    ".yaml": "yaml",
    ".yml": "yaml",
}


def title(text: str) -> str:
    """A text as the words of a heading, which take no answers."""
    return _OPEN_USE.sub(r"\\", " ".join(printable(text).split())) or "(no title)"


def left_out(text: str) -> str:
    """A title as an item that is not done again; words that could begin something else are put in quotes."""
    words = title(text)
    return f"- [x] {words}\n" if words[0].isalpha() else f"- [x] “{words}”\n"


def quoted(text: str) -> str:
    """A text as a quotation, which does nothing whatever it holds; one that is a quotation stays as it is."""
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    lines = _OPEN_USE.sub(r"\\", text).split("\n")
    mark = "" if all(line.startswith(">") for line in lines) else "> "
    quotation = "".join(f"{mark}{line}".rstrip() + "\n" for line in lines)
    return quotation if too_deep(Slice.of(quotation), front_matter=False) is None else _fence("text", "\n".join(lines))


def question(asked: Question) -> str | None:
    """A question with its answer as the default; None if no line can say it."""
    ask = asked.ask
    choices = ask.choices if asked.answer in ask.choices else ()
    for offered in (choices, ()):
        words = [_one_line(ask.text), f"[{'|'.join(map(_untouched, offered))}]" if offered else ""]
        written = f"? {ask.name}: {' '.join(filter(None, words))} = {_untouched(str(asked.answer))}"
        notes = Notes()
        read = read_ask(written, 1, notes)
        default = _untouched(str(asked.answer))
        if read and not notes.errors and (read.default, len(read.choices)) == (default, len(offered)):
            return f"{written}\n"
    return None


def write(path: str, content: str) -> str:
    """A file as a fence with its path; as an action where a fence cannot hold it: no last newline, odd characters."""
    language = _LANGUAGES.get(PurePosixPath(path).suffix, "text")
    place = path if "/" in path or "." in path else f"./{path}"
    fence = _fence(f"{language} {place}", _untouched(content))
    if _reads_as(fence, kind="write", path=path, body=content, then_run=False):
        return fence
    return _action("write_file", path=path, content=content)


def write_and_run(path: str, content: str, command: Run, answers: Mapping[str, str]) -> str | None:
    """A file that is written and run by one fence; None if no fence says that."""
    interpreter, *rest = command.argv or ("",)
    if rest != [path] or command.readonly or _missing(command, answers):
        return None
    place = path if "/" in path or "." in path else f"./{path}"
    fence = _fence(f"{interpreter} {place} run", content)
    is_it = _reads_as(fence, answers, kind="write", path=path, body=content, then_run=True, interpreter=interpreter)
    return fence if is_it else None


def run(command: Run, answers: Mapping[str, str]) -> str:
    """A command as a fence, or as an action where a fence cannot hold it.

    Args:
        command: What is run.
        answers: To the questions that the plan has asked by then: what the command finds in its environment anyway.
    """
    interpreter, script = _script(command, answers)
    fence = _fence(f"{interpreter} run{' readonly' if command.readonly else ''}", script)
    if _reads_as(fence, answers, kind="run", body=script, interpreter=interpreter, readonly=command.readonly):
        return fence
    given = {"title": command.title, "interpreter": interpreter, "script": script}
    return _action("run_command", **given, readonly=command.readonly)


def check(command: Run, answers: Mapping[str, str]) -> str:
    """A check as a fence; as a remark where no fence can hold it."""
    interpreter, script = _script(command, answers)
    fence = _fence(f"{interpreter} check", script)
    section = _section(fence, answers)
    if section and [(item.interpreter, item.body) for item in section.checks] == [(interpreter, script)]:
        return fence
    return quoted(f"Left out, as a plan cannot hold it: the check {command.title}")


def tag(proposal: Tag) -> str:
    """A tag."""
    return _action("tag", name=proposal.name, message=proposal.message)


def remember(proposal: Save) -> str:
    """A text to keep; it gets a last newline if it has none."""
    text = proposal.text if proposal.text.endswith("\n") else f"{proposal.text}\n"
    fence = _fence(f"markdown remember {proposal.name}", _untouched(text))
    if text.strip() and _reads_as(fence, kind="remember", name=proposal.name, body=text):
        return fence
    return _action("remember", name=proposal.name, text=proposal.text)


def _script(command: Run, answers: Mapping[str, str]) -> tuple[str, str]:
    """What reads a command, and its text, with the variables that it would not find."""
    interpreter = command.interpreter or "sh" if command.script else "sh"
    script = command.script or f"{shlex.join(command.argv)}\n"
    missing = _missing(command, answers)
    if missing and interpreter == "python":
        script = f"import os\nos.environ.update({missing!a})\n{script}"
    elif missing:
        lines = (f"{name}={shlex.quote(value)}; export {name}\n" for name, value in missing.items())
        script = "".join(lines) + script
    return interpreter, script if script.endswith("\n") else f"{script}\n"


def _missing(command: Run, answers: Mapping[str, str]) -> dict[str, str]:
    """The variables of a command that the answers do not give it."""
    given = environment(answers)
    return {name: value for name, value in command.environment.items() if given.get(name) != value}


def _untouched(text: str) -> str:
    r"""The text with each `{{name}}` as `\{{name}}`, so that it takes no answer."""
    return _USE.sub(r"\\", text)


def _one_line(text: str) -> str:
    return _untouched(" ".join(text.split()))


def _fence(info: str, body: str) -> str:
    """A fence with more ticks than any line of its body."""
    ticks = "`" * max([3, *(len(found) + 1 for found in _TICKS.findall(body))])
    end = "" if not body or body.endswith("\n") else "\n"
    return f"{ticks}{info}\n{body}{end}{ticks}\n"


def _action(name: str, /, **arguments: str | bool) -> str:
    values = {key: value if isinstance(value, bool) else _untouched(value) for key, value in arguments.items()}
    return _fence(f"toml do {name}", "".join(f"{key} = {_toml(value)}\n" for key, value in values.items()))


def _toml(value: str | bool) -> str:
    # What JSON escapes TOML escapes in the same way, but it wants one character more escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _reads_as(text: str, answers: Collection[str] = (), **fields: Any) -> bool:
    """Whether a text is one act with these fields, once its answers are filled in, and nothing else."""
    section = _section(text, answers)
    if section is None or len(section.acts) != 1 or section.text or section.checks or section.questions:
        return False
    try:
        act: Act = fill(section.acts[0], {})
    except (PlanError, PathRefused):
        return False
    return all(getattr(act, name) == value for name, value in fields.items())


def _section(text: str, answers: Collection[str]) -> Section | None:
    try:
        return parse_section(f"## Section\n\n{text}", asked=answers)
    except PlanError:
        return None
