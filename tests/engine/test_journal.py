import errno
import json
import os
import random
import signal
import stat
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm.errors import Conflict, Damaged, NewerFormat, UnknownName, WriteFailed
from swarm.store import appender, layout
from swarm.store.journal import Journal
from swarm.store.layout import Header, Origin

HEADER = Header(run="wc-1")
FRAMES = [
    b'{"kind":"started"}',
    '{"text":"größer"}'.encode(),
    b"{}",
    b'{"say":"\\"frame\\":","n":3}',
    b'{"kind":"ended"}',
]
REPOSITORY = Path(layout.__file__).parents[2]
RECORDED = Path(__file__).parents[1] / "journals" / "failure.jsonl"

APPENDS_FOR_EVER = """
import sys
from pathlib import Path
from swarm.store.journal import Journal

journal = Journal.open(Path(sys.argv[1]), write=True)
while True:
    first = journal.last + 1
    last = journal.append([b'{"n":%d,"fill":"%s"}' % (n, b"x" * (n * 37 % 900)) for n in range(first, first + 3)])
    print(last, flush=True)
"""

FILLS_THE_DISK = """
import resource, signal, sys
from pathlib import Path
from swarm.errors import WriteFailed
from swarm.store.journal import Journal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
journal = Journal.open(Path(sys.argv[1]), write=True)
for attempt in range(100):
    try:
        journal.append([b'{"fill":"%s"}' % (b"x" * 150)] * 2)
    except WriteFailed:
        break
try:
    journal.append([b"{}"])
except WriteFailed as error:
    print(journal.last, error)
"""


def child(script: str, path: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True, env=environment
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


@pytest.fixture
def written(path: Path) -> bytes:
    journal = Journal.create(path, HEADER)
    journal.append(FRAMES[:2])
    journal.append(FRAMES[2:])
    journal.close()
    return path.read_bytes()


def frames_of(path: Path) -> list[bytes]:
    journal = Journal.open(path, write=False)
    frames = list(journal.read())
    journal.close()
    return frames


def test_frames_come_back_as_they_were_written(path: Path, written: bytes) -> None:
    journal = Journal.open(path, write=False)
    assert journal.header == HEADER
    assert journal.last == 4
    assert list(journal.read()) == FRAMES
    assert list(journal.read(after=1)) == FRAMES[2:]
    assert list(journal.read(after=0, upto=2)) == FRAMES[1:3]
    assert list(journal.read(after=-7, upto=99)) == FRAMES
    assert list(journal.read(after=4)) == []
    assert [journal.one(n) for n in range(5)] == FRAMES
    journal.close()


@pytest.mark.parametrize("n", [-1, 5])
def test_a_frame_that_is_not_there_is_named(path: Path, written: bytes, n: int) -> None:
    journal = Journal.open(path, write=False)
    with pytest.raises(UnknownName, match=f"no frame {n}"):
        journal.one(n)
    journal.close()


def test_reading_goes_over_the_borders_of_its_blocks(path: Path) -> None:
    frames = [b'{"n":%d}' % n for n in range(1000)]
    journal = Journal.create(path, HEADER)
    journal.append(frames)
    assert list(journal.read(after=200, upto=800)) == frames[201:801]
    journal.close()
    assert frames_of(path) == frames


def test_every_line_is_json_that_a_person_can_read(written: bytes) -> None:
    header, *lines = [json.loads(line) for line in written.splitlines()]
    assert (header["format"], header["version"], header["run"], header["origin"]) == ("swarm-history", 1, "wc-1", None)
    assert [line["n"] for line in lines] == [0, 1, 2, 3, 4]
    assert [line["len"] for line in lines] == [len(frame) for frame in FRAMES]
    assert lines[1]["frame"] == {"text": "größer"}


def test_the_file_is_private(path: Path, written: bytes) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_fork_names_its_origin(path: Path) -> None:
    header = Header(run="wc-2", origin=Origin(run="wc-1", frame=21))
    Journal.create(path, header).close()
    journal = Journal.open(path, write=False)
    assert journal.header == header
    assert journal.last == -1
    journal.close()


def test_a_history_is_never_created_over_another(path: Path, written: bytes) -> None:
    with pytest.raises(Conflict, match="already"):
        Journal.create(path, HEADER)
    assert path.read_bytes() == written


def test_a_missing_history_is_an_unknown_name(path: Path) -> None:
    with pytest.raises(UnknownName, match=r"history\.jsonl"):
        Journal.open(path, write=True)


@pytest.mark.parametrize("frame", [b"", b"{}\n", b'{"a":\n1}'])
def test_what_is_not_one_line_is_refused_and_nothing_is_written(path: Path, written: bytes, frame: bytes) -> None:
    journal = Journal.open(path, write=True)
    with pytest.raises(ValueError, match="one line"):
        journal.append([b"{}", frame])
    assert path.read_bytes() == written
    assert journal.append([b"{}"]) == 5
    journal.close()
    assert frames_of(path) == [*FRAMES, b"{}"]


def test_a_read_only_journal_refuses_to_append(path: Path, written: bytes) -> None:
    journal = Journal.open(path, write=False)
    with pytest.raises(ValueError, match="read-only"):
        journal.append([b"{}"])
    journal.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers()), max_size=4))
