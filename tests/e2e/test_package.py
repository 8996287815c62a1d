"""The wheel and the sdist hold what they should, and the wheel runs from a folder that is not the checkout."""

import email.message
import email.parser
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from fakes.cli_case import ROOT

_INSTEAD = {"migrations/": "triage/migrations/", "rubric.yaml": "triage/rubric.yaml"}  # where the wheel has them
_CITATION_NEEDS = {"cff-version", "message", "title", "authors"}  # the schema of CFF 1.2.0, which also knows:
_CITATION_KNOWS = _CITATION_NEEDS | {
    "type",
    "abstract",
    "version",
    "license",
    "keywords",
    "date-released",
    "url",
    "doi",
}


class Built(msgspec.Struct, frozen=True):
    wheel: Path
    sdist: Path
    unpacked: Path

    def run(self, folder: Path, *arguments: str) -> str:
        """Run python in the folder; what the wheel holds comes before the checkout."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRIAGE_", "PYTHON"))}
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, *arguments],
            cwd=folder,
            env={**kept, "PYTHONPATH": str(self.unpacked), "TRIAGE_HOME": str(folder / "home")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Both, built from the working tree, and the wheel installed without what it depends on."""
    folder = tmp_path_factory.mktemp("dist")
    _run("hatchling", "build", "-d", str(folder))
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    _run("pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(folder / "unpacked"), str(wheel))
    return Built(wheel, sdist, folder / "unpacked")


@pytest.fixture(scope="module")
def kept() -> set[str]:
    """The files of the working tree that git keeps, or would."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs the repository: what should be packed is what git keeps")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the user's git
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """What pyproject.toml says of the package."""
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


def _run(*arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _read_metadata(built: Built) -> email.message.Message:
    with zipfile.ZipFile(built.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.parser.Parser().parsestr(archive.read(name).decode())


def test_the_wheel_holds_the_program_and_nothing_else(built: Built, kept: set[str]) -> None:
    """Every file of `triage`, `api` and the migrations, and the rubric: a forgotten template or sample is seen."""
    wanted = {name for name in kept if name.startswith(("triage/", "api/"))}
    for source, place in _INSTEAD.items():
        wanted |= {name.replace(source, place, 1) for name in kept if name.startswith(source)}
    with zipfile.ZipFile(built.wheel) as archive:
        names = set(archive.namelist())
    assert {name for name in names if ".dist-info/" not in name} == wanted
    assert "triage/py.typed" in wanted


def test_the_sdist_holds_all_that_is_kept(built: Built, kept: set[str]) -> None:
    """Tests, benches, docs, notebooks and citation too: who has it can do what who cloned can."""
    with tarfile.open(built.sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    assert names == kept | {"PKG-INFO"}


def test_the_wheel_runs_where_there_is_no_checkout(built: Built, tmp_path: Path, project: dict[str, Any]) -> None:
    """By `python -m triage`: its version, and the demo in an empty folder, both lists with ten places each."""
    where = built.run(tmp_path, "-c", "import triage, api; print(triage.__file__, api.__file__)")
    assert all(Path(each).is_relative_to(built.unpacked) for each in where.split())
    assert built.run(tmp_path, "-m", "triage", "--version").strip() == f"triage, version {project['version']}"
    said = built.run(tmp_path, "-m", "triage", "demo")
    for title in ("Generative recommendation", "Agent evaluation"):
        assert f"{title} · 2026-W20 · 10 of 85 papers" in said
    assert (tmp_path / "demo" / "digest-2026-W20.html").is_file()


def test_the_metadata_say_what_a_stranger_asks(built: Built, project: dict[str, Any]) -> None:
    """Name, version, licence and its text, extras, the command, and README as the description."""
    metadata = _read_metadata(built)
    assert (metadata["Name"], metadata["Version"], metadata["License-Expression"]) == (
        "triage",
        project["version"],
        "MIT",
    )
    assert set(metadata.get_all("Provides-Extra", [])) == set(project["optional-dependencies"])
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert str(metadata.get_payload()).strip() == (ROOT / "README.md").read_text(encoding="utf-8").strip()
    with zipfile.ZipFile(built.wheel) as archive:
        names = archive.namelist()
        assert any(name.endswith("licenses/LICENSE") for name in names)
        (entries,) = (archive.read(name).decode() for name in names if name.endswith("entry_points.txt"))
    assert "triage = triage.cli:main" in entries


def test_the_citation_is_that_of_this_version(project: dict[str, Any]) -> None:
    """Valid CFF 1.2.0 as far as we use it, and the same as the package's metadata."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation.keys() >= _CITATION_NEEDS
    assert citation.keys() <= _CITATION_KNOWS
    assert (citation["cff-version"], citation["type"]) == ("1.2.0", "software")
    assert citation["version"] == project["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", citation["version"])  # a string, or YAML would read 1.0 as a number
    assert citation["license"] == project["license"]
    assert citation["abstract"] == project["description"]
    assert citation["keywords"] == project["keywords"]
    assert [author["name"] for author in citation["authors"]] == [author["name"] for author in project["authors"]]
