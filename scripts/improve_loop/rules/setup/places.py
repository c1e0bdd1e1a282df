"""Where to click and which call to send, and what is said of what could not be looked at."""

from __future__ import annotations

from improve_loop.model.setup import Check, Row

REPORTER, DEVELOPER, MAINTAINER = 20, 30, 40


def unknown(id: str, what: str) -> Check:
    """Not looked at, and so not right."""
    return Check(
        id=id,
        status="unknown",
        detail=f"{what} could not be looked at; run doctor with the token of a Maintainer in GITLAB_TOKEN",
    )


def url(project: Row, page: str) -> str:
    """A page of its settings."""
    return f"{project['web_url']}/-/settings/{page}"


def api(project: Row, verb: str, path: str, fields: str = "") -> str:
    """A call to this project, as `doctor` shows it."""
    return f"{verb} /projects/{project['id']}{path}" + (f" {fields}" if fields else "")
