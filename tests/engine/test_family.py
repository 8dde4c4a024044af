"""Runs as families of forks, and which of them an undo has replaced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from swarm.catalogue import RunRow, unreadable
from swarm.family import family, replaced
from swarm.values import Usage

BEGIN = datetime(2026, 11, 21, tzinfo=UTC)


def row(run: str, started: int, origin: str = "", *, changed: int = 0, undo: bool = False, problem: str = "") -> RunRow:
    """A run that was begun, and went on last, some minutes after the first."""
    at = BEGIN + timedelta(minutes=started)
    last = BEGIN + timedelta(minutes=max(started, changed))
    status = "damaged" if problem else "waiting"
    return RunRow(run, "a goal", status, at, last, 1, "", origin, Usage(), 9, undo, problem=problem)


def shown(*rows: RunRow) -> list[tuple[str, int]]:
    return [(member.row.id, member.depth) for member in family(rows)]


def test_forks_stand_below_their_origin_and_the_newest_family_first() -> None:
    rows = (row("b", 3), row("a", 1), row("a-3", 9, "a-2@7"), row("a-2", 4, "a@5"), row("a-4", 5, "a@2"), row("c", 2))
    assert shown(*rows) == [("a", 0), ("a-2", 1), ("a-3", 2), ("a-4", 1), ("b", 0), ("c", 0)]


def test_a_fork_whose_origin_is_gone_stands_alone() -> None:
    assert shown(row("a-2", 4, "a@5"), row("a-3", 5, "a-2@6")) == [("a-2", 0), ("a-3", 1)]


def test_an_id_that_was_given_anew_makes_no_circle() -> None:
    assert shown(row("a", 7, "a-2@3"), row("a-2", 4, "a@5")) == [("a-2", 0), ("a", 1)]
    assert shown(row("a", 7, "a@3")) == [("a", 0)], "taken from another clone, under the same id"


def test_what_cannot_be_read_comes_last_unless_forks_of_it_are_newer() -> None:
    assert shown(unreadable("x", "no history"), row("a", 1)) == [("a", 0), ("x", 0)]
    assert shown(unreadable("x", "no history"), row("a", 1), row("a-2", 2, "x@3")) == [("x", 0), ("a-2", 1), ("a", 0)]


def test_an_undo_takes_the_place_of_its_origin_until_that_goes_on() -> None:
    first, fork = row("a", 1), row("a-2", 4, "a@5", undo=True)
    assert replaced([first, fork]) == {"a": "a-2"}
    assert replaced([row("a", 1, changed=6), fork]) == {"a-2": "a"}, "it was redone"


def test_a_line_of_undos_has_one_that_stands_for_all() -> None:
    rows = [row("a", 1), row("a-2", 4, "a@9", undo=True), row("a-3", 6, "a-2@7", undo=True)]
    assert replaced(rows) == {"a": "a-3", "a-2": "a-3"}
    rows[1] = row("a-2", 4, "a@9", undo=True, changed=8)
    assert replaced(rows) == {"a": "a-2", "a-3": "a-2"}


def test_a_plain_fork_replaces_nothing_nor_does_a_damaged_one() -> None:
    assert replaced([row("a", 1), row("a-2", 4, "a@5")]) == {}
    assert replaced([row("a", 1), row("a-2", 4, "a@5", undo=True, problem="line 7")]) == {"a-2": "a"}
