"""What is kept of what a command prints."""

import pytest

from swarm.workspace.output import Output


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 10, 100])
def test_what_fits_is_kept_whole(size: int) -> None:
    output = Output(10)
    data = bytes(index % 256 for index in range(size))
    for index in range(size):
        output.feed(data[index : index + 1])
    if size <= 10:
        assert output.data() == data
    else:
        assert output.data() == data[:5] + f"\n[… {size - 10} bytes left out …]\n".encode() + data[-5:]


def test_a_limit_of_nothing_keeps_nothing() -> None:
    output = Output(0)
    output.feed(b"abc")
    assert "3 bytes left out" in output.data().decode()
