"""The card of an endpoint that nobody named: what a person should see, and the three things to choose from."""

from __future__ import annotations

import pytest

from swarm import frames as f
from swarm.fold import fold
from swarm.proposals import Network
from swarm.state import Swarm
from swarm.values import Child, Prices
from tests.ui.gates import after, bar, card_bench, only, opened, text, written
from tests.ui.sample import Script
from widgets.card import CardView
from widgets.inbox import waiting
from widgets.tree_rows import Rows

FOUND = Network(
    host="localhost:8000",
    url="http://localhost:8000/v1",
    model="small",
    variables=("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"),
)


def asks(network: Network = FOUND) -> Swarm:
    """A run that waits at its first gate, before its root begins."""
    script = Script()
    script.add(f.RunStarted, run="r-1", goal="g", title="t", model="openai:env", level="auto", network=network)
    root = Child(action="organise_context", title="Say hello", directive="Say hello to the reader.")
    script.add(f.NodeSpawned, "1", parent=None, step=0, index=0, child=root)
    script.add(f.GateOpened, "1", gate="1", seq=0, key="network", proposal=network, digest=network.digest)
    return fold(script.frames)


async def test_the_card_says_what_would_be_used_and_who_told_of_it() -> None:
    async with card_bench(asks(), height=30) as (_, card):
        assert text(card).splitlines() == [
            "Say hello › organise_context wants to use a model that you did not name",
            "for: Say hello to the reader.",
            "",
            "Model     small",
            "Host      localhost:8000",
            "URL       http://localhost:8000/v1",
            "Price     —",
            "Found in  OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL",
            "Used for  every thought of the run; goal, files and reports go there",
            "",
            "Choose one:",
            "  1  use it for this run",
            "  2  be the model yourself: each thought becomes a form, nothing is sent",
            "  3  do not use it, and stop the run; asks why",
            "",
            "Touches   the network: localhost:8000",
            "Undo      nothing to undo yet; what is sent later cannot be taken back",
            "Cost      0 tokens so far · price —",
            "Unblocks  the whole run",
            "Asked by  always asked: you did not name this endpoint  w for more",
            "Changed   nothing since it was opened in frame 2",
        ]


async def test_a_price_is_shown_where_it_is_known_and_hidden_characters_are_seen() -> None:
    network = FOUND.model_copy(update={"prices": Prices(input=1, output=2.5), "model": "a\u202eb"})
    async with card_bench(asks(network), height=30) as (_, card):
        assert "Price     $1 in, $2.5 out per million tokens" in text(card)
        assert "\u202e" not in text(card)


async def test_nothing_is_preselected_and_one_key_allows_nothing() -> None:
    async with card_bench(asks()) as (made, card):
        assert "a take the line that 1–9 points at" in bar(card)
        assert "r reject" in bar(card)
        await made.decide("a")
        assert made.kept == []
        assert "choose a line first" in bar(card)


@pytest.mark.parametrize(("line", "word"), [("1", "approve"), ("2", "human")])
async def test_a_line_is_pointed_at_and_taken(line: str, word: str) -> None:
    state = asks()
    async with card_bench(state) as (made, _):
        await made.press(line)
        await made.decide("a")
        decided = written(state, only(made, CardView.Choose))
        assert (decided.choice or decided.decision, decided.digest) == (word, FOUND.digest)


@pytest.mark.parametrize("keys", ["r", "3a"])
async def test_a_rejection_asks_why_and_says_that_the_run_stops(keys: str) -> None:
    state = asks()
    async with card_bench(state) as (made, _):
        await made.press(*keys[:-1])
        await made.decide(keys[-1])
        form = made.app.screen
        assert "the run ends as stopped" in str(form.query_one(".form-about").render())
        await made.press(*"dear")
        await made.press("ctrl+s")
        decided = written(state, only(made, CardView.Reject))
        assert (decided.decision, decided.reason) == ("reject", "dear")


def test_the_inbox_and_the_tree_name_it() -> None:
    state = asks()
    assert [entry.what for entry in waiting(state)] == ["1 network: small at localhost:8000"]
    rows = Rows(state, lambda _: True)
    assert [(row.status, row.title) for row in rows] == [
        ("waiting", "Say hello"),
        ("asks", "network: small at localhost:8000"),
    ]


async def test_a_second_one_says_what_the_first_was_about() -> None:
    state = asks()
    allowed = f.GateDecided(node="1", gate="1", digest=FOUND.digest, decision="approve", by="you")
    other = FOUND.model_copy(update={"host": "b.example", "url": "https://b.example/v1"})
    again = opened("1", "2", other, revision=2, key="network")
    async with card_bench(after(state, allowed, again), height=30) as (_, card):
        assert "gate 1 was about small at http://localhost:8000/v1" in " ".join(text(card).split())
