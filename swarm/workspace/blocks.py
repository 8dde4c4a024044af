"""Search/replace blocks: whole lines that are found exactly once give way to others."""

from swarm.errors import EditFailed
from swarm.workspace import lines as _lines

SEARCH, DIVIDER, REPLACE = "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE"


def apply(text: str, blocks: str) -> str:
    """The text after all blocks, each found in what the one before it left.

    Raises:
        EditFailed: A block is malformed, fits nowhere or fits in several places.
    """
    lines, ended = _lines.split(text)
    for number, (search, replace) in enumerate(parse(blocks), 1):
        start = _place(lines, search, number)
        lines[start : start + len(search)] = replace
    return _lines.join(lines, ended)


def parse(blocks: str) -> list[tuple[list[str], list[str]]]:
    """The blocks as pairs of lines: what is searched for, and what comes in its place.

    Raises:
        EditFailed: There is none, one is not closed, or text stands outside of them; the line is named.
    """
    found = []
    rows = iter(enumerate(_lines.split(blocks)[0], 1))
    for number, row in rows:
        if row.rstrip() == SEARCH:
            body = []
            for _, inner in rows:
                if inner.rstrip() == REPLACE:
                    break
                body.append(inner)
            else:
                raise EditFailed(f"the block of line {number} is not closed: end it with a line `{REPLACE}`")
            found.append(_halves(body, number))
        elif row.strip():
            raise EditFailed(f"line {number} of the edit stands outside of a block: {row[:80]!a}")
    if not found:
        raise EditFailed(f"the edit has no `{SEARCH}` block")
    return found


def _halves(body: list[str], number: int) -> tuple[list[str], list[str]]:
    dividers = [index for index, row in enumerate(body) if row.rstrip() == DIVIDER]
    if len(dividers) != 1:
        what = "no divider" if not dividers else f"{len(dividers)} dividers"
        raise EditFailed(f"the block of line {number} has {what} `{DIVIDER}`: write exactly one, or a unified diff")
    if SEARCH in (row.rstrip() for row in body):
        raise EditFailed(f"the block of line {number} is not closed: end it with a line `{REPLACE}`")
    return body[: dividers[0]], body[dividers[0] + 1 :]


def _place(lines: list[str], search: list[str], number: int) -> int:
    if not search:
        if lines:
            raise EditFailed(f"block {number} searches for nothing: name the lines that it replaces")
        return 0
    found = _lines.places(lines, search)
    if not found:
        raise EditFailed(f"block {number} does not fit: {_lines.nearest(lines, search)}")
    if len(found) > 1:
        where = ", ".join(str(index + 1) for index in found[:5])
        raise EditFailed(f"block {number} fits in {len(found)} places (lines {where}): search for more lines around it")
    return found[0]