def test_any_json_survives(tmp_path_factory: pytest.TempPathFactory, values: list[object]) -> None:
    path = tmp_path_factory.mktemp("any") / "history.jsonl"
    frames = [json.dumps(value).encode() for value in values]
    journal = Journal.create(path, HEADER)
    journal.append(frames)
    journal.close()
    assert frames_of(path) == frames


# Damage


def test_every_truncation_leaves_the_whole_lines_and_keeps_the_rest_aside(path: Path, written: bytes) -> None:
    ends = [n + 1 for n, byte in enumerate(written) if byte == ord("\n")]
    for size in range(ends[0], len(written)):
        path.write_bytes(written[:size])
        whole = sum(end <= size for end in ends)
        assert frames_of(path) == FRAMES[: whole - 1], size
        assert path.stat().st_size == size

        journal = Journal.open(path, write=True)
        assert journal.last == whole - 2
        tail = written[ends[whole - 1] : size]
        assert (journal.torn.read_bytes() if journal.torn else b"") == tail
        assert path.stat().st_size == ends[whole - 1]
        journal.close()


def test_every_truncation_of_the_last_8_kib_of_a_recorded_run_leaves_its_whole_frames(path: Path) -> None:
    written = RECORDED.read_bytes()
    frames = frames_of(RECORDED)
    ends = list(accumulate(len(line) for line in written.splitlines(keepends=True)))
    path.write_bytes(written)
    for size in range(len(written) - 1, len(written) - 8 * 1024 - 1, -1):
        os.truncate(path, size)
        whole = bisect_right(ends, size) - 1  # the first line is the header
        journal = Journal.open(path, write=False)
        assert (journal.last, journal.damage) == (whole - 1, None), size
        if size in ends or size + 1 in ends:
            assert list(journal.read()) == frames[:whole], size
        journal.close()


def test_a_history_without_its_whole_header_is_damaged(path: Path, written: bytes) -> None:
    for size in range(written.index(b"\n") + 1):
        path.write_bytes(written[:size])
        for write in (False, True):
            with pytest.raises(Damaged, match="line 1"):
                Journal.open(path, write=write)


def test_a_run_goes_on_after_a_torn_line_and_each_torn_line_is_kept(path: Path, written: bytes) -> None:
    for n, garbage in enumerate([b'{"n":5,"len":9,"sum":"12', b"\0" * 300], start=1):
        with path.open("ab") as file:
            file.write(garbage)
        journal = Journal.open(path, write=True)
        assert journal.torn == path.with_name(f"history.torn-{n}")
        assert journal.torn.read_bytes() == garbage
        journal.append([b"{}"])
        journal.close()
    assert frames_of(path) == [*FRAMES, b"{}", b"{}"]


