from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from llmock.pytest_plugin import LLMock
from pydantic import SecretStr

from swarm.asks import ASKS
from swarm.errors import BadReply, ModelError, ModelUnreachable
from swarm.models import faults
from swarm.models.base import Message, Request
from swarm.models.endpoint import Profile
from swarm.models.ladder import Rung, ladder
from swarm.models.openai import OpenAIModel
from swarm.models.registry import check_endpoint
from swarm.models.stream import Caps
from swarm.models.wire import Bounds
from swarm.values import Prices
from tests.engine.endpoint_server import STREAM_HEAD, Answer, EndpointServer, events, http, piece, said

KEY = "sk-very-secret-0123456789"
CHOICE = {"choose": "yes", "why": "test"}
YES = said(json.dumps(CHOICE))
REQUEST = Request(
    schema_name="Choice",
    messages=(Message(role="system", content="Be brief."), Message(role="user", content="Choose.")),
)


@pytest.fixture(autouse=True)
def _no_memory() -> None:
    ladder.cache_clear()


class Sleeps:
    """Waits no time at all, and knows how long it was asked to."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@asynccontextmanager
async def connected(url: str, **options: Any) -> AsyncIterator[OpenAIModel]:
    profile = Profile(name="test", url=url, model="m", key=SecretStr(KEY), prices=options.pop("prices", None))
    model = OpenAIModel(profile, **{"sleep": Sleeps(), **options})
    try:
        yield model
    finally:
        await model.aclose()


async def ask(url: str, **options: Any) -> Any:
    async with connected(url, **options) as model:
        return (await model.reply(REQUEST, lambda _: None)).value


async def fault(*answers: Answer, **options: Any) -> tuple[ModelError, EndpointServer]:
    """What comes of these answers; each message is one line with the endpoint and without the key."""
    async with EndpointServer(*answers) as server:
        with pytest.raises(ModelError) as caught:
            await ask(server.url, **options)
        text = str(caught.value)
        assert server.url in text
        assert KEY not in text
        assert "\n" not in text
        assert len(text) < 500
        return caught.value, server


# -- a good server ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ASKS)
async def test_every_thought_comes_back_from_a_real_server_in_its_schema(llmock: LLMock, name: str) -> None:
    request = REQUEST.model_copy(update={"schema_name": name})
    async with connected(llmock.base_url()) as model:
        reply = await model.reply(request, lambda _: None)
        assert ASKS[name].model_validate(reply.value).model_dump(mode="json") == reply.value
        assert model.rung is Rung.STRICT
    assert len(llmock.requests) == 1
    llmock.assert_resilient(strict=True)


async def test_the_request_is_strict_streamed_and_unchanged_by_the_first_rung() -> None:
    async with EndpointServer(YES) as server:
        assert await ask(server.url) == CHOICE
        [body] = server.bodies
    assert body["messages"] == [message.model_dump() for message in REQUEST.messages]
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["choose", "why"]


async def test_the_key_goes_along_and_nothing_from_the_environment_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-token: secret\nauthorization: Bearer other")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with EndpointServer(YES) as server:
        await ask(server.url)
        [(headers, _)] = server.requests
    assert headers["authorization"] == f"Bearer {KEY}"
    plain = {"host", "accept", "accept-encoding", "connection", "content-type", "content-length", "user-agent"}
    assert set(headers) <= plain | {"authorization"}
    assert "secret" not in str({name: value for name, value in headers.items() if name != "authorization"})


async def test_text_streams_in_pieces_and_usage_is_counted_and_priced() -> None:
    text = json.dumps(CHOICE)
    usage = {"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}}
    answer = events(piece(text[:5]), piece(text[5:]), piece(finish="stop"), usage, "[DONE]")
    pieces: list[str] = []
    async with EndpointServer(answer) as server, connected(server.url, prices=Prices(input=2, output=10)) as model:
        reply = await model.reply(REQUEST, pieces.append)
    assert pieces == [text[:5], text[5:]]
    assert (reply.usage.calls, reply.usage.input_tokens, reply.usage.output_tokens) == (1, 1000, 100)
    assert reply.usage.cost == pytest.approx(0.003)
    assert reply.finish == "stop"


async def test_without_prices_or_usage_the_cost_is_unknown(llmock: LLMock) -> None:
    async with connected(llmock.base_url()) as model:
        assert (await model.reply(REQUEST, lambda _: None)).usage.cost is None
    async with EndpointServer(YES) as server, connected(server.url, prices=Prices(input=2, output=10)) as model:
        assert (await model.reply(REQUEST, lambda _: None)).usage.cost is None


async def test_one_connection_serves_several_calls() -> None:
    async with EndpointServer(YES) as server, connected(server.url) as model:
        for _ in range(3):
            await model.reply(REQUEST, lambda _: None)
        assert server.connections == 1


async def test_a_server_that_does_not_stream_is_read_all_the_same() -> None:
    message = {"choices": [{"message": {"content": json.dumps(CHOICE)}, "finish_reason": "stop"}]}
    async with EndpointServer(http(message)) as server:
        assert await ask(server.url) == CHOICE


async def test_an_endpoint_is_checked_by_one_small_call(llmock: LLMock) -> None:
    async with connected(llmock.base_url()) as model:
        line = await check_endpoint(model)
    assert line.startswith(f"m at {model.profile.host} answers in ")
    assert line.endswith("structured output: strict JSON schema")


def test_the_client_is_imported_with_the_first_call_only() -> None:
    code = "import sys, swarm.models.openai, swarm.models.registry; print({'openai', 'httpx2'} & sys.modules.keys())"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "set()"


# -- faults that pass ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        lambda mock: mock.rate_limit(times=1, retry_after=0.05),
        lambda mock: mock.fail(503, retry_after=0.05),
        lambda mock: mock.fail(529, retry_after=0.05),
        lambda mock: mock.fail(408),
        lambda mock: mock.fail(409),
        lambda mock: mock.disconnect(after_chunks=2),
        lambda mock: mock.truncate(after_chunks=2),
        lambda mock: mock.corrupt(after_chunks=2),
    ],
    ids=["429", "503", "529", "408", "409", "disconnect", "truncate", "corrupt"],
)
async def test_a_fault_that_passes_is_tried_again(llmock: LLMock, spoil: Callable[[LLMock], object]) -> None:
    spoil(llmock)
    notes: list[str] = []
    async with connected(llmock.base_url(), sleep=lambda seconds: asyncio.sleep(min(seconds, 0.06))) as model:
        reply = await model.reply(REQUEST, notes.append)
    assert "choose" in reply.value
    assert len(llmock.requests) == 2
    assert any("; again in " in note for note in notes)
    llmock.assert_resilient(strict=True)


async def test_an_endpoint_that_stays_down_is_given_up_with_growing_pauses() -> None:
    sleeps = Sleeps()
    down = http({"error": {"message": "overloaded", "code": "busy"}}, 503)
    caught, server = await fault(down, sleep=sleeps)
    assert isinstance(caught, faults.Busy)
    assert "answers 503: overloaded" in str(caught)
    assert len(server.requests) == 5
    assert len(sleeps.seconds) == 4
    assert sleeps.seconds == sorted(sleeps.seconds)
    assert sleeps.seconds[-1] <= 4


@pytest.mark.parametrize(("header", "least"), [({"retry_after": "7"}, 7.0), ({"retry_after_ms": "2500"}, 2.5)])
async def test_an_endpoint_is_given_the_time_that_it_asks_for(header: dict[str, str], least: float) -> None:
    sleeps = Sleeps()
    async with EndpointServer(http({"error": "slow down"}, 429, **header), YES) as server:
        assert await ask(server.url, sleep=sleeps) == CHOICE
    assert sleeps.seconds == [least]


async def test_a_date_to_wait_for_is_read_and_an_hour_is_too_long() -> None:
    past = http({"error": "slow"}, 429, retry_after="Wed, 21 Oct 2015 07:28:00 GMT")
    sleeps = Sleeps()
    async with EndpointServer(past, YES) as server:
        assert await ask(server.url, sleep=sleeps) == CHOICE
    assert sleeps.seconds[0] <= 0.5
    caught, server = await fault(http({"error": "slow"}, 429, retry_after="3600"))
    assert isinstance(caught, faults.Busy)
    assert len(server.requests) == 1


async def test_a_server_that_is_not_there_is_named_after_one_more_try(unused_tcp_port: int) -> None:
    sleeps = Sleeps()
    with pytest.raises(faults.NoAnswer, match=rf"http://127.0.0.1:{unused_tcp_port}/v1\): the connection failed"):
        await ask(f"http://127.0.0.1:{unused_tcp_port}/v1", sleep=sleeps)
    assert len(sleeps.seconds) == 1


# -- faults that stay ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "kind", "words"),
    [
        (401, {"message": f"Incorrect API key provided: {KEY}"}, faults.KeyRefused, r"\[key\]; check its key"),
        (403, {"message": "no access"}, faults.KeyRefused, "answers 403: no access"),
        (404, {"message": "no model m"}, faults.NotThere, "no model m; check its URL and model"),
        (429, {"message": "pay", "code": "insufficient_quota"}, faults.OutOfQuota, "out of quota"),
        (400, {"message": "too long", "code": "context_length_exceeded"}, faults.PromptTooLong, "larger context"),
        (402, {"message": "pay first"}, faults.RequestRefused, "answers 402: pay first"),
    ],
)
async def test_what_no_retry_can_mend_is_asked_once(
    status: int, error: dict[str, str], kind: type[ModelError], words: str
) -> None:
    caught, server = await fault(http({"error": error}, status))
    assert type(caught) is kind
    assert isinstance(caught, ModelUnreachable)
    with pytest.raises(kind, match=words):
        raise caught
    assert len(server.requests) == 1


async def test_a_redirect_is_not_followed_and_the_prompt_reaches_nobody_else() -> None:
    async with EndpointServer(YES) as other:
        away = http(b"", 307, location=f"{other.url}/chat/completions")
        caught, _ = await fault(away)
        assert isinstance(caught, faults.Redirected)
        assert other.url in str(caught)
        assert other.requests == []


BAD = [
    ("page", http("<html><body>Log in</body></html>", content_type="text/html"), faults.NoChat, "text/html instead"),
    ("empty body", http(b"", content_type=""), faults.NoChat, "nothing instead"),
    ("packed", http(b"x", content_encoding="gzip"), faults.NoChat, "compressed"),
    ("error in 200", http({"error": {"message": "out of memory"}}), faults.RequestRefused, "out of memory"),
    (
        "error in stream",
        events({"error": {"message": "boom", "code": 402}}),
        faults.RequestRefused,
        "answers 402: boom",
    ),
    ("busy in stream", events({"error": {"message": "boom", "code": 502}}), faults.Busy, "answers 502: boom"),
    ("early end", events(piece('{"choose":')), faults.Broken, "without a finish reason"),
    ("nothing", events("[DONE]"), faults.NoChat, "instead of a chat completion"),
    ("no choices", events({"choices": []}, "[DONE]"), faults.Broken, "no choices"),
    ("null choices", http({"choices": None}), faults.Broken, "no choices"),
    ("choices of text", events({"choices": "yes"}), faults.Garbled, "no part of a chat completion"),
    ("content of numbers", events({"choices": [{"delta": {"content": 5}}]}), faults.Garbled, "valid string"),
    ("chunk of a list", events("[1, 2]"), faults.Garbled, "no part of a chat completion"),
    ("chunk half", events('{"choices": [{'), faults.Garbled, "Invalid JSON"),
    ("chunk deep", events('{"choices":' + "[" * 100_000), faults.Garbled, "recursion"),
    ("chunk binary", events("\x00\x01"), faults.Garbled, "Invalid JSON"),
    ("length", said('{"choose": "y', "length"), faults.CutOff, "token limit"),
    ("filter", said("", "content_filter"), faults.Filtered, "content filter"),
    ("refusal", events(piece(refusal="I will\nnot."), piece(finish="stop")), faults.Declined, "refused: I will not."),
]


@pytest.mark.parametrize(("answer", "kind", "words"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
async def test_what_a_server_does_wrong_has_a_name(answer: bytes, kind: type[ModelError], words: str) -> None:
    caught, _ = await fault(answer)
    assert type(caught) is kind
    assert words in str(caught)


async def test_a_drip_that_never_ends_is_cut_at_the_deadline() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM_HEAD)
        while True:
            writer.write(b'data: {"choices": []}\n\n')
            await writer.drain()
            await asyncio.sleep(0.01)

    caught, _ = await fault(drip, bounds=Bounds(total=0.3))
    assert isinstance(caught, faults.TooSlow)


async def test_a_server_that_goes_silent_is_given_up() -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM_HEAD)
        await writer.drain()
        await asyncio.Event().wait()

    caught, server = await fault(silent, bounds=Bounds(idle=0.1))
    assert isinstance(caught, faults.NoAnswer)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "part", [b"data: " + b"x" * 65536, (b": hello" + b" " * 60 + b"\n") * 1000], ids=["line", "lines"]
)
async def test_an_endless_answer_is_cut_at_the_cap(part: bytes) -> None:
    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM_HEAD)
        while True:
            writer.write(part)
            await writer.drain()

    caught, server = await fault(flood, caps=Caps(whole=1 << 20, line=1 << 18))
    assert isinstance(caught, faults.TooMuch)
    assert len(server.requests) == 1


async def test_a_huge_error_page_and_a_huge_text_are_cut_too() -> None:
    caught, _ = await fault(http(b"<html>" + b"x" * 2_000_000, 402))
    assert "answers 402: a web page" in str(caught)
    caught, _ = await fault(said("x" * 2000), caps=Caps(text=1000))
    assert isinstance(caught, faults.TooMuch)
    caught, _ = await fault(http({"choices": [], "pad": "x" * 2000}), caps=Caps(line=1000))
    assert isinstance(caught, faults.TooMuch)


async def test_cancelling_hangs_up_at_once() -> None:
    begun = asyncio.Event()

    async def forever(writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM_HEAD + b"data: " + json.dumps(piece("{")).encode() + b"\n\n")
        await writer.drain()
        while True:
            await asyncio.sleep(0.01)
            writer.write(b": still here\n")
            await writer.drain()

    async with EndpointServer(forever) as server, connected(server.url) as model:
        task = asyncio.create_task(model.reply(REQUEST, lambda _: begun.set()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(2):
            await server.hung_up.wait()


# -- the ladder and repairs ------------------------------------------------------------------------------------------


def refusing(*refused: str, status: int = 400) -> Callable[[dict[str, Any]], bytes]:
    def answer(body: dict[str, Any]) -> bytes:
        form = body.get("response_format", {})
        way = "strict" if form.get("json_schema", {}).get("strict") else form.get("type", "prompt")
        return http({"error": {"message": f"{way} is not supported"}}, status) if way in refused else YES

    return answer


class PickyServer(EndpointServer):
    """Answers by what it is asked."""

    def __init__(self, answer: Callable[[dict[str, Any]], bytes]) -> None:
        super().__init__(self._picky)
        self._answer = answer

    async def _picky(self, writer: asyncio.StreamWriter) -> None:
        writer.write(self._answer(self.bodies[-1]))


@pytest.mark.parametrize(
    ("refused", "rung"),
    [
        (("strict",), Rung.SCHEMA),
        (("strict", "json_schema"), Rung.OBJECT),
        (("strict", "json_schema", "json_object"), Rung.PROMPT),
    ],
)
async def test_the_way_to_ask_that_works_is_found_and_remembered(refused: tuple[str, ...], rung: Rung) -> None:
    async with PickyServer(refusing(*refused)) as server:
        assert await ask(server.url) == CHOICE
        assert len(server.requests) == len(refused) + 1
        assert '"required": ["choose", "why"]' in server.bodies[-1]["messages"][-1]["content"]
        async with connected(server.url) as model:
            assert model.rung is rung
            await model.reply(REQUEST, lambda _: None)
        assert len(server.requests) == len(refused) + 2


async def test_a_server_that_fails_over_a_schema_is_asked_another_way_after_one_more_try() -> None:
    async with PickyServer(refusing("strict", "json_schema", status=500)) as server:
        assert await ask(server.url) == CHOICE
        assert len(server.requests) == 5


async def test_when_every_way_is_refused_the_error_comes_through_and_nothing_is_learned() -> None:
    everything = ("strict", "json_schema", "json_object", "prompt")
    async with PickyServer(refusing(*everything)) as server, connected(server.url) as model:
        with pytest.raises(faults.RequestRefused, match="prompt is not supported"):
            await model.reply(REQUEST, lambda _: None)
        assert len(server.requests) == 4
        assert model.rung is Rung.STRICT


async def test_a_server_that_does_not_know_stream_options_is_asked_without() -> None:
    def answer(body: dict[str, Any]) -> bytes:
        return http({"error": "unknown field stream_options"}, 422) if "stream_options" in body else YES

    async with PickyServer(answer) as server:
        assert await ask(server.url) == CHOICE
        assert await ask(server.url) == CHOICE
        assert len(server.requests) == 3
        assert server.bodies[-1]["response_format"]["json_schema"]["strict"] is True


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ('{"choose": "a", "choose": "yes", "why": ""}', "it has the key 'choose' twice"),
        ('{"choose": NaN, "why": ""}', "NaN is no number"),
        ('{"choose": 5, "why": ""}', "choose: Input should be a valid string"),
        ('{"choose": "yes", "because": ""}', "because: Extra inputs are not permitted"),
        ("I would say yes.", "it holds no JSON object"),
        ("", "it holds no JSON object"),
    ],
)
async def test_an_answer_that_does_not_fit_goes_back_with_what_is_wrong(wrong: str, problem: str) -> None:
    async with EndpointServer(said(wrong), YES) as server, connected(server.url) as model:
        reply = await model.reply(REQUEST, lambda _: None)
        first, second = server.bodies
    assert reply.value == CHOICE
    assert reply.usage.calls == 2
    assert [message["role"] for message in second["messages"]] == ["system", "user", "assistant", "user"]
    assert second["messages"][:2] == first["messages"]
    assert second["messages"][2]["content"] == (wrong or "(nothing)")
    assert problem in second["messages"][3]["content"]
    assert "JSON schema" in second["messages"][3]["content"]


async def test_after_two_repairs_it_is_given_up() -> None:
    caught, server = await fault(said("never"))
    assert type(caught) is faults.Unfit
    assert isinstance(caught, BadReply)
    assert "does not fit Choice after 2 repairs: it holds no JSON object" in str(caught)
    assert len(server.requests) == 3


async def test_a_server_that_ignores_schemas_gets_them_in_the_prompt_from_then_on() -> None:
    def answer(body: dict[str, Any]) -> bytes:
        return YES if "JSON schema" in body["messages"][-1]["content"] else said("Yes!")

    async with PickyServer(answer) as server:
        assert await ask(server.url) == CHOICE
        assert await ask(server.url) == CHOICE
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    "text",
    [
        'Sure! Here it is:\n```json\n{"choose": "yes", "why": "test"}\n```\nAnything else?',
        '```\n{"choose": "yes", "why": "test"}\n```',
        '<think>Maybe {"choose": "no", "why": ""}?</think>{"choose": "yes", "why": "test"}',
        'Use {braces}. For example {"choose": "no", "why": ""}, but I say {"choose": "yes", "why": "test"}.',
    ],
)
async def test_prose_and_fences_around_the_answer_are_no_harm(text: str) -> None:
    async with EndpointServer(said(text)) as server:
        assert await ask(server.url) == CHOICE
        assert len(server.requests) == 1
