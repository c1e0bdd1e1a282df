"""From GitLab's JSON to the words of `model.forge`."""

from __future__ import annotations

from typing import Any

from improve_loop.model.forge import ControlIssue, Job, MergeRequest, MergeRequestState, Pipeline, ProjectFacts
from improve_loop.rules import marker

STATES: dict[str, MergeRequestState] = {
    "opened": "opened",
    "closed": "closed",
    "merged": "merged",
    "locked": "locked",
}


def merge_request(plain: Any, human_commits: bool | None) -> MergeRequest:
    """A merge request from either a list or a single reply."""
    closer = (plain.get("closed_by") or {}).get("username")
    author = (plain.get("author") or {}).get("username", "")
    closed = plain["state"] == "closed"
    return MergeRequest(
        id=f"!{plain['iid']}",
        url=plain["web_url"],
        branch=plain["source_branch"],
        target_branch=plain["target_branch"],
        state=STATES.get(plain["state"], "locked"),
        title=plain["title"],
        description=plain.get("description") or "",
        labels=tuple(plain["labels"]),
        head_sha=plain.get("sha"),
        author=author,
        marker=marker.read(plain.get("description") or ""),
        human_commits=human_commits,
        draft=bool(plain.get("draft", plain.get("work_in_progress"))),
        prepared=plain.get("prepared_at") is not None,
        created_at=plain["created_at"],
        updated_at=plain["updated_at"],
        merged_at=plain.get("merged_at"),
        closed_at=plain.get("closed_at"),
        closed_by_human=(closer != author) if closed and closer and author else None,
    )


def job(plain: Any) -> Job:
    """A job, or a bridge with the pipeline below it."""
    child = plain.get("downstream_pipeline") or {}
    return Job(
        name=plain["name"],
        status=plain["status"],
        allow_failure=bool(plain.get("allow_failure")),
        url=plain.get("web_url"),
        stage=plain.get("stage", ""),
        failure_reason=plain.get("failure_reason"),
        downstream_status=child.get("status"),
        is_trigger="downstream_pipeline" in plain,
    )


def pipeline(plain: Any, head_sha: str, jobs: tuple[Job, ...]) -> Pipeline:
    """A pipeline that judges this head."""
    return Pipeline(
        id=str(plain["id"]),
        sha=plain["sha"],
        head_sha=head_sha,
        ref=plain["ref"],
        source=plain.get("source") or "",
        status=plain["status"],
        url=plain.get("web_url"),
        created_at=plain["created_at"],
        updated_at=plain.get("updated_at") or plain["created_at"],
        jobs=jobs,
        yaml_errors=plain.get("yaml_errors"),
    )


def project(plain: Any) -> ProjectFacts:
    """A project; GitLab leaves settings out that the token may not see, which counts as on."""
    return ProjectFacts(
        id=plain["id"],
        path=plain["path_with_namespace"],
        url=plain["web_url"],
        default_branch=None if plain.get("empty_repo") else plain.get("default_branch"),
        archived=bool(plain.get("archived")),
        merge_requests_enabled=plain.get("merge_requests_access_level", "enabled") != "disabled"
        and plain.get("merge_requests_enabled", True),
        issues_enabled=plain.get("issues_access_level", "enabled") != "disabled" and plain.get("issues_enabled", True),
        ci_config_path=plain.get("ci_config_path") or ".gitlab-ci.yml",
    )


def control_issue(plain: Any) -> ControlIssue:
    """The control issue."""
    return ControlIssue(
        id=f"#{plain['iid']}",
        url=plain["web_url"],
        text=plain.get("description") or "",
        updated_at=plain["updated_at"],
        author=(plain.get("author") or {}).get("username"),
    )
