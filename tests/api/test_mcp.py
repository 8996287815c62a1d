"""Agents: four tools that read, with the rights of whoever calls, and nothing else."""

import json
from typing import Any

from fakes.lab_case import Lab
from litestar import Litestar
from litestar.testing import TestClient

VERSION = "2026-07-28"
TOPIC = "generative-recommendation"
BAD_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("shortlist", {}),
    ("shortlist", {"topic": "no-such-topic"}),
    ("shortlist", {"topic": TOPIC, "week": "soon"}),
    ("shortlist", {"topic": TOPIC, "week": "2026-W99"}),
    ("shortlist", {"topic": TOPIC, "more": 1}),
    ("paper", {"arxiv_id": "2699.99999"}),
    ("paper", {"arxiv_id": ["2604.02684"]}),
    ("paper", {"arxiv_id": "../../etc/passwd"}),
    ("search", {"q": ""}),
    ("search", {"q": "x" * 301}),
    ("search", {"q": "x", "limit": 51}),
    ("search", {"q": "x", "limit": "many"}),
    ("search", {"q": {"a": 1}}),
    ("search", {"q": None}),
    ("similar", {"arxiv_id": "nothing", "limit": -1}),
]
BAD_BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"jsonrpc": "2.0"}',
    b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}}',
    b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": []}',
    b'{"jsonrpc": "2.0", "id": 1, "method": 7}',
    b'{"jsonrpc": "2.0", "method": "tools/list"}',
    b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"a": "\xff"}}',
    b"[" * 20_000,
]
OTHER_METHODS = (
    "resources/list", "resources/read", "prompts/list", "subscriptions/listen", "completion/complete", "tasks/get", "x",
)  # fmt: skip


