"""What the simulated instance holds: people, tokens, projects and what is in them. Plain mutable records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from tests.support.fake_gitlab.clock import Clock
from tests.support.fake_gitlab.faults import Faults
from tests.support.fake_gitlab.pipelines import JobPlan, PipelineRecord
from tests.support.fake_gitlab.repository import Repository

GUEST, REPORTER, DEVELOPER, MAINTAINER, OWNER = 10, 20, 30, 40, 50
TokenState = Literal["active", "expired", "revoked"]


@dataclass(kw_only=True)
class User:
    """An account; a project access token acts as a bot account of its own."""

    id: int
    username: str
    name: str
    bot: bool = False
    created_at: str

    @property
    def email(self) -> str:
        return f"{self.username}@noreply.example.com"


@dataclass(kw_only=True)
class Token:
    """A secret, whose it is and what it may."""

    secret: str
    user: User
    scopes: tuple[str, ...]
    state: TokenState = "active"
    job: int | None = None  # a CI_JOB_TOKEN of this job
    name: str = "token"
    expires_at: str = "2026-12-31"


@dataclass(kw_only=True)
class Note:
    """A comment on a merge request or an issue."""

    id: int
    author: User
    body: str
    created_at: str
    updated_at: str
    system: bool = False
    discussion: str
    internal: bool = False
    type: str | None = None
    position: dict[str, Any] | None = None


@dataclass(kw_only=True)
class LabelEvent:
    """A label that somebody set or took off."""

    id: int
    user: User
    created_at: str
    label: str
    action: Literal["add", "remove"]


@dataclass(kw_only=True)
class Noteable:
    """What merge requests and issues share."""

    id: int
    iid: int
    title: str
    description: str
    state: str
    author: User
    created_at: str
    updated_at: str
    labels: set[str] = field(default_factory=set)
    label_events: list[LabelEvent] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    closed_at: str | None = None
    closed_by: User | None = None


@dataclass(kw_only=True)
class Issue(Noteable):
    """An issue."""

    confidential: bool = False


@dataclass(kw_only=True)
class MergeRequest(Noteable):
    """A merge request; `heads` says from when on which head is seen, `prepared` when GitLab is done with it."""

    source_branch: str
    target_branch: str
    heads: list[tuple[float, str]] = field(default_factory=list)
    prepared: float = 0.0
    draft: bool = False
    squash: bool = False
    remove_source_branch: bool | None = None
    merged_at: str | None = None
    merged_by: User | None = None
    merge_commit_sha: str | None = None
    refused_merges: int = 0

    def head_at(self, now: float) -> str | None:
        seen = [sha for at, sha in self.heads if at <= now]
        return seen[-1] if seen else None


@dataclass(kw_only=True)
class Label:
    """A label of a project."""

    id: int
    name: str
    color: str = "#428BCA"
    description: str | None = None


@dataclass(kw_only=True)
class Project:
    """A project and all that is in it."""

    id: int
    path: str  # grp/proj
    repository: Repository
    created_at: str
    members: dict[int, int] = field(default_factory=dict)  # user id -> access level
    settings: dict[str, Any] = field(default_factory=dict)  # over the defaults of the project entity
    merge_requests: list[MergeRequest] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    pipelines: list[PipelineRecord] = field(default_factory=list)
    protected: dict[str, dict[str, Any]] = field(default_factory=dict)
    variables: list[dict[str, Any]] = field(default_factory=list)
    schedules: list[dict[str, Any]] = field(default_factory=list)
    runners: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    access_tokens: list[dict[str, Any]] = field(default_factory=list)
    job_token_scope: dict[str, Any] = field(
        default_factory=lambda: {"inbound_enabled": True, "outbound_enabled": False}
    )
    job_token_allowlist: list[int] = field(default_factory=list)
    resource_groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    plans: list[tuple[str, tuple[JobPlan, ...]]] = field(default_factory=list)  # branch glob -> jobs; last match wins
    pipeline_kinds: tuple[str, ...] = ("branch",)  # of branch, merge_request, merged_results
    visible_from: dict[str, float] = field(default_factory=dict)  # branch -> when merge requests may use it
    iids: dict[str, Iterator[int]] = field(default_factory=dict)

    def next_iid(self, kind: str) -> int:
        return next(self.iids.setdefault(kind, count(1)))

    @property
    def default_branch(self) -> str:
        return str(self.settings.get("default_branch", "main"))

    def level(self, user: User | None) -> int:
        return self.members.get(user.id, 0) if user else 0

    def plan(self, branch: str, *jobs: JobPlan) -> None:
        """Pipelines of branches matching this glob run these jobs; without any plan there is no pipeline."""
        self.plans.append((branch, jobs))


@dataclass(kw_only=True)
class World:
    """The instance."""

    clock: Clock
    faults: Faults = field(default_factory=Faults)
    version: str = "18.9.2-ee"
    users: list[User] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)
    projects: list[Project] = field(default_factory=list)
    rate_limit_headers: bool = False
    moved: dict[str, str] = field(default_factory=dict)  # old project path -> new one
    ids: Iterator[int] = field(default_factory=lambda: count(1000))
    base_url: str = ""
    unknown: list[str] = field(default_factory=list)

    def next_id(self) -> int:
        return next(self.ids)

    def project_of(self, reference: str) -> Project | None:
        return next((p for p in self.projects if reference in (str(p.id), p.path)), None)

    def user_named(self, username: str) -> User:
        return next(user for user in self.users if user.username == username)
