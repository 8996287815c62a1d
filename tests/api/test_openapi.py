import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema_rs import Draft202012Validator, meta
from litestar import Litestar

from api.app import create_app
from api.openapi import PATH
from triage.config import Settings

METHODS = ("get", "put", "post", "delete", "patch")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of a server with accounts."""
    return _read(create_app(Settings(accounts=True)))


def _read(app: Litestar) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    return found


def _list_operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def test_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    """An id of its own, tags that the document explains, and an imperative first line that ends as sentences do."""
    operations = _list_operations(document)
    ids = [operation["operationId"] for _, operation in operations]
    known = {tag["name"] for tag in document["tags"]}
    assert len(ids) == len(set(ids)) > 30
    for name, operation in operations:
        assert set(operation["tags"]) <= known, name
        assert re.match(r"[A-Z][a-z]+ .*[.]$", operation["description"].splitlines()[0]), name


def test_every_parameter_is_described(document: dict[str, Any]) -> None:
    """Names alone explain nothing; text has a longest length or a pattern."""
    for name, operation in _list_operations(document):
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), f"{name}: {parameter['name']}"
            if parameter["schema"].get("type") == "string":
                assert {"maxLength", "pattern", "enum"} & set(parameter["schema"]), f"{name}: {parameter['name']}"


def test_every_error_is_documented_as_a_problem(document: dict[str, Any]) -> None:
    """With the media type of RFC 9457 and an example; whoever needs a key hears of 401 and 403."""
    for name, operation in _list_operations(document):
        answers = operation["responses"]
        assert {"401", "403", "429", "500", "503"} <= set(answers), name
        for status, answer in answers.items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], f"{name} {status}"
                assert answer["content"]["application/problem+json"]["examples"], f"{name} {status}"


def test_every_example_fits_its_schema(document: dict[str, Any]) -> None:
    """Examples that are wrong teach wrong things."""
    seen = 0
    for name, operation in _list_operations(document):
        for status, answer in operation["responses"].items():
            for content in answer.get("content", {}).values():
                for example in content.get("examples", {}).values():
                    schema = {**content["schema"], "components": document["components"]}
                    validator = Draft202012Validator(schema)
                    assert validator.is_valid(example["value"]), (
                        name,
                        status,
                        list(validator.iter_errors(example["value"])),
                    )
                    seen += 1
    assert seen > 100


def test_every_schema_is_one(document: dict[str, Any]) -> None:
    """By the meta-schema of JSON Schema 2020-12, which OpenAPI 3.1 uses."""
    assert document["openapi"].startswith("3.1")
    for schema in document["components"]["schemas"].values():
        meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_keys_are_asked_for_with_accounts_only(document: dict[str, Any]) -> None:
    """Health needs none in either case; the sole reader needs none at all."""
    alone = _read(create_app(Settings()))
    assert document["security"] == [{"token": []}, {"session": []}]
    assert set(document["components"]["securitySchemes"]) >= {"token", "session"}
    assert document["paths"]["/healthz"]["get"]["security"] == [{}]
    assert "security" not in alone
    assert "securitySchemes" not in alone["components"]


def test_the_document_is_served_to_anybody(document: dict[str, Any], tmp_path: Path) -> None:
    """At the address that the title page names, without a key."""
    from fakes.lab_case import open_client

    with open_client(tmp_path, accounts=True) as client:
        answer = client.get(PATH)
    assert (answer.status_code, answer.json()["info"]["title"]) == (200, "Triage")
    assert set(answer.json()["paths"]) == set(document["paths"])
