"""arXiv's sets, `group:archive:CATEGORY`: which of them a paper is in."""

import functools

_PARTICLES = frozenset(("hep-ex", "hep-lat", "hep-ph", "hep-th", "nucl-ex", "nucl-th"))
_PHYSICS = _PARTICLES | {"astro-ph", "cond-mat", "gr-qc", "math-ph", "nlin", "physics", "quant-ph"}
_ALONE = frozenset(("cs", "econ", "eess", "math", "q-bio", "q-fin", "stat"))  # groups of one archive
GROUPS = _ALONE | {"physics"}


def spec_of(category: str) -> str | None:
    """`cs.IR` is `cs:cs:IR`, `hep-th` is `physics:hep-th`; None for what is no category of arXiv."""
    archive, _, suffix = category.partition(".")
    group = "physics" if archive in _PHYSICS else archive if archive in _ALONE else None
    return group and ":".join((group, archive, *([suffix] if suffix else [])))


@functools.cache
def sets_of(categories: tuple[str, ...]) -> frozenset[str]:
    """Every set that holds a paper with these categories, cross-lists included; "" is the set of all papers."""
    found = {""}
    for spec in filter(None, map(spec_of, categories)):
        parts = spec.split(":")
        found.update(":".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return frozenset(found)


def is_set(spec: str) -> bool:
    """Whether such a set can be; whether a category of that name exists is not known here."""
    group, *rest = spec.split(":")
    if group not in GROUPS or len(rest) > 2:  # noqa: PLR2004 -- archive and category
        return False
    return not rest or (rest[0] in _PHYSICS if group == "physics" else rest[0] == group)
