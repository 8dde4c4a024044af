"""Plans that are wrong: each error and each warning, with its line."""

import os
from pathlib import Path
from typing import Any

import pytest

from swarm.errors import PlanError, UsageError
from swarm.plan.document import Plan
from swarm.plan.files import LARGEST, read_plan
from swarm.plan.parse import parse, parse_section


def plan(text: str, **options: Any) -> Plan:
    return parse(text, "plan.md", **options)


def errors(text: str, **options: Any) -> list[str]:
    with pytest.raises(PlanError) as caught:
        plan(text, **options)
    lines = str(caught.value).split("\n")
    assert all(line.startswith("plan.md:") for line in lines)
    return [line.removeprefix("plan.md:") for line in lines]


def warnings(text: str) -> list[tuple[int, str]]:
    return [(warning.line, warning.message) for warning in plan(text).warnings]


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
            (7, "a.md is also written by `A`, side by side with this; let one write it"),
            (12, "a.md is also written by `A`, side by side with this; let one write it"),
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
