"""Checkpoints: the same state comes back, or none; what does not fit the history is never believed."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path
from zlib import compress, decompress

import pytest

from swarm import checkpoint as module
from swarm import frames as f
from swarm.checkpoint import Checkpoint
from swarm.errors import WriteFailed
from swarm.fold import fold
from swarm.state import Swarm
from swarm.store.journal import Journal

JOURNALS = sorted((Path(__file__).parents[1] / "journals").glob("*.jsonl"))


def _recorded(path: Path) -> list[f.Frame]:
    journal = Journal.open(path, write=False)
    try:
        return [f.decode(line) for line in journal.read()]
    finally:
        journal.close()


@pytest.fixture
def kept(tmp_path: Path) -> Checkpoint:
    return Checkpoint(tmp_path / "checkpoint.db")


@pytest.mark.parametrize("path", JOURNALS, ids=lambda path: path.stem)
def test_each_state_of_a_recorded_run_comes_back_as_it_was(path: Path, kept: Checkpoint) -> None:
    frames = _recorded(path)
    state = Swarm()
    for number, frame in enumerate(frames):
        state = fold([frame], state)
        if number % 7 == 0 or number == len(frames) - 1:
            kept.save(state, f.encode(frame))
            again = kept.load(number, lambda n: f.encode(frames[n]))
            assert again == state
            assert fold(frames[number + 1 :], again) == fold(frames)


def _saved(kept: Checkpoint) -> tuple[Swarm, list[bytes]]:
    frames = _recorded(JOURNALS[0])
    state = fold(frames)
    lines = [f.encode(frame) for frame in frames]
    kept.save(state, lines[-1])
    return state, lines


def test_one_of_a_later_frame_is_passed_over(kept: Checkpoint) -> None:
    state, lines = _saved(kept)
    assert kept.load(state.frame - 1, lines.__getitem__) is None
    assert kept.load(state.frame, lines.__getitem__) == state


def test_one_of_another_history_is_passed_over(kept: Checkpoint) -> None:
    state, _ = _saved(kept)
    assert kept.load(state.frame, lambda n: b'{"another":"frame"}') is None


def test_one_of_other_code_is_passed_over(kept: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    state, lines = _saved(kept)
    monkeypatch.setattr(module, "_code", lambda: "another version")
    assert kept.load(state.frame, lines.__getitem__) is None


def test_one_with_a_changed_value_is_passed_over(kept: Checkpoint, tmp_path: Path) -> None:
    state, lines = _saved(kept)
    path = tmp_path / "checkpoint.db"
    value = json.loads(path.read_text())["_default"]["swarm_state_checkpoint"]["value"]
    text = decompress(b64decode(value["json"])).replace(state.title.encode(), b"another title")
    path.write_text(path.read_text().replace(value["json"], b64encode(compress(text)).decode()))
    assert kept.load(state.frame, lines.__getitem__) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 3}'])
def test_a_damaged_file_is_passed_over_and_the_next_one_takes_its_place(
    kept: Checkpoint, tmp_path: Path, content: bytes
) -> None:
    state, lines = _saved(kept)
    (tmp_path / "checkpoint.db").write_bytes(content)
    assert kept.load(state.frame, lines.__getitem__) is None
    kept.save(state, lines[-1])
    assert kept.load(state.frame, lines.__getitem__) == state


def test_it_lies_under_the_keys_of_the_store(kept: Checkpoint, tmp_path: Path) -> None:
    state, _ = _saved(kept)
    documents = json.loads((tmp_path / "checkpoint.db").read_text())["_default"]
    assert documents["swarm_history_current_frame"]["value"] == state.frame
    assert documents["swarm_state_checkpoint"]["value"]["frame"] == state.frame


def test_where_it_cannot_be_written_the_old_one_stays(kept: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    state, lines = _saved(kept)

    def full(path: Path, data: bytes) -> None:
        raise WriteFailed(f"{path}: no space left")

    monkeypatch.setattr("swarm.store.tiny.replace_file", full)
    with pytest.raises(WriteFailed):
        kept.save(fold(_recorded(JOURNALS[1])), b"other")
    assert kept.load(state.frame, lines.__getitem__) == state
