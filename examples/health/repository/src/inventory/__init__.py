"""A small inventory."""


class Inventory:
    """Counts of things by name."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def add(self, name: str, count: int = 1) -> None:
        # TODO: refuse negative counts
        self.counts[name] = self.counts.get(name, 0) + count

    def take(self, name: str) -> None:
        """Take one; KeyError if there is none."""
        if not self.counts.get(name):
            raise KeyError(name)
        self.counts[name] -= 1
