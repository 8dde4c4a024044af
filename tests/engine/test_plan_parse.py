"""Plans: every rule of the document, every error and warning with its line, and slices that stand alone."""

import os
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm.errors import PathRefused, PlanError, UsageError
from swarm.plan.document import Plan, Section
from swarm.plan.files import LARGEST, read_plan, template
from swarm.plan.names import environment, environment_name, fill, fill_ask, substitute, used_names
from swarm.plan.parse import parse, parse_section
from swarm.values import Limits


def plan(text: str, **options: Any) -> Plan:
    return parse(dedent(text), "plan.md", **options)


def errors(text: str, **options: Any) -> list[str]:
    with pytest.raises(PlanError) as caught:
        plan(text, **options)
    lines = str(caught.value).split("\n")
    assert all(line.startswith("plan.md:") for line in lines)
    return [line.removeprefix("plan.md:") for line in lines]


def warnings(text: str) -> list[tuple[int, str]]:
    return [(warning.line, warning.message) for warning in plan(text).warnings]


def bare(section: Section) -> Any:
    """A section without what its place in the document decides: lines and marks."""

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without(item) for key, item in value.items() if key not in ("line", "first", "last", "mark")}
        return [without(item) for item in value] if isinstance(value, (list, tuple)) else value

    return without(section.model_dump())


class TestLayout:
    def test_title_context_and_phases(self) -> None:
        read = plan("# Goal\n\nWhy.\n\n## One\nFirst.\n\n## Two\nSecond.\n")
        assert (read.title, read.context) == ("Goal", "Why.")
        assert [(phase.title, phase.text, phase.mark, phase.level) for phase in read.phases] == [
            ("One", "First.", "1", 2),
            ("Two", "Second.", "2", 2),
        ]

    def test_lines_count_from_one_in_the_document(self) -> None:
        read = plan("---\nmodel: plan\n---\n# Goal\n\n## One\n\ntext\n\n\n## Two\n")
        assert [(phase.first, phase.last) for phase in read.phases] == [(6, 8), (11, 11)]

    def test_a_plan_without_a_title_is_called_by_its_file(self) -> None:
        assert plan("## One\n").title == "plan.md"

    def test_without_phases_the_whole_body_is_one(self) -> None:
        read = plan("Badge.\n\n# Goal\nWhy.\n\n```sh run\nls\n```\n\n### Part\n")
        (phase,) = read.phases
        assert (read.title, read.context) == ("Goal", "Badge.")
        assert (phase.title, phase.level, phase.text, phase.mark) == ("Goal", 1, "Why.", "1")
        assert [part.title for part in phase.parts] == ["Part"]

    def test_without_any_heading_a_phase_is_called_by_what_it_holds(self) -> None:
        assert plan("Do it.\n\n```sh run\nls\n```\n").phases[0].title == "Do it."
        assert plan("```sh run\nls\n```\n").phases[0].title == "run ls"
        assert plan("? who: Who is it?\n").phases[0].title == "Who is it?"

    def test_parts_nest_by_level(self) -> None:
        (phase,) = plan("## P\n### A\n#### A1\n### B\n##### B1\n#### B2\n").phases
        assert [(part.title, part.mark) for part in phase.parts] == [("A", "1.1"), ("B", "1.2")]
        assert [part.mark for part in phase.parts[0].parts] == ["1.1.1"]
        assert [(part.title, part.level) for part in phase.parts[1].parts] == [("B1", 5), ("B2", 4)]

    def test_underlined_headings_are_text(self) -> None:
        (phase,) = plan("## P\nNot a title\n===========\nnor a phase\n-----------\n").phases
        assert phase.text == "Not a title\n===========\nnor a phase"
        assert phase.parts == ()

    def test_a_heading_may_be_closed_or_indented(self) -> None:
        assert [phase.title for phase in plan("  ## One ##\n## `Two` *x*\n").phases] == ["One", "`Two` *x*"]

    def test_comments_are_no_context_and_hide_what_they_hold(self) -> None:
        (phase,) = plan("## P\n<!-- note -->\nA.\n\n<!--\n```sh run\nls\n```\n? q: t\n{{q}}\n-->\n\nB.\n").phases
        assert (phase.text, phase.acts, phase.questions) == ("A.\n\nB.", (), ())

    def test_front_matter_sets_what_it_names(self) -> None:
        read = plan("---\nmodel: openai:x\nautonomy: guided\nbudget: {nodes: 9}\ncontext: [a.md, b.md]\n---\n## P\n")
        assert (read.settings.model, read.settings.autonomy) == ("openai:x", "guided")
        assert read.settings.context == ("a.md", "b.md")
        assert read.settings.limits(Limits(depth=3)) == Limits(nodes=9, depth=3)

    @pytest.mark.parametrize("text", ["---\n---\n## P\n", "---\ncontext: a.md\n...\n## P\n"])
    def test_front_matter_may_be_short(self, text: str) -> None:
        assert plan(text).phases[0].title == "P"


