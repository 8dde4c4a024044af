"""How the lines of a history are laid out and sealed.

This layout is final: a later version only adds to the header. Its number is that of what the frames mean.

```text
{"format":"swarm-history","version":1,"run":"wc-1","origin":null,"sum":"<32 hex>"}
{"n":0,"len":17,"sum":"<32 hex>","frame":{"kind":"started"}}
```

Each `sum` is a BLAKE2b-128 digest. The header's covers the header; a frame's covers the digest before it, its number (8
bytes, big-endian) and its bytes. So a line can be neither changed, dropped, doubled nor moved, within a file or between
two. Whoever checks a line builds it anew and compares all of it: no byte is left unchecked.
"""

import json
import re
from hashlib import blake2b
from pathlib import Path

from pydantic import ValidationError

from swarm.errors import Damaged
from swarm.store import upgrade
from swarm.values import Value

FORMAT = "swarm-history"
VERSION = 1

_SUM = b',"sum":"'
_FRAME = b'"frame":'
_START = re.compile(rb'\{"n":\d{1,15},"len":(\d{1,15}),"sum":"[0-9a-f]{32}","frame":')


class Origin(Value):
    """Where a fork comes from: a run, and the last of its frames that the fork shares."""

    run: str
    frame: int


class Header(Value):
    """What the first line says: whose history this is, and where it was forked from, if it was."""

    run: str
    origin: Origin | None = None


def header_line(header: Header) -> tuple[bytes, bytes]:
    """Return the first line of a history, with its newline, and its digest."""
    fields = {"format": FORMAT, "version": VERSION, **header.model_dump(mode="json")}
    return _sealed(json.dumps(fields, separators=(",", ":")).encode())


def read_header(line: bytes, path: Path) -> tuple[int, Header, bytes]:
    """Return the version that a history is written in, what its first line says, and the digest of that line.

    Args:
        line: The line, with its newline.
        path: The file, named in errors.

    Raises:
        Damaged: It is no header, or it is damaged.
        NewerFormat, OlderFormat: It is whole, and of a version that cannot be read.
    """
    body = line.rpartition(_SUM)[0] + b"}"
    again, digest = _sealed(body)
    try:
        if again != line:
            raise ValueError("the header is incomplete or does not fit its checksum")
        fields = json.loads(body)
        if fields.pop("format", None) != FORMAT:
            raise ValueError("this is not a history")
        version = upgrade.check_version(path, fields.pop("version", None), VERSION, upgrade.FRAMES)
        return version, _header(fields), digest
    except ValueError as error:
        raise Damaged(f"{path}, line 1: {error}; restore the file from a backup") from error


def _header(fields: dict[str, object]) -> Header:
    try:
        return Header.model_validate(fields)
    except ValidationError:
        raise ValueError("the header does not have the fields that it should have") from None


def current(frame: bytes, version: int) -> bytes:
    """Return a frame of an older version as it is written today."""
    value = upgrade.upgrade(json.loads(frame), version, VERSION, upgrade.FRAMES)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def check_frame(frame: bytes) -> None:
    """Raise `ValueError` for what cannot be a frame: nothing at all, or more than one line."""
    if not frame or b"\n" in frame:
        raise ValueError("a frame is one line of JSON")


def seal(previous: bytes, n: int, frame: bytes) -> bytes:
    """Return the digest of frame n, chained to the digest of the line before it."""
    return blake2b(previous + n.to_bytes(8, "big") + frame, digest_size=16).digest()


def frame_line(n: int, frame: bytes, digest: bytes) -> bytes:
    """Return the line that holds frame n, with its newline."""
    return b'{"n":%d,"len":%d,"sum":"%s","frame":%s}\n' % (n, len(frame), digest.hex().encode(), frame)


def frame_of(line: bytes) -> bytes:
    """Return the frame that a line holds, newline included or not; what a damaged line gives is undefined."""
    return line[line.find(_FRAME) + len(_FRAME) :].rstrip(b"\n")[:-1]


def is_torn(tail: bytes) -> bool:
    """Whether a last line without a newline is a write that never finished, rather than a whole line with damage."""
    start = _START.match(tail)
    return start is None or len(tail) <= start.end() + int(start[1]) + 1


def _sealed(body: bytes) -> tuple[bytes, bytes]:
    digest = blake2b(body, digest_size=16).digest()
    return b'%s%s%s"}\n' % (body[:-1], _SUM, digest.hex().encode()), digest
