"""Plans: what each rule of the document makes of it."""

from textwrap import dedent
from typing import Any

import pytest

from swarm.errors import PlanError
from swarm.plan.document import Plan
from swarm.plan.names import fill
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


RELEASE = """
# Release

? version: Which version?
? kind: What kind of release? [major|minor|patch] = minor

## Write it down

### Version
```text edit VERSION
<<<<<<< SEARCH
1.0.0
=======
{{version}}
>>>>>>> REPLACE
```

### Changelog
```diff edit CHANGELOG.md
@@ -1 +1,3 @@
 # Changes
+
+## {{version}} ({{kind}})
```

## Tag it
```toml do tag
name = "v{{version}}"
message = "A {{kind}} release"
```
```sh check
test "$(cat VERSION)" = "$VERSION"
```
"""

HEALTH = """
# How healthy is this repository?

## Look
- [ ] Size
  ```sh run readonly
  wc -l *.py
  ```
- [ ] Tests
  ```sh run readonly
  ls tests
  ```
- [ ] Notes
  ```python run readonly
  print("TODO" in open("a.py").read())
  ```

## Keep the report
```markdown remember health
```
"""


class TestWholePlans:
    def test_a_release_edits_with_its_answers_and_tags(self) -> None:
        read = plan(RELEASE, actions=["tag"])
        assert read.warnings == ()
        answers = {"version": "1.1.0", "kind": "minor"}
        edits = [fill(part.acts[0], answers) for part in read.phases[0].todo]
        assert [(edit.path, "1.1.0" in edit.body) for edit in edits] == [("VERSION", True), ("CHANGELOG.md", True)]
        tag = fill(read.phases[1].acts[0], answers)
        assert (tag.name, tag.arguments) == ("tag", {"name": "v1.1.0", "message": "A minor release"})

    def test_a_health_report_looks_side_by_side_and_remembers(self) -> None:
        read = plan(HEALTH)
        assert read.warnings == ()
        looks = [item.acts[0] for item in read.phases[0].todo]
        assert [(look.kind, look.readonly) for look in looks] == [("run", True)] * 3
        assert [(act.kind, act.name, act.body) for act in read.phases[1].acts] == [("remember", "health", "")]