def test_no_flipped_bit_goes_unnoticed(path: Path, written: bytes) -> None:
    line_starts = [0, *(n + 1 for n, byte in enumerate(written) if byte == ord("\n"))]
    for at in range(len(written)):
        line = sum(start <= at for start in line_starts)
        for bit in range(8):
            flipped = bytearray(written)
            flipped[at] ^= 1 << bit
            path.write_bytes(flipped)
            with pytest.raises(Damaged) as caught:
                Journal.open(path, write=False)
            assert f"line {line}:" in str(caught.value), (at, bit)
            assert line == 1 or _before_the_damage(path) == FRAMES[: line - 2], (at, bit)
    assert not list(path.parent.glob("*torn*"))


def _before_the_damage(path: Path) -> list[bytes]:
    """What can be trusted of a damaged history, which names the first frame that cannot."""
    journal = Journal.open(path, write=False, tolerate=True)
    frames = list(journal.read())
    assert f"damaged from frame {len(frames)} on" in (journal.damage or "")
    journal.close()
    return frames


def test_a_flipped_bit_in_the_last_line_is_never_taken_for_a_torn_write(path: Path, written: bytes) -> None:
    for at in range(written.rindex(b"\n", 0, -1) + 1, len(written)):
        path.write_bytes(written[:at] + bytes([written[at] ^ 4]) + written[at + 1 :])
        with pytest.raises(Damaged):
            Journal.open(path, write=True)
    assert not list(path.parent.glob("*torn*"))


