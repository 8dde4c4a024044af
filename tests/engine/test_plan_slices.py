"""Slices of plans: what a node is told means the same when it stands alone."""

from collections.abc import Callable
from textwrap import dedent
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from swarm.errors import PlanError
from swarm.plan.document import Section
from swarm.plan.parse import parse, parse_section

LINES = """
# T
## A
### B
#### C
- [ ] a
  - [ ] b
\t- [ ] t
-\t[ ] tab
   - [ ] three
- [x] d
1. [ ] n
2. m
- p

```sh run
```
  ```py a/b.py
  ```
\techo
~~~
````md x.md
````
? q: t [a|b] = a
? r: t
  ? s: x
{{q}}
text
  text {{r}}
    code
     under
> quote
---
===
[a]: b
<!-- c -->
<!--
-->
<div>
\u00a0
\u2028
\x0c
"""


def bare(section: Section) -> Any:
    """A section without what its place in the document decides: lines and marks."""

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without(item) for key, item in value.items() if key not in ("line", "first", "last", "mark")}
        return [without(item) for item in value] if isinstance(value, (list, tuple)) else value

    return without(section.model_dump())


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

    @given(st.lists(st.sampled_from(LINES.split("\n")), max_size=20))
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
