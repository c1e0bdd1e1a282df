"""A run that preflight allowed, for phases and sources under test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from improve_loop.model.config import Config, Mode
from improve_loop.model.find import Run, RunLimits, TargetAt

NOW = "2026-11-20T12:00:00Z"


def run(
    *domains: str,
    forge: Literal["local", "gitlab"] = "gitlab",
    mode: Mode = "local",
    models: Mapping[str, Any] | None = None,
    bundle_sha: str = "b" * 40,
) -> Run:
    return Run(
        run_id="r1",
        run_kind="sweep",
        started_at=NOW,
        deadline="2026-11-20T15:00:00Z",
        target=TargetAt(
            name="sample",
            url="https://gitlab.example/g/p",
            forge=forge,
            branch="main",
            base_sha="a" * 40,
            bundle_sha=bundle_sha,
        ),
        intensity="medium",
        mode=mode,
        auto=False,
        dry_run=False,
        ask_only=False,
        domains=domains,
        limits=RunLimits(
            candidates=6,
            domains=6,
            usd=15.0,
            usd_reading=15.0,
            usd_per_candidate=5.0,
            seconds=3600,
            seconds_per_candidate=600,
            open_merge_requests=10,
            slots=2,
        ),
        exclusions=(),
        health=(),
        committer_name="improve-loop",
        committer_email="improve-loop@example.com",
        config_sha256="c" * 64,
        config=Config(models=models or {}),
    )