def _changed(lines: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """The lines after each way to drop, double or swap some."""
    for line in range(len(lines)):
        yield f"drop {line}", lines[:line] + lines[line + 1 :]
        for place in range(len(lines) + 1):
            yield f"double {line} at {place}", [*lines[:place], lines[line], *lines[place:]]
        for other in range(line + 1, len(lines)):
            swapped = list(lines)
            swapped[line], swapped[other] = swapped[other], swapped[line]
            yield f"swap {line} and {other}", swapped


def test_dropped_doubled_and_swapped_lines_are_refused(path: Path, written: bytes) -> None:
    lines = written.splitlines(keepends=True)
    for what, changed in _changed(lines):
        path.write_bytes(b"".join(changed))
        wrong = next((n for n, line in enumerate(changed) if [line] != lines[n : n + 1]), None)
        if wrong is None:
            assert what == "drop 5"
            assert frames_of(path) == FRAMES[:4]  # the same as if it had never been written
            continue
        with pytest.raises(Damaged, match=f"line {wrong + 1}:"):
            Journal.open(path, write=False)
        assert wrong == 0 or _before_the_damage(path) == FRAMES[: wrong - 1], what


def test_a_line_of_another_run_is_refused(path: Path, written: bytes) -> None:
    other = path.with_name("other.jsonl")
    journal = Journal.create(other, Header(run="wc-2"))
    journal.append(FRAMES)
    journal.close()
    mixed = written.splitlines(keepends=True)
    mixed[1] = other.read_bytes().splitlines(keepends=True)[1]
    path.write_bytes(b"".join(mixed))
    with pytest.raises(Damaged, match="line 2"):
        Journal.open(path, write=False)


def test_a_damaged_history_can_be_read_up_to_its_damage(path: Path, written: bytes) -> None:
    path.write_bytes(written.replace(b'"n":3}', b'"n":4}'))
    journal = Journal.open(path, write=False, tolerate=True)
    assert list(journal.read()) == FRAMES[:3]
    assert journal.damage
    assert "line 5" in journal.damage
    assert journal.refresh() == 2
    journal.close()
    with pytest.raises(Damaged, match="line 5"):
        Journal.open(path, write=True)


def test_a_whole_history_has_no_damage(path: Path, written: bytes) -> None:
    journal = Journal.open(path, write=False, tolerate=True)
    assert journal.damage is None
    journal.close()


def test_a_newer_format_is_refused_politely(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "VERSION", 2)
    line, _ = layout.header_line(HEADER)
    monkeypatch.undo()
    path.write_bytes(line)
    with pytest.raises(NewerFormat, match=r"history\.jsonl.*format 2"):
        Journal.open(path, write=False, tolerate=True)


def test_a_file_of_something_else_is_damaged(path: Path) -> None:
    path.write_bytes(b'{"hello":"world"}\n')
    with pytest.raises(Damaged, match="line 1"):
        Journal.open(path, write=False)


# Following


def test_a_follower_sees_what_is_appended_and_nothing_half_written(path: Path, written: bytes) -> None:
    writer, follower = Journal.open(path, write=True), Journal.open(path, write=False)
    assert follower.refresh() == 4
    writer.append([b"[1]", b"[2]"])
    assert follower.last == 4
    assert follower.refresh() == 6
    assert list(follower.read(after=4)) == [b"[1]", b"[2]"]
    writer.close()

    with path.open("ab") as file:
        file.write(b'{"n":7,"len":')
    assert follower.refresh() == 6
    follower.close()


def test_a_follower_says_so_when_frames_are_taken_back(path: Path, written: bytes) -> None:
    follower = Journal.open(path, write=False)
    os.truncate(path, len(written) - 10)
    with pytest.raises(Damaged, match="taken back"):
        follower.refresh()
    with pytest.raises(Damaged, match="shorter"):
        list(follower.read())
    follower.close()


# Failing to write


def test_a_failed_sync_is_final_and_takes_the_group_back(
    path: Path, written: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_once(fd: int) -> None:
        monkeypatch.undo()
        raise OSError(errno.EIO, "Input/output error")

    journal = Journal.open(path, write=True)
    monkeypatch.setattr(appender, "_sync", fails_once)
    with pytest.raises(WriteFailed, match="Input/output error"):
        journal.append([b"[1]", b"[2]"])
    assert path.read_bytes() == written
    with pytest.raises(WriteFailed, match="Input/output error"):
        journal.append([b"[3]"])
    assert path.read_bytes() == written
    assert list(journal.read()) == FRAMES
    journal.close()


def test_a_second_writer_is_noticed(path: Path, written: bytes) -> None:
    first, second = Journal.open(path, write=True), Journal.open(path, write=True)
    first.append([b"[1]"])
    with pytest.raises(Conflict, match="another program"):
        second.append([b"[2]"])
    with pytest.raises(WriteFailed):
        second.append([b"[2]"])
    first.close()
    second.close()
    assert frames_of(path) == [*FRAMES, b"[1]"]


def test_a_deleted_history_is_noticed(path: Path, written: bytes) -> None:
    journal = Journal.open(path, write=True)
    path.unlink()
    with pytest.raises(WriteFailed, match="deleted"):
        journal.append([b"{}"])
    journal.close()


def test_a_full_disk_loses_no_acknowledged_frame_and_leaves_nothing_half_written(path: Path) -> None:
    Journal.create(path, HEADER).close()
    with child(FILLS_THE_DISK, path) as process:
        assert process.stdout
        last, _, message = process.stdout.read().partition(" ")
    assert process.returncode == 0
    assert int(last) > 10
    assert "make room" in message

    journal = Journal.open(path, write=True)
    assert (journal.last, journal.torn) == (int(last), None)
    assert journal.append([b"{}"]) == int(last) + 1
    journal.close()


def test_killed_writers_lose_no_acknowledged_frame(path: Path) -> None:
    dice = random.Random(7)
    Journal.create(path, HEADER).close()
    for _ in range(10):
        with child(APPENDS_FOR_EVER, path) as process:
            assert process.stdout
            acknowledged = [int(process.stdout.readline()) for _ in range(dice.randint(1, 40))]
            os.kill(process.pid, signal.SIGKILL)
            acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
        journal = Journal.open(path, write=True)
        assert journal.last >= acknowledged[-1]
        assert [json.loads(frame)["n"] for frame in journal.read()] == list(range(journal.last + 1))
        journal.close()
