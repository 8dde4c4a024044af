"""The desk of a workspace on this machine."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Self, cast

from pydantic import SecretStr

from app import examples
from app.desk import ModelRow, RunRow
from app.farewell import place_of
from app.forecast import forecast
from app.models import check_reachable, endpoint, models, profiles, words
from app.sessions import Sessions
from app.starting import Prepared, Wish, checked_plan, made_ready
from app.undoing import redone, undone
from swarm import forks
from swarm.errors import UsageError
from swarm.family import Member, family
from swarm.forking import Change
from swarm.frames import RunStatus
from swarm.home import Home
from swarm.models.openai import OpenAIModel
from swarm.models.profiles import config_file, new_profile, save_profile
from swarm.models.registry import check_endpoint
from swarm.plan.files import template
from swarm.plan.outline import outline
from swarm.runs import start
from swarm.session import Session
from swarm.snapshots import write_snapshot
from swarm.store.files import write_errors
from swarm.values import Level
from swarm.workspace import paths


class LiveDesk:
    """Everything about the runs of a workspace; a `Desk`.

    Args:
        home: The workspace; the bundled example has one of its own, which then takes its place.

    Use as an async context manager: leaving closes all sessions.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._sessions = Sessions(home)
        self._earlier: list[Sessions] = []

    async def __aenter__(self) -> Self:
        """Nothing is opened yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Closes all sessions."""
        for sessions in (self._sessions, *self._earlier):
            await sessions.aclose()

    # Runs

    @property
    def place(self) -> str:
        """What commands need to find the workspace: nothing, or ` --root` and its folder."""
        return place_of(self._home.root)

    async def list_runs(self) -> list[RunRow]:
        """All runs of the workspace, the newest first, forks below their origin; damaged ones with their problem."""
        return [_row(member) for member in family(await asyncio.to_thread(self._home.rows))]

    async def open(self, run: str) -> Session:
        """Takes up a run, or follows it while another process writes it."""
        return await self._sessions.open(self._home.find(run))

    async def delete(self, run: str) -> None:
        """Removes a run with its history and worktree; its branch stays."""
        await self._sessions.close(run)
        await asyncio.to_thread(self._home.delete, run)

    async def drain(self, run: str) -> None:
        """Begins no further step in the run and returns when those in flight have ended."""
        await self._sessions.drain(run)

    # Other ways

    async def forecast(self, run: str, frame: int) -> str:
        """What a fork at a frame would be, and what it could not take back, in a few lines."""
        return await asyncio.to_thread(forecast, self._home.tolerant(), run, frame)

    async def fork(self, run: str, frame: int, change: Change | None, *, carry: bool) -> Session:
        """A new run that begins with the frames of another one, which goes on as it is."""
        new = await asyncio.shield(forks.fork(self._home.tolerant(), run, frame, change, carry=carry))
        return await self._sessions.open(new)

    async def undo(self, run: str, seen: int, *, finish: bool) -> Session:
        """Takes the last decision back: the run is closed, a fork from before it is opened."""
        return await asyncio.shield(undone(self._home, self._sessions, run, seen, finish=finish))

    async def redo(self, run: str, *, finish: bool) -> Session:
        """Closes a run that came from an undo, and opens the one that it came from."""
        return await asyncio.shield(redone(self._home, self._sessions, run, finish=finish))

    async def export(self, run: str, file: str, frame: int) -> str:
        """Writes a run to a file, whose ending says as what; says in one line what was written."""
        from app.cli.export import told, write_export

        return told(await asyncio.to_thread(write_export, self._home.tolerant(), run, Path(file), frame))

    async def snapshot(self, run: str, file: str, frame: int) -> str:
        """Writes what another clone needs to go on with a run; says in one line what was written."""
        found = await asyncio.to_thread(write_snapshot, self._home.tolerant(), run, Path(file), frame)
        beside = f" and {found.bundle}" if found.bundle else ""
        return f"wrote {file}{beside}: `swarm run --from {file}` goes on from frame {found.frame}"

    # Starting

    async def preview(self, goal: str, model: str, level: Level) -> str:
        """What `start` would do, in a few lines."""
        ready = await self._prepared(goal, model, level)
        dirty = await asyncio.to_thread(self._home.repository.dirty_paths)
        return "\n".join(_preview(ready, len(dirty)))

    async def start(self, goal: str, model: str, level: Level) -> Session:
        """Starts a run; `@path` in the goal attaches a file, an empty model means "as it is found"."""
        return await asyncio.shield(self._started(goal, model, level))  # a run that is half made helps nobody

    async def _started(self, goal: str, model: str, level: Level) -> Session:
        ready = await self._prepared(goal, model, level)
        if ready.start.network is None and (found := endpoint(ready.start.model)):
            await check_reachable(found)
        return await self._sessions.open(await start(self._home, ready.start))

    async def _prepared(self, goal: str, model: str, level: Level) -> Prepared:
        wish = Wish(goal, model, level, folder=self._home.root)
        ready = await asyncio.to_thread(made_ready, wish)
        found = models(self._home)
        try:
            found.find(ready.start.model)
        finally:
            await found.aclose()
        return ready

    async def example(self) -> Session:
        """Starts the bundled example on a fresh copy."""
        root = await asyncio.to_thread(examples.copy, "wordcount")
        self._earlier.append(self._sessions)
        self._home = Home(root)
        self._sessions = Sessions(self._home)
        return await self.start("plan.md", "plan", "step")

    # Plans

    async def template(self) -> str:
        """A commented plan to start from."""
        return template()

    async def outline(self, plan: str) -> str:
        """The tree that a plan would grow, with its warnings."""
        return await asyncio.to_thread(lambda: outline(checked_plan(plan, "plan")))

    async def save_plan(self, path: str, plan: str) -> str:
        """Writes a plan to a new file of the workspace; returns the goal that starts it."""
        name = paths.check(path)
        if name.suffix != ".md":
            raise UsageError(f"{path} is no name for a plan: let it end in .md")
        await asyncio.to_thread(self._write_new, str(name), plan)
        return str(name)

    def _write_new(self, name: str, text: str) -> None:
        file = self._home.root / name
        with write_errors(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with file.open("x", encoding="utf-8") as target:
                    target.write(text)
            except FileExistsError:
                raise UsageError(f"{name} is there already: choose another name") from None

    # Models

    async def models(self) -> list[ModelRow]:
        """What can be chosen for a new run, the one that would be taken by itself first."""
        rows = [ModelRow(f"openai:{found.name}", words(found)) for found in profiles().values()]
        rules = [ModelRow("plan", "a Markdown plan, by rules"), ModelRow("human", "you fill in the forms")]
        return [ModelRow("", "as it is found; shown beside"), *rows, *rules]

    async def test_model(self, url: str, key: SecretStr, model: str) -> str:
        """Asks an endpoint one small thing; returns what it said, in one line."""
        tried = OpenAIModel(new_profile("new", url, model=model, key=key))
        try:
            return await check_endpoint(tried)
        finally:
            await tried.aclose()

    async def save_profile(self, name: str, url: str, key: SecretStr, model: str) -> str:
        """Keeps an endpoint under a name; returns the model's name for `start`."""
        profile = new_profile(name, url, model=model, key=key)
        await asyncio.to_thread(save_profile, config_file(os.environ), profile)
        return f"openai:{profile.name}"


def _row(member: Member) -> RunRow:
    row = member.row
    return RunRow(
        run=row.id,
        title=row.goal,
        status=None if row.problem else cast("RunStatus", row.status),
        waiting=row.waiting,
        cost=row.usage.cost,
        started=row.started,
        branch=row.branch,
        problem=row.problem,
        origin=row.origin,
        depth=member.depth,
        instead=member.instead,
    )


def _preview(ready: Prepared, dirty: int) -> list[str]:
    what = ready.start
    lines = [what.title, "", f"model {what.model}, asks at {what.level}"]
    if found := endpoint(what.model):
        lines.append(words(found))
    if what.network:
        lines.append("found in the environment: you are asked before anything is sent to it")
    limits = what.limits
    lines.append(
        f"at most {limits.nodes} nodes, {limits.depth} deep, {limits.fan_out} at once, {limits.attempts} attempts"
    )
    lines += [f"attached: {document.name}" for document in what.context]
    if dirty:
        lines.append(f"begins at your last commit: {dirty} changed files are not seen")
    return [*lines, "", outline(ready.plan)] if ready.plan else lines
