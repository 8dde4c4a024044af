"""What is there, and what to do about what is not."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click

from app.cli import codes, options
from app.cli.output import put_json, say
from app.cli.replies import DoctorShape, Finding
from app.cli.text import line
from app.cli.workspace import on_a_terminal
from app.models import profiles
from app.settings import load_settings
from swarm.errors import SwarmError
from swarm.home import Home
from swarm.store.folder import ROOT
from swarm.workspace.probe import probe

_GIT = (2, 38)  # the first one with `merge-tree --write-tree`
_SMALLEST = (60, 16)
_COMFORTABLE = (80, 24)


@click.command("doctor")
@options.as_json
@options.root
def doctor_command(root: Path, as_json: bool) -> int:
    """Say what is there (git, sandbox, endpoints, terminal, workspace), and what to do about what is not.

    Ends with 0 if runs can work here, else with 1.
    """
    findings = (_git(), _workspace(root), _sandbox(), *_endpoints(), _settings(), _terminal())
    ok = all(finding.ok or not finding.needed for finding in findings)
    if as_json:
        put_json(DoctorShape(ok=ok, findings=findings))
    else:
        say("\n".join(map(_words, findings)))
        say("runs can work here" if ok else "runs cannot work here yet")
    return codes.DONE if ok else codes.FAILED


def _words(finding: Finding) -> str:
    mark = "ok" if finding.ok else "no" if finding.needed else "--"
    advice = f"\n{'':>16}{line(finding.advice, 300)}" if finding.advice else ""
    return f"{mark:<4}{finding.name:<12}{line(finding.found, 300)}{advice}"


def _git() -> Finding:
    advice = f"install git {_GIT[0]}.{_GIT[1]} or newer (Debian and Ubuntu: apt install git)"
    program = shutil.which("git")
    if program is None:
        return Finding(name="git", ok=False, needed=True, found="not on the PATH", advice=advice)
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    version = re.search(r"(\d+)\.(\d+)", said)
    new_enough = version is not None and (int(version[1]), int(version[2])) >= _GIT
    return Finding(
        name="git", ok=new_enough, needed=True, found=said or "no answer", advice="" if new_enough else advice
    )


def _workspace(root: Path) -> Finding:
    def found(ok: bool, words: str, advice: str = "") -> Finding:
        return Finding(name="workspace", ok=ok, needed=True, found=words, advice=advice)

    try:
        home = Home(root)
    except SwarmError as error:
        words, _, advice = str(error).partition(": ")
        return found(False, words, advice)
    places = [home.root, home.repository.common_dir, home.root / ROOT]
    closed = [place for place in places if place.exists() and not os.access(place, os.W_OK | os.X_OK)]
    if closed:
        return found(False, f"{closed[0]} cannot be written", "change its permissions, or work in a clone of your own")
    return found(True, str(home.root))


def _sandbox() -> Finding:
    said = asyncio.run(probe())
    if said.tier == "full":
        return Finding(
            name="sandbox", ok=True, needed=False, found="full: no network, no home, writes only in the worktree"
        )
    return Finding(
        name="sandbox",
        ok=False,
        needed=False,
        found=f"none ({said.reason}): each command asks first",
        advice=said.advice,
    )


def _endpoints() -> list[Finding]:
    def found(ok: bool, words: str, advice: str = "") -> Finding:
        return Finding(name="endpoint", ok=ok, needed=False, found=words, advice=advice)

    try:
        known = profiles()
    except SwarmError as error:
        return [found(False, str(error), "put that right: no endpoint can be used before")]
    if not known:
        advice = "set OPENAI_BASE_URL, or OPENAI_API_KEY, or connect one in the app"
        return [found(False, "none: plans work, and you can be the model", advice)]
    findings = []
    for profile in known.values():
        lacks_key = profile.key is None and bool(profile.key_env or profile.is_openai)
        words = f"{profile.name}: {profile.model or 'no model of its own'} at {profile.url}"
        advice = f"set {profile.key_env or 'a key'}" if lacks_key else ""
        findings.append(found(not lacks_key, words + (", its key is missing" if lacks_key else ""), advice))
    return findings


def _settings() -> Finding:
    try:
        settings = load_settings(os.environ)
    except SwarmError as error:
        return Finding(
            name="settings", ok=False, needed=True, found=str(error), advice="put that right, or remove the file"
        )
    return Finding(
        name="settings", ok=True, needed=False, found=f"theme {settings.theme}, model {settings.model or 'as found'}"
    )


def _terminal() -> Finding:
    def found(ok: bool, words: str, advice: str = "") -> Finding:
        return Finding(name="terminal", ok=ok, needed=False, found=words, advice=advice)

    if not on_a_terminal():
        return found(False, "none here", "say --headless to go on without a screen")
    size = shutil.get_terminal_size()
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    words = f"{size.columns}×{size.lines}, {_colours()} colours, {'Unicode' if unicode else 'no Unicode'}"
    if size < _SMALLEST:
        return found(False, words, f"make it at least {_SMALLEST[0]}×{_SMALLEST[1]}, better 120×40")
    if size.columns < _COMFORTABLE[0] or size.lines < _COMFORTABLE[1]:
        return found(True, words, "120×40 shows all panes at once")
    return found(True, words, "" if unicode else "set LANG to a UTF-8 locale, or SWARM_ASCII=1 for plain signs")


def _colours() -> str:
    if os.environ.get("NO_COLOR"):
        return "no"
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "16 million"
    return "256" if "256" in os.environ.get("TERM", "") else "8"
