"""Time that passes only when somebody sleeps."""


class FakeTime:
    """A monotonic clock and the sleep that moves it; `slept` keeps every pause."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass at once."""
        self.slept.append(seconds)
        self.now += seconds
