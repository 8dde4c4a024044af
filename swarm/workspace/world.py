"""The world of a run with a workspace: its worktree, its sandbox, the human's repository."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from swarm.effects import Effect, Mark
from swarm.errors import MergeRefused, WorkspaceError
from swarm.frames import WorkspaceEdited
from swarm.proposals import AnyProposal, Merge, Run, Save, Tag, Write
from swarm.spaces.memory import Memory
from swarm.store.blobs import Blobs, digest_of
from swarm.values import Document, Evidence
from swarm.workspace import edits, exits, files, paths
from swarm.workspace.merge import merge, merge_preview
from swarm.workspace.sandbox import BRIEF, Command, Outcome, Sandbox
from swarm.workspace.tags import find_tag, tag
from swarm.workspace.threads import finished
from swarm.workspace.turns import Owner, Turns
from swarm.workspace.worktree import Worktree

LONGEST = 8 * 1024 * 1024
"""Bytes of a file that is read or written as a whole."""


class GitWorld:
    """Effects in a git worktree, each of them one commit with the run, the node and the frame in its trailers.

    Args:
        worktree: Of the run.
        sandbox: Where commands run.
        memory: Where texts are kept beyond the run.
        blobs: For outputs that are too long for a frame.
        exit_files: Folder for the proofs of finished commands.
    """

    def __init__(self, worktree: Worktree, sandbox: Sandbox, memory: Memory, blobs: Blobs, exit_files: Path) -> None:
        self._worktree, self._sandbox, self._memory, self._blobs = worktree, sandbox, memory, blobs
        self._exit_files = exit_files
        self._turns = Turns()
        self._head = worktree.head

    @property
    def tier(self) -> str:
        """The sandbox tier in force."""
        return self._sandbox.tier

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
        before = await self._bytes(checked)
        if before is None:
            return Write(path=str(checked), content=content)
        return Write(path=str(checked), content=content, before=digest_of(before), original=_text(before))

    async def edit(self, path: str, edit: str) -> Write:
        """The proposal to change a file.

        Raises:
            EditFailed: If the edit does not match the file as it is.
        """
        checked = paths.check(path)
        before = await self._bytes(checked)
        if before is None:
            raise WorkspaceError(f"{path} is not there: write it instead of editing it")
        content = edits.apply_edit(_text(before), edit)
        return Write(path=str(checked), content=content, before=digest_of(before), original=_text(before))

    async def command(self, command: Run) -> Run:
        """The command with the hashes of the files that it names, and the tier in force."""
        named = await asyncio.to_thread(self._named, command)
        return command.model_copy(update={"inputs": named, "tier": self.tier})

    def _named(self, command: Run) -> dict[str, str]:
        try:
            words = [*command.argv, *shlex.split(command.script, comments=True)]
        except ValueError:
            words = [*command.argv, *command.script.split()]
        found: dict[str, str] = {}
        for word in dict.fromkeys(words):
            try:
                content = files.read_bytes(self._worktree.path, paths.check(word), LONGEST)
            except WorkspaceError:
                continue
            if content is not None:
                found[word] = digest_of(content)
        return found

    async def refreshed(self, proposal: AnyProposal) -> AnyProposal:
        """The same proposal, as things are now."""
        if isinstance(proposal, Write):
            return await self.write(proposal.path, proposal.content)
        return await self.command(proposal) if isinstance(proposal, Run) else proposal

    async def read(self, path: str) -> str:
        """The text of a file of the worktree.

        Raises:
            WorkspaceError: If it is not there, too long or not to be read.
        """
        content = await self._bytes(paths.check(path))
        if content is None:
            raise WorkspaceError(f"{path} is not there")
        return _text(content)

    async def _bytes(self, path: PurePosixPath) -> bytes | None:
        return await asyncio.to_thread(files.read_bytes, self._worktree.path, path, LONGEST)

    # Whose turn it is

    def turn(self, proposal: AnyProposal, owner: Owner) -> AbstractAsyncContextManager[None]:
        """One effect at a time; read-only commands side by side where the sandbox keeps them to it."""
        shared = isinstance(proposal, Run) and proposal.readonly and self.tier == "full"
        return self._turns.take(owner, shared=shared)

    def doubt(self, owners: Iterable[Owner]) -> None:
        """Names the effects whose outcome is not known."""
        self._turns.doubt(owners)

    def certain(self, owner: Owner) -> None:
        """The outcome of this effect is known now."""
        self._turns.certain(owner)

    async def settle(self) -> WorkspaceEdited | None:
        """Commits what the human changed in the worktree, under the human's name."""
        changed = await self.dirty()
        commit = await finished(self._worktree.commit_human, {}) if changed else None
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
            outcome = await self._sandbox.run(_command(proposal), self._worktree.place, self._exit_file(mark))
            return await self._ran(proposal, mark, outcome)
        return await finished(self._perform, proposal, mark)

    def _perform(self, proposal: AnyProposal, mark: Mark) -> Effect:
        if isinstance(proposal, Write):
            content = proposal.content.encode("utf-8", "surrogatepass")
            files.write_bytes(self._worktree.path, paths.check(proposal.path), content)
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

    async def _ran(self, proposal: Run, mark: Mark, outcome: Outcome) -> Effect:
        commit = "" if proposal.readonly else await finished(self._commit, f"Run {proposal.title}", mark)
        title = proposal.title or "command"
        how = "timed out" if outcome.timed_out else f"exit {outcome.code}"
        evidence = Evidence(kind="exit", text=f"{title}: {how}", passed=outcome.code == 0, exit_code=outcome.code)
        value = {
            "exit_code": outcome.code,
            "output": outcome.output,
            "seconds": round(outcome.seconds, 3),
            "timed_out": outcome.timed_out,
            "tier": outcome.tier,
            "evidence": [evidence.model_dump(exclude_defaults=True)],
        }
        if len(outcome.full) > BRIEF:
            value["blob"] = await asyncio.to_thread(self._blobs.put, outcome.full)
        failed = (outcome.code != 0 and not proposal.check) or outcome.timed_out
        return Effect(value=value, error=_why(title, how, outcome.output) if failed else "", commit=commit)

    def _exit_file(self, mark: Mark) -> Path:
        self._exit_files.mkdir(parents=True, exist_ok=True)
        return self._exit_files / str(mark.frame)

    # After a crash

    async def prove(self, proposal: AnyProposal, mark: Mark) -> Effect | None:
        """What came of an effect that was begun: writes, tags and saves can always be told, or done again."""
        if isinstance(proposal, Run):
            return await self._prove_run(proposal, mark)
        if isinstance(proposal, Write):
            commit = await asyncio.to_thread(self._worktree.find_commit, mark.trailers)
            if commit:
                return _effect(Evidence(kind="commit", text=proposal.path, path=proposal.path), commit)
        if isinstance(proposal, Tag):
            there = await asyncio.to_thread(find_tag, self._worktree.repository, proposal.name)
            if there == self._head:
                return _effect(Evidence(kind="note", text=f"tag {proposal.name}", passed=True))
        return await self.perform(proposal, mark)

    async def _prove_run(self, proposal: Run, mark: Mark) -> Effect | None:
        outcome = await asyncio.to_thread(exits.recover, self._exit_file(mark))
        if outcome is not None:
            effect = await self._ran(proposal, mark, outcome)
            made = None if effect.commit else await asyncio.to_thread(self._worktree.find_commit, mark.trailers)
            return effect.model_copy(update={"commit": made}) if made else effect
        if proposal.readonly and self.tier == "full":
            return await self.perform(proposal, mark)
        return None

    async def take(self, proposal: AnyProposal, mark: Mark) -> Effect:
        """Takes what an effect in doubt has left as its outcome."""
        commit = await finished(self._commit, f"Run {mark.title}", mark)
        note = Evidence(kind="note", text="taken as it was found, after it was in doubt")
        effect = _effect(note, commit)
        return effect.model_copy(update={"value": {**effect.value, "exit_code": 0, "output": ""}})

    async def restore(self, commit: str) -> None:
        """Makes the files those of a commit again."""
        await finished(self._worktree.restore, commit)

    # Looking and merging

    async def patch(self, before: str, after: str, path: str | None = None) -> str:
        """The unified diff between two commits."""
        return await asyncio.to_thread(self._worktree.patch, before, after, path)

    async def merge_offer(self) -> Merge | None:
        """What merging would do; None if the branch holds nothing new."""
        preview = await asyncio.to_thread(merge_preview, self._worktree.repository, self._worktree.branch)
        if not preview.commits or not preview.files:
            return None
        return Merge(
            branch=preview.branch,
            into=preview.into or "",
            commits=len(preview.commits),
            files=tuple(change.path for change in preview.files),
            conflicts=preview.conflicts,
        )

    async def merge(self, offer: AnyProposal) -> str:
        """Merges, if what would be merged is still what was offered.

        Raises:
            MergeRefused: If it is not, or the merge would lose or mix something; nothing was changed.
        """
        now = await self.merge_offer()
        if now is None or now.digest != offer.digest:
            raise MergeRefused("what would be merged has changed since it was offered: look at it again")
        return await asyncio.to_thread(merge, self._worktree.repository, self._worktree.branch)


def _effect(evidence: Evidence, commit: str = "") -> Effect:
    return Effect(value={"evidence": [evidence.model_dump(exclude_defaults=True)]}, commit=commit)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _command(proposal: Run) -> Command:
    try:
        return Command(
            argv=proposal.argv,
            script=None if proposal.argv else proposal.script,
            interpreter=proposal.interpreter or "sh",
            env=proposal.environment,
            readonly=proposal.readonly,
            timeout=proposal.timeout,
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "command"
        raise WorkspaceError(f"{proposal.title or 'the command'} cannot be run: {where}: {first['msg']}") from None


def _why(title: str, how: str, output: str) -> str:
    last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "it printed nothing")
    return f"{title}: {how}: {last[:300]}"
