"""Records the journals that pictures are drawn from: `python -m tests.journals.record`.

Each is a real run of the bundled example, stopped where a person would look at it.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from app import examples
from app.models import models
from swarm import commands as c
from swarm.cards import Card, cards, questions
from swarm.home import Home
from swarm.runs import Start, opened, start
from swarm.state import Swarm

HERE = Path(__file__).parent


def _at_second_phase(state: Swarm) -> bool:
    """The second phase is broken down and waits to be started."""
    return any(len(gate.proposal.children) == 2 for gate in _open(state) if gate.kind == "spawn")


def _at_question(state: Swarm) -> bool:
    return bool(state.open_questions)


def _at_writes(state: Swarm) -> bool:
    """Two files wait to be written side by side."""
    return sum(gate.kind == "write" for gate in _open(state)) == 2


def _at_end(state: Swarm) -> bool:
    return state.ended is not None and any(gate.kind == "merge" for gate in _open(state))


def _at_failure(state: Swarm) -> bool:
    return any(gate.kind == "failure" for gate in _open(state))


def _open(state: Swarm) -> list:  # type: ignore[type-arg]
    return [state.gates[gate] for gate in state.open_gates]


RECORDED: dict[str, Callable[[Swarm], bool]] = {
    "phase": _at_second_phase,
    "question": _at_question,
    "writes": _at_writes,
    "done": _at_end,
    "failure": _at_failure,
}


async def record(name: str, enough: Callable[[Swarm], bool]) -> None:
    """Drives the example until it has come to the place, and keeps its journal."""
    with tempfile.TemporaryDirectory() as folder:
        root = examples.copy("wordcount", Path(folder) / "wordcount")
        home = Home(root)
        home.repository.git.run("config", "user.name", "Ann Example")
        home.repository.git.run("config", "user.email", "ann@example.org")
        goal = (root / "plan.md").read_text()
        if name == "failure":
            goal = goal.replace("(1, 2, 8)", "(1, 2, 9)")
        run = await start(home, Start(goal=goal, title="Build a word counter with tests", model="plan"))
        async with opened(home, run, models(home)) as engine:
            while not enough(state := await engine.settled()):
                if state.open_questions:
                    await engine.do(c.Answer(question=questions(state)[0].id, answer="1", by="Ann Example"))
                else:
                    await engine.do(_approval(cards(state)[0]))
        shutil.copy(home.folder.history(run), HERE / f"{name}.jsonl")


def _approval(card: Card) -> c.Decide:
    seen = tuple(c.Seen(gate=gate.id, digest=gate.digest) for gate in card.gates)
    return c.Decide(gates=seen, verb="approve", by="Ann Example")


async def main() -> None:
    """Records all of them."""
    for name, enough in RECORDED.items():
        await record(name, enough)


if __name__ == "__main__":
    asyncio.run(main())
