"""What `swarm plan FILE` shows: the tree that a plan would grow, in 80 columns and as JSON."""

import json

from swarm.plan.files import template
from swarm.plan.outline import outline, outline_json
from swarm.plan.parse import parse

WORDCOUNT = """\
---
autonomy: guided
budget: {nodes: 50}
---
# Build a word counter with tests

? missing: Exit code when a file is missing? [1|2] = 1

## Count

```python check
import wordcount.core
```

### Core
```python wordcount/core.py
def count(text):
    return len(text.split())
```

## Use it
### Command line
```python wordcount/cli.py run
print(1)
```
### Tests
```sh check
# all of them
python -m unittest

echo $MISSING
```
- [x] plan them
- [ ] write them

## Tell
```text remember wordcount
```
```toml do tag
name = "v{{missing}}"
```
```sh run readonly
ls
```
"""

SHOWN = """\
Build a word counter with tests                                             line
autonomy guided · budget nodes 50
3 phases, 1 question, 2 files written, 1 command, 1 memory, 1 other action, 2
checks

asks       missing: Exit code when a file is missing? [1 | 2]  default 1       7

→ 1  Count                                                                     9
    → Core                                                                    15
        writes     wordcount/core.py  2 lines                                 16
    checks     import wordcount.core                                          11

→ 2  Use it                                                                   21
    ∥ Command line                                                            22
        writes     wordcount/cli.py  1 line, then runs it                     23
    ∥ Tests                                                                   26
        ✓ plan them  (ticked: skipped)                                        33
        → write them                                                          34
            asks       what to do with this                                   34
        checks     python -m unittest  4 lines                                27

→ 3  Tell                                                                     36
    remembers  wordcount  what the phases before it reported                  37
    does       tag  name = "v{{missing}}"                                     39
    runs       ls  changes nothing                                            42

Warnings
  line 34  `write them` holds nothing to execute or check; you will be asked
           what to do with it
"""


class TestText:
    def test_shows_the_tree_in_order_and_side_by_side(self) -> None:
        assert outline(parse(WORDCOUNT, "wordcount.md")) == SHOWN

    def test_fits_80_columns_whatever_is_in_the_plan(self) -> None:
        deep = "".join("  " * level + f"- [ ] {'long ' * 30}\n" for level in range(20))
        wide = f"? q: {'数 ' * 80}[{'a' * 90}|b]\n\n```sh run\n{'x' * 200}\n```\n"
        shown = outline(parse(f"# {'T' * 100}\n## {'数' * 60}\n{wide}{deep}", "x"))
        assert max(sum(2 if char == "数" else 1 for char in line) for line in shown.split("\n")) == 80

    def test_a_long_question_goes_on_in_the_next_lines(self) -> None:
        text = f"## P\n? q: {'Which of them? ' * 6}[a|b] = b\n"
        assert "default b" in outline(parse(text, "x"))

    def test_is_safe_on_a_terminal(self) -> None:
        shown = outline(parse("# \x1b]0;x\x07\n## \u202ea\n? q: \x9bx\n", "x"))
        assert all(char.isprintable() or char == "\n" for char in shown)

    def test_a_section_without_a_title_is_named_so(self) -> None:
        assert "∥ (no title)" in outline(parse("## P\n- [ ] \n- [ ] b\n", "x"))


class TestTemplate:
    def test_has_no_warnings_and_no_comments_in_its_context(self) -> None:
        read = parse(template(), "template.md")
        assert read.warnings == ()
        assert [len(phase.parts) for phase in read.phases] == [2, 0]
        assert "<!--" not in read.context + "".join(phase.text for phase in read.phases)

    def test_shows_parts_side_by_side(self) -> None:
        assert "∥ The program" in outline(parse(template(), "x"))


class TestJson:
    def test_is_the_same_tree(self) -> None:
        tree = json.loads(json.dumps(outline_json(parse(WORDCOUNT, "wordcount.md"))))
        assert tree["title"] == "Build a word counter with tests"
        assert tree["settings"]["autonomy"] == "guided"
        assert [(branch["mark"], branch["order"]) for branch in tree["branches"][1]["branches"]] == [
            ("2.1", "side by side"),
            ("2.2", "side by side"),
        ]
        (core,) = tree["branches"][0]["branches"]
        assert core["steps"] == [{"does": "writes", "what": "wordcount/core.py", "detail": "2 lines", "line": 16}]
        ticked, idle = tree["branches"][1]["branches"][1]["branches"]
        assert (ticked["done"], ticked["idle"], idle["done"], idle["idle"]) == (True, True, False, True)
        assert [(warning["line"], warning["severity"]) for warning in tree["warnings"]] == [(34, "warning")]
