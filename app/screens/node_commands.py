"""Commands of the board that are about a node, or the whole run."""

from __future__ import annotations

from contextlib import suppress

from textual import work

from app.screens.opening import Opening
from app.screens.sheet import Sheet
from swarm.commands import Continue, OfferMerge, Pause, SetLevel, Stop, Tell
from swarm.decide import decide
from swarm.errors import Refused
from swarm.frames import GateDecided
from swarm.state import Node
from swarm.values import LEVELS, Level
from widgets import safe
from widgets.forms import ConfirmForm, LevelForm, TellForm
from widgets.words import count, name_of


class NodeCommands(Opening):
    """A screen that shows a run and knows which node is meant."""

    @property
    def target(self) -> Node | None:
        """The node under the cursor of the tree if the focus is there, or the one that is open."""
        node = self.swarm_tree.cursor_node if self.swarm_tree.has_focus else self.here.node
        return self.shown.nodes.get(node or self.shown.root or "")

    @work
    async def action_pause(self) -> None:
        """Pauses the subtree, or lets it go on."""
        node = self.target
        if node is None or not self.may_act():
            return
        paused = node.id in self.shown.paused
        if await self.send(Continue(node=node.id) if paused else Pause(node=node.id)):
            name = safe.line(name_of(self.shown, node.id))
            self.say(f"{name} goes on" if paused else f"{name} is paused: what is in flight ends, nothing more begins")

    @work
    async def action_pause_all(self) -> None:
        """Pauses the run, or lets it go on, once the sheet was answered."""
        if not self.may_act():
            return
        paused = self.shown.paused_run
        words = "goes on" if paused else "begins no further step; what is in flight ends"
        way = ("p", "go on" if paused else "pause the run")
        if await self.app.push_screen_wait(Sheet("The whole run", f"Run {self.shown.run} {words}.", [way])):
            await self.send(Continue() if paused else Pause())

    @work
    async def action_level(self) -> None:
        """Sets what the subtree asks for."""
        node = self.target
        if node is None or not self.may_act():
            return
        if node.parent is None:
            self.action_level_run()
            return
        loosest = self.shown.nodes[node.parent].level
        form = LevelForm(name_of(self.shown, node.id), node.level, loosest, self._passing(node.id))
        level = await self.app.push_screen_wait(form)
        if level:
            await self.send(SetLevel(node=node.id, level=level))

    @work
    async def action_level_run(self) -> None:
        """Sets what the run asks for."""
        if not self.may_act():
            return
        form = LevelForm(f"run {self.shown.run}", self.shown.level, passing=self._passing(None))
        level = await self.app.push_screen_wait(form)
        if level:
            await self.send(SetLevel(level=level))

    def _passing(self, node: str | None) -> dict[Level, int]:
        """How many gates that wait each level would approve at once."""
        found: dict[Level, int] = {}
        for level in LEVELS:
            with suppress(Refused):
                frames = decide(self.shown, SetLevel(node=node, level=level))
                found[level] = sum(isinstance(frame, GateDecided) for frame in frames)
        return found

    @work
    async def action_tell(self) -> None:
        """Tells the node something."""
        node = self.target
        if node is None or not self.may_act():
            return
        form = TellForm(name_of(self.shown, node.id), drafts=self.drafts, key=f"tell {node.id}")
        text = await self.app.push_screen_wait(form)
        if text and await self.send(Tell(node=node.id, text=text)):
            self.say("told: it reads this at its next thought")

    @work
    async def action_stop(self) -> None:
        """Stops the subtree once its id was typed."""
        node = self.target
        if node is None or not self.may_act():
            return
        below = sum(found.report is None for found in self.shown.subtree(node.id)) - 1
        what = f"Stops {name_of(self.shown, node.id)} and {count(below, 'node')} below it for good."
        if await self.app.push_screen_wait(ConfirmForm(what, node.id)):
            await self.send(Stop(node=node.id))

    @work
    async def action_stop_run(self) -> None:
        """Stops the run once its id was typed."""
        if not self.may_act():
            return
        what = f"Stops run {self.shown.run} for good; its branch and history stay."
        if await self.app.push_screen_wait(ConfirmForm(what, self.shown.run)):
            await self.send(Stop())

    @work
    async def action_merge(self) -> None:
        """Has the merge of the run's branch offered, however the run ended."""
        if await self.send(OfferMerge()):
            self.say("the merge is offered: it waits in the inbox")

    def action_copy(self) -> None:
        """Copies the directive of the node."""
        if node := self.target:
            self.app.copy_to_clipboard(safe.clean(node.directive))
            self.say("the directive was copied")
