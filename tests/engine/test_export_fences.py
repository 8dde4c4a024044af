"""The pieces of a plan read back as exactly what was meant, whatever the texts hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm.export import fences
from swarm.plan.document import Act
from swarm.plan.markdown import MAX_NESTING
from swarm.plan.names import fill
from swarm.plan.parse import parse, parse_section
from swarm.proposals import Run, Save
from swarm.state import Question
from swarm.values import Ask

PIECES = st.sampled_from(
    ["`", "```", "~~~", "\n", "\n\n", "# h", "## p", "- [ ] i", "? q: t", "> ", "    ", "\t", "{{x}}", "\\", "\r",
     "\r\n", "\0", "\x7f", "\x85", "\u2028", "\ufeff", "<!--", "-->", "---", "\U0001f41d", "é", "a", " ", '"', "1. "]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(st.characters(exclude_categories=["Cs"])))
PATHS = st.sampled_from(
    [
        "a.py",
        "docs/a b.md",
        "Makefile",
        "x.run",
        "a`b.txt",
        "~.txt",
        "é/ü.txt",
        "{{x}}.txt",
        "a=b.txt",
        "a\u00a0b.c",
        "do/x",
    ]
)


def act_of(piece: str) -> Act:
    """The one act of a piece, as it would be carried out."""
    section = parse_section(f"## Section\n\n{piece}", asked=())
    assert (len(section.acts), section.text, section.checks, section.questions) == (1, "", (), ()), piece
    return fill(section.acts[0], {})


def meant(act: Act, *fields: str) -> tuple[Any, ...]:
    return tuple(act.arguments[field] for field in fields)


@settings(max_examples=150, deadline=None)
@given(PATHS, TEXTS)
def test_a_file_reads_back_as_its_path_and_its_content(path: str, content: str) -> None:
    act = act_of(fences.write(path, content))
    assert (meant(act, "path", "content") if act.kind == "do" else (act.path, act.body)) == (path, content)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["sh", "bash", "python"]), TEXTS, st.booleans())
def test_a_command_reads_back_as_its_script_with_a_last_newline(interpreter: str, script: str, readonly: bool) -> None:
    act = act_of(fences.run(Run(title="t", interpreter=interpreter, script=script or "x", readonly=readonly), {}))
    found = meant(act, "interpreter", "script", "readonly")[:2] if act.kind == "do" else (act.interpreter, act.body)
    wanted = script or "x"
    assert found == (interpreter, wanted if wanted.endswith("\n") else f"{wanted}\n")
    assert (act.arguments.get("readonly") if act.kind == "do" else act.readonly) == readonly


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["notes", "two words", "{{x}}", "a`b", "é"]), TEXTS)
def test_a_text_to_keep_reads_back_with_a_last_newline_or_as_it_was(name: str, text: str) -> None:
    act = act_of(fences.remember(Save(name=name, text=text)))
    found = meant(act, "name", "text") if act.kind == "do" else (act.name, act.body)
    assert found in ((name, text), (name, f"{text}\n"))


@settings(max_examples=100, deadline=None)
@given(TEXTS, TEXTS)
def test_a_title_and_a_quotation_do_nothing(title: str, text: str) -> None:
    blocks = (
        "# T\n",
        f"## {fences.title(title)}\n",
        fences.quoted(text),
        "```sh run\nx\n```\n",
        fences.left_out(title),
    )
    plan = parse("\n".join(blocks), "p")
    [phase] = plan.phases
    assert (len(phase.acts), phase.checks, phase.questions, phase.parts) == (1, (), (), ())
    assert [item.done for item in phase.items] == [True]


def test_a_quotation_that_is_nested_deeper_than_can_be_read_is_a_fence() -> None:
    deep = "> " * (MAX_NESTING + 5) + "x"
    assert fences.quoted(deep) == f"```text\n{deep}\n```\n"
    parse(f"# T\n\n{fences.quoted(deep)}\n## P\n\n```sh run\nx\n```\n", "p")


def _asked(answer: str, text: str = "Which?", choices: tuple[str, ...] = ()) -> Question:
    return Question(
        "q1", "1", 1, Ask(name="word", text=text, choices=choices), 1, datetime.now(UTC), answer, "Ann", "", 2
    )


@pytest.mark.parametrize(
    ("question", "line"),
    [
        (_asked("a"), "? word: Which? = a\n"),
        (_asked("a", choices=("a", "b c")), "? word: Which? [a|b c] = a\n"),
        (_asked("other", choices=("a", "b")), "? word: Which? = other\n"),
        (_asked("a", choices=("a", "x]y|z")), "? word: Which? = a\n"),
        (_asked("a", text="Is x = y?\nSay."), "? word: Is x = y? Say. = a\n"),
        (_asked("{{x}}"), "? word: Which? = \\{{x}}\n"),
        (_asked(""), None),
        (_asked("two\nlines"), None),
        (_asked("x = y"), None),
        (_asked("a", text="Which [b|c]"), None),
    ],
)
def test_a_question_is_written_where_one_line_says_it(question: Question, line: str | None) -> None:
    assert fences.question(question) == line


def test_a_file_that_is_run_as_soon_as_it_is_written_is_one_fence() -> None:
    command = Run(argv=("python", "a.py"), environment={"WORD": "x"})
    assert fences.write_and_run("a.py", "print()\n", command, {"word": "x"}) == "```python a.py run\nprint()\n```\n"
    assert fences.write_and_run("a.py", "print()\n", command, {}) is None
    assert fences.write_and_run("a.py", "print('{{word}}')\n", command, {"word": "x"}) is None
    assert fences.write_and_run("b.py", "print()\n", command, {"word": "x"}) is None
    assert fences.run(command, {"word": "x"}) == "```sh run\npython a.py\n```\n"


def test_a_command_gets_the_variables_that_the_answers_do_not_give_it() -> None:
    environment = {"WORD": "x", "OTHER": "it's"}
    shell = Run(interpreter="sh", script="echo $OTHER", environment=environment)
    python = Run(interpreter="python", script="print()", environment=environment)
    assert act_of(fences.run(shell, {"word": "x"})).body == "OTHER='it'\"'\"'s'; export OTHER\necho $OTHER\n"
    assert (
        act_of(fences.run(python, {"word": "x"})).body == "import os\nos.environ.update({'OTHER': \"it's\"})\nprint()\n"
    )


def test_a_check_that_no_fence_can_hold_is_said_to_be_left_out() -> None:
    assert fences.check(Run(interpreter="sh", script="test -f a\n", check=True), {}) == "```sh check\ntest -f a\n```\n"
    odd = Run(title="odd", interpreter="sh", script="a\rb", check=True)
    assert fences.check(odd, {}) == "> Left out, as a plan cannot hold it: the check odd\n"
