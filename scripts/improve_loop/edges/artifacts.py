"""Artifacts on disk: one writer per path, written once, atomically; judged on write and on read (DESIGN section 3)."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any, TypeVar

from improve_loop.edges import schemas
from improve_loop.edges.collector import collector_paused
from improve_loop.errors import ArtifactError, TryLater
from improve_loop.model.codec import from_plain, to_plain

T = TypeVar("T")
MAX_BYTES = 512 * 1024 * 1024  # an artifact above this is not read into memory


def dumps(artifact: Any) -> bytes:
    """The artifact's bytes: sorted keys, two spaces, final newline."""
    text = json.dumps(to_plain(artifact), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace")  # half a surrogate pair (a path that is not UTF-8) as \udcff


def sha256(content: bytes) -> str:
    """Hex digest by which artifacts name each other's bytes."""
    return hashlib.sha256(content).hexdigest()


def write(out: Path, path: str, artifact: Any) -> Path:
    """Writes the artifact at `out/path`. Raises ArtifactError when it is invalid or the path is taken."""
    content = dumps(artifact)
    wrong = schemas.problem(type(artifact).kind, json.loads(content), len(content))
    if wrong:
        raise ArtifactError(f"{out / path}: not written, it would be invalid: {wrong}; this is a bug, please report it")
    return write_bytes(out, path, content)


def write_bytes(out: Path, path: str, content: bytes) -> Path:
    """Writes a file beside an artifact (a patch, a page), under the same rules."""
    target = out / path
    _refuse_symlinks(out, target)
    if os.path.lexists(target):
        raise ArtifactError(
            f"{target}: already written by this run; a phase runs once. Start a new run with `improve-loop preflight`"
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".writing-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.chmod(temporary, 0o644)
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise TryLater(
            f"{target}: cannot be written: {error.strerror or error}; free the disk, then run again"
        ) from error
    return target


def read(out: Path, cls: type[T], path: str, run_id: str | None) -> T:
    """The artifact at `out/path`; `run_id` None is for `run.json` itself, which says what the run is."""
    content = read_bytes(out, path)
    with collector_paused():
        return judged(out / path, cls, content, run_id)


def judged(where: Path | str, cls: type[T], content: bytes, run_id: str | None) -> T:
    """The artifact in these bytes. Raises ArtifactError, naming where they come from."""
    kind = cls.kind  # type: ignore[attr-defined]
    try:
        plain = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{where}: not JSON ({error}); it was cut off or edited, run its phase again") from None
    wrong = schemas.problem(kind, plain, len(content))
    if wrong:
        raise ArtifactError(f"{where}: {wrong}; it was edited or is of another version, run its phase again")
    if run_id is not None and plain["run_id"] != run_id:
        raise ArtifactError(
            f"{where}: $.run_id: it belongs to run {plain['run_id']}, this is run {run_id}; "
            "remove it and run its phase again"
        )
    return from_plain(cls, plain)


def read_bytes(out: Path, path: str) -> bytes:
    """The bytes of a regular file under `out`; a symlink on the way is refused."""
    target = out / path
    _refuse_symlinks(out, target)
    try:
        with os.fdopen(os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ArtifactError(f"{target}: not a regular file; remove it and run its phase again")
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        phase = Path(path).parts[0]
        raise ArtifactError(f"{target}: missing; run `improve-loop {phase}` first") from None
    except OSError as error:
        raise ArtifactError(f"{target}: cannot be read: {error.strerror}; look at its permissions") from error
    if len(content) > MAX_BYTES:
        raise ArtifactError(f"{target}: larger than {MAX_BYTES} bytes; it is not an artifact of this loop")
    return content


def inside(out: Path, path: str) -> Path:
    """The file at `out/path`. Raises ArtifactError where a symlink on the way could lead elsewhere."""
    _refuse_symlinks(out, out / path)
    return out / path


def exists(out: Path, path: str) -> bool:
    """Whether anything, even a broken link, is at `out/path`."""
    return os.path.lexists(out / path)


def read_all(out: Path, cls: type[T], folder: str, name: str, run_id: str) -> tuple[T, ...]:
    """Every artifact `out/folder/<name glob>`, by path."""
    paths = sorted(str(path.relative_to(out)) for path in (out / folder).glob(name))
    return tuple(read(out, cls, path, run_id) for path in paths)


def _refuse_symlinks(out: Path, target: Path) -> None:
    """No part of the path below `out` may be a symlink: it could lead a reader or a writer elsewhere."""
    parts = target.relative_to(out).parts
    if ".." in parts:
        raise ArtifactError(f"{target}: leads out of {out}; artifacts live inside it")
    for depth in range(1, len(parts) + 1):
        step = out.joinpath(*parts[:depth])
        if step.is_symlink():
            raise ArtifactError(f"{step}: is a symlink; artifacts are plain files, remove it and run its phase again")
