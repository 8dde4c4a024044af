import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from swarm.errors import Locked, WriteFailed
from swarm.store import lock
from swarm.store.lock import RunLock

HOLDS_IT = """
import sys
from pathlib import Path
from swarm.store.lock import RunLock

with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder_in(run_dir: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(lock.__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS_IT, str(run_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_a_free_lock_has_no_holder(tmp_path: Path) -> None:
    assert RunLock(tmp_path).holder() is None
    with RunLock(tmp_path):
        pass
    assert RunLock(tmp_path).holder() is None


def test_a_held_lock_names_its_process_and_is_free_afterwards(tmp_path: Path) -> None:
    other = RunLock(tmp_path)
    with RunLock(tmp_path):
        assert other.holder() == os.getpid()
        with pytest.raises(Locked, match=str(os.getpid())):
            other.acquire()
    other.acquire()
    other.release()
    other.release()


def test_the_lock_file_is_private(tmp_path: Path) -> None:
    with RunLock(tmp_path) as held:
        assert held.path.stat().st_mode & 0o777 == 0o600


def test_another_process_holds_it_until_it_ends(tmp_path: Path) -> None:
    with holder_in(tmp_path) as process:
        assert RunLock(tmp_path).holder() == process.pid
        with pytest.raises(Locked, match=f"process {process.pid}"):
            RunLock(tmp_path).acquire()
    with RunLock(tmp_path):
        assert RunLock(tmp_path).holder() == os.getpid()


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    with holder_in(tmp_path) as process:
        os.kill(process.pid, signal.SIGKILL)
    assert (tmp_path / "lock").read_text().strip() == str(process.pid)
    assert RunLock(tmp_path).holder() is None
    with RunLock(tmp_path):
        assert RunLock(tmp_path).holder() == os.getpid()


def test_those_who_only_ask_do_not_stand_in_the_way(tmp_path: Path) -> None:
    done = threading.Event()

    def keep_asking() -> None:
        while not done.is_set():
            RunLock(tmp_path).holder()

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        for _ in range(100):
            with RunLock(tmp_path):
                pass
    finally:
        done.set()
        asking.join()


def test_a_holder_without_its_number_yet_still_locks(tmp_path: Path) -> None:
    with RunLock(tmp_path) as held:
        os.truncate(held.path, 0)
        assert RunLock(tmp_path).holder() == 0
        with pytest.raises(Locked, match="another process"):
            RunLock(tmp_path).acquire()


def test_a_lock_in_a_folder_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(WriteFailed, match="cannot be written"):
        RunLock(tmp_path / "missing").acquire()