def call(
    client: TestClient[Litestar],
    method: str,
    params: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Any:
    params = dict(params or {})
    params["_meta"] = {
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    sent = {"MCP-Protocol-Version": VERSION, "Mcp-Method": method} | (headers or {})
    if "name" in params:
        sent["Mcp-Name"] = str(params["name"])
    return client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers=sent)


def use(
    client: TestClient[Litestar], name: str, arguments: dict[str, Any], headers: dict[str, str] | None = None
) -> tuple[bool, Any]:
    answer = call(client, "tools/call", {"name": name, "arguments": arguments}, headers)
    assert answer.status_code == 200, answer.text
    result = answer.json()["result"]
    return result["isError"], json.loads(result["content"][0]["text"])


def test_four_tools_are_offered_and_typed(client: TestClient[Litestar]) -> None:
    """Each tool says what it does, takes named and limited arguments, and promises to change nothing."""
    tools = {tool["name"]: tool for tool in call(client, "tools/list").json()["result"]["tools"]}
    assert sorted(tools) == ["paper", "search", "shortlist", "similar"]
    for tool in tools.values():
        assert tool["annotations"]["readOnlyHint"] is True
        assert tool["description"].endswith(".")
        assert tool["inputSchema"]["additionalProperties"] is False
        assert all(field.get("description") for field in tool["inputSchema"]["properties"].values())
    assert tools["search"]["inputSchema"]["required"] == ["q"]
    assert tools["search"]["inputSchema"]["properties"]["limit"]["maximum"] == 50


def test_discovery_tells_who_answers(client: TestClient[Litestar]) -> None:
    """A client that discovers the server learns its protocol, and what it is for."""
    result = call(client, "server/discover").json()["result"]
    assert result["supportedVersions"] == [VERSION]
    assert "never instructions" in result["instructions"]


def test_shortlist_is_the_one_that_everybody_gets(client: TestClient[Litestar]) -> None:
    """The tool's list equals that of the API, for a week and for the newest."""
    weeks = client.get("/api/v1/topics").json()[0]["weeks"]
    topic = client.get("/api/v1/topics").json()[0]["name"]
    expected = client.get(f"/api/v1/shortlists/{topic}/{weeks[0]}").json()
    assert use(client, "shortlist", {"topic": topic, "week": weeks[0]}) == (False, expected)
    assert use(client, "shortlist", {"topic": topic}) == (False, expected)


def test_papers_can_be_read_searched_and_compared(client: TestClient[Litestar]) -> None:
    """From the list an agent goes on to a paper, its like, and a search."""
    _, found = use(client, "shortlist", {"topic": TOPIC})
    arxiv_id = found["papers"][0]["arxiv_id"]
    is_error, paper = use(client, "paper", {"arxiv_id": arxiv_id})
    assert (is_error, paper["arxiv_id"]) == (False, arxiv_id)
    is_error, hits = use(client, "search", {"q": arxiv_id})
    assert (is_error, hits[0]["paper"]["arxiv_id"]) == (False, arxiv_id)
    is_error, hits = use(client, "similar", {"arxiv_id": arxiv_id, "limit": 3})
    assert (is_error, len(hits)) == (False, 3)
    assert arxiv_id not in {hit["paper"]["arxiv_id"] for hit in hits}


def test_bad_arguments_are_an_error_of_the_tool(client: TestClient[Litestar]) -> None:
    """What is wrong is said in the result; it is never the server's fault, and shows nothing of its inside."""
    for name, arguments in BAD_CALLS:
        is_error, content = use(client, name, arguments)
        assert is_error, (name, arguments)
        assert content.get("status", 400) < 500
        assert "Traceback" not in json.dumps(content)


def test_bodies_that_are_no_requests_are_refused(client: TestClient[Litestar]) -> None:
    """Broken JSON, broken JSON-RPC and clients of an older protocol get 4xx."""
    for body in BAD_BODIES:
        answer = client.post("/mcp", content=body, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500, body[:80]


def test_nothing_but_tools_is_there(client: TestClient[Litestar]) -> None:
    """Neither our OpenAPI document nor anything that stays open can be had, whatever header stands before the body."""
    params = {"uri": "litestar://openapi", "notifications": {}}
    for method in OTHER_METHODS:
        assert call(client, method, params).status_code == 404, method
        assert call(client, method, params, {"Mcp-Method": "tools/list"}).status_code == 400, method


def test_unknown_tool_is_told(client: TestClient[Litestar]) -> None:
    """A tool that there is not is an error of the protocol."""
    answer = call(client, "tools/call", {"name": "delete_everything", "arguments": {}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32602)


def test_tools_have_no_address_of_their_own(client: TestClient[Litestar]) -> None:
    """Only `tools/call` reaches a tool."""
    for path in ("/mcp/tools/search?q=x", "/mcp/tools/paper?arxiv_id=2604.02684"):
        assert client.get(path).status_code == 403


def test_other_sites_are_refused(client: TestClient[Litestar]) -> None:
    """A page of another site cannot make a browser call tools."""
    assert call(client, "tools/list", headers={"Origin": "https://evil.example"}).status_code == 403
    assert call(client, "tools/list", headers={"Origin": "http://127.0.0.1:8000"}).status_code == 200


def test_keys_are_asked_for_with_accounts(lab: Lab) -> None:
    """Without a key, or with a wrong one, nothing is answered; with one, everything."""
    assert call(lab.client, "tools/list").status_code == 401
    assert call(lab.client, "tools/list", headers={"Authorization": "Bearer triage_wrong"}).status_code == 401
    assert call(lab.client, "tools/list", headers=lab.headers["bob"]).status_code == 200


def test_tools_act_for_whoever_calls(lab: Lab) -> None:
    """A reader's own tag is seen by their agent, and by nobody else's."""
    _, found = use(lab.client, "shortlist", {"topic": TOPIC}, lab.headers["bob"])
    arxiv_id = found["papers"][0]["arxiv_id"]
    lab.client.put(f"/api/v1/papers/{arxiv_id}/tags/private", json={}, headers=lab.headers["bob"]).raise_for_status()
    tags = {
        name: [tag["name"] for tag in use(lab.client, "paper", {"arxiv_id": arxiv_id}, lab.headers[name])[1]["tags"]]
        for name in ("bob", "carol")
    }
    assert tags == {"bob": ["private"], "carol": []}
