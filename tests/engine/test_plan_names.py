"""`{{name}}`: who may use an answer, and how it is put in."""

from typing import Any

import pytest

from swarm.errors import PathRefused, PlanError
from swarm.plan.document import Plan
from swarm.plan.names import environment, environment_name, fill, fill_ask, substitute, used_names
from swarm.plan.parse import parse, parse_section


def plan(text: str, **options: Any) -> Plan:
    return parse(text, "plan.md", **options)


def errors(text: str, **options: Any) -> list[str]:
    with pytest.raises(PlanError) as caught:
        plan(text, **options)
    lines = str(caught.value).split("\n")
    assert all(line.startswith("plan.md:") for line in lines)
    return [line.removeprefix("plan.md:") for line in lines]


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
            ("## P\n? v: x\n```sh run\n\necho {{v}}\n```\n", 5, "{{v}} is never pasted into code; use the variable V"),
            ("## P\n? v: x\n```sh check\necho {{v}}\n```\n", 4, "{{v}} is never pasted into code; use the variable V"),
            ("## P\n? v: x\n```sh a.sh run\n{{v}}\n```\n", 4, "{{v}} is never pasted into code; use the variable V"),
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
