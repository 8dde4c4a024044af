"""A run from goal to merge by the command line alone."""

from __future__ import annotations

from tests.cli.calls import Swarm, git


def test_a_plan_at_level_step_is_brought_to_its_end_by_inbox_decide_answer_and_resume(swarm: Swarm) -> None:
    run = swarm.start("--autonomy", "step")

    decisions = swarm.decide_all(run, "hi")

    assert 4 <= decisions <= 9
    branch = f"swarm/{run}"
    assert git(swarm.root, "show", f"{branch}:greeting.txt") == "hi"
    assert git(swarm.root, "log", "--format=%an", f"main..{branch}").splitlines() == ["Swarmkeeper"]
    assert not (swarm.root / "greeting.txt").exists()

    merged = swarm("merge", run)
    assert merged.code == 0, merged
    assert (swarm.root / "greeting.txt").read_text() == "hi\n"
    assert swarm("show", run, "--json").json["status"] == "done"


def test_headless_at_auto_with_defaults_ends_done_with_the_work_ready_to_merge(swarm: Swarm) -> None:
    said = swarm.process("run", "plan.md", "--headless", "--json", "--autonomy", "auto", "--defaults")

    assert (said.code, said.err) == (0, "")
    frames = said.frames
    assert [frame["frame"] for frame in frames] == list(range(len(frames)))
    assert all({"frame", "kind", "node", "at"} <= frame.keys() for frame in frames)
    assert [frame["kind"] for frame in frames if frame["kind"] == "run.ended"] == ["run.ended"]
    answered = next(frame for frame in frames if frame["kind"] == "question.answered")
    assert (answered["answer"], answered["by"]) == ("hello", "rule")
    run = frames[0]["run"]
    assert git(swarm.root, "show", f"swarm/{run}:greeting.txt") == "hello"
    assert [item["kind"] for item in swarm("inbox", run, "--json").json] == ["merge"]


def test_resume_prints_only_the_frames_that_are_new(swarm: Swarm) -> None:
    run = swarm.start()
    last = swarm("show", run, "--json").json["frame"]
    assert swarm("decide", run, "1", "approve").code == 0

    said = swarm("resume", run, "--json")

    assert said.code == 3
    assert next(frame["frame"] for frame in said.frames) == last + 2  # the decision is in the history already


def test_a_failing_plan_at_auto_ends_1_and_says_why(swarm: Swarm) -> None:
    (swarm.root / "plan.md").write_text("# Fail\n\n## Try\n\n```sh run\nexit 3\n```\n")

    said = swarm("run", "plan.md", "--headless", "--autonomy", "auto")

    assert said.code == 1
    assert "failed" in said.out.splitlines()[-1]


def test_a_limit_that_would_be_passed_ends_4_at_auto_and_asks_below(swarm: Swarm) -> None:
    assert swarm("run", "plan.md", "--headless", "--autonomy", "auto", "--defaults", "--budget", "nodes=2").code == 4

    said = swarm("run", "plan.md", "--headless", "--autonomy", "questions", "--defaults", "--budget", "nodes=2")

    assert said.code == 3
    run = swarm("show", "--json").json["run"]
    gate = swarm("inbox", run, "--json").json[0]
    assert (gate["kind"], gate["choices"]) == ("budget", ["raise", "stop"])
    assert swarm("decide", run, gate["id"], "--choose", "raise").code == 0
    assert swarm("resume", run, "--headless").code in (0, 3)
    assert len(swarm("show", run, "--json").json["nodes"]) > 2


def test_a_pause_at_rest_holds_the_run_until_it_is_taken_back(swarm: Swarm) -> None:
    run = swarm.start()
    assert swarm("pause", run).code == 0
    assert swarm("decide", run, "1", "approve").code == 0

    paused = swarm("resume", run, "--headless")

    assert paused.code == 3
    assert f"swarm continue {run}" in paused.out
    assert swarm("continue", run).code == 0
    assert swarm("resume", run, "--headless").code == 3
    assert swarm("show", run, "--json").json["status"] == "waiting"


def test_a_run_that_is_stopped_is_not_done(swarm: Swarm) -> None:
    run = swarm.start()

    receipt = swarm("stop", run, "--because", "wrong plan", "--json").json

    assert (receipt["status"], receipt["live"]) == ("stopped", False)
    assert swarm("resume", run, "--headless").code == 1
    assert "wrong plan" in swarm("show", run).out


def test_level_what_it_approves_and_tell_are_recorded_for_the_next_resume(swarm: Swarm) -> None:
    run = swarm.start()

    assert swarm("level", run, "auto").code == 0
    assert swarm("level", run, "1", "step").code == 0
    assert swarm("tell", run, "1", "--", "-h is no option here").code == 0

    kinds = [frame["kind"] for frame in swarm("history", run, "--json").frames][-4:]
    assert kinds == ["level.set", "gate.decided", "level.set", "node.told"]


def test_the_human_as_model_answers_forms_by_their_schema(swarm: Swarm) -> None:
    said = swarm("run", "Say hello to the reader", "--json", "--autonomy", "effects")
    assert said.code == 3
    run = said.frames[0]["run"]
    assert said.frames[0]["model"] == "human"

    question = swarm("inbox", run, "--json").json[0]
    assert (question["kind"], question["name"], question["form"]["title"]) == ("question", "Needs", "Needs")
    assert "Say hello" in question["prompt"]

    refused = swarm("answer", run, question["id"], '{"questions": 3}')
    assert (refused.code, len(refused.err.splitlines())) == (2, 1)
    assert swarm("answer", run, question["id"], '{"questions": []}').code == 0
    assert swarm("resume", run, "--headless").code == 3
    assert [item["name"] for item in swarm("inbox", run, "--json").json] == ["Decomposition"]
