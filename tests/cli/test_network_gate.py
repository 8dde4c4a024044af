"""An endpoint that was found in the environment: shown and allowed before it hears of the run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.live_desk import LiveDesk
from swarm.home import Home
from tests.cli.calls import Said, Swarm
from tests.engine.endpoint_server import EndpointServer, said
from tests.engine.kit import settled

KEY = "sk-do-not-show"
PART = {"title": "Say", "directive": "Say hello.", "action": "", "stage": 1, "source": ""}
ANSWERS = ({"questions": []}, {"title": "Greet", "parts": [PART], "checks": []})


@pytest.fixture
async def server() -> AsyncIterator[EndpointServer]:
    async with EndpointServer(*(said(json.dumps(answer)) for answer in ANSWERS)) as server:
        yield server


@pytest.fixture
def found(server: EndpointServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The base URL of an endpoint that the environment names, with its key."""
    names(monkeypatch, server.url)
    return server.url


def names(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name, value in {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY, "OPENAI_MODEL": "small"}.items():
        monkeypatch.setenv(name, value)


async def call(swarm: Swarm, *args: str) -> Said:
    """A call of the program beside the server that it may call."""
    return await asyncio.to_thread(swarm, *args)


async def waiting(swarm: Swarm) -> list[dict[str, Any]]:
    return list((await call(swarm, "inbox", "--json")).json)


async def test_nothing_reaches_the_endpoint_before_it_was_allowed(
    swarm: Swarm, server: EndpointServer, found: str
) -> None:
    begun = await call(swarm, "run", "Say hello", "--headless", "--autonomy", "auto")
    assert (begun.code, begun.err) == (3, "")
    [gate] = await waiting(swarm)
    assert (gate["kind"], gate["choices"]) == ("network", ["approve", "human", "reject"])
    assert gate["proposal"] == {
        "kind": "network",
        "host": found.split("/")[2],
        "url": found,
        "model": "small",
        "prices": None,
        "variables": ["OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"],
        "purpose": "every thought of the run",
    }
    assert (await call(swarm, "resume", "--headless")).code == 3
    assert (await call(swarm, "decide", "say", "1", "approve", "--digest", gate["digest"])).code == 0
    assert server.connections == 0

    going = await call(swarm, "resume", "--headless")

    assert len(server.requests) >= len(ANSWERS)
    assert {headers["authorization"] for headers, _ in server.requests} == {f"Bearer {KEY}"}
    assert "network" not in going.out
    kept = b"".join(path.read_bytes() for path in (swarm.root / ".swarm").rglob("*") if path.is_file())
    assert KEY not in begun.out + json.dumps(gate) + going.out
    assert KEY.encode() not in kept


async def test_the_inbox_tells_a_person_what_is_to_be_allowed(swarm: Swarm, found: str) -> None:
    await call(swarm, "run", "Say hello", "--headless")

    shown = (await call(swarm, "inbox")).out

    for words in (
        f"network: small at {found.split('/')[2]}",
        f"{found}, price —",
        "found in OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL; for every thought of the run",
        "approve | human | reject",
    ):
        assert words in shown
    assert "always asked" in (await call(swarm, "why", "say", "1")).out


async def test_an_allowed_run_asks_again_only_where_another_endpoint_is_named(
    swarm: Swarm, server: EndpointServer, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await call(swarm, "run", "Say hello", "--headless")
    await call(swarm, "decide", "say", "1", "approve")
    assert (await call(swarm, "resume", "--headless")).code == 3
    assert [gate["kind"] for gate in await waiting(swarm)] == ["spawn"]

    async with EndpointServer(said("{}")) as other:
        names(monkeypatch, other.url)
        await call(swarm, "decide", "say", "2", "approve")
        assert (await call(swarm, "resume", "--headless")).code == 3
        [gate] = await waiting(swarm)
        assert (gate["kind"], gate["proposal"]["url"]) == ("network", other.url)
        assert (server.connections, other.connections) == (0, 0)

        names(monkeypatch, server.url)
        assert (await call(swarm, "resume", "--headless")).code == 3
        [again] = await waiting(swarm)
        assert again["proposal"]["url"] == server.url
        await call(swarm, "decide", "say", again["id"], "approve")
        assert (await call(swarm, "resume", "--headless")).code == 3
        assert (len(server.requests), other.connections) == (len(ANSWERS), 0)


async def test_without_the_variables_an_allowed_run_sends_nothing_elsewhere(
    swarm: Swarm, server: EndpointServer, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await call(swarm, "run", "Say hello", "--headless", "--autonomy", "effects")
    await call(swarm, "decide", "say", "1", "approve")
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"):
        monkeypatch.delenv(name)
    _configured("endpoints.toml", f'[mine]\nurl = "{server.url}"\nmodel = "big"\n', swarm)

    assert (await call(swarm, "resume", "--headless")).code == 3

    [gate] = await waiting(swarm)
    assert (gate["kind"], server.connections) == ("failure", 0)
    assert "no endpoint is set up by the environment" in gate["proposal"]["error"]


async def test_the_human_is_the_model_where_that_was_chosen(swarm: Swarm, server: EndpointServer, found: str) -> None:
    await call(swarm, "run", "Say hello", "--headless")
    assert (await call(swarm, "decide", "say", "1", "--choose", "human")).code == 0

    assert (await call(swarm, "resume", "--headless")).code == 3

    [form] = await waiting(swarm)
    assert (form["kind"], bool(form["form"])) == ("question", True)
    assert server.connections == 0


async def test_a_rejected_endpoint_ends_the_run_with_the_reason(
    swarm: Swarm, server: EndpointServer, found: str
) -> None:
    await call(swarm, "run", "Say hello", "--headless")
    assert (await call(swarm, "decide", "say", "1", "reject")).code == 2
    assert (await call(swarm, "decide", "say", "1", "reject", "--because", "not this one")).code == 0

    ended = await call(swarm, "resume", "--headless")

    assert ended.code == 1
    assert "stopped: 127.0.0.1" in ended.out
    assert "was not to be used: not this one" in ended.out
    assert server.connections == 0


def _configured(name: str, text: str, swarm: Swarm) -> None:
    file = swarm.root.parent / "configuration" / "swarmkeeper" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


async def test_a_model_that_the_person_named_is_not_asked_about(swarm: Swarm, found: str) -> None:
    for model in ("openai:env", "openai", "openai:big"):
        await call(swarm, "run", "Say hello", "--headless", "--model", model)
        assert [gate["kind"] for gate in await waiting(swarm)] == ["spawn"]
    _configured("settings.toml", 'model = "openai:env"\n', swarm)
    await call(swarm, "run", "Say hello", "--headless")
    assert [gate["kind"] for gate in await waiting(swarm)] == ["spawn"]


async def test_an_endpoint_that_the_person_connected_is_not_asked_about(swarm: Swarm, server: EndpointServer) -> None:
    _configured("endpoints.toml", f'[mine]\nurl = "{server.url}"\nmodel = "small"\n', swarm)

    said = await call(swarm, "run", "Say hello", "--headless")

    assert [gate["kind"] for gate in await waiting(swarm)] == ["spawn"]
    assert "the model is small at 127.0.0.1" in said.err


async def test_a_plan_cannot_name_the_endpoint_for_the_person(swarm: Swarm, found: str) -> None:
    (swarm.root / "plan.md").write_text("---\nmodel: openai:big\n---\n# Greet\n\n## Do\n\n- [ ] say hello\n")

    await call(swarm, "run", "plan.md", "--headless")

    [gate] = await waiting(swarm)
    assert (gate["kind"], gate["proposal"]["model"]) == ("network", "big")
    assert gate["proposal"]["variables"] == ["OPENAI_BASE_URL", "OPENAI_API_KEY"]


async def test_the_form_of_a_new_run_asks_unless_the_endpoint_was_chosen_in_it(
    root: Path, server: EndpointServer, found: str
) -> None:
    async with LiveDesk(Home(root)) as desk:
        assert "you are asked before anything is sent" in await desk.preview("Say hello", "", "step")
        asks = await settled(await desk.start("Say hello", "", "step"))  # type: ignore[arg-type]
        assert [asks.gates[gate].kind for gate in asks.open_gates] == ["network"]
        assert server.connections == 0
        assert "you are asked" not in await desk.preview("Say hello", "openai:env", "step")
        named = await settled(await desk.start("Say hello", "openai:env", "step"))  # type: ignore[arg-type]
        assert [named.gates[gate].kind for gate in named.open_gates] == ["spawn"]
