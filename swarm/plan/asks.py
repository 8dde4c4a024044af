"""Question lines: `? name: text [a|b|c] = default`."""

from __future__ import annotations

import re

from swarm.plan.document import Ask
from swarm.plan.names import NAME, environment_name, is_reserved
from swarm.plan.notes import Fault, Notes

_LINE = re.compile(rf"\?\s*(?P<name>{NAME})\s*:(?P<rest>.*)")
_FORM = "write `? name: text [a|b] = default`"


def is_ask(line: str) -> bool:
    """Whether a line of a paragraph is a question, well formed or not."""
    return line.lstrip().startswith("?")


def read_ask(line: str, number: int, notes: Notes) -> Ask | None:
    """The question on one line; what is wrong with it is noted. None if it has not even a name."""
    match = _LINE.fullmatch(line.strip())
    if match is None:
        notes.error(number, f"this question has no name and colon; {_FORM}, with a name of letters, digits, - and _")
        return None
    name, rest = match["name"], match["rest"].strip()
    if is_reserved(name):
        variable = environment_name(name)
        notes.error(number, f"the question `{name}` would hide ${variable} from commands; choose another name")
    with notes.at(number):
        return _ask(name, rest, number)
    return Ask(name=name, text=rest, line=number)


def _ask(name: str, rest: str, number: int) -> Ask:
    text, default = _default(rest)
    text, choices = _choices(text)
    if not text:
        raise Fault(f"the question `{name}` asks nothing; {_FORM}")
    if default is not None and choices and default not in choices:
        raise Fault(f"the default `{default}` of `{name}` is none of {', '.join(choices)}; take one of them")
    return Ask(name=name, text=text, choices=choices, default=default, line=number)


def _default(rest: str) -> tuple[str, str | None]:
    """What stands before and after the last ` = `."""
    text, equals, default = f" {rest} ".rpartition(" = ")
    if not equals:
        return rest, None
    if not default.strip():
        raise Fault("nothing stands after `=`; write the default, or leave out the `=`")
    return text.strip(), default.strip()


def _choices(text: str) -> tuple[str, tuple[str, ...]]:
    """The question before `[a|b]`, and what is in there; brackets without `|` are text."""
    question, bracket, inside = text.rpartition("[")
    if not bracket or not inside.endswith("]") or "|" not in inside:
        return text, ()
    choices = tuple(choice.strip() for choice in inside[:-1].split("|"))
    if not all(choices):
        raise Fault(f"a choice in [{inside} is empty; put a text between the bars")
    if len(set(choices)) < len(choices):
        raise Fault(f"a choice in [{inside} is there twice; leave one out")
    return question.strip(), choices
