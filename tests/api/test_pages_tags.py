"""Tags as pages."""

from fakes.lab_case import Lab
from litestar import Litestar
from litestar.testing import TestClient

FIRST, SECOND = "2605.90076", "2605.90001"
TOPIC = "generative-recommendation"


def tag(lab: Lab, reader: str, arxiv_id: str, name: str, *, is_shared: bool = False) -> None:
    """Put a reader's tag on a paper."""
    form = {"name": name, "is_shared": str(is_shared).lower()}
    answer = lab.client.post(f"/papers/{arxiv_id}/tags", data=form, headers=lab.headers[reader], follow_redirects=False)
    assert answer.status_code == 303


def read(lab: Lab, reader: str, path: str) -> str:
    """The page as that reader sees it."""
    answer = lab.client.get(path, headers=lab.headers[reader])
    assert answer.status_code == 200
    return answer.text


def test_tags_are_counted_and_lead_to_their_papers(lab: Lab) -> None:
    """With files and a feed to take along."""
    tag(lab, "ada", FIRST, "semantic ids")
    tag(lab, "ada", SECOND, "semantic ids")
    assert "2 papers" in read(lab, "ada", "/tags")
    page = read(lab, "ada", "/tags/semantic%20ids")
    assert f'href="/papers/{FIRST}"' in page
    for address in ("/api/v1/tags/semantic%20ids/export?format=bib", "/feeds/tags/semantic%20ids.atom"):
        assert f'href="{address}"' in page
        assert lab.client.get(address, headers=lab.headers["ada"]).status_code == 200


def test_only_shared_tags_of_others_are_seen(lab: Lab) -> None:
    """A private tag of another reader looks like one that nobody has."""
    tag(lab, "ada", FIRST, "secret")
    tag(lab, "ada", FIRST, "common", is_shared=True)
    seen = read(lab, "bob", "/tags")
    assert "secret" not in seen
    assert "common" in seen
    assert read(lab, "bob", "/tags/secret") == read(lab, "bob", "/tags/nobody").replace("nobody", "secret")
    assert "Remove this tag" not in read(lab, "bob", "/tags/common")


def test_a_tag_is_removed_from_all_papers_of_its_owner(lab: Lab) -> None:
    """And from nobody else's, also by an editor."""
    for reader in ("ada", "carol"):
        for paper in (FIRST, SECOND):
            tag(lab, reader, paper, "common", is_shared=True)
    answer = lab.client.post("/tags/common", headers=lab.headers["carol"], follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/tags")
    assert "Remove this tag from all" not in read(lab, "carol", "/tags/common")
    assert "2 papers" in read(lab, "carol", "/tags")
    assert "Remove this tag from all" in read(lab, "ada", "/tags/common")


def test_a_tag_comes_off_one_paper_there(lab: Lab) -> None:
    """The form on the tag's page leads back to it."""
    tag(lab, "ada", FIRST, "mine")
    form = {"name": "mine", "action": "remove", "next": "/tags/mine"}
    answer = lab.client.post(f"/papers/{FIRST}/tags", data=form, headers=lab.headers["ada"])
    assert "You see no paper with this tag" in answer.text


def test_tags_are_text(client: TestClient[Litestar]) -> None:
    """Whatever a reader writes."""
    client.post(f"/papers/{FIRST}/tags", data={"name": "<img src=x onerror=alert(1)>"})
    for path in ("/tags", "/tags/%3Cimg%20src=x%20onerror=alert(1)%3E"):
        assert "<img" not in client.get(path).text


def test_long_tags_come_in_parts(client: TestClient[Litestar]) -> None:
    """Fifty papers, then the rest; beyond the end there are none."""
    papers = client.get("/api/v1/papers?limit=60").json()["items"]
    for paper in papers:
        client.put(f"/api/v1/papers/{paper['arxiv_id']}/tags/many", json={"is_shared": False})
    first = client.get("/tags/many").text
    second = client.get("/tags/many?offset=50").text
    assert first.count("<li id=") == 50
    assert 'rel="next" href="/tags/many?offset=50"' in first
    assert second.count("<li id=") == 10
    assert 'rel="prev" href="/tags/many?offset=0"' in second
