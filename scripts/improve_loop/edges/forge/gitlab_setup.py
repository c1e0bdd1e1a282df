"""Looking at the settings of the project that runs the loop and of its target, for `doctor`. Reads only."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from improve_loop.edges import configuration
from improve_loop.edges.forge.gitlab_session import Reply, Session
from improve_loop.errors import ConfigError, UsageError
from improve_loop.model.config import Config
from improve_loop.model.setup import Setup
from improve_loop.rules.config import NAME


def look(hub: Session, target: Session, secrets: Mapping[str, str]) -> Setup:
    """Every setting that `rules.setup` judges; None where the token may not look. `secrets`: the loop's own tokens."""
    at, to = hub.project, target.project
    variables = _rows(hub, f"{at}/variables")
    reader, reader_token = _user(target, "IL_READ_TOKEN", secrets, variables)
    writer, writer_token = _user(target, "IL_WRITE_TOKEN", secrets, variables)
    return Setup(
        hub=hub.get(at),
        target=target.get(to),
        variables=variables,
        schedules=_rows(hub, f"{at}/pipeline_schedules"),
        runners=_rows(hub, f"{at}/runners"),
        hub_protected=_rows(hub, f"{at}/protected_branches"),
        target_protected=_rows(target, f"{to}/protected_branches"),
        job_token_scope=_one(target, f"{to}/job_token_scope"),
        job_token_allowlist=_rows(target, f"{to}/job_token_scope/allowlist"),
        reader=reader,
        reader_token=reader_token,
        writer=writer,
        writer_token=writer_token,
        policy=_policy(target),
    )


def _policy(target: Session) -> Config | None:
    """What runs on the target would read; None where it cannot be read, or cannot be used."""
    try:
        found = target.find(f"{target.project}/repository/files/{quote(NAME, safe='')}", ref="HEAD")
        content = base64.b64decode(found["content"]) if found else None
        return configuration.from_bytes(content, NAME)
    except (UsageError, Reply, ConfigError):
        return None


def _user(
    target: Session, name: str, secrets: Mapping[str, str], variables: list[Any] | None
) -> tuple[Any | None, Any | None]:
    """Whose token it is and what it may: as given, or from its variable, where that is masked but not hidden."""
    shown = next((row.get("value") for row in variables or () if row["key"] == name), None)
    secret = secrets.get(name) or shown
    if not secret:
        return None, None
    own = Session(dataclasses.replace(target.at, token=secret, token_name=name), sleep=target.sleep, now=target.now)
    user, token = _one(own, "/user"), _one(own, "/personal_access_tokens/self")
    if user is None:
        return None, token
    member = _one(target, f"{target.project}/members/all/{user['id']}") or {}
    return {**user, "access_level": member.get("access_level", 0)}, token


def _rows(session: Session, path: str) -> list[Any] | None:
    try:
        return session.rows(path)
    except (UsageError, Reply):
        return None


def _one(session: Session, path: str) -> Any | None:
    try:
        return session.find(path)
    except (UsageError, Reply):
        return None
