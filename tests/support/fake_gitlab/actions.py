"""What happens inside GitLab: pushes reach merge requests, pipelines are made, notes run quick actions."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from typing import Any, Literal

from tests.support.fake_gitlab.entities import discussion_id
from tests.support.fake_gitlab.pipelines import PipelineRecord, started
from tests.support.fake_gitlab.world import (
    REPORTER,
    Label,
    LabelEvent,
    MergeRequest,
    Note,
    Noteable,
    Project,
    User,
    World,
)

SKIP_CI = re.compile(r"\[(skip ci|ci skip)\]", re.IGNORECASE)
COMMAND = re.compile(r"^/([a-z_]+)(?:[ \t]+(.*))?[ \t]*$")
KNOWN = frozenset(
    [
        "approve",
        "assign",
        "assign_reviewer",
        "award",
        "close",
        "confidential",
        "copy_metadata",
        "done",
        "draft",
        "due",
        "duplicate",
        "estimate",
        "label",
        "labels",
        "lock",
        "merge",
        "milestone",
        "move",
        "ready",
        "rebase",
        "relabel",
        "remove_milestone",
        "reopen",
        "request_review",
        "shrug",
        "spend",
        "submit_review",
        "subscribe",
        "tableflip",
        "target_branch",
        "title",
        "todo",
        "unapprove",
        "unassign",
        "unlabel",
        "unlock",
        "unsubscribe",
    ]
)


def after_push(world: World, project: Project, before: Mapping[str, str], user: User, skip: bool = False) -> None:
    """Every branch that is elsewhere than before: pipelines, heads of merge requests, when it may be used."""
    for branch, sha in project.repository.refs().items():
        if before.get(branch) == sha:
            continue
        project.visible_from[branch] = world.clock.now + world.faults.branch_lag
        if "branch" in project.pipeline_kinds and not skip:
            create_pipeline(world, project, branch, sha, "push", user)
        for mr in project.merge_requests:
            if mr.state == "opened" and mr.source_branch == branch:
                mr.heads.append((world.clock.now + world.faults.head_lag, sha))
                mr.updated_at = world.clock.iso()
                after_merge_request_change(world, project, mr, sha, user)


def after_merge_request_change(world: World, project: Project, mr: MergeRequest, sha: str, user: User) -> None:
    """Its refs, and its own pipelines where the project makes them."""
    project.repository.git("update-ref", f"refs/merge-requests/{mr.iid}/head", sha)
    target = project.repository.head(mr.target_branch)
    if "merged_results" in project.pipeline_kinds and target:
        author = (user.name, user.email)
        merge = project.repository.merge_commit(target, sha, f"Merge {sha} into {target}", author)
        if merge:
            ref = f"refs/merge-requests/{mr.iid}/merge"
            project.repository.git("update-ref", ref, merge)
            create_pipeline(world, project, ref, merge, "merge_request_event", user, mr=mr)
    elif "merge_request" in project.pipeline_kinds:
        ref = f"refs/merge-requests/{mr.iid}/head"
        create_pipeline(world, project, ref, sha, "merge_request_event", user, mr=mr)


def create_pipeline(
    world: World,
    project: Project,
    ref: str,
    sha: str,
    source: str,
    user: User,
    *,
    mr: MergeRequest | None = None,
    variables: list[dict[str, Any]] | None = None,
) -> PipelineRecord | None:
    """A pipeline by the project's plan; None where no plan matches. A commit may ask to be skipped."""
    branch = mr.source_branch if mr else ref
    plans = [jobs for pattern, jobs in project.plans if fnmatch.fnmatchcase(branch, pattern)]
    if not plans:
        return None
    visible = world.clock.now + (world.faults.pipeline_lag if source in ("push", "merge_request_event") else 0.0)
    record = PipelineRecord(
        id=world.next_id(),
        iid=project.next_iid("pipeline"),
        sha=sha,
        ref=ref,
        source=source,
        visible=visible,
        user=user,
        jobs=started(plans[-1], visible, world.next_id),
        merge_request=mr.iid if mr else None,
        variables=variables or [],
    )
    if source in ("push", "merge_request_event") and SKIP_CI.search(project.repository.commit(sha).message):
        record.forced = "skipped"
    project.pipelines.append(record)
    return record


