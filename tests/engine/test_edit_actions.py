"""Files that a model writes and changes: it sees what it changes, and hears what is wrong with what it proposed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from swarm import frames as f
from swarm.actions import carry_out, edit_file, write_file, write_python
from swarm.actions.base import Action
from swarm.errors import EditFailed
from swarm.found import Paths
from swarm.models.base import Request
from swarm.proposals import Write
from swarm.workspace import paths
from swarm.workspace.edits import apply_edit
from tests.engine import kit
from tests.engine.doubles import Mortal, Scripted, Shelf
from tests.engine.kit import Stage
from tests.engine.recount import check_history
from tests.engine.test_retry import planned

BLOCK = "<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"


class Drawer(Shelf):
    """Files that can be listed and edited as those of a worktree."""

    def __init__(self, **files: str) -> None:
        super().__init__()
        self.files = {f"{name}.txt": text for name, text in files.items()}

    async def paths(self, pattern: str) -> Paths:
        return Paths(paths=tuple(sorted(self.files)))

    async def write(self, path: str, content: str) -> Write:
        return await super().write(str(paths.check(path)), content)

    async def edit(self, path: str, edit: str) -> Write:
        if path not in self.files:
            raise EditFailed(f"{path} is not there")
        return await self.write(path, apply_edit(self.files[path], edit))


def _stage(action: Action, world: Drawer, answer: Callable[[Request], Any], **start: Any) -> Stage:
    model = Scripted(lambda request: {} if request.schema_name == "Needs" else answer(request))
    return Stage({"root": replace(action, name="root")}, model=model, world=world, **start)


def _asked(stage: Stage, schema: str) -> list[Request]:
    return [request for request in stage.model.asked if request.schema_name == schema]


def _words(request: Request) -> str:
    return request.messages[-1].content


def _changes(path: str, *edits: tuple[str, str]) -> Callable[[Request], Any]:
    """Names the file, then replaces one line after the other by another."""
    left = [BLOCK.format(old=old, new=new) for old, new in edits]
    return lambda request: {"path": path} if request.schema_name == "EditPath" else {"edit": left.pop(0)}


async def test_a_file_is_read_before_its_change_is_written() -> None:
    stage = _stage(edit_file.ACTION, Drawer(a="one\ntwo", b="x"), _changes("a.txt", ("two", "three")))
    state = await stage.finish()
    assert (state.status, stage.world.files) == ("done", {"a.txt": "one\nthree", "b.txt": "x"})
    (named,), (drafted,) = _asked(stage, "EditPath"), _asked(stage, "EditDraft")
    assert '<untrusted name="files">\na.txt\nb.txt\n</untrusted>' in _words(named)
    assert '<untrusted name="a.txt">\none\ntwo\n</untrusted>' in _words(drafted)


async def test_a_change_that_does_not_fit_goes_back_to_the_model_and_a_human_sees_only_what_does() -> None:
    answer = _changes("a.txt", ("toe", "three"), ("two", "three"))
    stage = _stage(edit_file.ACTION, Drawer(a="one\ntwo"), answer)
    state = await stage.finish()
    assert (state.status, stage.world.files["a.txt"]) == ("done", "one\nthree")
    assert "block 1 does not fit" in _words(_asked(stage, "EditDraft")[-1])
    assert {gate.kind for gate in state.gates.values()} == {"write", "terminate"}
    check_history(stage.frames)


async def test_a_file_that_is_not_there_is_named_anew() -> None:
    names = iter(["c.txt", "a.txt"])
    block = BLOCK.format(old="two", new="three")
    answer = lambda request: {"path": next(names)} if request.schema_name == "EditPath" else {"edit": block}  # noqa: E731
    stage = _stage(edit_file.ACTION, Drawer(a="two"), answer)
    assert (await stage.finish()).status == "done"
    assert "c.txt" in _words(_asked(stage, "EditPath")[-1]).partition("rejected, because")[2]
    assert stage.world.files == {"a.txt": "three"}


async def test_three_changes_that_do_not_fit_are_a_failure_and_a_retry_asks_the_model_again() -> None:
    answer = _changes("a.txt", *[("toe", "three")] * 3, ("two", "three"))
    stage = _stage(edit_file.ACTION, Drawer(a="two"), answer)
    async with stage.open() as engine:
        failure = kit.gate_of(await kit.settled(engine), "failure")
        assert failure.proposal.error.startswith("3 proposals were rejected, the last one because: block 1 does not")
        await engine.do(kit.choose(failure, "retry"))
        assert (await kit.drive(engine)).status == "done"
    assert stage.world.files == {"a.txt": "three"}


async def test_a_file_that_changed_while_its_change_waited_is_read_again() -> None:
    answer = _changes("a.txt", ("two", "three"), ("too", "three"))
    stage = _stage(edit_file.ACTION, Drawer(a="two"), answer)
    async with stage.open() as engine:
        gate = kit.gate_of(await kit.settled(engine), "write")
        stage.world.files["a.txt"] = "too"
        await engine.do(kit.approve(gate))
        await engine.do(kit.choose(kit.gate_of(await kit.settled(engine), "failure"), "retry"))
        assert (await kit.drive(engine)).status == "done"
    assert "\ntoo\n" in _words(_asked(stage, "EditDraft")[-1])
    assert stage.world.files == {"a.txt": "three"}


@pytest.mark.parametrize("action", [write_file.ACTION, write_python.ACTION, carry_out.ACTION])
async def test_a_path_that_must_not_be_touched_goes_back_to_the_model(action: Action) -> None:
    names = iter(["../a.txt", "a.txt"])

    def answer(request: Request) -> Any:
        if request.schema_name == "Acts":
            return {"acts": [{"do": "write", "path": next(names), "text": "x"}]}
        return {"path": next(names), "content": "x"}

    stage = _stage(action, Drawer(), answer)
    state = await stage.finish()
    assert (state.status, stage.world.files) == ("done", {"a.txt": "x"})
    assert "../a.txt" in stage.model.asked[-1].rejected
    assert {gate.kind for gate in state.gates.values()} == {"write", "terminate"}


async def test_a_run_that_is_cut_off_after_any_frame_of_a_rejected_change_ends_as_if_it_had_not_been() -> None:
    edits = [BLOCK.format(old=old, new="three") for old in ("toe", "two")]

    def answer(request: Request) -> Any:
        return {"path": "a.txt"} if request.schema_name == "EditPath" else {"edit": edits[bool(request.rejected)]}

    whole = _stage(edit_file.ACTION, Drawer(a="two"), answer)
    expected = (await whole.finish()).nodes["1"].report
    for last in range(1, len(whole.frames) - 1):
        stage = _stage(edit_file.ACTION, Drawer(a="two"), answer)
        stage.log = Mortal(whole.log.lines[: last + 1])
        stage.world.performed = [item for item in whole.world.performed if item[0] <= last]
        stage.world.files = dict(whole.world.files) if stage.world.performed else {"a.txt": "two"}
        assert (await stage.finish()).nodes["1"].report == expected, last
        check_history(stage.frames)


# Among several steps


async def test_a_step_that_says_in_words_what_to_change_is_shown_the_file() -> None:
    def answer(request: Request) -> Any:
        if request.schema_name == "EditDraft":
            return {"edit": BLOCK.format(old="two", new="three")}
        return {"acts": [{"do": "edit", "path": "a.txt", "text": "Count on."}]}

    stage = _stage(carry_out.ACTION, Drawer(a="one\ntwo"), answer)
    state = await stage.finish()
    words = _words(*_asked(stage, "EditDraft"))
    assert "## Change\n\nCount on." in words
    assert '<untrusted name="a.txt">\none\ntwo\n</untrusted>' in words
    assert (state.nodes["1"].report.summary, stage.world.files["a.txt"]) == ("Edited `a.txt`.", "one\nthree")


async def test_a_step_that_is_the_change_itself_is_taken_as_it_is() -> None:
    act = {"do": "edit", "path": "a.txt", "text": BLOCK.format(old="two", new="three")}
    stage = _stage(carry_out.ACTION, Drawer(a="two"), lambda _: {"acts": [act]})
    assert (await stage.finish()).status == "done"
    assert (stage.world.files, _asked(stage, "EditDraft")) == ({"a.txt": "three"}, [])


# In a plan


async def _one_edit(fence: str) -> tuple[Stage, str]:
    """A plan whose one change is made, or why it fails."""
    stage = planned(f"# One\n\n## Part\n\n```{fence}```\n")
    stage.world = Drawer(a="two")
    async with stage.open() as engine:
        while not (state := await kit.settled(engine)).ended:
            gate = next(state.gates[gate] for gate in state.open_gates if state.gates[gate].seq is not None)
            if gate.kind == "failure":
                return stage, gate.proposal.error
            await engine.do(kit.approve(gate))
    return stage, ""


DO = 'toml do edit_file\npath = "{path}"\nedit = """\n{block}"""\n'


@pytest.mark.parametrize(
    "fence",
    [
        "txt edit a.txt\n" + BLOCK.format(old="two", new="three"),
        DO.format(path="a.txt", block=BLOCK.format(old="two", new="three")),
    ],
    ids=["edit", "do"],
)
async def test_a_plan_changes_a_file_by_itself(fence: str) -> None:
    stage, error = await _one_edit(fence)
    assert (error, stage.world.files) == ("", {"a.txt": "three"})


@pytest.mark.parametrize(
    ("fence", "why"),
    [
        ("txt edit a.txt\n" + BLOCK.format(old="toe", new="x"), "block 1 does not fit"),
        ("txt edit a.txt\nMake it longer.\n", "the edit has neither"),
        (DO.format(path="b.txt", block=BLOCK.format(old="two", new="x")), "b.txt"),
        ('toml do edit_file\npath = "a.txt"\n', "`do edit_file`: edit: Field required"),
    ],
    ids=["misfit", "words", "missing", "argument"],
)
async def test_a_plan_says_why_it_cannot_change_a_file(fence: str, why: str) -> None:
    stage, error = await _one_edit(fence)
    assert why in error
    assert stage.world.files == {"a.txt": "two"}
    assert not any(isinstance(frame, f.GateOpened) and frame.proposal.kind == "write" for frame in stage.frames)
