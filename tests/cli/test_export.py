"""`swarm export`: files that others can open, and a plan that can be run again."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app import examples
from app.cli.replies import ExportShape
from swarm.plan.parse import parse
from tests.cli.calls import Swarm, environment, git
from tests.engine.test_export_page import Tags, data_of

KINDS = (".html", ".svg", ".json", ".md")
LOADED = """
import sys
from app.main import main
try:
    main({args!r})
except SystemExit as end:
    assert end.code == 0
print(sorted({{"textual", "openai"}} & set(sys.modules)))
"""


@pytest.fixture
def finished(swarm: Swarm) -> Swarm:
    """A run that is done."""
    said = swarm("run", "plan.md", "--headless", "--autonomy", "auto", "--defaults", "--allow-unsandboxed")
    assert said.code == 0, said.err
    return swarm


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_written_and_said_to_be(finished: Swarm, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"out{kind}"
    said = finished("export", str(path))
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"wrote {path}: greet-reader-1 at frame ")
    assert path.stat().st_size > 300
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [left.name for left in tmp_path.glob("out*")] == [path.name]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_there_is_kept_unless_force_is_said(resting: Swarm, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"out{kind}"
    path.write_text("mine")
    said = resting("export", str(path))
    assert (said.code, said.out) == (2, "")
    assert said.err == f"swarm: {path} is there already: name another file, or say --force\n"
    assert path.read_text() == "mine"
    if kind != ".md":
        assert resting("export", str(path), "--force").code == 0
        assert path.read_text() != "mine"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["out.txt"], "out.txt does not say what to write: let its name end in .html, .svg, .json, .md"),
        (["greet-reader-1"], "greet-reader-1 does not say what to write: let its name end in .html, .svg, .json, .md"),
        (["a", "b", "c.svg"], "say `swarm export [RUN] FILE`: one run, one file"),
        (["nobody", "out.svg"], "no run nobody: `swarm runs` lists those in "),
        (["out.svg", "--frame", "99999"], "run greet-reader-1 has no frame 99999"),
        (["no/such/folder/out.svg"], "no/such/folder/out.svg: cannot be written"),
        (["out.md"], "run greet-reader-1 changed, ran and kept nothing by frame "),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(resting: Swarm, words: list[str], error: str) -> None:
    said = resting("export", *words)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert said.err.startswith(f"swarm: {error}")
    assert not list(resting.root.glob("out*"))


def test_json_says_what_was_written(resting: Swarm, tmp_path: Path) -> None:
    path = tmp_path / "out.svg"
    found = resting("export", "greet", str(path), "--json").json
    last = resting("history", "--json").frames[-1]["frame"]
    assert found == {"run": "greet-reader-1", "frame": last, "file": str(path), "bytes": path.stat().st_size}


def test_the_data_are_the_history_and_the_state_in_the_promised_shape(finished: Swarm, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    assert finished("export", str(path)).code == 0
    found = json.loads(path.read_text())
    assert found["frames"] == finished("history", "--json").frames
    assert found["state"] == finished("show", "--json").json
    shape = ExportShape.model_validate_json(path.read_text())
    assert (shape.run, shape.frame, shape.origin) == ("greet-reader-1", len(found["frames"]) - 1, "")


def test_an_export_at_a_frame_knows_nothing_of_what_came_later(finished: Swarm, tmp_path: Path) -> None:
    frames = finished("history", "--json").frames
    middle = next(frame["frame"] for frame in frames if frame["kind"] == "question.asked")
    for kind in (".html", ".svg", ".json"):
        assert finished("export", str(tmp_path / f"out{kind}"), "--frame", str(middle)).code == 0
    assert len(data_of((tmp_path / "out.html").read_text())["log"]["at"]) == middle + 1
    assert len(json.loads((tmp_path / "out.json").read_text())["frames"]) == middle + 1
    assert f"frame {middle} " in (tmp_path / "out.svg").read_text()
    assert "greeting.txt" not in (tmp_path / "out.svg").read_text()


def test_the_page_has_tree_decisions_answers_diffs_and_outputs(finished: Swarm, tmp_path: Path) -> None:
    path = tmp_path / "out.html"
    assert finished("export", str(path)).code == 0
    page = path.read_text()
    data, tags = data_of(page), Tags(page)
    texts = data["texts"]
    shown = finished("show", "--json").json
    assert [node["id"] for node in data["nodes"]] == [node["id"] for node in shown["nodes"]]
    assert {texts[gate["decision"]["rule"]] for gate in data["gates"] if gate["decision"]} >= {
        "level auto: spawns and ends"
    }
    assert [texts[question["answer"]] for question in data["questions"]] == ["hello"]
    [commit] = data["commits"]
    assert "+++ b/greeting.txt" in texts[commit[4]]
    assert "+hello" in texts[commit[4]]
    assert [output[3] for output in data["outputs"]] == [0]
    assert tags.inside["title"] == ["Greet the reader · greet-reader-1"]


def test_the_picture_has_a_row_for_each_row_of_the_tree(finished: Swarm, tmp_path: Path) -> None:
    path = tmp_path / "out.svg"
    assert finished("export", str(path)).code == 0
    texts = [element.text for element in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "Greet the reader"
    assert str(texts[1]).startswith("run greet-reader-1 · done · frame ")
    assert texts.count("✓ done") == 4


def test_no_secret_of_the_environment_is_in_page_or_picture(
    finished: Swarm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READER_TOKEN", "the reader")
    for kind in (".html", ".svg"):
        assert finished("export", str(tmp_path / f"out{kind}")).code == 0
        text = (tmp_path / f"out{kind}").read_text()
        assert "the reader" not in text
        assert "READER_TOKEN hidden" in text


def test_an_export_loads_no_screen_and_no_client(finished: Swarm, tmp_path: Path) -> None:
    for kind in KINDS:
        args = ["export", str(tmp_path / f"out{kind}")]
        code = LOADED.format(args=args)
        done = subprocess.run(
            [sys.executable, "-P", "-c", code],
            cwd=finished.root,
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", ["wordcount", "release"])
def test_an_exported_plan_makes_the_same_files_on_a_fresh_copy(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roots = [examples.copy(name, tmp_path / copy) for copy in ("first", "second")]
    plans = [roots[0] / "plan.md", tmp_path / "exported.md", tmp_path / "again.md"]
    trees = []
    for root, plan, exported in zip(roots, plans, plans[1:], strict=False):
        swarm, where = Swarm(root, capsys), ("--root", str(root))
        options = ("--headless", "--autonomy", "auto", "--defaults", "--allow-unsandboxed")
        assert swarm("run", str(plan), *options, *where).code == 0
        assert swarm("export", str(exported), *where).code == 0
        [run] = swarm("runs", "--json", *where).json
        trees.append(git(root, "rev-parse", f"{run['branch']}^{{tree}}"))
    assert trees[0] == trees[1]
    once, twice = (parse(plan.read_text(), "p") for plan in plans[1:])
    assert once.phases == twice.phases
    assert git(roots[0], "tag") == git(roots[1], "tag")
