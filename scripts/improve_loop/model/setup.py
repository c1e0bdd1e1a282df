"""How the loop is set up on a GitLab: the settings as they were read, and what `doctor` says of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from improve_loop.model.config import Config

Row = Mapping[str, Any]
Status = Literal["ok", "problem", "warning", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Setup:
    """The settings of the project that runs the loop and of its target; None where the token may not look."""

    hub: Row
    target: Row
    variables: Sequence[Row] | None
    schedules: Sequence[Row] | None
    runners: Sequence[Row] | None
    hub_protected: Sequence[Row] | None
    target_protected: Sequence[Row] | None
    job_token_scope: Row | None  # of the target
    job_token_allowlist: Sequence[Row] | None  # of the target
    reader: Row | None  # the user of IL_READ_TOKEN, with `access_level` in the target
    reader_token: Row | None  # GET /personal_access_tokens/self of it
    writer: Row | None  # the user of IL_WRITE_TOKEN, with `access_level` in the target
    writer_token: Row | None  # GET /personal_access_tokens/self of it
    policy: Config | None  # the target's .improve-loop.yml at its default branch; all defaults where there is none


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    id: str
    status: Status
    detail: str
    click: str = ""
    call: str = ""