class TestItems:
    def test_items_hold_what_is_indented_below_them(self) -> None:
        (phase,) = plan("""
            ## P
            - [ ] Write it
              at once

              ```python a.py
              def f():
                  pass
              ```

            ```sh run
            ls
            ```
            """).phases
        (item,) = phase.items
        assert (item.title, item.text, item.mark, item.level) == ("Write it", "at once", "1.item1", 0)
        assert [act.body for act in item.acts] == ["def f():\n    pass\n"]
        assert [act.kind for act in phase.acts] == ["run"]

    def test_task_lists_nest_and_their_slices_are_dedented(self) -> None:
        (phase,) = plan("""
            ## P
            - [ ] outer
              - [ ] inner

                ~~~sh run
                  two
                ~~~
              - [x] ticked
            * [X] other
            """).phases
        outer, other = phase.items
        assert [(item.title, item.done, item.mark) for item in outer.items] == [
            ("inner", False, "1.item1.item1"),
            ("ticked", True, "1.item1.item2"),
        ]
        assert (other.mark, other.done) == ("1.item2", True)
        assert outer.items[0].directive == "- [ ] inner\n\n  ~~~sh run\n    two\n  ~~~\n"
        assert outer.items[0].acts[0].body == "  two\n"
        assert phase.todo == (outer,)

    def test_items_inside_of_plain_bullets_belong_to_the_section(self) -> None:
        (phase,) = plan("## P\n- plain\n  - [ ] task\n    more\n  - other\n").phases
        assert [(item.title, item.text) for item in phase.items] == [("task", "more")]
        assert phase.text == "- plain\n\n  - other"

    def test_fences_inside_of_plain_bullets_are_steps_of_the_section(self) -> None:
        (phase,) = plan("## P\n- First\n  ```sh run\n  one\n  ```\n- Then\n  ```sh run\n  two\n  ```\n").phases
        assert [act.body for act in phase.acts] == ["one\n", "two\n"]
        assert phase.text == "- First\n\n- Then"

    def test_an_item_may_begin_with_its_fence(self) -> None:
        (item,) = plan("## P\n- [ ] ```sh run\n  ls\n  ```\n").phases[0].items
        assert (item.title, item.acts[0].body) == ("run ls", "ls\n")

    def test_numbered_items_are_items(self) -> None:
        (item,) = plan("## P\n3. [ ] Do\n   more\n").phases[0].items
        assert (item.title, item.text, item.directive) == ("Do", "more", "3. [ ] Do\n   more\n")

    def test_items_and_parts_are_children_in_the_order_of_the_document(self) -> None:
        (phase,) = plan("## P\n- [ ] item\n\n### Part\n").phases
        assert [child.title for child in phase.children] == ["item", "Part"]

    def test_tabs_indent_and_stay_inside_of_files(self) -> None:
        make = "all:\n\techo hi\n\t\techo deep\n"
        fence = "".join(f"\t\t{line}\n" for line in ["```make ./Makefile", *make.splitlines(), "```"])
        (outer,) = plan(f"## P\n- [ ] outer\n\t- [ ] inner\n\n{fence}").phases[0].items
        (inner,) = outer.items
        assert [(act.path, act.body) for act in inner.acts] == [("Makefile", make)]
        assert parse_section(inner.directive).acts[0].body == make

    def test_a_tab_in_a_fence_that_opens_on_its_items_line_stays(self) -> None:
        (item,) = plan("## P\n- [ ] ```make ./Makefile\n  all:\n  \techo\n  ```\n").phases[0].items
        assert item.acts[0].body == "all:\n\techo\n"


