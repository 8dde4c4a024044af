"""The benchmark itself, with tiny numbers: that each part measures what it says, and that a missed bound is seen."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import __main__ as program
from bench import approved, environment
from bench.contender import Contender, ContenderFailed
from bench.long_run import history, write_long_run
from bench.table import Bound, Figure, Part, Sizes
from swarm import frames as f
from swarm.fold import fold
from swarm.store.log import MemoryLog

TINY = Sizes(steps=4, far=8, window=2, near=300, frames=160, tasks=6, rounds=2, nodes=20)


def no_peers() -> Path:
    raise environment.NoPeers("there is no index here")


@pytest.mark.parametrize("name", [part.name for part in program.PARTS])
def test_each_part_measures_something(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(approved, "peers_python", no_peers)
    monkeypatch.setattr(approved, "ROOM", 0)

    part = next(part for part in program.PARTS if part.name == name)
    figures = program.run([part], TINY, tmp_path)

    assert figures
    assert all(figure.ratio is None or figure.ratio > 0 for figure in figures)
    printed = capsys.readouterr().out
    assert all(figure.line() in printed for figure in figures)
    assert ("there is no index here" in printed) == (name == "approved")
    assert list(tmp_path.iterdir()) == [], "a part leaves nothing behind"


def test_a_missed_bound_is_named_and_ends_the_program_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(sizes: Sizes, place: Path) -> Iterator[Figure]:
        yield Figure("kept", "1 s", ratio=1.6, bound=Bound(1.6))
        yield Figure("too much", "2 s", ratio=1.7, bound=Bound(1.6))
        yield Figure("too little", "3 s", ratio=4.9, bound=Bound(5, least=True))
        yield Figure("only looked at", "4 s", ratio=100)

    monkeypatch.setattr(program, "PARTS", (Part("one", "One", measure),))
    monkeypatch.setattr(program, "CACHE", tmp_path)
    monkeypatch.setattr(sys, "argv", ["bench"])
    with pytest.raises(SystemExit) as ended:
        program.main()

    assert ended.value.code == 1
    lines = [line.split()[-1] for line in capsys.readouterr().out.splitlines() if " s " in line]
    assert lines == ["ok", "over", "under", "×"]


def test_a_contender_that_dies_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no saver here')"]
    with pytest.raises(ContenderFailed, match="no saver here"), Contender(command, tmp_path / "place") as contender:
        contender.advance(1)


async def test_a_long_run_is_a_history_that_folds_to_the_same_state_and_is_the_same_each_time() -> None:
    log, again = MemoryLog(), MemoryLog()
    state = await write_long_run(log, "long", 1_000)
    await write_long_run(again, "long", 1_000)

    lines = await log.read("long")
    assert len(lines) == 1_000
    assert lines == await again.read("long")
    assert fold(f.decode(line) for line in lines) == state
    assert {node.status for node in state.nodes.values()} >= {"done", "waiting_children"}
    assert not [gate for gate in state.gates.values() if gate.status == "decided" and gate.decision is None]


def test_a_long_run_holds_all_that_a_run_which_thinks_and_writes_holds() -> None:
    frames = [frame for frame, _ in zip(history("long"), range(1_000), strict=False)]
    kinds = {frame.kind for frame in frames}
    assert kinds == {
        "run.started", "node.spawned", "node.started", "node.ended",
        "step.begun", "step.ended", "gate.opened", "gate.decided",
    }  # fmt: skip
