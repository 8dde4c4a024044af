"""`{{name}}`: where the answers to a plan's questions go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from swarm import values
from swarm.errors import PlanError
from swarm.plan.document import Act, Ask
from swarm.workspace.paths import check

NAME = r"[A-Za-z][A-Za-z0-9_-]*"
_USE = re.compile(rf"(\\?)\{{\{{({NAME})\}}\}}")

_RESERVED = re.compile(
    r"(BASH|DYLD|GIT|LC|LD|SWARM|XDG)_\w+|(BASH|PYTHON|SHELL)\w+|PS[0-4]|OPT(ARG|ERR|IND)|TE?MP|TMPDIR|(OLD)?PWD|E?UID"
    r"|CDPATH|EDITOR|ENV|FUNCNAME|GLOBIGNORE|GROUPS|HISTFILE|HOME|IFS|LANG|LINENO|NO_COLOR|PAGER|PATH|POSIXLY_CORRECT"
    r"|PPID|PROMPT_COMMAND|RANDOM|SECONDS|SHELL|SHLVL|TERM|TZ"
)


def used_names(text: str) -> tuple[str, ...]:
    r"""The names in `text`, each once, in order; `\{{name}}` is no use."""
    return tuple(dict.fromkeys(name for escape, name in _USE.findall(text) if not escape))


def substitute(text: str, answers: Mapping[str, str]) -> str:
    r"""Put the answers where `{{name}}` stands; `\{{name}}` becomes a plain `{{name}}`.

    Answers are put in as they are: a `{{name}}` inside of one stays.

    Raises:
        PlanError: If a name has no answer.
    """

    def answer(match: re.Match[str]) -> str:
        escape, name = match.groups()
        if escape:
            return match[0][1:]
        if name not in answers:
            raise PlanError(f"{{{{{name}}}}} has no answer; ask it above with a line `? {name}: …`")
        return answers[name]

    return _USE.sub(answer, text)


def environment_name(name: str) -> str:
    """The environment variable that hands the answer `name` to commands: `new-version` is `$NEW_VERSION`."""
    return name.upper().replace("-", "_")


def is_reserved(name: str) -> bool:
    """Whether the variable of `name` means something to shells or programs already, as `$PATH` does."""
    return _RESERVED.fullmatch(environment_name(name)) is not None


def environment(answers: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that commands and checks find the answers in."""
    return {environment_name(name): answer for name, answer in answers.items()}


def fill(act: Act, answers: Mapping[str, str]) -> Act:
    """The act with its answers put in, ready to be carried out; code is left as it is.

    Raises:
        PlanError: If a name has no answer.
        PathRefused: If an answer makes a path that must not be touched.
    """
    path = str(check(substitute(act.path, answers))) if act.path else ""
    return act.model_copy(
        update={
            "path": path,
            "body": act.body if act.is_code or act.kind == "do" else substitute(act.body, answers),
            "name": substitute(act.name, answers),
            "arguments": _fill_json(act.arguments, answers),
        }
    )


def fill_ask(ask: Ask, answers: Mapping[str, str]) -> values.Ask:
    """The question as it is put to the human, with the answers to earlier ones.

    Raises:
        PlanError: If a name has no answer.
    """
    return values.Ask(
        name=ask.name,
        text=substitute(ask.text, answers),
        choices=tuple(substitute(choice, answers) for choice in ask.choices),
        default=None if ask.default is None else substitute(ask.default, answers),
    )


def _fill_json(value: Any, answers: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return substitute(value, answers)
    if isinstance(value, dict):
        return {key: _fill_json(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill_json(item, answers) for item in value]
    return value
