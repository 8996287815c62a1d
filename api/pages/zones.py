"""The time zones that a page offers."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final
from zoneinfo import available_timezones

_REGIONS: Final = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


def offer_zones(chosen: str) -> Mapping[str, Sequence[str]]:
    """IANA names by region, UTC first; the chosen one is always among them."""
    zones = _list_zones()
    return zones if any(chosen in names for names in zones.values()) else {"Chosen": [chosen], **zones}


@cache
def _list_zones() -> Mapping[str, Sequence[str]]:
    """Without names that only old systems use, such as US/Eastern."""
    names = sorted(available_timezones())
    found = {region: [name for name in names if name.startswith(f"{region}/")] for region in _REGIONS}
    return {"UTC": ["UTC"]} | found