def add_labels(world: World, project: Project, item: Noteable, names: list[str]) -> None:
    """Unknown labels are made on the way, as GitLab does."""
    known = {label.name for label in project.labels}
    for name in names:
        if name not in known:
            project.labels.append(Label(id=world.next_id(), name=name))
        item.labels.add(name)


def relabelled(world: World, item: Noteable, user: User, before: set[str]) -> None:
    """Writes down which labels came and went by this user's hand since `before`."""
    now = world.clock.iso()
    changes: list[tuple[Literal["add", "remove"], set[str]]] = [
        ("add", item.labels - before),
        ("remove", before - item.labels),
    ]
    item.label_events += [
        LabelEvent(id=world.next_id(), user=user, created_at=now, label=name, action=action)
        for action, names in changes
        for name in sorted(names)
    ]


def split_commands(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text without its quick actions, and those; code blocks, inline code and quotes are left alone."""
    kept: list[str] = []
    commands: list[tuple[str, str]] = []
    fence = ""
    for line in text.splitlines():
        opening = re.match(r"^(`{3,}|~{3,}|<!--)", line)
        if fence:
            fence = "" if line.startswith(fence) or (fence == "-->" and "-->" in line) else fence
        elif opening and not (opening[1] == "<!--" and "-->" in line):
            fence = "-->" if opening[1] == "<!--" else opening[1]
        match = COMMAND.match(line) if not fence else None
        if match and match[1] in KNOWN:
            commands.append((match[1], (match[2] or "").strip()))
        else:
            kept.append(line)
    return "\n".join(kept).strip("\n") if commands else text, commands


def run_commands(
    world: World, project: Project, item: Noteable, user: User, commands: list[tuple[str, str]]
) -> dict[str, Any]:
    """Carries the quick actions out; what GitLab reports as commands_changes."""
    changes: dict[str, Any] = {}
    before = set(item.labels)
    for name, argument in commands:
        if name in ("close", "reopen"):
            set_state(world, item, user, name)
            changes["state_event"] = name
        elif "label" in name and project.level(user) < REPORTER:
            continue  # without a word
        elif name in ("label", "labels"):
            names = [part.strip(' "') for part in re.findall(r'~("[^"]+"|\S+)', argument)]
            add_labels(world, project, item, names)
            changes["add_label_ids"] = names
        elif name == "unlabel":
            item.labels -= set(re.findall(r"~(\S+)", argument)) if argument else set(item.labels)
            changes["remove_label_ids"] = []
        elif name == "title":
            item.title = argument
            changes["title"] = argument
        elif name == "merge" and isinstance(item, MergeRequest):
            merge(world, project, item, user)
            changes["merge"] = item.head_at(world.clock.now)
        else:
            changes[name] = argument
    relabelled(world, item, user, before)
    return changes


def set_state(world: World, item: Noteable, user: User, event: str) -> None:
    if item.state == "merged":
        return
    item.state = "closed" if event == "close" else "opened"
    item.closed_at = world.clock.iso() if event == "close" else None
    item.closed_by = user if event == "close" else None
    item.updated_at = world.clock.iso()


def merge(world: World, project: Project, mr: MergeRequest, user: User) -> bool:
    """A real merge commit on the target branch; False on a conflict."""
    head, target = mr.head_at(world.clock.now), project.repository.head(mr.target_branch)
    if not head or not target:
        return False
    sha = project.repository.merge_commit(target, head, f"Merge branch '{mr.source_branch}'", (user.name, user.email))
    if sha is None:
        return False
    before = project.repository.refs()
    project.repository.git("update-ref", f"refs/heads/{mr.target_branch}", sha)
    mr.state, mr.merged_at, mr.merged_by, mr.merge_commit_sha = "merged", world.clock.iso(), user, sha
    mr.updated_at = world.clock.iso()
    after_push(world, project, before, user)
    return True


def add_note(world: World, item: Noteable, user: User, body: str, *, type: str | None = None) -> Note:
    now, number = world.clock.iso(), world.next_id()
    note = Note(
        id=number,
        author=user,
        body=body,
        created_at=now,
        updated_at=now,
        discussion=discussion_id(str(number)),
        type=type,
    )
    item.notes.append(note)
    item.updated_at = now
    return note
