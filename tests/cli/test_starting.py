"""From a goal to what a run starts with."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from app.models import usual
from app.settings import load_settings
from app.starting import Wish, prepared
from swarm.errors import PlanError, UsageError
from swarm.values import Document, Limits

FRONT = "---\nmodel: human\nautonomy: guided\nbudget:\n  nodes: 7\ncontext: notes.txt\n---\n"
BODY = "# Count\n\n## Do\n\n```sh run\ntrue\n```\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plan.md").write_text(FRONT + BODY)
    (tmp_path / "notes.txt").write_text("mind the gap\n")
    (tmp_path / "other.txt").write_text("other\n")
    return tmp_path


def test_front_matter_is_taken_where_the_person_says_nothing(folder: Path) -> None:
    start = prepared(Wish("plan.md", folder=folder), usual).start

    assert (start.model, start.level, start.title) == ("human", "guided", "Count")
    assert start.limits == Limits(nodes=7)
    assert start.context == (Document(name="notes.txt", text="mind the gap\n"),)
    assert start.goal == FRONT + BODY


def test_what_the_person_says_comes_before_front_matter(folder: Path) -> None:
    wish = Wish("plan.md", "plan", "auto", {"depth": 3}, ("other.txt",), True, True, folder)

    start = prepared(wish, usual).start

    assert (start.model, start.level, start.limits) == ("plan", "auto", Limits(nodes=7, depth=3))
    assert [document.name for document in start.context] == ["other.txt", "notes.txt"]
    assert (start.defaults, start.allow_unsandboxed) == (True, True)


def test_paths_of_front_matter_begin_at_the_plan(folder: Path) -> None:
    (folder / "plans").mkdir()
    (folder / "plans" / "far.md").write_text(FRONT + BODY)
    (folder / "plans" / "notes.txt").write_text("beside the plan\n")

    start = prepared(Wish("plans/far.md", folder=folder), usual).start

    assert start.context[0].text == "beside the plan\n"


def test_a_goal_in_words_attaches_files_and_takes_its_first_words_as_title(folder: Path) -> None:
    goal = "Read @notes.txt, ask @ada, then write a very long report about everything that you found there"

    start = prepared(Wish(goal, folder=folder), usual).start

    assert [document.name for document in start.context] == ["notes.txt"]
    assert start.title == "Read @notes.txt, ask @ada, then write a very long report…"
    assert (start.goal, start.level, start.model) == (goal, "step", "human")


def test_a_document_that_is_no_plan_can_be_a_goal_for_another_model(folder: Path) -> None:
    (folder / "idea.md").write_text("# Idea\n\nOnly words.\n")

    with pytest.raises(PlanError):
        prepared(Wish("idea.md", folder=folder), usual)
    start = prepared(Wish("idea.md", "openai:small", folder=folder), usual).start
    assert (start.model, start.title) == ("openai:small", "idea.md")


def test_models_are_chosen_by_settings_then_plan_then_endpoint_then_the_human(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (folder / "bare.md").write_text(BODY)

    def model(goal: str, preferred: str = "") -> str:
        return prepared(Wish(goal, folder=folder), partial(usual, preferred=preferred)).start.model

    assert model("Say hello") == "human"
    assert model("bare.md") == "plan"
    assert model("bare.md", "openai:big") == "openai:big"
    assert model("plan.md", "openai:big") == "human"  # its front matter says so
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1")
    assert model("Say hello") == "openai:env"
    assert model("bare.md") == "plan"


def test_settings_are_read_strictly(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert load_settings(environ).model == ""
    file = tmp_path / "swarmkeeper" / "settings.toml"
    file.parent.mkdir()
    file.write_text('model = "openai:big"\n[keys]\n"card.approve" = "y"\n')
    assert load_settings(environ).model == "openai:big"
    assert load_settings(environ).keys == {"card.approve": "y"}
    for text in ("theme = 3\n", "= 3", "colour = 'red'"):
        file.write_text(text)
        with pytest.raises(UsageError, match=r"settings\.toml"):
            load_settings(environ)
