"""Papers as files over HTTP: the right type, a safe name, and nobody else's tags."""

import pytest
from bibtexparser.entrypoint import parse_string
from fakes.lab_case import Lab
from litestar import Litestar
from litestar.testing import TestClient

from triage.reading.exports import FORMATS, ReferenceFormat


@pytest.fixture
def arxiv_id(client: TestClient[Litestar]) -> str:
    """Any paper of the week."""
    found: str = client.get("/api/v1/papers").json()["items"][0]["arxiv_id"]
    return found


@pytest.mark.parametrize("form", ["bib", "ris", "csl", "csv"])
def test_paper_is_a_file(client: TestClient[Litestar], arxiv_id: str, form: ReferenceFormat) -> None:
    """Every format downloads under the paper's name, and is not sent twice."""
    answer = client.get(f"/api/v1/papers/{arxiv_id}/export?format={form}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(FORMATS[form].media_type)
    assert answer.headers["content-type"].count("charset") == (form != "csl")
    name = f"arxiv-{arxiv_id}{FORMATS[form].suffix}"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    again = client.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/papers/2612.99999/export", 404),
        ("/api/v1/papers/hep-th/9901001/export", 404),
        ("/api/v1/papers/2604.02684/export?format=json", 400),
        ("/api/v1/papers/2604.02684/export?format=", 400),
        ("/api/v1/tags/nothing/export", 404),
        ("/api/v1/tags/%00/export", 400),
    ],
)
def test_files_that_are_not_there(client: TestClient[Litestar], path: str, status: int) -> None:
    """Unknown papers, tags and formats are problems of the request."""
    assert client.get(path).status_code == status


def test_tag_is_a_file_with_a_safe_name(client: TestClient[Litestar], arxiv_id: str) -> None:
    """A tag of any characters makes a name that no header or file system trips over."""
    client.put(f"/api/v1/papers/{arxiv_id}/tags/a%22%3B%20%C3%A9", json={}).raise_for_status()
    answer = client.get("/api/v1/tags/a%22%3B%20%C3%A9/export?format=bib")
    assert answer.headers["content-disposition"] == 'attachment; filename="tag-a.bib"'
    assert [entry.key for entry in parse_string(answer.text).entries] == [f"arxiv-{arxiv_id}"]


def test_tags_of_others_are_not_exported(lab: Lab) -> None:
    """Without a key 401; another's tag is none."""
    papers = lab.client.get("/api/v1/papers", headers=lab.headers["bob"]).json()["items"]
    path = f"/api/v1/papers/{papers[0]['arxiv_id']}/tags/mine"
    lab.client.put(path, json={}, headers=lab.headers["bob"]).raise_for_status()
    statuses = [
        lab.client.get("/api/v1/tags/mine/export", headers=headers).status_code
        for headers in ({}, lab.headers["bob"], lab.headers["carol"])
    ]
    assert statuses == [401, 200, 404]
