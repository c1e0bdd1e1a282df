"""What a forge says and is told (GitLab or local): merge requests, pipelines, the state file, the control issue.

Times are RFC 3339 strings in UTC. `None` where a field may be unknown means unknown, never no.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MergeRequestState = Literal["opened", "closed", "merged", "locked"]

BRANCH_PREFIX = "improve-loop/"
STATE_BRANCH = "improve-loop/state"
STATE_PATH = "docs/runtime/improve-loop-state.yaml"


@dataclass(frozen=True, kw_only=True)
class Marker:
    """What the loop hides in a description of its own, so that the next run knows it again (`rules.marker`)."""

    run_id: str
    candidate: str
    fingerprint: str
    patch_sha256: str
    head_sha: str | None = None  # the commit the loop itself put there; any other head is somebody else's work
    repairs: int = 0  # times the loop mended its own red pipeline
    retriggers: int = 0  # times the loop started a cancelled pipeline again


@dataclass(frozen=True, kw_only=True)
class MergeRequest:
    """A merge request as the forge showed it at one moment."""

    id: str  # "!12" on GitLab, the candidate's id on the local forge
    url: str
    branch: str
    target_branch: str
    state: MergeRequestState
    title: str
    description: str
    labels: tuple[str, ...]
    head_sha: str | None  # None: GitLab has not read the push yet
    author: str
    marker: Marker | None
    human_commits: bool | None  # True: somebody else committed on the branch; None: not known, so treat it as theirs
    draft: bool
    prepared: bool  # GitLab has filled in diff, pipelines and mergeability
    created_at: str
    updated_at: str
    merged_at: str | None = None
    closed_at: str | None = None
    closed_by_human: bool | None = None  # None: open, merged, or the forge does not say who closed it


@dataclass(frozen=True, kw_only=True)
class MergeRequestDraft:
    """A merge request as the loop wants it. Text from a model or a stranger has been through `rules.neutralise`.

    The forge appends the marker to the description. `labels` are added to those that are there; see `set_labels`.
    """

    branch: str
    target_branch: str
    title: str
    description: str
    marker: Marker
    labels: tuple[str, ...] = ()
    draft: bool = False


@dataclass(frozen=True, kw_only=True)
class LineNote:
    """A remark on one line of a merge request's diff. `text` is Markdown in which nothing acts (`rules.render`)."""

    key: str  # its name on this merge request: lower-case letters, digits, hyphens
    path: str
    old_line: int | None  # None: the line is new
    new_line: int | None  # None: the line was removed
    text: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job of a pipeline, or a trigger job with the pipeline below it."""

    name: str
    status: str  # GitLab's word: created, pending, running, success, failed, canceled, skipped, manual, ...
    allow_failure: bool
    url: str | None = None
    stage: str = ""
    failure_reason: str | None = None
    downstream_status: str | None = None  # of a trigger job: its child's status; None: no child (yet)
    is_trigger: bool = False


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """One pipeline of a merge request, newest first in a list of them."""

    id: str
    sha: str  # the commit it ran on; of a merged-results pipeline, a merge commit that no branch holds
    head_sha: str  # the branch head that it judges
    ref: str
    source: str  # push, merge_request_event, schedule, parent_pipeline, ...
    status: str
    url: str | None
    created_at: str
    updated_at: str
    jobs: tuple[Job, ...] = ()
    yaml_errors: str | None = None


@dataclass(frozen=True, kw_only=True)
class StateFile:
    """The state's text and what `write_state` must be given to replace exactly this text."""

    text: str | None  # None: there is no state yet
    revision: str | None


@dataclass(frozen=True, kw_only=True)
class ControlIssue:
    """The one place per target where the loop asks and a human answers."""

    id: str
    url: str
    text: str
    updated_at: str
    author: str | None = None  # None: the forge does not say


@dataclass(frozen=True, kw_only=True)
class LiveRun:
    """Another run of the loop that is at work now."""

    id: str
    url: str
    started_at: str
    status: str
    target: str | None  # None: not known, so it may be ours


@dataclass(frozen=True, kw_only=True)
class EarlierRun:
    """A pipeline of the loop that is no longer at work, and in which a job with a model key was started."""

    id: str
    started_at: str
    target: str | None  # None: not known, so it may be ours
    permit: bytes | None  # its preflight/run.json; None: not to be had


@dataclass(frozen=True, kw_only=True)
class ProjectFacts:
    """What preflight must know of the target before it starts."""

    id: int | None
    path: str
    url: str
    default_branch: str | None  # None: the repository is empty
    archived: bool
    merge_requests_enabled: bool
    issues_enabled: bool
    ci_config_path: str
