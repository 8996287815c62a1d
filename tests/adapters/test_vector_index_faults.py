"""Fault D4: whatever happens to the files, a kept index is the right one or none."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from random import Random
from shutil import copy2, copytree

import numpy as np
import pytest
from fakes.full_disk import fill_disk
from fakes.vector_case import EMBEDDER, MARK, find, find_all, keep, make_units
from msgspec.structs import replace
from structlog.testing import capture_logs

from triage.adapters.vector_index.files import HashedFile, RowFile, publish, read_manifest
from triage.adapters.vector_index.folder import IndexFolder
from triage.errors import StoreError

HELD = dict(enumerate(make_units(300)))
ASKED = make_units(1, 99)[0]
KINDS = pytest.mark.parametrize("kind", ["codes", "keys", "vectors", "json"])


@pytest.fixture
def kept(tmp_path: Path) -> IndexFolder:
    """A folder with a good index."""
    return keep(tmp_path, HELD)


def pick(folder: IndexFolder, kind: str) -> Path:
    """The file of that kind."""
    (path,) = folder.folder.glob(f"*.{kind}")
    return path


def is_refused(folder: IndexFolder) -> bool:
    """Whether it is not used, and the log says why."""
    with capture_logs() as events:
        loaded = folder.load()
    return loaded is None and [event["event"] for event in events] == ["index_unusable"]


def check_works(folder: IndexFolder) -> None:
    """What is there finds what comparing with all would."""
    loaded = folder.load()
    assert loaded is not None
    assert find(loaded[0], ASKED, 20) == find_all(HELD, ASKED, 20)


@KINDS
def test_every_flipped_bit_is_noticed(kept: IndexFolder, kind: str) -> None:
    """FAISS itself loads most of them without a word."""
    path, random = pick(kept, kind), Random(f"flips {kind}")
    good = path.read_bytes()
    for _ in range(60):
        bad, place = bytearray(good), random.randrange(len(good))
        bad[place] ^= 1 << random.randrange(8)
        path.write_bytes(bad)
        assert is_refused(kept)
    path.write_bytes(good)
    check_works(kept)


@KINDS
def test_every_cut_is_noticed(kept: IndexFolder, kind: str) -> None:
    """To nothing, by one byte, anywhere; a longer file too, and one that is gone."""
    path, random = pick(kept, kind), Random(f"cuts {kind}")
    good = path.read_bytes()
    for length in (0, len(good) - 1, *(random.randrange(len(good)) for _ in range(8))):
        path.write_bytes(good[:length])
        assert is_refused(kept)
    path.write_bytes(good + b"\0")
    assert is_refused(kept)
    path.unlink()
    assert kept.load() is None


@KINDS
def test_a_file_of_an_older_index_is_noticed(kept: IndexFolder, tmp_path: Path, kind: str) -> None:
    """It has the right size, and is whole."""
    older = keep(tmp_path / "older", dict(enumerate(make_units(300, 8), start=1)))
    copy2(pick(older, kind), pick(kept, kind))
    assert is_refused(kept)


def test_an_index_of_another_embedder_is_noticed(kept: IndexFolder, tmp_path: Path) -> None:
    """Whoever moved it there."""
    other = IndexFolder(tmp_path, "another/8")
    copytree(kept.folder, other.folder)
    assert is_refused(other)


def test_an_index_is_replaced_as_a_whole_and_leaves_nothing_behind(kept: IndexFolder) -> None:
    """Whoever holds the old one can go on with it."""
    held = {key + 7: vector for key, vector in enumerate(make_units(200, 5))}
    old, before = kept.load(), {path.name for path in kept.folder.iterdir()}
    keep(kept.folder.parent, held)
    after = {path.name for path in kept.folder.iterdir()}
    assert before & after == {"manifest.json", "lock"}
    assert len(after) == len(before) == 5
    new = kept.load()
    assert old is not None
    assert new is not None
    assert find(old[0], ASKED, 20) == find_all(HELD, ASKED, 20)
    assert find(new[0], ASKED, 20) == find_all(held, ASKED, 20)


def test_an_index_that_is_given_up_changes_nothing(kept: IndexFolder) -> None:
    """Not even when what was begun comes to its end in another thread."""
    before = {path.name: path.read_bytes() for path in kept.folder.iterdir()}
    with kept.build() as build:
        assert build is not None
        build.add([1], make_units(1))
    with pytest.raises((ValueError, OSError)):
        build.finish(MARK)
    assert {path.name: path.read_bytes() for path in kept.folder.iterdir()} == before


def test_one_process_builds_at_a_time(kept: IndexFolder) -> None:
    """The other one is told so, and may when the first has ended."""
    with kept.build() as first, kept.build() as second:
        assert first is not None
        assert second is None
    with kept.build() as third:
        assert third is not None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """And nothing to build from is no index."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"), IndexFolder(tmp_path / "file", EMBEDDER).build():
        pass
    with IndexFolder(tmp_path, EMBEDDER).build() as build:
        assert build is not None
        with pytest.raises(StoreError, match="There are no vectors"):
            build.finish(MARK)


