"""Looking at runs: shapes that others may rely on, and words for people."""

from __future__ import annotations

from app.cli.schemas import FOLDER, schemas
from tests.cli.calls import Swarm


def test_the_schemas_in_docs_are_those_of_the_program() -> None:
    written = {path.name: path.read_text() for path in FOLDER.glob("*.json")}

    assert written == schemas(), "run `python -m app.cli.schemas`"


def test_show_has_the_promised_fields(swarm: Swarm) -> None:
    run = swarm.start()
    assert swarm("decide", run, "1", "approve").code == 0
    assert swarm("resume", run, "--headless").code == 3

    shown = swarm("show", run, "--json").json

    assert set(shown) == {
        *("run", "status", "frame", "goal", "commit", "nodes", "gates", "questions", "queue", "usage"),
    }
    assert (shown["run"], shown["status"], len(shown["commit"])) == (run, "waiting", 40)
    assert shown["goal"] == (swarm.root / "plan.md").read_text().strip() + "\n"
    root, manager = shown["nodes"]
    assert set(root) == {"id", "parent_id", "action", "directive", "status", "report", "attempts", "commit"}
    assert (root["id"], root["parent_id"], root["action"]) == ("1", None, "organise_context")
    assert (manager["parent_id"], manager["status"]) == ("1", "waiting_answer")
    gate = shown["gates"][0]
    assert (gate["id"], gate["kind"], gate["status"], gate["decision"]["verb"]) == ("1", "spawn", "applied", "approve")
    question = shown["questions"][0]
    assert (question["id"], question["name"], question["status"], question["answer"]) == ("q1", "word", "open", None)


def test_show_at_a_frame_is_the_run_as_it_was(swarm: Swarm) -> None:
    run = swarm.start()
    assert swarm("decide", run, "1", "approve").code == 0
    assert swarm("resume", run, "--headless").code == 3
    opened = next(frame for frame in swarm("history", run, "--json").frames if frame["kind"] == "gate.opened")

    before = swarm("show", run, "--frame", str(opened["frame"] - 1), "--json").json
    then = swarm("show", run, "--frame", str(opened["frame"]), "--json").json

    assert (before["gates"], len(then["gates"]), then["gates"][0]["status"]) == ([], 1, "open")
    assert then["frame"] == opened["frame"]
    assert len(then["nodes"]) == 1


def test_runs_lists_the_newest_first_with_the_promised_fields(swarm: Swarm) -> None:
    first, second = swarm.start(), swarm.start()

    rows = swarm("runs", "--json").json

    assert [row["id"] for row in rows] == [second, first]
    assert {"id", "goal", "status", "started", "waiting", "branch", "origin"} <= rows[0].keys()
    assert (rows[0]["goal"], rows[0]["waiting"]) == ("Greet the reader", 1)
    assert (rows[0]["branch"], rows[0]["origin"]) == (f"swarm/{second}", "")
    assert swarm("show", "--json").json["run"] == second


def test_inbox_has_the_promised_fields_for_gates_and_questions(swarm: Swarm) -> None:
    run = swarm.start()
    gate = swarm("inbox", run, "--json").json[0]
    question = swarm.approve_to(run, "question")

    promised = {"id", "node", "kind", "digest", "proposal", "choices", "opened", "blocks", "card"}
    assert set(gate) == promised
    assert (gate["id"], gate["card"], gate["kind"], gate["blocks"]) == ("1", "1", "spawn", 2)
    assert (gate["choices"], len(gate["digest"])) == (["approve", "edit", "reject", "skip", "stop"], 32)
    assert promised | {"name", "text", "choices", "default"} <= question.keys()
    assert (question["name"], question["choices"], question["default"]) == ("word", ["hello", "hi"], "hello")
    assert (question["card"], question["digest"], question["proposal"]) == (question["id"], "", None)


def test_the_same_in_words(swarm: Swarm) -> None:
    run = swarm.start()

    assert run in swarm("runs").out
    shown = swarm("show", run).out
    assert "waiting" in shown
    assert f"swarm decide {run} 1 approve" in shown
    history = swarm("history", run).out.splitlines()
    assert [int(line.split()[0]) for line in history] == list(range(len(history)))
    assert "gate 1 opens: spawn 1" in history[-1]
    swarm.approve_to(run, "question")
    inbox = swarm("inbox", run).out
    assert "hello | hi" in inbox
    assert f"swarm answer {run} q1 TEXT" in inbox


def test_an_empty_workspace_says_how_to_begin(swarm: Swarm) -> None:
    assert "swarm run" in swarm("runs").out
    assert swarm("runs", "--json").json == []
    assert not (swarm.root / ".swarm").exists()


def test_actions_and_memory(swarm: Swarm) -> None:
    actions = swarm("actions", "--json").json
    names = [action["name"] for action in actions]
    assert {"carry_out", "write_file", "tag", "review_directive"} <= set(names)
    assert swarm("actions", "list", "--json").json == actions
    assert swarm("actions", "show", "tag", "--json").json == next(item for item in actions if item["name"] == "tag")
    assert "tag" in swarm("actions", "show", "tag").out

    assert swarm("memory", "--json").json == []
    (swarm.root / "plan.md").write_text("# Keep\n\n## Do\n\n```text remember greetings\nAlways say hello.\n```\n")
    assert swarm("run", "plan.md", "--headless", "--autonomy", "auto").code == 0
    kept = [{"name": "greetings", "text": "Always say hello.\n"}]
    assert swarm("memory", "list", "--json").json == kept
    assert swarm("memory", "search", "what", "to", "say", "--json").json == kept
    assert swarm("memory", "search", "weather", "--json").json == []
    assert swarm("memory", "show", "greetings").out == "Always say hello.\n"


def test_plan_prints_the_tree_or_a_template_and_runs_nothing(swarm: Swarm) -> None:
    said = swarm("plan", "plan.md")
    assert (said.code, said.err) == (0, "")
    assert "writes     greeting.txt" in said.out
    outline = swarm("plan", "plan.md", "--json").json
    assert [branch["title"] for branch in outline["branches"]] == ["Say it"]

    template = swarm("plan", "--new").out
    (swarm.root / "new.md").write_text(template)
    assert swarm("plan", "new.md").code == 0
    assert not (swarm.root / ".swarm").exists()


def test_doctor_finds_what_runs_need(swarm: Swarm, tmp_path: object) -> None:
    said = swarm("doctor", "--json")

    findings = {finding["name"]: finding for finding in said.json["findings"]}
    assert set(findings) == {"git", "workspace", "sandbox", "endpoint", "settings", "terminal"}
    assert (said.code, said.json["ok"], findings["git"]["ok"]) == (0, True, True)
    assert all(finding["advice"] for finding in findings.values() if not finding["ok"])
    assert "runs can work here" in swarm("doctor").out

    nowhere = swarm("doctor", "--root", str(tmp_path), "--json")
    assert (nowhere.code, nowhere.json["ok"]) == (1, False)