class TestFences:
    @pytest.mark.parametrize(
        ("info", "body", "expected"),
        [
            ("python src/wc.py", "x\n", {"kind": "write", "path": "src/wc.py", "body": "x\n", "language": "python"}),
            ("text ./Makefile", "", {"kind": "write", "path": "Makefile", "body": ""}),
            ("python wc.py run", "x\n", {"kind": "write", "then_run": True, "interpreter": "python", "is_code": True}),
            ("sh run", "ls\n", {"kind": "run", "interpreter": "sh", "readonly": False, "is_code": True}),
            ("run", "ls\n", {"kind": "run", "interpreter": "sh", "language": ""}),
            ("Bash run readonly", "ls\n", {"kind": "run", "interpreter": "bash", "readonly": True}),
            ("py run", "1\n", {"kind": "run", "interpreter": "python"}),
            ("diff edit VERSION", "@@ -1 +1 @@\n-a\n+b\n", {"kind": "edit", "path": "VERSION", "is_code": False}),
            ("edit a/b.txt", "@@ -1 +1 @@\n-a\n+b\n", {"kind": "edit", "path": "a/b.txt"}),
            ("text remember health", "ok\n", {"kind": "remember", "name": "health", "body": "ok\n"}),
            ("remember health", "", {"kind": "remember", "name": "health", "body": ""}),
            ("toml do tag", 'name = "v1"\n', {"kind": "do", "name": "tag", "arguments": {"name": "v1"}}),
            ("do fetch", "", {"kind": "do", "name": "fetch", "arguments": {}}),
        ],
    )
    def test_the_second_word_says_what_it_does(self, info: str, body: str, expected: dict[str, Any]) -> None:
        (act,) = plan(f"## P\n```{info}\n{body}```\n").phases[0].acts
        assert {name: getattr(act, name) for name in expected} == expected
        assert act.line == 2

    def test_checks_are_kept_apart(self) -> None:
        (phase,) = plan("## P\n```python check\nassert 1\n```\n```check\ntrue\n```\n").phases
        assert [(check.interpreter, check.body, check.line) for check in phase.checks] == [
            ("python", "assert 1\n", 2),
            ("sh", "true\n", 5),
        ]
        assert phase.acts == ()

    @pytest.mark.parametrize("info", ["", "python", "mermaid", "{.python .numberLines}"])
    def test_any_other_fence_is_context(self, info: str) -> None:
        (phase,) = plan(f"## P\n```{info}\nx\n```\n\n- [ ] a\n").phases
        assert (phase.acts, phase.text) == ((), f"```{info}\nx\n```")

    def test_longer_fences_hold_shorter_ones(self) -> None:
        (phase,) = plan("## P\n````markdown doc/a.md\n```sh run\nls\n```\n````\n~~~text b.txt\n```\n~~~\n").phases
        assert [(act.path, act.body) for act in phase.acts] == [
            ("doc/a.md", "```sh run\nls\n```\n"),
            ("b.txt", "```\n"),
        ]

    def test_crlf_and_a_byte_order_mark_do_not_show(self) -> None:
        windows = parse("\ufeff---\r\nmodel: plan\r\n---\r\n## P\r\n```text a.txt\r\none\r\n```\r\n", "w.md")
        assert windows.settings.model == "plan"
        assert windows.phases[0].acts[0].body == "one\n"

    def test_only_newlines_end_a_line(self) -> None:
        body = "a\u2028b\x0cc\x85d\n"
        (phase,) = plan(f"## Größe 数 🙂\n```text ü/数.txt\n{body}```\n").phases
        assert (phase.title, phase.acts[0].path, phase.acts[0].body) == ("Größe 数 🙂", "ü/数.txt", body)
        assert phase.last == 4

    def test_actions_that_are_known_are_taken(self) -> None:
        text = "## P\n```do tag\n```\n"
        assert plan(text, actions=["tag"]).phases[0].acts[0].name == "tag"
        assert errors(text, actions=["fetch"]) == ["2: there is no action `tag`; `swarm actions` lists them"]


class TestQuestions:
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("? v: Which version?", ("v", "Which version?", (), None)),
            ("?v:x", ("v", "x", (), None)),
            ("? v: Which? [a|b c] = b c", ("v", "Which?", ("a", "b c"), "b c")),
            ("? v: Which? [ a | b ]", ("v", "Which?", ("a", "b"), None)),
            ("? new-v_2: Is a = b? = yes", ("new-v_2", "Is a = b?", (), "yes")),
            ("? v: Version [semver]", ("v", "Version [semver]", (), None)),
            ("? v: At 10:30 [a: b|c=d] = c=d", ("v", "At 10:30", ("a: b", "c=d"), "c=d")),
        ],
    )
    def test_one_line_each(self, line: str, expected: tuple[Any, ...]) -> None:
        (ask,) = plan(f"## P\n{line}\n").phases[0].questions
        assert (ask.name, ask.text, ask.choices, ask.default, ask.line) == (*expected, 2)

    def test_are_read_line_by_line_from_a_paragraph(self) -> None:
        (phase,) = plan("## P\nBefore.\n? a: A?\n  ? b: B?\nAfter.\n- ? c: C?\n").phases
        assert [(ask.name, ask.line) for ask in phase.questions] == [("a", 3), ("b", 4), ("c", 6)]
        assert phase.text == "Before.\n\nAfter."

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("? what now", "this question has no name and colon"),
            ("? 1st: x", "this question has no name and colon"),
            ("? v:", "the question `v` asks nothing"),
            ("? v: [a|b]", "the question `v` asks nothing"),
            ("? v: x [a||b]", "a choice in [a||b] is empty"),
            ("? v: x [a|a]", "a choice in [a|a] is there twice"),
            ("? v: x [a|b] = c", "the default `c` of `v` is none of a, b"),
            ("? v: x =", "nothing stands after `=`"),
            ("? path: where?", "the question `path` would hide $PATH from commands"),
            ("? ld_preload: x", "the question `ld_preload` would hide $LD_PRELOAD from commands"),
        ],
    )
    def test_malformed_ones_are_errors(self, line: str, message: str) -> None:
        (error,) = errors(f"## P\n\n{line}\n\n{{{{v}}}}\n" if line.startswith("? v") else f"## P\n\n{line}\n")
        assert error.startswith(f"3: {message}")

    def test_are_no_questions_in_fences_quotes_and_headings(self) -> None:
        (phase,) = plan("## ? a: b\n> ? c: d\n\n```\n? e: f\n```\n").phases
        assert phase.questions == ()


