"""Texts that want to be more than text, and a run that holds them wherever a run holds text of others."""

from __future__ import annotations

from swarm import frames as f
from swarm.context import NodeContext
from swarm.effects import Effect
from swarm.proposals import AnyProposal, Run, Save, Write
from swarm.values import Ask, Child, Document, Report
from tests.engine import kit
from tests.engine.doubles import Shelf
from tests.engine.kit import Stage

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--<script>",
    "--></style><svg onload=alert(1)>",
    "[click](javascript:alert(1)) ![x](https://example.org/x.png) <a href='javascript:alert(1)'>x</a>",
    "]]><!ENTITY x SYSTEM 'file:///etc/passwd'>&x;",
    "\x1b[31mred\x07 \x00null \x7f\x9b \u202egnp.exe \ufeff \ufffe \u2028 \U0001f41d",
    "@data@ @script@ {{name}} \\{{name}} `````` \r\n\t?q: x",
)
TEXT = "\n\n".join(HOSTILE)


class _Loud(Shelf):
    """Commands that print what is hostile."""

    def effect_of(self, proposal: AnyProposal) -> Effect:
        effect = super().effect_of(proposal)
        return effect.model_copy(update={"value": {**effect.value, "output": TEXT}})


async def _root(node: NodeContext) -> Report:
    await node.remember(Document(name="context", text=TEXT))
    _, pairs = await node.spawn([Child(action="part", directive=TEXT, title=text) for text in HOSTILE[:3]])
    return Report(outcome="done", summary=TEXT, value={"text": TEXT}, evidence=pairs[0][1].evidence)


async def _part(node: NodeContext) -> Report:
    answers = await node.ask([Ask(name="which", text=TEXT, choices=(TEXT, "other"), default=TEXT)], key=TEXT)
    written = await node.write(f"{node.id}.txt", TEXT + answers["which"])
    command = Run(title=HOSTILE[1], interpreter="sh", script=TEXT, environment={"ANSWER": "a value to hide"})
    await node.run(command)
    await node.gated(Save(name=HOSTILE[2], text=TEXT), key=TEXT)
    return Report(outcome="done", summary=TEXT, evidence=written.evidence)


async def hostile_frames() -> list[f.Frame]:
    """A run in which every text is hostile."""
    stage = Stage({"root": _root, "part": _part}, world=_Loud(), goal=TEXT, title=TEXT, by=TEXT, branch=HOSTILE[0])
    rejected: list[str] = []

    def choose(state: object, gate: object) -> object:
        if getattr(gate, "kind", "") == "write" and not rejected:
            rejected.append("once")
            edited = Write(path="edited.txt", content=TEXT)
            return kit.edit(gate, edited, TEXT)  # type: ignore[arg-type]
        return kit.yes(state, gate)  # type: ignore[arg-type]

    await stage.finish(choose)  # type: ignore[arg-type]
    return stage.frames
