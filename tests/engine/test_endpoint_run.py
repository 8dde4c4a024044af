"""The word counter once more, with a real HTTP server as the model and a human who rejects once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from llmock.pytest_plugin import LLMock
from pydantic import SecretStr

from app.examples import copy
from swarm import commands as c
from swarm.cards import cards
from swarm.home import Home
from swarm.models.endpoint import Profile
from swarm.models.openai import OpenAIModel
from swarm.models.registry import Models
from swarm.runs import Start, opened, start

CORE = 'def count(text):\n    return text.count("\\n"), len(text.split()), len(text.encode())\n'
WRONG = "def count(text):\n    return 0, 0, 0\n"
CHECK = "python3 -c \"from wordcount import count; assert count('a b') == (0, 2, 3)\""
REASON = "it counts nothing: use str.split for the words"

ANSWERS: list[dict[str, Any]] = [
    {"questions": []},
    {
        "title": "Count",
        "parts": [{"title": "core", "directive": "Write wordcount.py.", "action": "", "stage": 1, "source": ""}],
        "checks": [{"title": "it counts", "interpreter": "sh", "script": CHECK}],
    },
    {"choose": "change", "why": "a file is to be written"},
    {"choose": "write_python", "why": "it is Python"},
    {"path": "wordcount.py", "content": WRONG},
    {"path": "wordcount.py", "content": CORE},
    {"outcome": "fulfilled", "summary": "It counts.", "missing": "", "next": ""},
]


async def test_a_rejection_reaches_the_next_request_and_the_run_ends_with_the_right_file(
    llmock: LLMock, tmp_path: Path
) -> None:
    for answer in ANSWERS:
        llmock.reply(json.dumps(answer))
    profile = Profile(name="local", url=llmock.base_url(), model="m", key=SecretStr("sk-local"))
    home = Home(copy("wordcount", tmp_path / "wordcount"))
    run = await start(home, Start(goal="Build a word counter.", title="word counter", model="openai:local"))
    models = Models(lambda _: OpenAIModel(profile))
    rejected = False
    async with opened(home, run, models) as engine:
        while (state := await engine.settled()).ended is None:
            [card, *_] = cards(state)
            assert card.kind in ("spawn", "terminate", "write", "run"), card.gates[0].proposal
            first = card.gates[0]
            if first.kind == "write" and not rejected:
                rejected = True
                await engine.do(c.Decide(gates=(c.Seen(gate=first.id),), verb="reject", reason=REASON))
                continue
            await engine.do(c.Decide(gates=tuple(c.Seen(gate=gate.id) for gate in card.gates), verb="approve"))
        assert state.ended == "done"
        frames = await engine.frames()
    await models.aclose()
    worktree = home.folder.worktree(run)
    assert (worktree / "wordcount.py").read_text() == CORE
    asked = [request for request in llmock.requests if "chat/completions" in request.path]
    assert len(asked) == len(ANSWERS)
    told = [REASON in json.dumps(request.body, ensure_ascii=False) for request in asked]
    assert told == [False] * 5 + [True, False]
    revisions = [frame.revision for frame in frames if frame.kind == "gate.opened" and frame.proposal.kind == "write"]
    assert revisions == [1, 2]
    assert state.usage.calls == len(ANSWERS)
    assert state.usage.output_tokens > 0
    llmock.assert_resilient(strict=True)
