"""The model that goes by a plan: answers every request by the rules of the Markdown document that is its directive."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from swarm.actions.base import Entry
from swarm.asks import (
    ASKS,
    Act,
    Acts,
    Check,
    Choice,
    Decomposition,
    EditDraft,
    EditPath,
    Needs,
    Part,
    Query,
    Thought,
    Verdict,
)
from swarm.errors import BadReply, ModelError, NothingNew, PathRefused, PlanError
from swarm.models.base import Reply, Request
from swarm.plan.document import Act as PlanAct
from swarm.plan.document import Ask, Section
from swarm.plan.document import Check as PlanCheck
from swarm.plan.names import fill, fill_ask, substitute, used_names
from swarm.plan.parse import parse, parse_section

T = TypeVar("T", bound=Thought)


class PlanModel:
    """Answers from the plan alone: no key, no network, no guess.

    Args:
        root: The action space, to find the folders on the way to an action.
    """

    name = "plan"

    def __init__(self, root: Entry) -> None:
        self._root = root
        self._answers: dict[str, Callable[[Request], Thought]] = {
            "Needs": _needs,
            "Choice": self._choice,
            "Decomposition": _decomposition,
            "Verdict": _verdict,
            "Acts": _acts,
            "EditPath": _edited_path,
            "EditDraft": _edit,
        }

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Answers a request.

        Raises:
            NothingNew: After a rejection: a plan has no second idea.
            BadReply: If the directive is no plan, or holds nothing of the kind that is asked for.
        """
        if request.rejected:
            raise NothingNew(f"a plan proposes nothing else after a rejection ({request.rejected})")
        return Reply(value=self._think(request).model_dump(mode="json"))

    def foresee(self, request: Request) -> Any:
        """The same answer, beforehand."""
        try:
            return None if request.rejected else self._think(request).model_dump(mode="json")
        except ModelError:
            return None

    def _think(self, request: Request) -> Thought:
        try:
            think = self._answers.get(request.schema_name)
            return think(request) if think else _arguments(request, ASKS[request.schema_name])
        except (PlanError, PathRefused) as error:
            raise BadReply(f"the directive is no plan that can be carried out: {error}") from None

    def _choice(self, request: Request) -> Choice:
        section = _section(request)
        if section.todo or section.checks or (section.questions and not section.acts):
            action, why = "decompose_directive", "it has parts or checks of its own"
        elif section.acts:
            action, why = "carry_out", "it has steps of its own"
        else:
            action, why = "ask_user", "it has nothing to execute or check"
        offered = {choice["name"] for choice in request.inputs["choices"]}
        way = [name for name in self._root.path(action) or () if name in offered]
        return Choice(choose=way[0] if way else "none", why=why)


def _is_whole(request: Request) -> bool:
    """Whether the directive is a whole document rather than the slice of a section."""
    return request.source == ""


def _sections(request: Request) -> list[Section]:
    """The phases of a whole plan that are not done yet; of a slice, itself."""
    if not _is_whole(request):
        return [_section(request)]
    phases = [phase for phase in parse(request.directive, "plan").phases if not phase.done]
    return phases[len(request.inputs.get("done", ())) :]


def _section(request: Request) -> Section:
    return parse_section(request.directive, mark=request.source)


def _needs(request: Request) -> Needs:
    """What is not answered yet; a question that names another's answer comes after it."""
    answers = request.inputs.get("answers", {})
    first = _is_whole(request) and request.inputs.get("round") == 1
    asks = list(parse(request.directive, "plan").questions) if first else []
    asks += [ask for section in _sections(request)[:1] for ask in section.questions]
    known = {ask.name for ask in asks} - set(answers)
    due = [ask for ask in asks if ask.name in known and not known & _named(ask)]
    return Needs(questions=[Query(**fill_ask(ask, answers).model_dump(include=_ASKED)) for ask in due])


_ASKED = {"name", "text", "choices", "default"}


def _named(ask: Ask) -> set[str]:
    return {name for text in (ask.text, *ask.choices, ask.default or "") for name in used_names(text)}


def _decomposition(request: Request) -> Decomposition:
    sections = _sections(request)
    if not sections or (request.inputs.get("round", 1) > 1 and not _is_whole(request)):
        return Decomposition()
    section, answers = sections[0], request.inputs.get("answers", {})
    own = [_own_steps(section)] if section.acts else []
    parts = [
        Part(
            title=substitute(child.title, answers),
            directive=child.directive,
            source=child.mark,
            stage=1 + len(own),
        )
        for child in section.todo
    ]
    if section.is_idle:
        parts = [Part(title=section.title, directive=section.directive, source=section.mark, action="ask_user")]
    checks = [_check(check, section) for check in section.checks]
    return Decomposition(title=substitute(section.title, answers), parts=[*own, *parts], checks=checks)


