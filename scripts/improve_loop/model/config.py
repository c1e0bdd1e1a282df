"""The configuration `.improve-loop.yml` as the loop uses it: every key optional, every default here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Intensity = Literal["light", "medium", "heavy"]
Mode = Literal["local", "full", "cron", "none"]
GatePolicy = Literal["refuse", "warn"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """A repository to improve."""

    url: str
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class Domain:
    """One place to look for improvements."""

    enabled: bool = True
    weight: float = 1.0  # multiplies the score of what it finds
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Ceilings of one run. None: what the intensity says (`rules.limits`)."""

    candidates: int | None = None
    usd: float | None = None
    minutes: int | None = None
    usd_per_candidate: float = 5.0
    usd_per_day: float | None = None
    minutes_per_candidate: int = 30
    open_merge_requests: int = 10
    slots: int = 2
    patch_lines: int = 400  # added and removed lines of one change
    patch_files: int = 20
    rejected_days: int | None = None  # how long a "no" without a date holds; None: for good
    shipped_days: int = 14  # what was merged in this time is not found again


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """A zone that no candidate may enter: it matches when every pattern given matches (glob, case-sensitive)."""

    reason: str
    path: str | None = None
    domain: str | None = None
    subject: str | None = None
    source: str | None = None
    origin: str | None = None  # filled by preflight: where it is written


@dataclass(frozen=True, kw_only=True)
class Check:
    """A command of the target that a change must pass; an argument list, never a shell line."""

    name: str
    run: tuple[str, ...]
    timeout_seconds: int = 600


@dataclass(frozen=True, kw_only=True)
class CustomRule:
    """The team's own rule: what matches `match` in a file matching `path` becomes `replace`."""

    id: str
    match: str
    replace: str
    reason: str
    kind: Literal["template", "image", "keyword"] = "keyword"


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Value weights of the score; a domain's weight multiplies them."""

    low: float = 1.0
    medium: float = 2.0
    high: float = 4.0


@dataclass(frozen=True, kw_only=True)
class GateOverride:
    """A person's leave: one rule only warns on some paths until a day (ISO date, that day included)."""

    rule: str
    by: str
    reason: str
    expires: str
    paths: tuple[str, ...] = ("**",)


@dataclass(frozen=True, kw_only=True)
class GatePattern:
    """What no added line of these paths may hold: text whatever its case, in which `*` stands for anything."""

    text: str
    reason: str
    paths: tuple[str, ...] = ("**",)


@dataclass(frozen=True, kw_only=True)
class GateFamily:
    """Policy of one gate family; some families can never be lowered to warn."""

    policy: GatePolicy = "refuse"
    patterns: tuple[GatePattern, ...] = ()
    overrides: tuple[GateOverride, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Forge:
    """The GitLab instance."""

    # Whose merge requests and control issue are the loop's own; None: the user of the write token where a job holds
    # it, and in the others whoever has the marker.
    bot: str | None = None


@dataclass(frozen=True, kw_only=True)
class Notify:
    """What people are told in their chat, where its webhook is known."""

    asked: bool = True  # a question waits
    ended: bool = True  # a run opened, changed or gave up a merge request


@dataclass(frozen=True, kw_only=True)
class Config:
    """The whole configuration, resolved."""

    version: int = 1
    targets: tuple[Target, ...] = ()
    intensity: Intensity = "medium"
    mode: Mode | None = None  # None: `local` where a model endpoint is configured, else `none`
    auto: bool = False
    domains: Mapping[str, Domain] = field(default_factory=dict)
    weights: Weights = field(default_factory=Weights)
    limits: Limits = field(default_factory=Limits)
    exclude: tuple[Exclusion, ...] = ()
    protected_paths: tuple[str, ...] = ()
    do_not_touch: tuple[str, ...] = ()
    blast_radius: tuple[str, ...] = ()  # paths whose change needs a safety story
    approvers: tuple[str, ...] = ()
    approval_hours: int = 168  # a proposal older than this is no longer a question
    checks: tuple[Check, ...] = ()
    sandbox: Literal["auto", "none"] = "auto"
    required_jobs: tuple[str, ...] = ()
    memory_files: tuple[str, ...] = ()
    custom_rules: tuple[CustomRule, ...] = ()
    runner_map: Mapping[str, str] = field(default_factory=dict)  # job name glob -> runner tag
    gates: Mapping[str, GateFamily] = field(default_factory=dict)
    models: Mapping[str, Any] = field(default_factory=dict)
    forge: Forge = field(default_factory=Forge)
    notify: Notify = field(default_factory=Notify)
