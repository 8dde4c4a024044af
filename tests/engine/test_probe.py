"""Which tier works on a machine, found out by running a command in it."""

import os
from pathlib import Path

import pytest

from swarm.workspace.probe import probe


async def test_finds_the_full_tier() -> None:
    found = await probe()
    assert found.tier == "full", f"{found.reason}: {found.advice}"


async def test_says_that_bubblewrap_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = await probe()
    assert (found.tier, found.reason) == ("none", "bubblewrap is not installed")
    assert "apt install bubblewrap" in found.advice


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("echo 'bwrap: setting up uid map: Permission denied'; exit 1", "setting up uid map: Permission denied"),
        ('while [ "$1" != -- ]; do shift; done; shift; exec "$@"', "could not make the sandbox"),
        (
            'while [ "$1" != -- ]; do case $1 in --json-status-fd) fd=$2;; --setenv) export "$2=$3";; '
            '--chdir) cd "$2";; --ro-bind) [ "$3" != /run/script.sh ] || script=$2;; esac; shift; done\n'
            'sh "$script"; code=$?; eval "echo \'{\\"exit-code\\": 0}\' >&$fd"; exit $code',
            "it has a network|it shows files",
        ),
    ],
)
async def test_does_not_believe_what_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: str, reason: str
) -> None:
    (tmp_path / "bwrap").write_text(f"#!/bin/sh\n{behaviour}\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = await probe()
    assert found.tier == "none"
    assert any(part in found.reason for part in reason.split("|")), found.reason
    assert "\n" not in found.reason
    assert found.advice


async def test_knows_only_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.workspace.probe.sys.platform", "darwin")
    assert (await probe()).reason == "bubblewrap runs on Linux only"