class TestScope:
    @pytest.mark.parametrize(
        "text",
        [
            "? v: x\n\n# T {{v}}\n## P {{v}}\n### Q\n{{v}}\n",
            "## P\n{{v}}\n? v: x\n### Q\n- [ ] a\n\n  ```text {{v}}.md\n  {{v}}\n  ```\n",
            "## P\n### Q\n? v: x\n## R\n{{v}}\n",
            "## P\n? v: x\n## R\n? w: about {{v}} [{{v}}|b] = {{v}}\n",
            '## P\n? v: x\n```toml do tag\nname = "v{{v}}"\n```\n',
            "## P\n\\{{v}} {{ v }} ${{ v.w }} {{}}\n",
            "## P\n```sh run\ndocker inspect -f '{{json}}'\n```\n```python a.py run\nprint(f'{{v}}')\n```\n",
            "## P\n<!--\n{{v}}\n-->\n",
            "## P\n- [x] ticked {{v}}\n",
        ],
    )
    def test_names_that_are_asked_above_may_be_used(self, text: str) -> None:
        assert plan(text).phases

    @pytest.mark.parametrize(
        ("text", "line", "message"),
        [
            ("## P\na\n{{v}}\n", 3, "{{v}} is asked nowhere"),
            ("## P\n```text a.md\n\n{{v}}\n```\n", 4, "{{v}} is asked nowhere"),
            ("# T {{v}}\n## P\n", 1, "{{v}} is asked nowhere"),
            ("{{v}}\n\n## P\n? v: x\n", 1, "{{v}} is asked in line 4, out of reach"),
            ("## P\n### A\n? v: x\n### B\n{{v}}\n", 5, "{{v}} is asked in line 3, out of reach"),
            ("## P\n{{v}}\n- [ ] a\n  ? v: x\n", 2, "{{v}} is asked in line 4, out of reach"),
            ("## P\n{{v}}\n## Q\n? v: x\n", 2, "{{v}} is asked in line 4, out of reach"),
            ("## P\n? v: x\n? w: {{v}}\n", 3, "{{v}} is asked in line 2, out of reach"),
            ("## P\n- [x] a\n  ? v: x\n\n{{v}}\n", 5, "{{v}} is asked nowhere"),
            ("## P\n? v: x\n```sh run\n\necho {{v}}\n```\n", 5, "{{v}} is never pasted into code; use the variable $V"),
            ("## P\n? v: x\n```sh check\necho {{v}}\n```\n", 4, "{{v}} is never pasted into code; use the variable $V"),
            ("## P\n? v: x\n```sh a.sh run\n{{v}}\n```\n", 4, "{{v}} is never pasted into code; use the variable $V"),
            ("## P\n? v: x\n### A\n? v: y\n", 4, "`v` is asked in line 2 already"),
            ("## P\n? a-b: x\n## Q\n? A_b: y\n", 4, "`A_b` is asked in line 2 already"),
        ],
    )
    def test_anything_else_is_an_error(self, text: str, line: int, message: str) -> None:
        (error,) = errors(text)
        assert error.startswith(f"{line}: {message}")

    def test_a_slice_knows_what_was_asked_above(self) -> None:
        text = "### A\n{{v}} {{w}}\n\n```sh run\necho {{v}}\n```\n"
        assert parse_section(text).acts
        with pytest.raises(PlanError) as caught:
            parse_section(text, asked=["v"], name="card")
        assert [line.partition(";")[0] for line in str(caught.value).split("\n")] == [
            "card:2: {{w}} is asked nowhere",
            "card:5: {{v}} is never pasted into code",
        ]


