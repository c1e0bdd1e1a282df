"""The JSON of merge requests, pipelines and jobs. What is not ready yet at this moment is null, as on GitLab."""

from __future__ import annotations

from typing import Any

from tests.support.fake_gitlab.entities import TIME_STATS, commit_basic, references, user_basic, user_public
from tests.support.fake_gitlab.pipelines import JobRecord, PipelineRecord
from tests.support.fake_gitlab.world import MergeRequest, Project, User, World


def ready(world: World, mr: MergeRequest) -> bool:
    return not world.faults.stuck_preparing and world.clock.now >= mr.prepared


def merge_request(world: World, project: Project, mr: MergeRequest, *, details: bool = False) -> dict[str, Any]:
    """As in lists."""
    sha = mr.head_at(world.clock.now)
    return {
        "id": mr.id,
        "iid": mr.iid,
        "project_id": project.id,
        "title": mr.title,
        "description": mr.description,
        "state": mr.state,
        "created_at": mr.created_at,
        "updated_at": mr.updated_at,
        "merged_by": user_basic(world, mr.merged_by),
        "merge_user": user_basic(world, mr.merged_by),
        "merged_at": mr.merged_at,
        "closed_by": user_basic(world, mr.closed_by),
        "closed_at": mr.closed_at,
        "target_branch": mr.target_branch,
        "source_branch": mr.source_branch,
        "user_notes_count": sum(not note.system for note in mr.notes),
        "upvotes": 0,
        "downvotes": 0,
        "author": user_basic(world, mr.author),
        "assignees": [],
        "assignee": None,
        "reviewers": [],
        "source_project_id": project.id,
        "target_project_id": project.id,
        "labels": [_label_details(project, name) for name in sorted(mr.labels)] if details else sorted(mr.labels),
        "draft": is_draft(mr.title),
        "imported": False,
        "imported_from": "none",
        "work_in_progress": is_draft(mr.title),
        "milestone": None,
        "merge_when_pipeline_succeeds": False,
        "merge_status": "can_be_merged" if ready(world, mr) else "checking",
        "detailed_merge_status": _detailed(world, mr),
        "merge_after": None,
        "sha": sha,
        "merge_commit_sha": mr.merge_commit_sha,
        "squash_commit_sha": None,
        "discussion_locked": None,
        "should_remove_source_branch": None,
        "force_remove_source_branch": mr.remove_source_branch,
        "prepared_at": world.clock.iso(mr.prepared) if ready(world, mr) else None,
        "reference": f"!{mr.iid}",
        "references": references(project, "!", mr.iid),
        "web_url": f"{world.base_url}/{project.path}/-/merge_requests/{mr.iid}",
        "time_stats": TIME_STATS,
        "squash": mr.squash,
        "squash_on_merge": mr.squash,
        "task_completion_status": {"count": 0, "completed_count": 0},
        "has_conflicts": False,
        "blocking_discussions_resolved": True,
        "approvals_before_merge": None,
    }


def merge_request_single(world: World, project: Project, mr: MergeRequest, user: User | None) -> dict[str, Any]:
    """As `GET`, `POST` and `PUT` of one show it."""
    pipeline = head_pipeline(world, project, mr)
    return {
        **merge_request(world, project, mr),
        "subscribed": True,
        "changes_count": str(len(changed_paths(project, mr, world))) if ready(world, mr) else None,
        "latest_build_started_at": None,
        "latest_build_finished_at": None,
        "first_deployed_to_production_at": None,
        "pipeline": pipeline_basic(world, project, pipeline) if pipeline else None,
        "head_pipeline": pipeline_detail(world, project, pipeline)
        if pipeline and not world.faults.head_pipeline_null
        else None,
        "diff_refs": diff_refs(world, project, mr) if ready(world, mr) else None,
        "merge_error": None,
        "first_contribution": False,
        "user": {"can_merge": project.level(user) >= project.protected.get(mr.target_branch, {}).get("merge", 30)},
    }


def is_draft(title: str) -> bool:
    return title.lower().startswith(("draft:", "[draft]", "(draft)"))


def _label_details(project: Project, name: str) -> dict[str, Any]:
    found = next(label for label in project.labels if label.name == name)
    return {
        "id": found.id,
        "name": name,
        "color": found.color,
        "description": found.description,
        "description_html": "",
        "text_color": "#FFFFFF",
        "archived": False,
    }


def _detailed(world: World, mr: MergeRequest) -> str:
    if not ready(world, mr):
        return "preparing"
    if mr.state != "opened":
        return "not_open"
    return "draft_status" if is_draft(mr.title) else "mergeable"


