"""What readers' answers to the miss audit say of how much the lists find."""

from triage.core.misses import Interval, MissEstimate
from triage.reading.audits import estimate_topic
from triage.study.opening import Study
from triage.study.tables import Table

_COLUMNS = ("topic", "weeks", "answered", "missed per week", "recall of the lists")


async def table_promise(study: Study, wanted: float = 0.8) -> Table:
    """An estimate for each topic, with its interval; dashes where nobody has answered yet."""
    rows = [
        (topic.title, *tell_estimate(await estimate_topic(study.services.library, topic.name, wanted)))
        for topic in study.topics
    ]
    caption = "From papers below the line that were drawn at random and shown to readers (triage audit)."
    columns = (*_COLUMNS, f"places a week for {100 * wanted:.0f} %")
    return Table(columns, tuple(rows), caption, numbers=(1, 2, 3, 4, 5))


def tell_estimate(estimate: MissEstimate | None) -> tuple[str, str, str, str, str]:
    """Weeks, answers, papers missed a week, recall of the lists, and the places that would do."""
    if estimate is None:
        return ("0", "nothing answered yet", "–", "–", "–")  # noqa: RUF001 - none
    return (
        f"{estimate.weeks}",
        f"{estimate.answered} of {estimate.asked}",
        _tell_interval(estimate.missed_per_week, 1),
        _tell_interval(estimate.recall, 2),
        "cannot be told" if estimate.cut is None else f"{estimate.cut:,}",
    )


def _tell_interval(found: Interval, digits: int) -> str:
    return f"{found.estimate:.{digits}f} ({found.low:.{digits}f} to {found.high:.{digits}f})"
