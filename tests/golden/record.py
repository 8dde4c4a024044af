"""Records what the formats of today look like on disk: `python -m tests.golden.record FOLDER`.

Done once for each version of a format, before it is released: a folder that is there already is refused.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path

from pydantic import TypeAdapter

from app import examples
from app.models import models
from swarm import commands as c
from swarm import frames as f
from swarm.cards import cards, questions
from swarm.home import Home
from swarm.runs import Start, opened, start
from swarm.snapshots import write_snapshot
from swarm.values import Document
from tests.golden.samples import Samples
from tests.golden.summary import summary

GOLDEN = Path(__file__).parent


async def _finished(home: Home) -> str:
    """A run of the example that is approved to its end."""
    goal = (home.root / "plan.md").read_text()
    run = await start(home, Start(goal=goal, title="Build a word counter with tests", model="plan"))
    async with opened(home, run, models(home)) as engine:
        while not (state := await engine.settled()).ended:
            if state.open_questions:
                await engine.do(c.Answer(question=questions(state)[0].id, answer="1", by="Ann Example"))
            else:
                seen = tuple(c.Seen(gate=gate.id, digest=gate.digest) for gate in cards(state)[0].gates)
                await engine.do(c.Decide(gates=seen, verb="approve", by="Ann Example"))
    return run


def _record(home: Home, run: str, into: Path) -> None:
    asked = next(frame.frame for frame in home.frames(run) if isinstance(frame, f.QuestionAsked))
    taken = write_snapshot(home, run, into / "snapshot.json", asked)
    home.memory.keep(Document(name="style", text="Plain words."))
    shutil.copy(home.folder.history(run), into / "history.jsonl")
    shutil.copy(home.folder.db, into / "store.db")
    expected = {
        "history": summary(home.state(run)),
        "snapshot": summary(home.state(run, asked)),
        "population": taken.population,
        "queue": [operation.model_dump() for operation in taken.queue],
        "catalogue": {row.id: [row.goal, row.status, row.frame] for row, _ in home.catalogue.rows().values()},
        "memory": {document.name: document.text for document in home.memory.kept()},
    }
    (into / "expected.json").write_text(json.dumps(expected, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def _every_kind() -> bytes:
    schema = TypeAdapter(f.Frame).json_schema()
    samples = (json.dumps(sample).encode() for sample in Samples(schema).of(schema))
    return b"".join(f.encode(f.decode(sample)) + b"\n" for sample in samples)


def main() -> None:
    """Records all of it."""
    into = GOLDEN / sys.argv[1]
    into.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(examples.copy("wordcount", Path(folder) / "wordcount"))
        home.repository.git.run("config", "user.name", "Ann Example")
        home.repository.git.run("config", "user.email", "ann@example.org")
        _record(home, asyncio.run(_finished(home)), into)
    (into / "frames.jsonl").write_bytes(_every_kind())


if __name__ == "__main__":
    main()