def diff_refs(world: World, project: Project, mr: MergeRequest) -> dict[str, str | None] | None:
    head = mr.head_at(world.clock.now)
    target = project.repository.head(mr.target_branch)
    if not head or not target:
        return {"base_sha": None, "head_sha": None, "start_sha": target}
    return {"base_sha": project.repository.merge_base(target, head), "head_sha": head, "start_sha": target}


def changed_paths(project: Project, mr: MergeRequest, world: World) -> list[str]:
    refs = diff_refs(world, project, mr)
    if not refs or not refs["base_sha"] or not refs["head_sha"]:
        return []
    return project.repository.text("diff", "--name-only", refs["base_sha"], refs["head_sha"]).splitlines()


def pipelines_seen(world: World, project: Project) -> list[PipelineRecord]:
    """Newest first, those that GitLab has made by now."""
    return [p for p in reversed(project.pipelines) if p.visible <= world.clock.now]


def of_merge_request(world: World, project: Project, mr: MergeRequest) -> list[PipelineRecord]:
    """Its own pipelines, and the branch pipelines of its commits."""
    return [
        pipeline
        for pipeline in pipelines_seen(world, project)
        if pipeline.merge_request == mr.iid or (pipeline.merge_request is None and pipeline.ref == mr.source_branch)
    ]


def head_pipeline(world: World, project: Project, mr: MergeRequest) -> PipelineRecord | None:
    return next(iter(of_merge_request(world, project, mr)), None)


def pipeline_basic(world: World, project: Project, pipeline: PipelineRecord) -> dict[str, Any]:
    return {
        "id": pipeline.id,
        "iid": pipeline.iid,
        "project_id": project.id,
        "sha": pipeline.sha,
        "ref": pipeline.ref,
        "status": pipeline.status(world.clock.now),
        "source": pipeline.source,
        "created_at": world.clock.iso(pipeline.visible),
        "updated_at": world.clock.iso(pipeline.visible),
        "web_url": f"{world.base_url}/{project.path}/-/pipelines/{pipeline.id}",
        "name": pipeline.name,
    }


def pipeline_detail(world: World, project: Project, pipeline: PipelineRecord) -> dict[str, Any]:
    status = pipeline.status(world.clock.now)
    ended = status in ("success", "failed", "canceled", "skipped")
    last = max((job.end for job in pipeline.jobs), default=pipeline.visible)
    return {
        **pipeline_basic(world, project, pipeline),
        "before_sha": "0" * 40,
        "tag": False,
        "yaml_errors": pipeline.yaml_errors,
        "user": user_basic(world, pipeline.user),
        "started_at": world.clock.iso(pipeline.visible + 1) if status != "created" else None,
        "finished_at": world.clock.iso(last) if ended else None,
        "committed_at": None,
        "duration": int(last - pipeline.visible) if ended else None,
        "queued_duration": 1,
        "coverage": None,
        "archived": False,
        "detailed_status": detailed_status(f"/{project.path}/-/pipelines/{pipeline.id}", status),
    }


def detailed_status(path: str, status: str) -> dict[str, Any]:
    return {
        "icon": f"status_{status}",
        "text": status.capitalize(),
        "label": status,
        "group": status,
        "tooltip": status,
        "has_details": True,
        "details_path": path,
        "illustration": None,
        "favicon": f"/assets/ci_favicons/favicon_status_{status}.png",
    }


def job(world: World, project: Project, pipeline: PipelineRecord, item: JobRecord) -> dict[str, Any]:
    now = world.clock.now
    status = pipeline.statuses(now)[item.id]
    began, ended = item.start <= now, status in ("success", "failed")
    return {
        "id": item.id,
        "status": status,
        "stage": item.plan.stage,
        "name": item.plan.name,
        "ref": pipeline.ref,
        "tag": False,
        "coverage": None,
        "allow_failure": item.plan.allow_failure,
        "created_at": world.clock.iso(item.created),
        "started_at": world.clock.iso(item.start) if began else None,
        "finished_at": world.clock.iso(item.end) if ended else None,
        "erased_at": None,
        "duration": float(item.plan.seconds) if ended else None,
        "queued_duration": 0.5 if began else None,
        "user": user_public(world, item.user or pipeline.user),
        "commit": commit_basic(world, project, pipeline.sha),
        "pipeline": {k: v for k, v in pipeline_basic(world, project, pipeline).items() if k != "name"},
        **({"failure_reason": item.plan.failure_reason} if status == "failed" else {}),
        "web_url": f"{world.base_url}/{project.path}/-/jobs/{item.id}",
        "project": {"ci_job_token_scope_enabled": False},
        "artifacts": [{"file_type": "trace", "size": 10, "filename": "job.log", "file_format": None}] if ended else [],
        "runner": None,
        "runner_manager": None,
        "artifacts_expire_at": None,
        "archived": False,
        "tag_list": [],
    }