class TestAnswers:
    def test_are_put_in_once_and_as_they_are(self) -> None:
        answers = {"a": "{{b}}", "b": r"\1"}
        assert substitute(r"{{a}}/{{b}} \{{a}} {{ a }}", answers) == r"{{b}}/\1 {{a}} {{ a }}"

    def test_a_missing_one_is_an_error(self) -> None:
        with pytest.raises(PlanError, match=r"\{\{v\}\} has no answer"):
            substitute("{{v}}", {})

    def test_names_are_found_once_and_in_order(self) -> None:
        assert used_names(r"{{b}} {{a}} {{b}} \{{c}} {{9}} {{d e}}") == ("b", "a")

    def test_reach_commands_as_variables(self) -> None:
        assert environment_name("new-version") == "NEW_VERSION"
        assert environment({"v": "1; rm"}) == {"V": "1; rm"}

    @pytest.mark.parametrize(
        ("fence", "expected"),
        [
            ("```text {{v}}/a.md\n{{v}}\n```", {"path": "1/a.md", "body": "1\n"}),
            ("```text edit {{v}}.md\n@@ -1 +1 @@\n-a\n+{{v}}\n```", {"body": "@@ -1 +1 @@\n-a\n+1\n"}),
            ("```text remember {{v}}\n{{v}}\n```", {"name": "1", "body": "1\n"}),
            ("```do tag\na = ['{{v}}', 2]\nb.c = '{{v}}'\n```", {"arguments": {"a": ["1", 2], "b": {"c": "1"}}}),
            ("```sh {{v}}.sh run\necho $V {{w}}\n```", {"path": "1.sh", "body": "echo $V {{w}}\n"}),
        ],
    )
    def test_fill_an_act(self, fence: str, expected: dict[str, Any]) -> None:
        (act,) = plan(f"## P\n? v: x\n\n{fence}\n").phases[0].acts
        filled = fill(act, {"v": "1"})
        assert {name: getattr(filled, name) for name in expected} == expected

    def test_cannot_lead_a_path_out_of_the_workspace(self) -> None:
        (act,) = plan("## P\n? v: x\n\n```text {{v}}/a\n```\n").phases[0].acts
        with pytest.raises(PathRefused):
            fill(act, {"v": "../.."})

    def test_cannot_change_the_structure_of_toml(self) -> None:
        (act,) = plan('## P\n? v: x\n\n```do tag\nname = "{{v}}"\n```\n').phases[0].acts
        assert fill(act, {"v": '"\nforce = true'}).arguments == {"name": '"\nforce = true'}

    def test_fill_a_later_question(self) -> None:
        _, ask = (phase.questions[0] for phase in plan("## P\n? v: x\n## Q\n? w: is {{v}}? [{{v}}|b] = {{v}}\n").phases)
        filled = fill_ask(ask, {"v": "1"})
        assert (filled.name, filled.text, filled.choices, filled.default) == ("w", "is 1?", ("1", "b"), "1")


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "line", "message"),
        [
            ("# A\n## P\n# B\n", 3, "a second title"),
            ("# A\n\n# B\n## P\n", 3, "a second title"),
            ("# A\n```sh run\nls\n```\n# B\n", 5, "a second title"),
            ("## P\n# T\n", 2, "a title below the first `##`"),
            ("# A\n```sh run\nls\n```\n## P\n", 2, "a fence above the first `##` cannot act"),
            ("### A\n```sh check\nls\n```\n## P\n", 2, "a fence above the first `##` cannot act"),
            ("```sh run\nls\n```\n# A\n- [ ] a\n", 1, "a fence above the title cannot act"),
            ("## P\n```sh run\nls\n## Q\n", 2, "this fence is not closed; end it with a line of ```"),
            ("## P\n- [ ] a\n\n  ~~~~\n  ls\n\nQ\n", 4, "this fence is not closed; end it with a line of ~~~~"),
            ("## P\n<!-- a\n\n## Q\n", 2, "this comment or tag is not closed"),
            ("## P\n<pre>\n\n## Q\n", 2, "this comment or tag is not closed"),
            ("## P\n- [ ] - [ ] a\n", 2, "two list items begin on this line"),
            ("## P\n   - [ ] a\n    - [ ] b\n", 2, "a line of this item is indented halfway"),
            ("## P\n```text /etc/passwd\n```\n", 2, "the path '/etc/passwd' is absolute"),
            ("## P\n```text edit a/../../b\n@@ -1 +1 @@\n```\n", 2, "the path 'a/../../b' leads out of the workspace"),
            ("## P\n```text .git/config\n```\n", 2, "the path '.git/config' belongs to git"),
            ("## P\n? v: x\n```text {{v}}/../a\n```\n", 3, "the path 'x/../a' leads out of the workspace"),
            ("## P\n```text src/\n```\n", 2, "the path src/ names a folder"),
            ("## P\n```text a.md ruin\n```\n", 2, "`ruin` after the path a.md means nothing"),
            ("## P\n```text a.md run\n```\n", 2, "`text` cannot be run"),
            ("## P\n```ruby run\nls\n```\n", 2, "`ruby` cannot be run"),
            ("## P\n```sh run a.sh\nls\n```\n", 2, "`a.sh` after `run` means nothing"),
            ("## P\n```sh run\n \n```\n", 2, "this `run` fence is empty"),
            ("## P\n```sh check\n```\n", 2, "this `check` fence is empty"),
            ("## P\n```sh check x\nls\n```\n", 2, "`x` after `check` means nothing"),
            ("## P\n```text edit\nx\n```\n", 2, "`edit` is followed by nothing"),
            ("## P\n```text edit a.md\nx\n```\n", 2, "the edit has neither"),
            ("## P\n```text remember a b\nx\n```\n", 2, "`remember` is followed by 2 words"),
            ("## P\n```do\n```\n", 2, "`do` is followed by nothing"),
            ("## P\n```toml do tag\na = 1\nb = \n```\n", 4, "these arguments are no TOML"),
            ("## P\n```toml do tag\na = 2024-01-01\n```\n", 2, "these arguments hold what JSON does not know"),
            ("## P\n```toml do tag\na = nan\n```\n", 2, "these arguments hold what JSON does not know"),
            ("", 1, "nothing to execute, check or ask"),
            ("# Title\n\nOnly text.\n\n<!-- a note -->\n", 1, "nothing to execute, check or ask"),
            ("---\nmodel: plan\n---\n", 4, "nothing to execute, check or ask"),
        ],
    )
    def test_have_their_line(self, text: str, line: int, message: str) -> None:
        (error,) = errors(text)
        assert error.startswith(f"{line}: {message}")

    @pytest.mark.parametrize(
        ("matter", "line", "message"),
        [
            ("model: plan\nmodle: x", 3, "`modle` is no key of the front matter"),
            ("model: a\nmodel: b", 3, "`model` is set twice"),
            ("model: [a]", 2, "the value of `model` does not fit"),
            ("autonomy: wild", 2, "the value of `autonomy` does not fit; write one of step, guided"),
            ("budget:\n  wishes: 3", 2, "the value of `budget` does not fit"),
            ("budget: {nodes: 0}", 2, "the value of `budget` does not fit"),
            ("budget: {nodes: true}", 2, "the value of `budget` does not fit"),
            ("budget: 7", 2, "the value of `budget` does not fit"),
            ("context: {a: b}", 2, "the value of `context` does not fit"),
            ("model: plan\nmodel plan", 3, "the front matter is no YAML"),
            ("a: !!timestamp 2024-99-99", 2, "the front matter is no YAML"),
            ("- model", 2, "the front matter is no mapping"),
        ],
    )
    def test_of_front_matter_have_their_line(self, matter: str, line: int, message: str) -> None:
        error, *_ = errors(f"---\n{matter}\n---\n## P\n")
        assert error.startswith(f"{line}: {message}")

    @pytest.mark.parametrize(
        ("text", "line"), [("---\nmodel: plan\n\n## P\n", 1), ("\n---\nmodel: plan\n---\n## P\n", 2)]
    )
    def test_front_matter_that_is_none_is_not_taken_for_text(self, text: str, line: int) -> None:
        assert errors(text) == [
            f"{line}: front matter begins in line 1 and ends with `---`; close it, or take out this line"
        ]

    def test_are_all_told_at_once_by_line(self) -> None:
        found = errors("# A\n\n{{x}}\n\n## P\n```text ../a\n```\n# B\n? q\n```sh run\n")
        assert [error.partition(":")[0] for error in found] == ["3", "6", "8", "9", "10"]

    def test_nesting_that_markdown_would_drop_is_told(self) -> None:
        deep = "".join("  " * level + f"- [ ] {level}\n" for level in range(60))
        (error,) = errors("## P\n" + deep)
        assert "nested deeper than can be read" in error
        assert plan("## P\n" + deep[: deep.index("- [ ] 40")].rstrip(" ")).phases[0].items

    def test_an_edited_slice_has_one_heading_of_its_own(self) -> None:
        with pytest.raises(PlanError, match="directive:3: this heading is not below the first one"):
            parse_section("### A\n\n### B\n")

    def test_messages_are_safe_on_a_terminal(self) -> None:
        (error,) = errors("## P\n```text a.md \x1b]0;x\x07\n```\n")
        assert "\x1b" not in error
        assert "�]0;x�" in error


