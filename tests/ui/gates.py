"""Small runs with one card that waits, one for each kind of proposal, and a bench with a clock to press keys on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from textual import events
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import TextArea

from swarm import frames as f
from swarm.cards import cards
from swarm.decide import decide
from swarm.fold import apply, fold
from swarm.proposals import AnyProposal, Budget, Failure, InDoubt, Merge, Run, Terminate, Write
from swarm.state import Swarm
from swarm.values import Ask, Child, Evidence, Limits, Report
from tests.ui.harness import Harness
from tests.ui.sample import NOW, Script
from widgets.card import CardView
from widgets.decisions import Decision
from widgets.form import Form
from widgets.lines import Lines
from widgets.offers import KEYS

OLD = "".join(f"line {number}\n" for number in range(30))
NEW = OLD.replace("line 7\n", "line seven\x1b[31m\n").replace("line 20\n", "")
WRITE = Write(path="src/core.py", content=NEW, before="b10b", original=OLD)
EVIDENCE = (
    Evidence(kind="commit", text="src/core.py", path="src/core.py"),
    Evidence(kind="check", text="tests", passed=False, exit_code=1),
)
END = Terminate(report=Report(outcome="done", summary="Wrote the core.", evidence=EVIDENCE))
ROOT_END = Terminate(report=Report(outcome="done", summary="All is done."))
RUN = Run(title="tests", interpreter="sh", script="set -e\npytest -q\n", environment={"MODE": "fast"})
FAILURE = Failure(error="the model refused: 429", directive="Write part 1")
IN_DOUBT = InDoubt(what="run tests", step=3, changed=("a.py", "b.py"))
BUDGET = Budget(why="201 nodes of 200", limits=Limits(nodes=400))
MERGE = Merge(branch="swarm/r-1", into="main", commits=3, files=("a.py", "b.py"), conflicts=("b.py",))


def begun(children: int = 1, model: str = "openai:gpt", level: str = "step") -> Script:
    """A run whose root has started children 2, 3 and so on, each with a directive of its own."""
    script = Script()
    commit, branch = "a" * 40, "swarm/r-1"
    script.add(
        f.RunStarted, run="r-1", goal="g", title="t", model=model, level=level, by="you", commit=commit, branch=branch
    )
    script.add(f.RunOpened, tier="full")
    root = Child(action="pursue_goal", title="goal", directive="Do the thing")
    script.add(f.NodeSpawned, "1", parent=None, step=0, index=0, child=root)
    script.add(f.NodeStarted, "1", action="pursue_goal", version="1", attempt=1)
    kids = (
        Child(id=str(number + 1), action="write_file", title=f"part {number}", directive=f"Write part {number}")
        for number in range(1, children + 1)
    )
    script.spawn("1", 1, *kids)
    return script


def waiting(proposal: AnyProposal) -> Swarm:
    """Node 2 waits at gate 2 with a proposal."""
    script = begun()
    aside = proposal.kind in ("failure", "budget")
    script.open("2", 0 if aside else 1, proposal)
    return fold(script.frames)


def chain() -> Swarm:
    """Gate 2 writes, gates 3 and 4 are the ends that follow from it."""
    script = begun()
    write = script.open("2", 1, WRITE)
    end = script.open("2", None, END, after=write)
    script.open("1", None, ROOT_END, after=end)
    return fold(script.frames)


def siblings(number: int = 3) -> Swarm:
    """Nodes 2, 3, 4 each wait with a file to write: gates 2, 3, 4."""
    script = begun(number)
    for place in range(number):
        script.open(str(place + 2), 1, Write(path=f"src/p{place}.py", content="x = 1\n"))
    return fold(script.frames)


def after(state: Swarm, *frames: f.Base) -> Swarm:
    """The state after more frames."""
    for frame in frames:
        state = apply(state, frame.model_copy(update={"frame": state.frame + 1, "at": NOW}))  # type: ignore[arg-type]
    return state


def opened(node: str, gate: str, proposal: AnyProposal, **fields: Any) -> f.GateOpened:
    return f.GateOpened(node=node, gate=gate, seq=1, proposal=proposal, digest=proposal.digest, **fields)


def approved(state: Swarm, gate: str) -> f.GateDecided:
    found = state.gates[gate]
    return f.GateDecided(node=found.node, gate=gate, digest=found.digest, decision="approve", by="you")


def asking(ask: Ask) -> Swarm:
    """Node 2 asks question q1."""
    script = begun()
    script.add(f.StepBegun, "2", seq=1, step="ask")
    script.add(f.QuestionAsked, "2", question="q1", seq=1, ask=ask)
    return fold(script.frames)


class Clock:
    """Seconds that pass only when they are told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A widget on a screen, a clock, and keys that are pressed at its times."""

    def __init__(self, app: Harness, pilot: Pilot[None], clock: Clock) -> None:
        self.app, self.pilot, self.clock = app, pilot, clock

    @property
    def kept(self) -> list[Any]:
        return self.app.kept

    async def press(self, *keys: str, gap: float = 0.0) -> None:
        """Keys as a terminal sends them: each comes `gap` seconds after what was before it."""
        for key in keys:
            self.clock.now += gap
            event = events.Key(key, key if len(key) == 1 else None)
            event.time = self.clock.now
            self.app.post_message(event)
        await self.pilot.pause()

    async def wait(self, seconds: float) -> None:
        """Time passes, and the widget looks at what was pressed."""
        self.clock.now += seconds
        for widget in self.app.screen.query("CardView, ChoiceBody"):
            widget.settle()  # type: ignore[attr-defined]
        await self.pilot.pause()

    async def decide(self, key: str) -> None:
        """One deliberate key: the card has stood, and silence follows."""
        await self.wait(0.5)
        await self.press(key)
        await self.wait(0.15)

    async def fill(self, form: type[Form[Any]], text: str) -> None:
        """Writes the text of the form that is open, and sends it."""
        assert isinstance(self.app.screen, form)
        self.app.screen.query_one(TextArea).text = text
        await self.press("ctrl+s")


@asynccontextmanager
async def bench(
    widget: Widget, clock: Clock, *kinds: type[Message], width: int = 70, height: int = 40
) -> AsyncIterator[Bench]:
    """A bench around a widget that was made with this clock."""
    app = Harness(widget, *kinds)
    async with app.run(width, height) as pilot:
        yield Bench(app, pilot, clock)


@asynccontextmanager
async def card_bench(
    state: Swarm, width: int = 70, height: int = 24, keys: Mapping[str, str] = KEYS
) -> AsyncIterator[tuple[Bench, CardView]]:
    """The first card of a state, shown, focused, and not yet armed."""
    clock = Clock()
    card = CardView(clock=clock, keys=keys)
    async with bench(card, clock, CardView.Decision, CardView.EditOutside, width=width, height=height) as made:
        card.focus()
        card.show(cards(state)[0], state, NOW)
        await made.pilot.pause()
        yield made, card


def only(made: Bench, kind: type[Decision]) -> Decision:
    """The one message, and proof that the run would take it."""
    assert [type(message) for message in made.kept] == [kind]
    return made.kept[0]  # type: ignore[no-any-return]


def written(state: Swarm, message: Decision) -> f.GateDecided:
    """What the engine would write for it."""
    frames = decide(state, message.command)
    return next(frame for frame in frames if isinstance(frame, f.GateDecided))


def bar(card: CardView) -> str:
    return str(card.query_one("DecisionBar").render())


def text(card: CardView) -> str:
    return card.query_one(Lines).plain