def _own_steps(section: Section) -> Part:
    """The section's own fences, without its parts and checks, as one node that carries them out."""
    return Part(title=section.title, directive=section.own, source=f"{section.mark}!", action="carry_out")


def _check(check: PlanCheck, section: Section) -> Check:
    title = check.body.strip().partition("\n")[0] or section.title
    return Check(title=title, interpreter=check.interpreter, script=check.body)


def _acts(request: Request) -> Acts:
    answers = request.inputs.get("answers", {})
    done = len(request.inputs.get("done_so_far", ()))
    acts = [act for found in _section(request).acts for act in _steps(found, answers, request)]
    return Acts(acts=acts[done:])


def _steps(written: PlanAct, answers: dict[str, str], request: Request) -> list[Act]:
    act = fill(written, answers)
    if act.kind == "run":
        title = act.body.strip().partition("\n")[0]
        return [Act(do="run", title=title, text=act.body, interpreter=act.interpreter, readonly=act.readonly)]
    if act.kind == "do":
        return [Act(do="action", title=act.name, name=act.name, text=_one_act(act))]
    if act.kind == "remember":
        return [Act(do="remember", name=act.name, text=act.body if act.body.strip() else _reported(request))]
    steps = [Act(do="write" if act.kind == "write" else "edit", path=act.path, text=act.body)]
    if act.then_run:
        steps.append(Act(do="run", title=f"run {act.path}", path=act.path, interpreter=act.interpreter or "sh"))
    return steps


def _reported(request: Request) -> str:
    """What the earlier phases reported: the text of an empty `remember`."""
    return "\n\n".join(f"## {item['title']}\n\n{item['summary']}" for item in request.inputs.get("done", ()))


def _one_act(act: PlanAct) -> str:
    """A `do` fence as a directive of its own, its answers filled in."""
    lines = [f"{json.dumps(key)} = {_toml(value)}" for key, value in act.arguments.items()]
    return "\n".join([f"```toml do {act.name}", *lines, "```", ""])


def _toml(value: Any) -> str:
    """A JSON string, number or list of them as TOML, which knows no surrogate pairs and no bare DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


class _Edit(EditPath, EditDraft):
    """The arguments of `do edit_file`, which asks first for the one and then for the other."""


def _edited_path(request: Request) -> EditPath:
    return EditPath(path=_arguments(request, _Edit).path)


def _edit(request: Request) -> EditDraft:
    """What an act says of the file that it edits, or a `do` fence."""
    change = request.inputs.get("change")
    return EditDraft(edit=_arguments(request, _Edit).edit if change is None else change)


def _arguments(request: Request, schema: type[T]) -> T:
    """The arguments of a `do` fence, as the thought of the action that it names."""
    given = next((act.arguments for act in _section(request).acts if act.kind == "do"), None)
    if given is None:
        raise BadReply(f"the plan says nothing that {request.action} could do: edit the directive, or do it by hand")
    try:
        return schema.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadReply(f"`do {request.action}`: {where}: {first['msg']}") from None


def _verdict(request: Request) -> Verdict:
    inputs = request.inputs
    reports, checks = inputs.get("reports", ()), inputs.get("checks", ())
    summary = "\n".join([*(_told(report) for report in reports), *(f"- {check['text']}" for check in checks)])
    failed = [check["text"] for check in checks if check.get("passed") is False]
    failed += [f"{report['title']} ended {report['outcome']}" for report in reports if _is_open(report)]
    if failed:
        return Verdict(outcome="stuck", summary=summary, missing="; ".join(failed))
    left = _sections(request)[1:] if _is_whole(request) else []
    if left:
        title = substitute(left[0].title, inputs.get("answers", {}))
        return Verdict(outcome="continue", summary=summary, missing=f"Next: {title}", next=title)
    return Verdict(outcome="fulfilled", summary=summary)


def _told(report: dict[str, Any]) -> str:
    lines = report["summary"].strip().splitlines() or [report["outcome"]]
    return "\n".join([f"- **{report['title']}**: {lines[0]}", *(f"  {line}".rstrip() for line in lines[1:])])


def _is_open(report: dict[str, Any]) -> bool:
    """Whether a part is neither done nor left out by the human."""
    return report["outcome"] != "done" and not report.get("skipped")
