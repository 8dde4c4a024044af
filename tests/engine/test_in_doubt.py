"""Effects that began and whose end was not seen: proved where possible, else asked about, never decided by itself."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any, get_args

import pytest

from swarm import commands as c
from swarm import frames as f
from swarm.context import NodeContext
from swarm.home import Home
from swarm.proposals import AnyProposal, Run
from swarm.values import Report
from swarm.workspace.merge import merge_preview
from swarm.workspace.probe import sandbox_of
from swarm.workspace.sandbox import Tier
from tests.engine import kit
from tests.engine.doubles import Mortal, Shelf
from tests.engine.kit import Stage, child, done, write_child
from tests.engine.real import begun, git, taken_up, worktree_of
from tests.engine.recount import check_history


async def _commands(node: NodeContext) -> Report:
    _, pairs = await node.spawn([child("command", "one"), write_child("beside.txt")])
    return done("; ".join(f"{report.outcome} {report.summary}" for _, report in pairs))


async def _command(node: NodeContext) -> Report:
    result = await node.run(Run(title=node.directive, script=node.directive))
    return done(f"exit {result.value['exit_code']}")


class _Restoring(Shelf):
    def __init__(self) -> None:
        super().__init__()
        self.restored: list[str] = []

    async def restore(self, commit: str) -> None:
        self.restored.append(commit)


async def _doubtful(performed: bool = True, provable: bool = False, **start: Any) -> Stage:
    """A run whose process died between the intent and the result of a command, while a write waited for its turn."""
    actions = {"root": _commands, "command": _command, "write": kit.write}
    stage = Stage(actions, world=_Restoring(), **start)
    await stage.finish()
    begun = next(frame.frame for frame in stage.frames if isinstance(frame, f.StepBegun) and frame.step == "run")
    stage.log = Mortal(stage.log.lines[: begun + 1])
    stage.world = _Restoring()
    stage.world.provable = provable
    if performed:
        stage.world.performed.append((begun, Run(title="one", script="one")))
    return stage


@pytest.mark.parametrize("level", ["step", "auto"])
@pytest.mark.parametrize(
    ("choice", "performed", "outcome"), [("again", 2, "done exit 0"), ("done", 1, "done exit 0"), ("fail", 1, "failed")]
)
async def test_a_command_in_doubt_asks_at_every_level_and_is_done_as_was_decided(
    level: str, choice: str, performed: int, outcome: str
) -> None:
    stage = await _doubtful(level=level)
    async with stage.open() as engine:
        state = await kit.settled(engine)
        gate = kit.gate_of(state, "in_doubt")
        assert (gate.proposal.what, gate.proposal.choices) == ("run one", ("again", "done", "fail"))
        await engine.do(kit.choose(gate, choice))
        state = await kit.drive(engine)
    assert sum(isinstance(proposal, Run) for _, proposal in stage.world.performed) == performed
    assert stage.world.restored == (["c0"] if choice == "again" else [])
    assert state.nodes["2"].report is not None
    assert f"{state.nodes['2'].report.outcome} {state.nodes['2'].report.summary}".startswith(outcome)
    check_history(stage.frames)


async def test_a_command_that_left_its_proof_is_not_run_again_and_nobody_is_asked() -> None:
    stage = await _doubtful(provable=True)
    state = await stage.finish()
    assert (state.status, "in_doubt" in {gate.kind for gate in state.gates.values()}) == ("done", False)
    assert [proposal.title for _, proposal in stage.world.performed if isinstance(proposal, Run)] == ["one"]


async def test_nothing_else_touches_the_workspace_while_an_effect_is_in_doubt() -> None:
    stage = await _doubtful(level="questions")
    async with stage.open() as engine:
        state = await kit.settled(engine)
        assert state.status == "waiting"
        assert state.steps["3", 1].begun == -1
        assert state.gates[str(state.steps["3", 1].gate)].status == "decided"
        assert stage.world.files == {}
        await engine.do(kit.choose(kit.gate_of(state, "in_doubt"), "done"))
        assert (await kit.settled(engine)).status == "done"
    assert stage.world.files == {"beside.txt": "text of beside.txt"}


@pytest.mark.parametrize("gate_is_open", [True, False])
async def test_stopping_a_node_in_doubt_lets_the_others_go_on(gate_is_open: bool) -> None:
    stage = await _doubtful(level="questions")
    async with stage.open() as engine:
        if gate_is_open:
            await kit.settled(engine)
        await engine.do(c.Stop(node="2", reason="leave it"))
        state = await kit.settled(engine)
    assert state.nodes["1"].report == done("stopped leave it; done wrote beside.txt")
    check_history(stage.frames)


async def test_a_pause_of_a_node_in_doubt_does_not_hold_up_the_others_forever() -> None:
    stage = await _doubtful(level="questions")
    async with stage.open(Mortal(stage.log.lines)) as engine:
        await engine.do(c.Pause(node="2"))
        state = await kit.until(engine, kit.waits_at("in_doubt"))
        await engine.do(kit.choose(kit.gate_of(state, "in_doubt"), "done"))
        await kit.until(engine, lambda state: state.nodes["3"].status == "done")
        await engine.do(c.Continue(node="2"))
        assert (await kit.settled(engine)).status == "done"


async def test_a_command_that_is_cut_off_again_is_in_doubt_again() -> None:
    stage = await _doubtful()
    for _ in range(2):
        async with stage.open() as engine:
            gate = kit.gate_of(await kit.settled(engine), "in_doubt")
            await engine.do(kit.choose(gate, "again"))
            await kit.settled(engine)
        begun = [frame.frame for frame in stage.frames if isinstance(frame, f.StepBegun) and frame.step == "run"]
        stage.log = Mortal(stage.log.lines[: begun[-1] + 1])
    async with stage.open() as engine:
        state = await kit.settled(engine)
        assert [gate.status for gate in state.gates.values() if gate.kind == "in_doubt"].count("applied") == 2
        await engine.do(kit.choose(kit.gate_of(state, "in_doubt"), "done"))
        assert (await kit.drive(engine)).status == "done"
    check_history(stage.frames)


async def test_of_two_effects_in_doubt_both_are_asked_about_at_once() -> None:
    async def root(node: NodeContext) -> Report:
        await node.together(*(node.run(Run(title=name, script=name, readonly=True), key=name) for name in ("a", "b")))
        return done()

    stage = Stage({"root": root}, world=_Restoring(), level="questions")
    await stage.finish()
    begun = [frame for frame in stage.frames if isinstance(frame, f.StepBegun)]
    kept = [frame for frame in stage.frames[: begun[1].frame] if not isinstance(frame, f.StepEnded)]
    frames = [frame.model_copy(update={"frame": place}) for place, frame in enumerate([*kept, begun[1]])]
    stage.log, stage.world = Mortal([f.encode(frame) for frame in frames]), _Restoring()
    async with stage.open() as engine:
        state = await kit.settled(engine)
        gates = [state.gates[gate] for gate in sorted(state.open_gates)]
        assert [gate.proposal.what for gate in gates] == ["run a", "run b"]
        await engine.do(kit.choose(gates[1], "done"))
        await engine.do(kit.choose(gates[0], "again"))
        assert (await kit.settled(engine)).status == "done"
    assert [proposal.title for _, proposal in stage.world.performed] == ["a"]
    check_history(stage.frames)


async def test_a_doubt_is_known_before_anything_that_was_cut_off_is_made_good() -> None:
    class Watched(_Restoring):
        """Tells how many frames there were when it heard of a doubt."""

        def doubt(self, owners: Any) -> None:
            self.heard = len(stage.log.lines)
            super().doubt(owners)

    stage = await _doubtful()
    stage.world, before = Watched(), len(stage.log.lines)
    async with stage.open():
        assert stage.world.heard == before


async def test_a_proof_that_cannot_be_looked_at_is_a_failure_and_others_go_on() -> None:
    class Blind(_Restoring):
        async def prove(self, proposal: AnyProposal, mark: Any) -> Any:
            raise OSError("the exit file cannot be read")

    stage = await _doubtful(level="effects")
    stage.world = Blind()
    async with stage.open() as engine:
        state = await kit.settled(engine)
        assert kit.gate_of(state, "failure").proposal.error == "the exit file cannot be read"
        await engine.do(kit.approve(kit.gate_of(state, "write")))
        assert (await kit.settled(engine)).nodes["3"].status == "done"


# Proofs of a real workspace

_PLANS = {
    "write": "# One\n\n```txt a.txt\nonce\n```\n",
    "run": "# One\n\n```sh run\necho once >> a.txt\n```\n",
}


async def _died_after(root: Path, kind: str) -> tuple[Home, str]:
    """A run in a real repository whose process died after its one effect, and before its result was on disk."""
    home, run = await begun(root, _plan(kind), level="auto")
    async with taken_up(home, run) as engine:
        assert (await kit.settled(engine)).status == "done"
    intents = [frame for frame in home.frames(run) if isinstance(frame, f.StepBegun) and frame.step == kind]
    history = home.folder.history(run)
    lines = history.read_bytes().splitlines(keepends=True)
    history.write_bytes(b"".join(lines[: intents[0].frame + 2]))  # the first line is the header
    return home, run


def _plan(kind: str) -> str:
    return _PLANS[kind].replace("\n\n", "\n\n## Part\n\n", 1)


def _log(home: Home, run: str) -> tuple[list[str], bytes | None]:
    worktree = worktree_of(home, run)
    preview = merge_preview(home.repository, worktree.branch)
    return [commit.subject for commit in preview.commits], worktree.file_at(worktree.head, "a.txt")


@pytest.mark.parametrize("kind", _PLANS)
async def test_a_commit_and_an_exit_file_prove_what_was_done(tmp_path: Path, kind: str) -> None:
    home, run = await _died_after(tmp_path / "repository", kind)
    before = _log(home, run)
    async with taken_up(home, run) as engine:
        state = await kit.settled(engine)
    assert (state.status, {gate.kind for gate in state.gates.values()} & {"in_doubt"}) == ("done", set())
    assert _log(home, run) == before
    ended = [frame for frame in home.frames(run) if isinstance(frame, f.StepEnded) and frame.step == kind]
    assert [frame.commit for frame in ended] == [worktree_of(home, run).head]
    assert before[1] == b"once\n"


@pytest.mark.parametrize("choice", ["again", "done", "fail"])
async def test_without_its_exit_file_a_command_asks_and_again_starts_from_the_files_of_before(
    tmp_path: Path, choice: str
) -> None:
    home, run = await _died_after(tmp_path / "repository", "run")
    shutil.rmtree(home.folder.run_dir(run) / "exits")
    async with taken_up(home, run) as engine:
        gate = kit.gate_of(await kit.settled(engine), "in_doubt")
        await engine.do(kit.choose(gate, choice))
        state = await kit.settled(engine)
    assert state.status == ("failed" if choice == "fail" else "done")
    assert _log(home, run)[1] == b"once\n"


@pytest.mark.parametrize("tier", get_args(Tier))
async def test_a_command_that_runs_when_the_run_is_closed_is_in_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tier: Tier
) -> None:
    monkeypatch.setattr("swarm.runs.sandbox_of", lambda _: sandbox_of(tier))
    script = "echo > begun.txt; sleep 1000"
    home, run = await begun(tmp_path / "repository", f"# One\n\n## Part\n\n```sh run\n{script}\n```\n", level="auto")
    async with taken_up(home, run), asyncio.timeout(kit.PATIENCE):
        while not (home.folder.worktree(run) / "begun.txt").exists():  # noqa: ASYNC110 - a file says nothing
            await asyncio.sleep(0.01)
    async with taken_up(home, run) as engine:
        state = await kit.settled(engine)
    assert state.status == "waiting"
    assert kit.gate_of(state, "in_doubt").proposal.changed == ("begun.txt",)


@pytest.mark.parametrize(("choice", "text"), [("again", b"once\n"), ("done", b"by hand\n"), ("fail", b"by hand\n")])
async def test_a_write_is_in_doubt_where_a_human_wrote_since_and_its_gate_shows_what(
    tmp_path: Path, choice: str, text: bytes
) -> None:
    home, run = await _died_after(tmp_path / "repository", "write")
    files = home.folder.worktree(run)
    git(files, "reset", "-q", "--hard", "HEAD~")
    for name in ("a.txt", "b.txt"):
        (files / name).write_text("by hand\n")
    async with taken_up(home, run) as engine:
        gate = kit.gate_of(await kit.settled(engine), "in_doubt")
        assert (gate.proposal.what, gate.proposal.changed) == ("write a.txt", ("a.txt", "b.txt"))
        await engine.do(kit.choose(gate, choice))
        state = await kit.settled(engine)
    assert state.status == ("failed" if choice == "fail" else "done")
    assert _log(home, run)[1] == text