@pytest.mark.parametrize(("width", "kind"), [(2, "codes"), (320, "vectors")])
def test_a_disk_that_is_full_leaves_the_old_index_and_no_rest(
    kept: IndexFolder, tmp_path: Path, width: int, kind: str
) -> None:
    """Though just the last byte has no room, in whichever file."""
    random = np.random.default_rng(width).normal(size=(300, width)).astype(np.float32)
    held = dict(enumerate(random / np.linalg.norm(random, axis=1, keepdims=True)))
    before = {path.name for path in kept.folder.iterdir()}
    sizes = {path.suffix: path.stat().st_size for path in keep(tmp_path / "other", held).folder.iterdir()}
    assert max(sizes, key=sizes.__getitem__) == f".{kind}"
    with fill_disk(max(sizes.values()) - 1), pytest.raises(StoreError, match="cannot be written"):
        keep(kept.folder.parent, held)
    assert {path.name for path in kept.folder.iterdir()} == before
    check_works(kept)


def test_what_a_killed_process_left_is_deleted_before_the_next_one_builds(kept: IndexFolder) -> None:
    """It may be what fills the disk."""
    (kept.folder / "0123456789ab.vectors").write_bytes(b"half")
    with kept.build():
        assert len(list(kept.folder.glob("*.vectors"))) == 2
    assert len(list(kept.folder.iterdir())) == 5


def test_codes_that_faiss_cannot_read_are_no_index(kept: IndexFolder) -> None:
    """Though they are what the manifest says they are."""
    manifest = read_manifest(kept.folder, EMBEDDER)
    assert manifest is not None
    path = pick(kept, "codes")
    path.write_bytes(path.read_bytes()[:-9])
    files = manifest.files | {path.name: sha256(path.read_bytes()).hexdigest()}
    publish(kept.folder, replace(manifest, files=files))
    assert is_refused(kept)


def test_rows_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    """Rather than zeros."""
    file = HashedFile(tmp_path / "rows")
    file.write(make_units(3).data.cast("B"))
    file.finish()
    rows = RowFile(tmp_path / "rows", 8)
    assert np.array_equal(rows.read(np.array([2, 0])), make_units(3)[[2, 0]])
    with pytest.raises(StoreError, match="ends too early"):
        rows.read(np.array([3]))


_SAVE = """
    import os, signal, sys
    from pathlib import Path
    from fakes.vector_case import keep, make_units
    import triage.adapters.vector_index.building as building, triage.adapters.vector_index.files as files
    left = int(sys.argv[2])
    def watch(event, arguments):
        global left
        if event in {"open", "os.rename", "os.remove"} and str(sys.argv[1]) in str(arguments[0]):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    import faiss
    sys.addaudithook(watch)
    keep(Path(sys.argv[1]), dict(enumerate(make_units(300, 8))))
"""


def kill_saving(root: Path) -> Iterator[int]:
    """Save another index in a process that is killed when it is about to touch a file for the n-th time.

    That is: to write the codes, to put the manifest in place, to see to its being on disk, to delete old files; never.
    """
    for moment in (4, 7, 8, 10, 99):
        code = textwrap.dedent(_SAVE)
        done = subprocess.run(  # noqa: S603 - our own code
            [sys.executable, "-c", code, str(root), str(moment)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
        )
        yield done.returncode


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_process_that_is_killed_while_saving_leaves_the_old_index_or_the_new_one(kept: IndexFolder) -> None:
    """Whole, and the lock is free."""
    new = dict(enumerate(make_units(300, 8)))
    codes, found = [], []
    for code in kill_saving(kept.folder.parent):
        codes.append(code)
        loaded = kept.load()
        assert loaded is not None
        found.append(find(loaded[0], ASKED, 20))
        with kept.build() as build:
            assert build is not None
    assert codes == [-signal.SIGKILL] * (len(codes) - 1) + [0]
    assert all(keys in (find_all(HELD, ASKED, 20), find_all(new, ASKED, 20)) for keys in found)
    assert (found[0], found[-1]) == (find_all(HELD, ASKED, 20), find_all(new, ASKED, 20))
    assert len(list(kept.folder.iterdir())) == 5
