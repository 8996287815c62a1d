"""What follows a vote."""

import threading
from pathlib import Path

from fakes.judging_case import GR, NOW, wait_until

from api.refresh import forget_all, open_refresher
from triage.bootstrap import open_services
from triage.config import Settings


class Counted:
    """Something kept that says in which thread it was dropped."""

    def __init__(self) -> None:
        self.dropped: list[int] = []

    def drop(self) -> None:
        """Note who drops it."""
        self.dropped.append(threading.get_ident())


async def test_what_is_kept_is_dropped_by_the_loop_alone(home: Path) -> None:
    """Once for the vote and once for the draft that follows it, which is built in another thread."""
    kept = [Counted(), Counted()]
    async with (
        open_services(Settings(home=home, embedder="hashing", now=NOW)) as services,
        open_refresher(services, lambda: forget_all(kept)) as refresher,
    ):
        refresher.follow([GR])
        assert [len(each.dropped) for each in kept] == [1, 1]
        await wait_until(lambda: not refresher.rebuilder.is_busy(GR))
        await wait_until(lambda: len(kept[0].dropped) == 2)
        assert refresher.rebuilder.last_error(GR) is None

    assert {thread for each in kept for thread in each.dropped} == {threading.get_ident()}
