"""What discovery brings: candidates, leads, findings, and items for a reader (DESIGN section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["low", "medium", "high"]
Reversibility = Literal["instant", "easy", "hard", "irreversible"]
ChangeClass = Literal["ci", "dependency", "image", "code", "docs", "config", "task", "repair"]
SourceStatus = Literal[
    "ok",
    "ok_empty",
    "not_modified",
    "not_configured",
    "unauthorized",
    "rate_limited",
    "blocked",
    "bad_payload",
    "unreachable",
]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One reason to believe a candidate: a quoted place in the target, or a fetched page."""

    quote: str
    path: str | None = None
    line: int | None = None  # 1-based
    url: str | None = None
    fetched_at: str | None = None  # RFC 3339; None for evidence read at the base commit


@dataclass(frozen=True, kw_only=True)
class RecipeCall:
    """The deterministic fixer that makes this change, and what it is told."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RepairOf:
    """The open merge request that a repair candidate mends, at exactly this head."""

    merge_request: str
    branch: str
    head_sha: str
    attempt: int  # 1 for the first repair


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One small, reversible improvement of one repository.

    `id` and branch derive from `domain` and `subject` alone (`rules.identity`), so the same thing found again is
    the same candidate; `fingerprint` is the sha256 of what it would change, and says when it became another thing.
    `target_paths` is all that its change may touch.
    """

    id: str
    source: str  # the rule or feed that found it, as "ci/PIP04"
    domain: str
    class_: ChangeClass
    subject: str
    summary: str
    value_for_us: str
    value: Level
    effort_estimate_hours: float
    risk: Level
    reversibility: Reversibility
    target_repo: str
    target_paths: tuple[str, ...]
    fingerprint: str
    evidence: tuple[Evidence, ...]
    recipe: RecipeCall | None = None
    safety_story: str | None = None
    confidence: float = 1.0  # 0 to 1
    depends_on: tuple[str, ...] = ()  # ids of candidates whose merge requests must be merged first
    brief: str | None = None  # what the implementer is asked to do where no recipe can; validated fields only
    acceptance_criteria: tuple[str, ...] = ()
    repair: RepairOf | None = None


@dataclass(frozen=True, kw_only=True)
class Lead:
    """A finding that cannot name a target repository and an existing path: reported, never implemented."""

    id: str
    source: str
    domain: str
    subject: str
    summary: str
    why_not: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a rule saw at one place and only reports (no candidate is made of it)."""

    rule: str
    path: str
    line: int | None
    message: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """A text that a model may read in `extract`. Attacker-writable: never in a command, branch name or path."""

    id: str
    origin: str  # where it came from, as a reader would name it
    url: str | None
    title: str
    text: str
    fetched_at: str


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """A candidate that stops here, with the rule that stopped it."""

    id: str
    domain: str
    subject: str
    summary: str
    rule: str
    reason: str
    score: float | None = None
