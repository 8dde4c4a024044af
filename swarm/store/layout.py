"""How the lines of a history are laid out and sealed. This layout is final: a later version only adds to the header.

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

from pydantic import ValidationError

from swarm.errors import NewerFormat
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


def read_header(line: bytes) -> tuple[Header, bytes]:
    """Return what the first line of a history says, and its digest.

    Raises:
        ValueError: It is no header, or it is damaged.
        NewerFormat: It is whole, and of a later version.
    """
    body = line.rpartition(_SUM)[0] + b"}"
    again, digest = _sealed(body)
    if again != line:
        raise ValueError("the header is incomplete or does not fit its checksum")
    fields = json.loads(body)
    if fields.pop("format", None) != FORMAT:
        raise ValueError("this is not a history")
    version = fields.pop("version", VERSION)
    if version > VERSION:
        raise NewerFormat(f"written in format {version}, this program reads {VERSION}: use a newer version of it")
    try:
        return Header.model_validate(fields), digest
    except ValidationError as error:
        raise ValueError("the header does not have the fields that it should have") from error


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
