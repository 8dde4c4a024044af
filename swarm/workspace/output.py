"""What a command prints: all of it, or its beginning and its end if that is too much to keep."""


class Output:
    """Keeps at most `limit` bytes of what it is fed.

    Args:
        limit: Half of it is for the beginning, half for the end.
    """

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def feed(self, data: bytes) -> None:
        """Take in the next bytes."""
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        # Cut only now and then: cutting at each call would copy the tail each time.
        if len(self._tail) > 4 * self._half:
            self._cut()

    def data(self) -> bytes:
        """What was kept, with a line in the gap that says how much was left out."""
        self._cut()
        if not self._dropped:
            return bytes(self._head + self._tail)
        note = f"\n[… {self._dropped} bytes left out …]\n".encode()
        return bytes(self._head + note + self._tail)

    def _cut(self) -> None:
        excess = len(self._tail) - self._half
        if excess > 0:
            del self._tail[:excess]
            self._dropped += excess
