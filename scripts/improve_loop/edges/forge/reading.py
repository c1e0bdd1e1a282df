"""The forge to read from, by where the target lives."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from improve_loop.edges.environment import variables
from improve_loop.edges.forge.contract import ForgeReader
from improve_loop.edges.forge.local_read import LocalReader
from improve_loop.edges.git import Repository, open_repository
from improve_loop.errors import ArtifactError
from improve_loop.model.config import Forge
from improve_loop.model.find import TargetAt


def reader(target: TargetAt, forge: Forge) -> ForgeReader:
    """Reads, and cannot write."""
    if target.forge == "gitlab":
        from improve_loop.edges.forge import gitlab_read  # python-gitlab, for those who need it

        return gitlab_read.connect(target.url, variables(), bot=forge.bot)
    return LocalReader(repository=local_repository(target))


def local_repository(target: TargetAt) -> Repository:
    """The repository of a local target. Raises ArtifactError when run.json does not say where it is."""
    if target.folder is None:
        raise ArtifactError("preflight/run.json: $.target.folder: a local target needs it; run preflight again")
    return _opened(Path(target.folder))


@cache  # every phase of a run in one process opens the same repository
def _opened(folder: Path) -> Repository:
    return open_repository(folder)