class TestWarnings:
    @pytest.mark.parametrize(
        ("text", "line", "message"),
        [
            ("## P\n- [ ] a\n\n1. b\n2. c\n", 4, "numbers do not order anything"),
            ("## P\n```python rum\nx\n```\n- [ ] a\n", 2, "`rum` is no path and no word known here"),
            ("## P\n```text Makefile\n```\n- [ ] a\n", 2, "to write a file of that name use ./Makefile"),
            ('## P\n```python title="a.py"\n```\n- [ ] a\n', 2, '`title="a.py"` is no path'),
            ("## P\n```src/a.py\n```\n- [ ] a\n", 2, "`src/a.py` stands where the language does"),
            ("## P\n- [ ] a\n\nb\n", None, ""),
            ("## P\nOnly text.\n", 1, "`P` holds nothing to execute or check"),
            ("## P\n\n- [ ] a\n  b\n", 3, "`a` holds nothing to execute or check"),
            ("## P\n- [ ] a\n\n#### Q\n", 4, "`Q` leaves out a level of headings; it hangs on `P`"),
            ("## P\n> ```sh run\n> ls\n> ```\n\n- [ ] a\n", 2, "this fence is quoted"),
            ("## P\n\n      ```sh run\n      ls\n      ```\n\n- [ ] a\n", 3, "this fence is indented too far"),
            ("## P\n- [ ] a\n  # b\n", 3, "a heading inside of a list item is context"),
            ("## P\n##Q\n- [ ] a\n", 2, "this is no heading"),
            ("- [ ] a\n\n## P\n- [ ] b\n", 1, "an item above the first `##` is context"),
            ("## P\n- [ ] a\n\n```sh run\nls\n```\n", 4, "this fence runs before the items above it"),
        ],
    )
    def test_have_their_line(self, text: str, line: int | None, message: str) -> None:
        idle = "`a` holds nothing", "`b` holds nothing", "`Q` holds nothing"
        wanted = [found for found in warnings(text) if not found[1].startswith(idle) or message.startswith(idle)]
        if line is None:
            assert wanted == []
        else:
            ((at, told),) = wanted
            assert at == line
            assert message in told

    def test_parallel_parts_that_write_one_path(self) -> None:
        fence = "```text ./a.md\n```\n"
        text = f"## P\n### A\n{fence}### B\n#### C\n{fence}{fence}### D\n```diff edit a.md\n@@ -1 +1 @@\n-a\n+b\n```\n"
        assert warnings(text) == [
            (6, "a.md is also written by `A`, side by side with this; let one write it"),
            (11, "a.md is also written by `A`, side by side with this; let one write it"),
        ]

    @pytest.mark.parametrize(
        "text",
        [
            "## P\n```text a.md\n```\n## Q\n```text a.md\n```\n",
            "## P\n```text a.md\n```\n### Q\n```text a.md\n```\n",
            "## P\n- [x] a\n\n  ```text a.md\n  ```\n- [ ] b\n\n  ```text a.md\n  ```\n",
        ],
    )
    def test_writers_that_go_one_after_another_are_fine(self, text: str) -> None:
        assert warnings(text) == []

    @pytest.mark.parametrize("text", ["## P\n? v: x\n", "## P\n- [x] a\n", "# T\n### Q\n? v: x\n"])
    def test_a_section_that_asks_or_is_done_is_not_idle(self, text: str) -> None:
        assert warnings(text) == []

    def test_the_template_has_none(self) -> None:
        read = parse(template(), "template.md")
        assert read.warnings == ()
        assert [len(phase.parts) for phase in read.phases] == [2, 0]
        assert "<!--" not in read.context + "".join(phase.text for phase in read.phases)


