"""The shared corpus beside the checkout, where there is one: public CI files to measure on, none of them ours."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
BULK = CORPUS / "gitlab-ci-bulk-2020.tar.xz"


def exists() -> bool:
    """Whether it is there."""
    return (CORPUS / "gitlab-ci" / "index.json").is_file()


@cache
def single() -> dict[str, bytes]:
    """The chosen files, by name."""
    return {path.name: path.read_bytes() for path in sorted((CORPUS / "gitlab-ci").glob("*.yml"))}


def invalid() -> set[str]:
    """The chosen files that are not valid YAML."""
    index = json.loads((CORPUS / "gitlab-ci" / "index.json").read_text(encoding="utf-8"))
    return {entry["file"] for entry in index["files"] if entry["parse"] != "ok"}


def bulk() -> Iterator[tuple[str, bytes]]:
    """The many files of 2020."""
    with tarfile.open(BULK, "r:xz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None and member.name.endswith(".yml"):
                yield member.name, stream.read()


def folders() -> list[Path]:
    """The pipelines of several files: the parser fixtures and the one from a real project."""
    roots = [
        *(CORPUS / "parser-fixtures").rglob(".gitlab-ci.yml"),
        *(CORPUS / "gitlab-ci-multifile").rglob(".gitlab-ci.yml"),
    ]
    return sorted({path.parent for path in roots})
