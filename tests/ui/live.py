"""A session and a desk in memory: real commands, real folding, no engine behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from difflib import unified_diff
from pathlib import Path

from pydantic import SecretStr

from app.desk import ModelRow, RunRow
from swarm import frames as f
from swarm.commands import Command
from swarm.decide import decide
from swarm.errors import GitFailed, PlanError, UnknownName, UsageError
from swarm.fold import apply, fold
from swarm.forking import Change, changed, forked
from swarm.forks import numbered
from swarm.found import FileChange, Text
from swarm.proposals import Write
from swarm.reversal import redo_of
from swarm.session import Session
from swarm.state import Swarm
from swarm.values import Level
from tests.ui.sample import NOW, wordcount_frames


class MemoryCopy:
    """Files by commit; of a commit that was not put there is none."""

    def __init__(self, commits: dict[str, dict[str, str]]) -> None:
        self.commits = commits

    async def paths(self, commit: str) -> tuple[str, ...]:
        return tuple(sorted(self._files(commit)))

    async def text(self, commit: str, path: str) -> Text:
        return Text(text=self._files(commit)[path])

    async def changes(self, before: str, after: str) -> tuple[FileChange, ...]:
        old, new = self._files(before), self._files(after)
        return tuple(_change(path, old, new) for path in sorted({*old, *new}) if old.get(path) != new.get(path))

    def patch(self, before: str, after: str, path: str) -> str:
        old, new = (self._files(commit).get(path, "").splitlines(keepends=True) for commit in (before, after))
        return f"diff --git a/{path} b/{path}\n" + "".join(unified_diff(old, new, f"a/{path}", f"b/{path}"))

    def _files(self, commit: str) -> dict[str, str]:
        if self.commits and commit not in self.commits:
            raise GitFailed(f"{commit} is no commit of this repository")
        return self.commits.get(commit, {})


def written(frames: Sequence[f.Frame]) -> MemoryCopy:
    """The files that the writes of a run have made, as its commits would hold them."""
    commits: dict[str, dict[str, str]] = {}
    now = {"plan.md": "# Build a word counter with tests\n"}
    state = fold(frames)
    for frame in frames:
        if isinstance(frame, f.RunStarted):
            commits[frame.commit] = now
        elif isinstance(frame, f.StepEnded) and frame.commit:
            what = state.gates[frame.gate or ""].final
            now = {**now, what.path: what.content} if isinstance(what, Write) else now
            commits[frame.commit] = now
    return MemoryCopy(commits)


def _change(path: str, old: dict[str, str], new: dict[str, str]) -> FileChange:
    added, removed = new.get(path, "").count("\n"), old.get(path, "").count("\n")
    return FileChange(
        path=path, status="A" if path not in old else "M" if path in new else "D", added=added, removed=removed
    )


class MemorySession:
    """A run whose history is a list; `put` writes as an engine would."""

    def __init__(self, frames: Sequence[f.Frame] | None = None) -> None:
        self.history = list(wordcount_frames() if frames is None else frames)
        self.state = fold(self.history)
        self.problem = ""
        self.sent: list[Command] = []
        self.texts: dict[str, str] = {}
        self.kept = MemoryCopy({})
        self._grown = asyncio.Condition()

    async def put(self, *frames: f.Frame) -> None:
        for frame in frames:
            numbered = frame.model_copy(update={"frame": self.state.frame + 1, "at": NOW})
            self.state = apply(self.state, numbered)
            self.history.append(numbered)
        async with self._grown:
            self._grown.notify_all()

    async def do(self, command: Command) -> None:
        self.sent.append(command)
        await self.put(*decide(self.state, command))

    async def follow(self, since: int = -1) -> AsyncIterator[list[f.Frame]]:
        while True:
            async with self._grown:
                while since >= self.state.frame:
                    await self._grown.wait()
            batch = self.history[since + 1 :]
            since = batch[-1].frame
            yield batch

    def live(self, node: str) -> str:
        return self.texts.get(node, "")

    async def frames(self, after: int = -1, upto: int | None = None) -> list[f.Frame]:
        return self.history[after + 1 : None if upto is None else upto + 1]

    async def at(self, frame: int) -> Swarm:
        return fold(self.history[: frame + 1])

    @property
    def copy(self) -> MemoryCopy:
        return self.kept

    async def patch(self, before: str, after: str, path: str | None = None) -> str:
        if self.kept.commits:
            return self.kept.patch(before, after, path or "")
        return f"--- a/{path}\n+++ b/{path}\n@@ -0,0 +1 @@\n+from {before[:7]} to {after[:7]}\n"


def row(session: MemorySession, problem: str = "") -> RunRow:
    state = session.state
    return RunRow(
        run=state.run,
        title=state.title,
        status=None if problem else state.status,
        waiting=state.waiting,
        cost=state.usage.cost,
        started=state.started_at,
        branch=state.branch,
        problem=problem,
    )


class MemoryDesk:
    """Runs by id, in memory; plans are outlined line by line, endpoints answer if their URL says so."""

    def __init__(self, *sessions: MemorySession) -> None:
        self.runs = {session.state.run: session for session in sessions}
        self.damaged: list[RunRow] = []
        self.plans: dict[str, str] = {}
        self.profiles: dict[str, tuple[str, SecretStr, str]] = {}
        self.drained: list[str] = []
        self.carried: list[bool] = []
        self.closed: list[tuple[str, bool]] = []
        self.drain_ends = asyncio.Event()
        self.drain_ends.set()

    @property
    def place(self) -> str:
        return " --root /tmp/elsewhere"

    async def list_runs(self) -> list[RunRow]:
        return [*(row(session) for session in self.runs.values()), *self.damaged]

    async def models(self) -> list[ModelRow]:
        return [ModelRow("human", "you fill in the forms"), ModelRow("plan", "a Markdown plan"), *(
            ModelRow(name, f"{model} at {url}") for name, (url, _, model) in self.profiles.items()
        )]  # fmt: skip

    async def preview(self, goal: str, model: str, level: Level) -> str:
        if "missing.md" in goal:
            raise UsageError("missing.md: no such file: name one that exists")
        return f"one node: {goal}\nmodel {model} · {level}"

    async def start(self, goal: str, model: str, level: Level) -> Session:
        await self.preview(goal, model, level)
        run = f"run-{len(self.runs) + 1}"
        started = f.RunStarted(frame=0, run=run, goal=goal, title=goal, model=model, level=level, at=NOW)
        self.runs[run] = MemorySession([started])
        return self.runs[run]

    async def example(self) -> Session:
        self.runs["wc-1"] = MemorySession()
        return self.runs["wc-1"]

    async def open(self, run: str) -> Session:
        if run not in self.runs:
            raise UnknownName(f"no run {run}: `swarm runs` lists them")
        return self.runs[run]

    async def delete(self, run: str) -> None:
        await self.open(run)
        del self.runs[run]

    async def drain(self, run: str) -> None:
        await self.drain_ends.wait()
        self.drained.append(run)

    async def forecast(self, run: str, frame: int) -> str:
        last = self.runs[run].state.frame
        if not 1 <= frame <= last:
            raise UsageError(f"there is no frame {frame} to fork from: use 1 to {last}")
        state = fold(self.runs[run].history[: frame + 1])
        return (
            f"Makes {run}-2 (branch swarm/{run}-2) as all stood at frame {frame}, {state.at:%Y-%m-%d %H:%M} UTC.\n"
            f"Files of commit {state.commit[:10]}; ignored files do not come along. {run} stays as it is."
        )

    async def fork(self, run: str, frame: int, change: Change | None, *, carry: bool) -> Session:
        self.carried.append(carry)
        return self._forked(run, frame, change)

    def _forked(self, run: str, frame: int, change: Change | None = None, *, undo: bool = False) -> MemorySession:
        shared = self.runs[run].history[: frame + 1]
        state = fold(shared)
        new = f"wc-{len(self.runs) + 1}"
        first = f.RunForked(
            run=new, origin=run, at_frame=frame, branch=f"swarm/{new}", commit=state.commit, by="you", undo=undo
        )
        added = forked(state, first)
        added += changed(fold(numbered(state, added), state), change, "you") if change else []
        self.runs[new] = MemorySession([*shared, *numbered(state, added)])
        return self.runs[new]

    async def undo(self, run: str, seen: int, *, finish: bool) -> Session:
        self.closed.append((run, finish))
        return self._forked(run, seen - 1, undo=True)

    async def redo(self, run: str, *, finish: bool) -> Session:
        origin = redo_of(self.runs[run].state)
        session = await self.open(origin)
        self.closed.append((run, finish))
        return session

    async def export(self, run: str, file: str, frame: int) -> str:
        if not file.endswith((".html", ".svg", ".json", ".md")):
            raise UsageError(f"{file} does not say what to write")
        await asyncio.to_thread(Path(file).write_text, f"{run} at {frame}")
        return f"wrote {file}"

    async def snapshot(self, run: str, file: str, frame: int) -> str:
        return await self.export(run, file, frame)

    async def template(self) -> str:
        return "# Goal\n\n## First phase\n"

    async def outline(self, plan: str) -> str:
        if "```" in plan:
            raise PlanError("line 3: the fence is not closed: close it")
        return "\n".join(f"→ {line.lstrip('# ')}" for line in plan.splitlines() if line.startswith("##"))

    async def save_plan(self, path: str, plan: str) -> str:
        self.plans[path] = plan
        return path

    async def test_model(self, url: str, key: SecretStr, model: str) -> str:
        if "nobody" in url:
            raise UsageError(f"{url} does not answer: check the address")
        return f"{model} answered"

    async def save_profile(self, name: str, url: str, key: SecretStr, model: str) -> str:
        self.profiles[f"openai:{name}"] = (url, key, model)
        return f"openai:{name}"


def a_later_day() -> datetime:
    return datetime(2026, 11, 23, tzinfo=UTC)