class TestSlices:
    TEXT = dedent("""
        # Goal
        ## One {{v}}
        ? v: Version? [a|b] = a
        Text.

        ```sh check
        true
        ```
        - [ ] item
          text
          ? w: x
          - [ ] inner {{w}}

            ````python a/{{w}}.py run
            ```
            ````
        - plain

        #### Deep
        1. x
        ### Part
        ```toml do tag
        name = "{{v}}"
        ```
        """)

    def test_each_section_is_read_back_from_its_directive(self) -> None:
        sections = [section for phase in parse(self.TEXT, "x").phases for section in phase.walk()]
        assert len(sections) == 5
        for section in sections:
            again = parse_section(section.directive, mark=section.mark)
            assert bare(again) == bare(section)
            assert [child.mark for child in again.children] == [child.mark for child in section.children]

    def test_a_directive_is_the_source_text(self) -> None:
        (phase,) = parse(self.TEXT, "x").phases
        assert phase.directive == self.TEXT[self.TEXT.index("## One") :]
        assert phase.parts[0].directive == "#### Deep\n1. x\n"

    def test_what_is_its_own_has_no_children(self) -> None:
        (phase,) = parse(self.TEXT, "x").phases
        own = parse_section(phase.own)
        assert own.children == ()
        assert (own.title, own.text, own.checks[0].body) == (phase.title, phase.text, phase.checks[0].body)
        assert phase.own.endswith("<!-- items -->\n- plain\n")

    def test_a_slice_without_heading_is_a_section_too(self) -> None:
        section = parse_section("\nDo this.\n\n```sh run\nls\n```\n\n### Part\n")
        assert (section.title, section.level, len(section.acts), len(section.parts)) == ("Do this.", 0, 1, 1)

    def test_an_edit_of_the_text_keeps_the_marks(self) -> None:
        before, after = (parse(text, "x").phases[0] for text in (self.TEXT, self.TEXT.replace("item", "thing")))
        assert [section.mark for section in before.walk()] == [section.mark for section in after.walk()]


