"""`improve-loop doctor`: is the loop set up safely on this GitLab? Looks, changes nothing, says what to click."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime

import click

from improve_loop.edges.forge.gitlab_session import Session, locate
from improve_loop.edges.forge.gitlab_setup import look
from improve_loop.errors import Refused
from improve_loop.model.setup import Check
from improve_loop.rules.setup import checks

TOKEN = "GITLAB_TOKEN"
SIGNS = {"ok": "ok     ", "problem": "PROBLEM", "warning": "warning", "unknown": "unknown"}


@click.command(short_help="Is the loop set up safely on GitLab? Says what to click")
@click.option("--hub", required=True, help="URL of the project whose pipelines run the loop.")
@click.option("--target", help="URL of the project to improve. Default: the hub itself.")
@click.option("--all", "show_all", is_flag=True, help="Also show what is right.")
def doctor(hub: str, target: str | None, show_all: bool) -> None:
    """Checks tokens, variables, branches, job tokens, schedules and runners against the instance.

    \b
    Give the token of a Maintainer of both projects (scope read_api) in GITLAB_TOKEN, and the loop's own two tokens in
    IL_READ_TOKEN and IL_WRITE_TOKEN where their variables are hidden.
    Exit 0: nothing to change. Exit 4: something is wrong or not known.
    """
    environ = {name: value for name, value in os.environ.items() if name != "CI_SERVER_URL"}
    found = examine(hub, target or hub, environ)
    for check in found:
        if show_all or check.status != "ok":
            click.echo(_shown(check))
    bad = [check for check in found if check.status in ("problem", "unknown")]
    if bad:
        raise Refused(f"{len(bad)} of {len(found)} checks ask for a change; see above, docs/gitlab-setup.md says why")
    click.echo(f"{len(found)} checks, nothing to change")


def examine(hub: str, target: str, environ: Mapping[str, str]) -> tuple[Check, ...]:
    """The checks of these two projects."""
    sessions = [Session(locate(url, environ, token_name=TOKEN)) for url in (hub, target)]
    setup = look(sessions[0], sessions[1], environ)
    return checks(setup, today=datetime.now(UTC).date().isoformat())


def _shown(check: Check) -> str:
    lines = [f"{SIGNS[check.status]} {check.id}: {check.detail}"]
    lines += [f"        click: {check.click}"] if check.click else []
    lines += [f"        or:    {check.call}"] if check.call else []
    return "\n".join(lines)
