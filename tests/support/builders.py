"""Small valid values to change one thing of."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from improve_loop.model.candidate import Candidate, Evidence
from improve_loop.model.config import Config
from improve_loop.model.find import Run, RunLimits, TargetAt
from improve_loop.rules.identity import candidate_id

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SHA = "a" * 40


def candidate(subject: str = "PIP04", **changes: Any) -> Candidate:
    """A candidate of the domain ci."""
    domain = changes.pop("domain", "ci")
    made = Candidate(
        id=candidate_id(domain, subject),
        source=f"{domain}/{subject}",
        domain=domain,
        class_="ci",
        subject=subject,
        summary=f"mend {subject}",
        value_for_us="less to wait for",
        value="medium",
        effort_estimate_hours=0.25,
        risk="low",
        reversibility="instant",
        target_repo="app",
        target_paths=(".gitlab-ci.yml",),
        fingerprint="0" * 64,
        evidence=(Evidence(quote="image: x", path=".gitlab-ci.yml", line=1),),
    )
    return dataclasses.replace(made, **changes)


def limits(**changes: Any) -> RunLimits:
    """Limits of a medium run."""
    made = RunLimits(
        candidates=6,
        domains=6,
        usd=15.0,
        usd_reading=15.0,
        usd_per_candidate=5.0,
        seconds=10_800,
        seconds_per_candidate=1800,
        open_merge_requests=10,
        slots=2,
    )
    return dataclasses.replace(made, **changes)


def run(**changes: Any) -> Run:
    """A sweep of a local target."""
    target = TargetAt(name="app", url="/srv/app", forge="local", branch="main", base_sha=SHA, bundle_sha=SHA)
    made = Run(
        run_id="local-1",
        run_kind="sweep",
        started_at="2026-11-20T12:00:00Z",
        deadline="2026-11-20T15:00:00Z",
        target=target,
        intensity="medium",
        mode="local",
        auto=False,
        dry_run=False,
        ask_only=False,
        domains=("ci",),
        limits=limits(),
        exclusions=(),
        health=(),
        committer_name="A",
        committer_email="a@example.invalid",
        config_sha256="0" * 64,
        config=Config(),
    )
    return dataclasses.replace(made, **changes)
