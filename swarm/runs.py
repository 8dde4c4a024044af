"""Starting, opening and commanding the runs of a workspace."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from swarm import errors
from swarm import frames as f
from swarm.bookkeeping import Bookkeeper
from swarm.commands import COMMAND, Command
from swarm.decide import decide
from swarm.engine import Engine
from swarm.errors import HistoryError, SwarmError, UnknownName
from swarm.fold import fold
from swarm.history import read
from swarm.home import Home
from swarm.ledger import Ledger
from swarm.mending import mended
from swarm.models.recalled import Answers, Recalled
from swarm.models.registry import Models
from swarm.proposals import Network
from swarm.spaces.builtin import builtin_space
from swarm.state import Swarm
from swarm.store.blobs import Blobs
from swarm.store.filelog import FileLog
from swarm.store.wire import CommandServer, send
from swarm.values import Child, Document, Level, Limits, Value
from swarm.workspace.probe import probe, sandbox_of
from swarm.workspace.worktree import Worktree
from swarm.workspace.world import GitWorld


class Start(Value):
    """What a run begins with.

    Attributes:
        goal: The goal in words, or the text of a plan.
        title: A few words.
        model: `KIND[:NAME]` of who answers the swarm's thoughts.
        context: Documents that the human attached.
        defaults: Take the declared default of a question where there is one.
        allow_unsandboxed: Do not ask for each command where there is no sandbox.
        network: The endpoint behind the model, if nobody named it: the run asks before it uses it.
    """

    goal: str
    title: str
    model: str
    level: Level = "step"
    limits: Limits = Limits()
    context: tuple[Document, ...] = ()
    defaults: bool = False
    allow_unsandboxed: bool = False
    network: Network | None = None


async def start(home: Home, what: Start) -> str:
    """Makes a run with its branch and worktree; nothing of it goes on until it is opened.

    Returns:
        Its id.

    Raises:
        SwarmError: If the folder cannot be written or the branch cannot be made; nothing is left behind.
    """
    run = await asyncio.to_thread(home.begin, what.title)
    log = FileLog(home.folder)
    try:
        await log.claim(run)
        worktree = await asyncio.to_thread(Worktree.create, home.repository, home.folder.worktree(run), f"swarm/{run}")
        frames = _first_frames(run, what, worktree, home.repository.human.name)
        now = datetime.now(UTC)
        numbered = [frame.model_copy(update={"frame": number, "at": now}) for number, frame in enumerate(frames)]
        await log.append(run, -1, [f.encode(frame) for frame in numbered])
    except SwarmError:
        await log.close()
        await asyncio.to_thread(home.delete, run)
        raise
    await log.close()
    return run


def _first_frames(run: str, what: Start, worktree: Worktree, human: str) -> list[f.Frame]:
    started = f.RunStarted(
        run=run,
        goal=what.goal,
        title=what.title,
        model=what.model,
        level=what.level,
        limits=what.limits,
        context=what.context,
        defaults=what.defaults,
        allow_unsandboxed=what.allow_unsandboxed,
        branch=worktree.branch,
        commit=worktree.head,
        by=human,
        network=what.network,
    )
    root = Child(action="organise_context", directive=what.goal, title=what.title, id="1")
    return [started, f.NodeSpawned(node="1", parent=None, step=0, index=0, child=root)]


@asynccontextmanager
async def opened(home: Home, run: str, models: Models) -> AsyncIterator[Engine]:
    """Drives a run in this process; other processes can hand it commands meanwhile.

    Raises:
        Locked: If another process drives it.
        HistoryError: If its history is damaged.
    """
    log = FileLog(home.folder)
    try:
        await log.claim(run)
        state = await asyncio.to_thread(home.state, run)
        if state.root is None:
            raise HistoryError(f"run {run} was stopped before it began: delete it")
        world = await _world(home, run, state.branch)
        ledger = await _mended(log, run, state)
        books = Bookkeeper(home, log, state)
        ledger.listen(books.on_frames)
        try:
            known = await asyncio.to_thread(_recalling, home, state, models)
            async with Engine(ledger, builtin_space(), known, world, home.memory) as engine:
                server = CommandServer(lambda request: _handled(engine, request))
                await server.start(home.folder.run_dir(run))
                try:
                    yield engine
                finally:
                    await server.close()
        finally:
            await books.close(ledger.state)
    finally:
        await log.close()


def _recalling(home: Home, state: Swarm, models: Models) -> Models:
    """The models, which in a fork that carries over are not asked again what they answered in its origin.

    An origin that is damaged, or gone, is of as much use as can be read of it.
    """
    origin, _, frame = state.origin.rpartition("@")
    if not state.carries:
        return models
    try:
        with read(home.folder.history(origin), tolerate=True) as history:
            answers = Answers(history.frames(), int(frame))
    except (HistoryError, UnknownName):
        return models
    return Models(lambda spec: Recalled(models.find(spec), answers), models.found)


async def _world(home: Home, run: str, branch: str) -> GitWorld:
    worktree = await asyncio.to_thread(Worktree.open, home.repository, home.folder.worktree(run), branch)
    found = await probe()
    blobs, exit_files = Blobs(home.folder.blobs), home.folder.run_dir(run) / "exits"
    return await asyncio.to_thread(GitWorld, worktree, sandbox_of(found.tier), home.memory, blobs, exit_files)


async def _handled(engine: Engine, request: bytes) -> bytes:
    """Carries out a command that another process sent; the reply names the error, if there is one."""
    try:
        await engine.do(COMMAND.validate_json(request))
    except SwarmError as error:
        return json.dumps({"error": type(error).__name__, "text": str(error)}).encode()
    except ValueError as error:
        return json.dumps({"error": "UsageError", "text": f"not a command: {error}"}).encode()
    return b"{}"


async def _mended(log: FileLog, run: str, state: Swarm) -> Ledger:
    """The ledger of a run that was claimed, once what a crash had cut off is made good and put on record."""
    ledger = Ledger(log, run, state)
    torn = await log.torn(run)
    cut = [f.HistoryTorn(file=torn.name, size=await asyncio.to_thread(lambda: torn.stat().st_size))] if torn else []
    await ledger.append(*mended(state), *cut)
    return ledger


async def command(home: Home, run: str, what: Command) -> None:
    """Carries out a command on a run: through the process that drives it, or at rest, for the next one to take up.

    Raises:
        Refused: If it does not fit the state of the run; nothing was changed.
        HistoryError: If nobody answers, or the history cannot be read or written.
    """
    folder = home.folder.run_dir(run)
    reply = await send(folder, what.model_dump_json().encode())
    if reply is None:
        await _at_rest(home, run, what)
        return
    answer = json.loads(reply)
    if "error" in answer:
        kind = getattr(errors, answer["error"], SwarmError)
        raise kind(answer["text"])


async def _at_rest(home: Home, run: str, what: Command) -> None:
    log = FileLog(home.folder)
    try:
        await log.claim(run)
        state = fold(f.decode(line) for line in await log.read(run))
        ledger = await _mended(log, run, state)
        await ledger.append(*decide(ledger.state, what))
    finally:
        await log.close()
