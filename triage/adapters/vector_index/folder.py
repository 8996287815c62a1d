"""Which index there is for how many vectors, and where a large one is kept between runs."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import numpy as np
import structlog

from triage.adapters.vector_index.building import IndexBuild
from triage.adapters.vector_index.coded import CodedIndex
from triage.adapters.vector_index.exact import ExactIndex
from triage.adapters.vector_index.files import (
    Manifest,
    RowFile,
    UnusableIndexError,
    check_files,
    claim,
    read_manifest,
    sweep,
)
from triage.core.vectors import IndexMark
from triage.errors import StoreError
from triage.ports import Index

MOST_EXACT = 100_000  # vectors: 14 ms a search (models.md E, confirmed in benchmarks/index_scale.py)
_LEAST_SLACK = 20_000  # vectors: 3 ms a search
_SLACK = 20  # one part in so many may change
_log = structlog.get_logger(__name__)


class IndexFolder:
    """`IndexShelf` below `home/index`: exact in memory up to `most_exact` vectors, coded in files above.

    Several processes may share it.
    """

    def __init__(self, root: Path, embedder: str, *, threads: int = 1, most_exact: int = MOST_EXACT) -> None:
        self.folder = root / name_folder(embedder)
        self._embedder = embedder
        self._threads = threads
        self._most_exact = most_exact

    def make(self) -> Index:
        """An empty one in memory."""
        return ExactIndex(self._threads, self._most_exact)

    def is_large(self, count: int) -> bool:
        """Whether so many vectors are better kept on disk."""
        return count > self._most_exact

    def load(self) -> tuple[Index, IndexMark] | None:
        """The index on disk, every byte checked; None, and a warning, where there is none that can be used."""
        try:
            manifest = read_manifest(self.folder, self._embedder)
            return None if manifest is None else (self._open(manifest), manifest.mark)
        except (OSError, UnusableIndexError) as error:  # OSError: another process just replaced the files
            _log.warning("index_unusable", folder=str(self.folder), reason=str(error))
            return None

    @contextmanager
    def build(self) -> Iterator[IndexBuild | None]:
        """What builds a new one; None while another process does. Raises `StoreError` for a folder of no use."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with claim(self.folder) as is_ours:
                if not is_ours:
                    yield None
                    return
                self._sweep()
                build = IndexBuild(self.folder, self._embedder, self._threads)
                try:
                    yield build
                finally:
                    build.close()
        except OSError as error:
            raise StoreError(f"The index folder {self.folder} cannot be written: {error.strerror}.") from error

    def _sweep(self) -> None:
        """Make room before a new one is built."""
        if os.name != "posix":
            return  # another process may be building too
        try:
            manifest = read_manifest(self.folder, self._embedder)
        except UnusableIndexError:
            manifest = None
        sweep(self.folder, manifest)

    def _open(self, manifest: Manifest) -> Index:
        import faiss

        check_files(self.folder, manifest)
        paths = {os.path.splitext(name)[1]: self.folder / name for name in manifest.files}  # noqa: PTH122 - of a name
        keys = np.fromfile(paths[".keys"], "<i8").astype(np.int64, copy=False)
        try:
            codes = faiss.read_index(str(paths[".codes"]), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise UnusableIndexError(f"{paths['.codes'].name} cannot be read: {error}") from error
        if not len(keys) == codes.ntotal == manifest.count or codes.d != manifest.dimension:
            raise UnusableIndexError("its files do not belong together: counts or dimensions differ")
        vectors = RowFile(paths[".vectors"], manifest.dimension)
        slack = max(min(_LEAST_SLACK, self._most_exact), manifest.count // _SLACK)
        return CodedIndex(codes, keys, vectors, slack=slack, threads=self._threads)


def name_folder(embedder: str) -> str:
    """A name that every file system takes, another one for every embedder."""
    return f"{re.sub('[^A-Za-z0-9.-]+', '_', embedder)[:60].strip('._')}-{sha256(embedder.encode()).hexdigest()[:8]}"
