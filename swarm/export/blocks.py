"""Proposals and reports as blocks that the page knows how to show.

A block is `["facts", [label, text] …]`, `["markdown", tree]`, `["code", text]`, `["diff", text]` or
`["child", title, action, directive]`; texts and trees are numbers, labels are words of ours.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

from swarm.export.texts import Texts
from swarm.proposals import AnyProposal, Failure, Run, Save, Spawn, Terminate, Write
from swarm.values import Report
from swarm.workspace.edits import unified

Block = list[Any]


class Blocks:
    """Makes blocks.

    Args:
        texts: Where their texts go.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def proposal(self, proposal: AnyProposal) -> list[Block]:
        """What would happen, whole, but for the values of environment variables."""
        match proposal:
            case Spawn():
                return [self._child(child.name, child.action, child.directive) for child in proposal.children]
            case Terminate():
                return self.report(proposal.report)
            case Write():
                difference = unified(proposal.original or "", proposal.content, proposal.path)
                return [["diff", self._texts.put(difference or proposal.content)]]
            case Run():
                return self._run(proposal)
            case Save():
                return [self._code(proposal.text)]
            case Failure():
                return [self._facts(Error=proposal.error), self._code(proposal.directive)]
        fields = proposal.model_dump(mode="json", exclude={"kind"})
        return [self._facts(**{name.replace("_", " ").capitalize(): _plain(value) for name, value in fields.items()})]

    def report(self, report: Report) -> list[Block]:
        """How a node ended: its summary, what it is based on, what a human changed."""
        evidence = [item.text + ("" if item.passed is None else _PASSED[item.passed]) for item in report.evidence]
        facts = {"Outcome": report.outcome, "Evidence": "\n".join(evidence), "Edited": report.edited}
        facts["Made"] = "\n".join(artifact.path or artifact.name for artifact in report.artifacts)
        return [["markdown", self._texts.put_markdown(report.summary)], self._facts(**facts)]

    def _run(self, proposal: Run) -> list[Block]:
        facts = {
            "Read by": proposal.interpreter if proposal.script else "",
            "Variables": ", ".join(sorted(proposal.environment)),
            "Changes": "nothing" if proposal.readonly else "",
            "Sandbox": proposal.tier,
        }
        return [self._code(shlex.join(proposal.argv) if proposal.argv else proposal.script), self._facts(**facts)]

    def _child(self, title: str, action: str, directive: str) -> Block:
        return ["child", *map(self._texts.put, (title, action, directive))]

    def _code(self, text: str) -> Block:
        return ["code", self._texts.put(text)]

    def _facts(self, **facts: str) -> Block:
        return ["facts", *self._pairs(facts)]

    def _pairs(self, facts: dict[str, str]) -> Iterator[Block]:
        for label, text in facts.items():
            if text:
                yield [label, self._texts.put(text)]


_PASSED = {True: " (speaks for it)", False: " (speaks against it)"}


def _plain(value: Any) -> str:
    """A value of JSON as a person would write it; lists of texts line by line."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)
