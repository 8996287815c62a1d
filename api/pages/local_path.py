"""Where a form may send a reader afterwards: to a page of ours and nowhere else (ASVS 3.7.2)."""

from typing import Final

LONGEST: Final = 2_000


def is_local_path(path: str) -> bool:
    r"""Whether a browser stays on this host: one slash first, no backslash, nothing unprintable.

    A browser takes `//host` and `/\host` for another host, and drops tabs and line ends before it looks (WHATWG URL).
    """
    return path[:1] == "/" and path[1:2] != "/" and "\\" not in path and path.isprintable() and len(path) <= LONGEST


def choose_next(path: str | None) -> str:
    """The path if it is local, else the first page."""
    return path if path is not None and is_local_path(path) else "/"
