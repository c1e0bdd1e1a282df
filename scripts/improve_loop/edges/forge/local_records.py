"""The local forge's files, in `<git common dir>/improve-loop/`: records of merge requests, heads, the control issue.

Each is written whole; whoever changes a record holds it alone from reading to writing, so a human's "no" is never
overwritten by a run that read it a moment earlier.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from improve_loop.edges import schemas
from improve_loop.edges.exclusive import alone, replace_file, sweep
from improve_loop.errors import ArtifactError, UsageError
from improve_loop.model.codec import from_plain, to_plain
from improve_loop.model.forge import BRANCH_PREFIX, STATE_BRANCH
from improve_loop.model.local import LocalMergeRequest

FOLDER = "improve-loop"
SCHEMA = "local-merge-request"
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


def folder_of(git_dir: Path) -> Path:
    """Where the loop keeps what belongs to one repository: lock, records, control issue."""
    return git_dir / FOLDER


def id_of(branch: str) -> str:
    """The merge request's id, which is the candidate's. Raises UsageError for a branch that is not the loop's."""
    id = branch.removeprefix(BRANCH_PREFIX)
    if branch in (id, STATE_BRANCH) or not ID.fullmatch(id):
        raise UsageError(f"{branch!r}: not a branch of the loop; its branches are {BRANCH_PREFIX}<id>")
    return id


@dataclass(frozen=True, kw_only=True)
class Records:
    """The files under `folder` (`folder_of`)."""

    folder: Path

    def path(self, id: str) -> Path:
        """The file of one merge request. Raises UsageError for what is no id."""
        if not ID.fullmatch(id):
            raise UsageError(f"{id!r}: not the id of a merge request; `improve-loop mr list` shows them")
        return self.folder / "merge-requests" / f"{id}.json"

    def all(self) -> tuple[LocalMergeRequest, ...]:
        """Every record, oldest first; a file whose name is no id (a copy that somebody made) is none."""
        ids = (path.stem for path in (self.folder / "merge-requests").glob("*.json"))
        found = (self.get(id) for id in ids if ID.fullmatch(id))
        return tuple(sorted((record for record in found if record), key=lambda record: (record.created_at, record.id)))

    def get(self, id: str) -> LocalMergeRequest | None:
        """The record; None where there never was one. Raises ArtifactError when it is not what its schema says."""
        path = self.path(id)
        try:
            plain = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, RecursionError) as error:
            raise ArtifactError(f"{path}: not JSON ({error}); mend it, or remove it to forget its history") from None
        wrong = schemas.problem(SCHEMA, plain)
        if not wrong and plain["id"] != id:
            wrong = f"$.id: it is the record of {plain['id']}"
        if wrong:
            raise ArtifactError(f"{path}: {wrong}; mend it, or remove it to forget its history")
        return from_plain(LocalMergeRequest, plain)

    def put(self, record: LocalMergeRequest) -> None:
        """Writes the record; hold `changing` from before it was read."""
        plain = to_plain(record)
        wrong = schemas.problem(SCHEMA, plain)
        if wrong:
            raise ArtifactError(f"{self.path(record.id)}: not written, it would be invalid: {wrong}; please report it")
        # ASCII, because a path need not be UTF-8 and still has to come back as it was.
        replace_file(self.path(record.id), (json.dumps(plain, indent=2, sort_keys=True) + "\n").encode("ascii"))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Alone with all of these files; what a killed process left half written is gone."""
        with alone(self.folder / "merge-requests" / ".guard"):
            sweep(self.folder / "merge-requests")
            sweep(self.folder / "heads")
            yield

    def heads(self, id: str) -> frozenset[str]:
        """Every commit that the loop ever put on this branch, written down before the branch moved."""
        path = self._heads_path(id)
        return frozenset(path.read_text(encoding="ascii").split()) if path.exists() else frozenset()

    def add_head(self, id: str, sha: str) -> None:
        """Writes down a commit of the loop's own; hold `changing`."""
        replace_file(self._heads_path(id), "".join(f"{each}\n" for each in sorted({*self.heads(id), sha})).encode())

    def _heads_path(self, id: str) -> Path:
        return self.folder / "heads" / self.path(id).stem

    @property
    def control_issue(self) -> Path:
        """Where the loop asks and a human answers."""
        return self.folder / "merge-requests" / "control-issue.md"
