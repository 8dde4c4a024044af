"""The peer's side of the comparison: one LangGraph node whose every step waits at `interrupt()`.

Run by the peers' own Python as `python langgraph_steps.py MODE FOLDER`; it imports nothing of ours. The graph is one
node that leads back to itself, kept by the SQLite checkpointer (the synchronous one: it is the faster of the two) with
`durability="sync"`; each step is one `Command(resume=...)`.

Modes:
    small: The state is a number.
    gathered: The state gathers the steps' reports of 200 bytes with a list reducer, as the documentation teaches it.
    delta: The same list in a `DeltaChannel`, which was in beta when this was written.
"""

from __future__ import annotations

import json
import operator
import sys
import time
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langgraph.channels import DeltaChannel
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

REPORT = 200


class Small(TypedDict):
    count: int


class Gathered(TypedDict):
    count: int
    reports: Annotated[list[str], operator.add]


def joined(reports: list[str], writes: list[list[str]]) -> list[str]:
    return [*reports, *(report for write in writes for report in write)]


class Delta(TypedDict):
    count: int
    reports: Annotated[list[str], DeltaChannel(joined)]


STATES: dict[str, Any] = {"small": Small, "gathered": Gathered, "delta": Delta}


def step_of(mode: str) -> Any:
    def step(state: Any) -> dict[str, Any]:
        text = f"report {state['count']}"
        report = text if mode == "small" else text.ljust(REPORT, "x")
        interrupt({"name": "report", "text": report})
        count = state["count"] + 1
        return {"count": count} if mode == "small" else {"count": count, "reports": [report]}

    return step


def main(mode: str, place: Path) -> None:
    graph = StateGraph(STATES[mode])
    graph.add_node("step", step_of(mode))
    graph.add_edge(START, "step")
    graph.add_conditional_edges("step", lambda _: "step", ["step"])
    with SqliteSaver.from_conn_string(str(place / "checkpoints.sqlite")) as saver:
        app = graph.compile(checkpointer=saver)
        config: Any = {"configurable": {"thread_id": "1"}, "recursion_limit": 10**9}
        app.invoke({"count": 0}, config, durability="sync")
        total = 0
        for line in sys.stdin:
            total += int(line)
            began = time.perf_counter()
            for _ in range(int(line)):
                state = app.invoke(Command(resume=True), config, durability="sync")
            seconds = time.perf_counter() - began
            assert state["count"] == total, "a step was lost"
            assert mode == "small" or len(state["reports"]) == total, "a report was lost"
            print(json.dumps({"seconds": seconds}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