names = st.sampled_from(["alpha", "Größe", "数", "`code`", "a *b*", "x: y"])
bodies = st.lists(st.sampled_from(["x", "", "    deep", "\ttab", "# no heading", "- [ ] no item", "``", "? no: ask"]))


@st.composite
def fences(draw: st.DrawFn) -> tuple[str, str]:
    marker = draw(st.sampled_from(["```", "~~~", "`````"]))
    body = "".join(f"{line}\n" for line in draw(bodies))
    return body, f"{marker}text {draw(st.sampled_from('abc'))}.txt\n{body}{marker}"


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> dict[str, Any]:
    below = draw(st.lists(trees(depth - 1), max_size=3)) if depth else []
    return {
        "title": draw(names),
        "done": draw(st.booleans()),
        "fences": draw(st.lists(fences(), max_size=2)),
        "items": below,
        "tabs": draw(st.booleans()),
    }


def written(tree: dict[str, Any], indent: Callable[[str], str]) -> str:
    """A tree as an item with its fences and items below it."""
    below = "\t" if tree["tabs"] else "    "
    lines = [f"- [{'x' if tree['done'] else ' '}] {tree['title']}", ""]
    for _, fence in tree["fences"]:
        lines += [*(f"{below}{line}" if line else "" for line in fence.split("\n")), ""]
    text = "\n".join(indent(line) if line else "" for line in lines) + "\n"
    return text + "".join(written(item, lambda line: indent(f"{below}{line}")) for item in tree["items"])


def same(tree: dict[str, Any], section: Section) -> None:
    assert (section.title, section.done) == (tree["title"], tree["done"])
    assert [act.body for act in section.acts] == [body for body, _ in tree["fences"]]
    assert len(section.items) == len(tree["items"])
    for below, item in zip(tree["items"], section.items, strict=True):
        same(below, item)


class TestProperties:
    @given(st.lists(trees(), min_size=1, max_size=3))
    @settings(max_examples=60, deadline=None)
    def test_trees_of_items_are_read_as_they_were_written(self, items: list[dict[str, Any]]) -> None:
        text = "## P\n" + "".join(written(item, lambda line: line) for item in items)
        (phase,) = parse(text, "x").phases
        same({"title": "P", "done": False, "fences": [], "items": items}, phase)
        for section in phase.walk():
            assert bare(parse_section(section.directive)) == bare(section)

    LINES = (
        "# T|## A|### B|#### C|- [ ] a|  - [ ] b|\t- [ ] t|- [x] d|1. [ ] n|2. m|- p|```sh run|```|  ```py a/b.py|  ```|"
        "\techo|~~~|````md x.md|````|? q: t [a,b] = a|? r: t|  ? s: x|{{q}}|text|  text {{r}}|||    code|> quote|"
        "---|===|<!-- c -->|<!--|-->|<div>|\u00a0|\u2028|\x0c|[a]: b|-\t[ ] tab|   - [ ] three|     under"
    ).split("|")

    @given(st.lists(st.sampled_from(LINES), max_size=20))
    @settings(max_examples=150, deadline=None)
    def test_any_text_is_a_plan_whose_slices_stand_alone_or_an_error(self, lines: list[str]) -> None:
        try:
            read = parse("\n".join(lines), "x")
        except PlanError:
            return
        for section in (section for phase in read.phases for section in phase.walk()):
            assert bare(parse_section(section.directive)) == bare(section)
            own = parse_section(section.own)
            assert own.children == ()
            assert [act.body for act in own.acts] == [act.body for act in section.acts]


class TestFiles:
    def test_reads_a_plan(self, tmp_path: Path) -> None:
        (tmp_path / "p.md").write_bytes("\ufeff## Größe\n".encode())
        assert read_plan(tmp_path / "p.md") == "## Größe\n"

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"\xff\xfe\x00", "is no text in UTF-8"),
            (b"# a\0b\n", "is a binary file"),
            (b" \n\t\n", "is empty"),
            (b"x" * (LARGEST + 1), "is larger than 2048 KiB"),
        ],
    )
    def test_refuses_what_is_no_plan(self, tmp_path: Path, content: bytes, message: str) -> None:
        (tmp_path / "p.md").write_bytes(content)
        with pytest.raises(UsageError, match=message):
            read_plan(tmp_path / "p.md")

    def test_refuses_what_is_no_file(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for name, message in {"none.md": "there is no plan", ".": "is a folder", "pipe": "is no regular file"}.items():
            with pytest.raises(UsageError, match=message):
                read_plan(tmp_path / name)

    def test_says_why_a_file_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "loop.md").symlink_to("loop.md")
        with pytest.raises(UsageError, match="cannot be read"):
            read_plan(tmp_path / "loop.md")
