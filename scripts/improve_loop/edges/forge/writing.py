"""The forge to write to, by where the target lives. A dry run is another edge: it writes nothing."""

from __future__ import annotations

from collections.abc import Callable

from improve_loop.edges.environment import variables
from improve_loop.edges.forge.contract import ForgeWriter
from improve_loop.edges.forge.dry import DryForge
from improve_loop.edges.forge.local import LocalForge
from improve_loop.edges.forge.local_branches import Committer
from improve_loop.edges.forge.reading import local_repository, reader
from improve_loop.model.find import Run
from improve_loop.model.make import CheckedCommand


def writer(run: Run, say: Callable[[str], None]) -> ForgeWriter:
    """Writes; no model is in reach of a process that holds this. A dry run's only says what it would do."""
    if run.dry_run:
        return DryForge(reader=reader(run.target, run.config.forge), say=say)
    if run.target.forge == "gitlab":
        from improve_loop.edges.forge import gitlab_write  # python-gitlab, for those who need it

        return gitlab_write.connect(run.target.url, variables(), bot=run.config.forge.bot)
    return _local(run)


def _local(run: Run) -> LocalForge:
    committer = Committer(name=run.committer_name, email=run.committer_email)
    return LocalForge(repository=local_repository(run.target), run_id=run.run_id, committer=committer)


def record_checks(run: Run, merge_request: str, head_sha: str, checks: tuple[CheckedCommand, ...]) -> None:
    """Where there is no CI the checks are the pipeline of this head; on GitLab its pipelines speak for themselves."""
    if run.target.forge == "local" and not run.dry_run:
        _local(run).record_checks(merge_request, head_sha, checks)
