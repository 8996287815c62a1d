import pytest
from litestar.exceptions import PermissionDeniedException

from api.origin import check_origin

HOST = (b"host", b"triage.example.org")
COOKIE = (b"cookie", b"triage_session=x")


@pytest.mark.parametrize(
    "headers",
    [
        [HOST, COOKIE, (b"sec-fetch-site", b"same-origin")],
        [HOST, COOKIE, (b"sec-fetch-site", b"none")],
        [HOST, COOKIE, (b"origin", b"https://triage.example.org")],
        [HOST],
        [],
    ],
)
def test_our_own_pages_and_programs_may_write(headers: list[tuple[bytes, bytes]]) -> None:
    """A browser on our page says so; a program sends neither cookie nor origin."""
    check_origin(dict(headers))


@pytest.mark.parametrize(
    "headers",
    [
        [HOST, COOKIE, (b"sec-fetch-site", b"cross-site")],
        [HOST, (b"sec-fetch-site", b"same-site"), (b"origin", b"https://triage.example.org")],
        [HOST, (b"origin", b"https://evil.example")],
        [HOST, (b"origin", b"https://triage.example.org.evil.example")],
        [HOST, (b"origin", b"https://triage.example.org:444")],
        [HOST, (b"origin", b"null")],
        [HOST, (b"origin", b"")],
        [(b"origin", b"https://evil.example")],
        [HOST, COOKIE],
    ],
)
def test_other_sites_may_not(headers: list[tuple[bytes, bytes]]) -> None:
    """Neither another site, nor a sibling of ours, nor a cookie that comes without a word on where from."""
    with pytest.raises(PermissionDeniedException):
        check_origin(dict(headers))
