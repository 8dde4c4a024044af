"""Everything that can go wrong, as one tree.

```text
SwarmError                  one clear line: what, where, what to do
├── UsageError              bad input from the person; nothing was changed
│   ├── UnknownName         no such run, node, gate, question, action, model
│   ├── PlanError           a plan that cannot be carried out, with its lines
│   └── BadText             text that is no Unicode and cannot be written down
├── Refused                 a command that does not fit the state it meets
│   ├── StaleDigest         the proposal changed since it was seen
│   ├── AlreadyDecided      the gate or question is closed
│   └── BadAnswer           an answer outside of the choices or the schema
├── HistoryError            the journal or a store
│   ├── Conflict            somebody else appended first
│   ├── Locked              another process writes this run
│   ├── Damaged             a checksum or a sequence number does not fit
│   ├── NewerFormat         written by a later version
│   ├── OlderFormat         written by a version that is no longer read
│   └── WriteFailed         disk full, read-only, input/output error
├── WorkspaceError          git, paths, processes
│   ├── NotARepository      the directory is no git repository
│   ├── PathRefused         a path that must not be touched
│   ├── GitFailed           git said no
│   ├── MergeRefused        a merge that would lose or mix something
│   └── EditFailed          a search block that does not match
├── ModelError              a model that did not answer as asked
│   ├── ModelUnreachable    no connection, no key, no such endpoint
│   ├── BadReply            an answer that does not fit its schema
│   └── NothingNew          only a rejected proposal is left
└── StepError               a step of an action
    ├── StepFailed          the step ran and failed; its node fails
    └── ReplayMismatch      the action no longer makes the steps it recorded
```
"""


class SwarmError(Exception):
    """The root: its text is one line for a person."""


class UsageError(SwarmError):
    """Bad input from the person; nothing was changed."""


class UnknownName(UsageError):
    """No run, node, gate, question, action or model has this name."""


class PlanError(UsageError):
    """A plan that cannot be carried out; the text names each line at fault."""


class BadText(UsageError):
    """Text that is no Unicode and cannot be written down."""


class Refused(SwarmError):
    """A command that does not fit the state it meets."""


class StaleDigest(Refused):
    """The proposal changed since it was seen."""


class AlreadyDecided(Refused):
    """The gate or the question is closed."""


class BadAnswer(Refused):
    """An answer outside of the choices, or one that does not fit its schema."""


class HistoryError(SwarmError):
    """The journal or a store."""


class Conflict(HistoryError):
    """Somebody else appended or wrote first."""


class Locked(HistoryError):
    """Another process writes this run."""


class Damaged(HistoryError):
    """A checksum or a sequence number does not fit."""


class NewerFormat(HistoryError):
    """Written by a later version of the program."""


class OlderFormat(HistoryError):
    """Written by a version of the program whose files are no longer read."""


class WriteFailed(HistoryError):
    """The disk is full or read-only, or reported an error."""


class WorkspaceError(SwarmError):
    """Git, paths or processes."""


class NotARepository(WorkspaceError):
    """The directory is no git repository."""


class PathRefused(WorkspaceError):
    """A path that must not be touched."""


class GitFailed(WorkspaceError):
    """Git said no."""


class MergeRefused(WorkspaceError):
    """A merge that would lose or mix something."""


class EditFailed(WorkspaceError):
    """A search block or a diff that does not match the file."""


class ModelError(SwarmError):
    """A model that did not answer as asked."""


class ModelUnreachable(ModelError):
    """No connection, no key or no such endpoint."""


class BadReply(ModelError):
    """An answer that does not fit its schema."""


class NothingNew(ModelError):
    """Nothing is left to propose but what was rejected."""


class StepError(SwarmError):
    """A step of an action."""


class StepFailed(StepError):
    """The step ran and failed; its node fails with it."""


class ReplayMismatch(StepError):
    """The action no longer makes the steps that its history holds."""


def one_line(error: BaseException) -> str:
    """What an exception says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__
