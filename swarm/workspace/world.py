"""The world of a run with a workspace: its worktree, its sandbox, the human's repository."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from swarm.effects import Effect, Mark
from swarm.errors import EditFailed, MergeRefused
from swarm.frames import WorkspaceEdited
from swarm.proposals import AnyProposal, Merge, Run, Save, Tag, Write
from swarm.spaces.memory import Memory
from swarm.store.blobs import Blobs, digest_of
from swarm.store.files import make_folder
from swarm.values import Document, Evidence
from swarm.workspace import edits, exits, files, paths, running
from swarm.workspace.looking import Looking, digests, text_of
from swarm.workspace.merge import MergePreview, merge, merge_preview
from swarm.workspace.sandbox import BRIEF, Outcome, Sandbox
from swarm.workspace.tags import find_tag, tag
from swarm.workspace.threads import finished
from swarm.workspace.turns import Turns
from swarm.workspace.worktree import Worktree
from swarm.world import Owner


class GitWorld(Looking):
    """Effects in a git worktree, each of them one commit with the run, the node and the frame in its trailers.

    Args:
        worktree: Of the run.
        sandbox: Where commands run.
        memory: Where texts are kept beyond the run.
        blobs: For outputs that are too long for a frame.
        exit_files: Folder for the proofs of finished commands.
    """

    def __init__(self, worktree: Worktree, sandbox: Sandbox, memory: Memory, blobs: Blobs, exit_files: Path) -> None:
        super().__init__(worktree)
        self._sandbox, self._memory, self._blobs, self._exit_files = sandbox, memory, blobs, exit_files
        self._turns = Turns()
        self._settling = asyncio.Lock()
        self._head = worktree.head

    @property
    def tier(self) -> str:
        """The sandbox tier in force."""
        return self._sandbox.tier

    @property
    def acts(self) -> bool:
        """It does: files, commits, tags, memory."""
        return True

    @property
    def head(self) -> str:
        """The newest commit of the run's branch."""
        return self._head

    # Proposals

    async def write(self, path: str, content: str) -> Write:
        """The proposal to write a whole file.

        Raises:
            PathRefused: If the path leads where nothing may be written.
        """
        checked = paths.check(path)
        before = await self.bytes_of(checked)
        if before is None:
            return Write(path=str(checked), content=content)
        return Write(path=str(checked), content=content, before=digest_of(before), original=text_of(before))

    async def edit(self, path: str, edit: str) -> Write:
        """The proposal to change a file.

        Raises:
            EditFailed: If the edit does not match the file as it is.
        """
        checked = paths.check(path)
        before = await self.bytes_of(checked)
        if before is None:
            raise EditFailed(f"{path} is not there: write it instead of editing it")
        content = edits.apply_edit(text_of(before), edit)
        return Write(path=str(checked), content=content, before=digest_of(before), original=text_of(before))

    async def command(self, command: Run) -> Run:
        """The command with the hashes of the files that it names, and the tier in force."""
        named = await asyncio.to_thread(digests, self._worktree.path, command)
        return command.model_copy(update={"inputs": named, "tier": self.tier})

    async def refreshed(self, proposal: AnyProposal) -> AnyProposal:
        """The same proposal, as things are now."""
        if isinstance(proposal, Write):
            return await self.write(proposal.path, proposal.content)
        return await self.command(proposal) if isinstance(proposal, Run) else proposal

    # Whose turn it is

    def turn(self, proposal: AnyProposal, owner: Owner) -> AbstractAsyncContextManager[None]:
        """One effect at a time; read-only commands side by side where the sandbox keeps them to it."""
        return self._turns.take(owner, shared=self._only_reads(proposal))

    def _only_reads(self, proposal: AnyProposal) -> bool:
        """Whether it is a command that the sandbox keeps from changing anything."""
        return isinstance(proposal, Run) and proposal.readonly and self.tier == "full"

    def doubt(self, owners: Iterable[Owner]) -> None:
        """Names the effects whose outcome is not known."""
        self._turns.doubt(owners)

    def certain(self, owner: Owner) -> None:
        """The outcome of this effect is known now."""
        self._turns.certain(owner)

    async def settle(self) -> WorkspaceEdited | None:
        """Commits what the human changed in the worktree, under the human's name; who shares a turn waits here."""
        async with self._settling:
            return await finished(self._settle)

    def _settle(self) -> WorkspaceEdited | None:
        changed = self._worktree.dirty()
        commit = self._worktree.commit_human({}) if changed else None
        if commit is None:
            return None
        self._head = commit
        return WorkspaceEdited(commit=commit, paths=tuple(changed), by=self._worktree.repository.human.name)

    async def dirty(self) -> list[str]:
        """Files changed since the last commit."""
        return await asyncio.to_thread(self._worktree.dirty)

    # Effects

    async def perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        """Carries out a proposal and commits what it changed.

        Raises:
            WorkspaceError: If it could not be done.
        """
        if isinstance(proposal, Run):
            outcome = await self._sandbox.run(running.command_of(proposal), self._worktree.place, self._exit_file(mark))
            return await self._ran(proposal, mark, outcome)
        return await finished(self._perform, proposal, mark)

    def _perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        if isinstance(proposal, Write):
            files.write_bytes(self._worktree.path, paths.check(proposal.path), _bytes(proposal))
            verb = "Edit" if proposal.before else "Write"
            commit = self._commit(f"{verb} {proposal.path}", mark)
            return _effect(Evidence(kind="commit", text=proposal.path, path=proposal.path), commit)
        if isinstance(proposal, Tag):
            tag(self._worktree.repository, proposal.name, self._head, proposal.message)
            return _effect(Evidence(kind="note", text=f"tag {proposal.name}", passed=True))
        assert isinstance(proposal, Save)
        self._memory.keep(Document(name=proposal.name, text=proposal.text))
        return Effect(value={"name": proposal.name})

    def _commit(self, title: str, mark: Mark) -> str:
        commit = self._worktree.commit(title, mark.trailers)
        self._head = commit or self._head
        return commit or ""

    async def _ran(self, proposal: Run, mark: Mark, outcome: Outcome, commit: str | None = None) -> Effect:
        if commit is None:
            commit = "" if proposal.readonly else await finished(self._commit, f"Run {proposal.title}", mark)
        blob = await asyncio.to_thread(self._blobs.put, outcome.full) if len(outcome.full) > BRIEF else ""
        return running.effect_of(proposal, outcome, commit, blob)

    def _exit_file(self, mark: Mark) -> Path:
        make_folder(self._exit_files)
        return self._exit_files / str(mark.frame)

    # After a crash

    async def prove(self, proposal: AnyProposal, mark: Mark) -> Effect | None:
        """What came of an effect that was begun; None if that cannot be told and it must not just be done again."""
        if isinstance(proposal, Run):
            return await self._prove_run(proposal, mark)
        if isinstance(proposal, Write):
            commit = await asyncio.to_thread(self._worktree.find_commit, mark.trailers)
            if commit:
                return _effect(Evidence(kind="commit", text=proposal.path, path=proposal.path), commit)
            return await self.perform(proposal, mark) if await self._untouched(proposal) else None
        if isinstance(proposal, Tag):
            there = await asyncio.to_thread(find_tag, self._worktree.repository, proposal.name)
            if there == self._head:
                return _effect(Evidence(kind="note", text=f"tag {proposal.name}", passed=True))
        return await self.perform(proposal, mark)

    async def _untouched(self, proposal: Write) -> bool:
        """Whether nobody else can have been at work since a write was begun: its file is as before it or after it."""
        now = await self.write(proposal.path, proposal.content)
        as_known = now.before in (proposal.before, digest_of(_bytes(proposal)))
        return as_known and set(await self.dirty()) <= {proposal.path}

    async def _prove_run(self, proposal: Run, mark: Mark) -> Effect | None:
        outcome = await asyncio.to_thread(exits.recover, self._exit_file(mark))
        if outcome is not None:
            made = await asyncio.to_thread(self._worktree.find_commit, mark.trailers)
            return await self._ran(proposal, mark, outcome, made)
        return await self.perform(proposal, mark) if self._only_reads(proposal) else None

    async def take(self, proposal: AnyProposal, mark: Mark) -> Effect:
        """Takes what an effect in doubt has left as its outcome."""
        title = f"{proposal.kind.capitalize()} {mark.title}"
        commit = "" if self._only_reads(proposal) else await finished(self._commit, title, mark)
        effect = _effect(Evidence(kind="note", text="taken as it was found, after it was in doubt"), commit)
        ran = {"exit_code": 0, "output": ""} if isinstance(proposal, Run) else {}
        return effect.model_copy(update={"value": {**effect.value, **ran}})

    async def restore(self, commit: str) -> None:
        """Makes the files those of a commit again."""
        await finished(self._worktree.restore, commit)

    # Merging

    async def merge_offer(self) -> Merge | None:
        """What merging would do; None if the branch holds nothing new."""
        preview = await self._preview()
        return _offer(preview) if preview.commits and preview.files else None

    async def merge(self, offer: AnyProposal) -> str:
        """Merges, if what would be merged is still what was offered; what is merged already stays so.

        Raises:
            MergeRefused: If it is not, or the merge would lose or mix something; nothing was changed.
        """
        preview = await self._preview()
        if preview.commits and _offer(preview).digest != offer.digest:
            raise MergeRefused("what would be merged has changed since it was offered: look at it again")
        return await finished(merge, self._worktree.repository, preview)

    async def _preview(self) -> MergePreview:
        return await asyncio.to_thread(merge_preview, self._worktree.repository, self._worktree.branch)


def _offer(preview: MergePreview) -> Merge:
    return Merge(
        branch=preview.branch,
        into=preview.into or "",
        commits=len(preview.commits),
        files=tuple(change.path for change in preview.files),
        conflicts=preview.conflicts,
        tip=preview.tip,
        content=preview.content,
    )


def _bytes(proposal: Write) -> bytes:
    return proposal.content.encode("utf-8", "surrogatepass")


def _effect(evidence: Evidence, commit: str = "") -> Effect:
    return Effect(value={"evidence": [evidence.model_dump(exclude_defaults=True)]}, commit=commit)
