"""What looking at the workspace gives: values that go into the record of a step, and what the step was asked.

Each is bounded; its `cut` says in one line what was left out and what to do about it, and is empty if nothing was.
"""

from __future__ import annotations

from typing import Literal

from swarm.values import Value


class Query(Value):
    """What to search for.

    Attributes:
        pattern: The text, or a regular expression as Python reads it; matched line by line.
        paths: A glob of the files to search: `*` stays within a folder, `**` crosses folders.
        regex: Whether the pattern is a regular expression.
        ignore_case: Whether upper and lower case are the same.
        limit: The most matches that are wanted.
    """

    pattern: str
    paths: str = "**"
    regex: bool = False
    ignore_case: bool = False
    limit: int = 200


class Paths(Value):
    """Files of the worktree.

    Attributes:
        paths: Relative to its top, sorted.
        cut: What was left out.
    """

    paths: tuple[str, ...]
    cut: str = ""


class Match(Value):
    """A line that matches.

    Attributes:
        path: Of its file.
        line: Its number, from 1.
        text: The line without its end; of a long one what is around the match, with … where it was cut.
    """

    path: str
    line: int
    text: str


class Matches(Value):
    """Lines that match a query.

    Attributes:
        matches: By path and line.
        cut: What was left out.
    """

    matches: tuple[Match, ...]
    cut: str = ""


class Logged(Value):
    """A commit, as a log has it.

    Attributes:
        id: In full.
        author: The name of who made the change.
        at: When, in ISO 8601.
        subject: What was done, on one line.
    """

    id: str
    author: str
    at: str
    subject: str


class History(Value):
    """Commits of the run's branch.

    Attributes:
        commits: The newest first.
        cut: What was left out.
    """

    commits: tuple[Logged, ...]
    cut: str = ""


class FileChange(Value):
    """One file that differs between two commits.

    Attributes:
        path: Relative to the root of the repository; bytes that are no UTF-8 are escaped.
        status: `A` added, `M` modified, `D` deleted, `T` another type (a link, a submodule).
        added: Lines added; None for a binary file.
        removed: Lines removed; None for a binary file.
    """

    path: str
    status: Literal["A", "M", "D", "T"]
    added: int | None
    removed: int | None


class Text(Value):
    """What git shows.

    Attributes:
        text: Bytes that are no UTF-8 are replaced.
        cut: What was left out.
    """

    text: str
    cut: str = ""
