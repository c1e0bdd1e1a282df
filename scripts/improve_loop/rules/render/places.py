"""Where evidence is: a file and line of the target at the commit of the run, or a page."""

from __future__ import annotations

from urllib.parse import quote

from improve_loop.model.find import TargetAt
from improve_loop.rules.render.text import web_address


def project_url(target: TargetAt) -> str | None:
    """The project's page on its forge; None on the local one."""
    url = target.url.removesuffix("/").removesuffix(".git")
    return web_address(url) if target.forge == "gitlab" else None


def file_url(target: TargetAt, path: str, line: int | None) -> str | None:
    """The line as it was at the base commit; None on the local forge."""
    project = project_url(target)
    anchor = f"#L{line}" if line else ""
    return f"{project}/-/blob/{target.base_sha}/{quote(path, errors='replace')}{anchor}" if project else None


def commit_url(target: TargetAt, sha: str) -> str | None:
    """A commit's page; None on the local forge."""
    project = project_url(target)
    return f"{project}/-/commit/{sha}" if project else None


def place(path: str | None, line: int | None) -> str:
    """`path:line`, as a person says it."""
    return f"{path or ''}:{line}" if line else path or ""
