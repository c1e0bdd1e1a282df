"""The JSON of a project: some 130 keys, of which the loop reads a dozen; shape as recorded from GitLab 18.8."""

from __future__ import annotations

from typing import Any

from tests.support.fake_gitlab.world import Project, User, World

FEATURES = [
    "analytics",
    "builds",
    "container_registry",
    "environments",
    "feature_flags",
    "forking",
    "infrastructure",
    "issues",
    "merge_requests",
    "model_experiments",
    "model_registry",
    "monitor",
    "pages",
    "releases",
    "repository",
    "requirements",
    "snippets",
    "wiki",
]
TRUE = [
    "autoclose_referenced_issues",
    "can_create_merge_request_in",
    "ci_allow_fork_pipelines_to_run_in_parent_project",
    "ci_forward_deployment_enabled",
    "ci_forward_deployment_rollback_allowed",
    "ci_separated_caches",
    "container_registry_enabled",
    "emails_enabled",
    "enforce_auth_checks_on_uploads",
    "group_runners_enabled",
    "issues_enabled",
    "jobs_enabled",
    "keep_latest_artifact",
    "lfs_enabled",
    "merge_requests_enabled",
    "packages_enabled",
    "printing_merge_request_link_enabled",
    "public_jobs",
    "remove_source_branch_after_merge",
    "request_access_enabled",
    "security_and_compliance_enabled",
    "service_desk_enabled",
    "shared_runners_enabled",
    "snippets_enabled",
    "warn_about_potentially_unwanted_characters",
    "wiki_enabled",
]
FALSE = [
    "allow_merge_on_skipped_pipeline",
    "archived",
    "auto_devops_enabled",
    "ci_job_token_scope_enabled",
    "ci_push_repository_for_job_token_allowed",
    "emails_disabled",
    "empty_repo",
    "merge_pipelines_enabled",
    "merge_trains_enabled",
    "mirror",
    "only_allow_merge_if_all_discussions_are_resolved",
    "only_allow_merge_if_pipeline_succeeds",
    "requirements_enabled",
    "resolve_outdated_diff_discussions",
    "restrict_user_defined_variables",
]
NULL = [
    "avatar_url",
    "build_coverage_regex",
    "ci_config_path",
    "ci_delete_pipelines_in_seconds",
    "import_error",
    "import_type",
    "import_url",
    "issue_branch_template",
    "issues_template",
    "marked_for_deletion_at",
    "marked_for_deletion_on",
    "max_artifacts_size",
    "merge_commit_template",
    "merge_requests_template",
    "runner_token_expiration_interval",
    "runners_token",
    "squash_commit_template",
    "suggestion_commit_message",
]


def project(world: World, item: Project, user: User | None) -> dict[str, Any]:
    """As the token's user sees it."""
    group, _, name = item.path.rpartition("/")
    url = f"{world.base_url}/{item.path}"
    level = item.level(user)
    empty = item.repository.head(item.default_branch) is None
    return {
        "id": item.id,
        "description": "",
        "description_html": "",
        "name": name,
        "name_with_namespace": f"{group} / {name}",
        "path": name,
        "path_with_namespace": item.path,
        "created_at": item.created_at,
        "updated_at": item.created_at,
        "last_activity_at": item.created_at,
        "default_branch": None if empty else item.default_branch,
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": f"git@127.0.0.1:{item.path}.git",
        "http_url_to_repo": f"{url}.git",
        "web_url": url,
        "readme_url": f"{url}/-/blob/{item.default_branch}/README.md",
        "forks_count": 0,
        "star_count": 0,
        "visibility": "private",
        "namespace": _namespace(world, group),
        "creator_id": 1,
        "import_status": "none",
        "open_issues_count": sum(issue.state == "opened" for issue in item.issues),
        "container_registry_image_prefix": f"registry.example.com/{item.path}",
        "container_expiration_policy": _expiration(item),
        "_links": {"self": f"{world.base_url}/api/v4/projects/{item.id}"},
        "permissions": {
            "project_access": {"access_level": level, "notification_level": 3} if level else None,
            "group_access": None,
        },
        **_settings(),
        **item.settings,
        "empty_repo": empty,
    }


def _settings() -> dict[str, Any]:
    return {
        **{f"{feature}_access_level": "enabled" for feature in FEATURES},
        **dict.fromkeys(TRUE, True),
        **dict.fromkeys(FALSE, False),
        **dict.fromkeys(NULL),
        "security_and_compliance_access_level": "private",
        "auto_cancel_pending_pipelines": "enabled",
        "auto_devops_deploy_strategy": "continuous",
        "build_git_strategy": "fetch",
        "build_timeout": 3600,
        "ci_default_git_depth": 20,
        "ci_id_token_sub_claim_components": ["project_path", "ref_type", "ref"],
        "ci_pipeline_variables_minimum_override_role": "no_one_allowed",
        "compliance_frameworks": [],
        "external_authorization_classification_label": "",
        "merge_method": "merge",
        "repository_object_format": "sha1",
        "service_desk_address": "",
        "shared_with_groups": [],
        "squash_option": "default_off",
    }


def _namespace(world: World, group: str) -> dict[str, Any]:
    return {
        "id": 7,
        "name": group,
        "path": group.rpartition("/")[2],
        "kind": "group",
        "full_path": group,
        "parent_id": None,
        "avatar_url": None,
        "web_url": f"{world.base_url}/groups/{group}",
    }


def _expiration(item: Project) -> dict[str, Any]:
    return {
        "cadence": "1d",
        "enabled": False,
        "keep_n": 10,
        "older_than": "90d",
        "name_regex": ".*",
        "name_regex_keep": None,
        "next_run_at": item.created_at,
    }
