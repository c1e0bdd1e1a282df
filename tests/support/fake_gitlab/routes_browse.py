"""Trees, comparisons and tags: over the real repository."""

from __future__ import annotations

import re
import subprocess
from typing import Any

from tests.support.fake_gitlab import entities
from tests.support.fake_gitlab.paging import paged
from tests.support.fake_gitlab.routing import Call, Reply, not_found, route
from tests.support.fake_gitlab.world import Project


@route("GET", "/projects/:id/repository/tree")
def tree(call: Call) -> Reply:
    ref = call.project.repository.resolve(call.params.get("ref") or "HEAD") or not_found("Tree")
    try:
        rows = call.project.repository.entries(ref, call.params.get("path", ""), call.flag("recursive"))
    except subprocess.CalledProcessError:
        rows = []
    if not rows:
        not_found("invalid revision or path")
    rows.sort(key=lambda row: (row[1] != "tree", row[3]))
    return paged(call, rows, _entry)


def _entry(row: tuple[str, str, str, str]) -> dict[str, str]:
    mode, kind, sha, path = row
    return {"id": sha, "name": path.rpartition("/")[2], "type": kind, "path": path, "mode": mode}


@route("GET", "/projects/:id/repository/compare")
def compare(call: Call) -> Reply:
    call.require("from", "to")
    repository = call.project.repository
    start, end = (repository.resolve(call.params[key]) or not_found("Ref") for key in ("from", "to"))
    shas = repository.log([f"{start}..{end}"])
    rows = [entities.commit_basic(call.world, call.project, sha) for sha in reversed(shas)]
    base = start if call.flag("straight") else repository.merge_base(start, end) or start
    body = {
        "commit": rows[-1] if rows else None,
        "commits": rows,
        "diffs": diffs(call.project, base, end),
        "compare_timeout": False,
        "compare_same_ref": start == end,
        "web_url": f"{call.world.base_url}/{call.project.path}/-/compare/{start}...{end}",
    }
    return Reply(body=body)


def diffs(project: Project, base: str, head: str) -> list[dict[str, Any]]:
    """One entry a file; the diff starts at its first hunk."""
    raw = project.repository.text("diff", "--raw", "--no-renames", "--abbrev=40", base, head).splitlines()
    return [_diff(project, base, head, line) for line in raw]


def _diff(project: Project, base: str, head: str, line: str) -> dict[str, Any]:
    meta, path = line.split("\t", 1)
    old_mode, new_mode, _, _, status = meta.removeprefix(":").split(" ")
    text = project.repository.git("diff", "--no-renames", base, head, "--", path).decode("utf-8", "replace")
    start = text.find("@@")
    return {
        "diff": text[start:] if start >= 0 else "",
        "collapsed": False,
        "too_large": False,
        "new_path": path,
        "old_path": path,
        "a_mode": old_mode,
        "b_mode": new_mode,
        "new_file": status == "A",
        "renamed_file": False,
        "deleted_file": status == "D",
        "generated_file": False,
    }


def diff_lines(text: str) -> set[tuple[int | None, int | None]]:
    """The (old, new) numbers by which a note may name each line of a file's diff."""
    found: set[tuple[int | None, int | None]] = set()
    old = new = 0
    for line in text.split("\n"):
        hunk = re.match(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@", line)
        if hunk:
            old, new = int(hunk[1]), int(hunk[2])
        elif line[:1] in ("+", "-", " "):
            found.add((None, new) if line[0] == "+" else (old, None) if line[0] == "-" else (old, new))
            old, new = old + (line[0] != "+"), new + (line[0] != "-")
    return found


@route("GET", "/projects/:id/repository/tags", job_token=True)
def tags(call: Call) -> Reply:
    rows = call.project.repository.refs("refs/tags/")
    return paged(call, sorted(rows.items()), lambda row: _tag(call, *row))


@route("GET", "/projects/:id/repository/tags/:tag")
def tag(call: Call) -> Reply:
    sha = call.project.repository.refs("refs/tags/").get(call.values["tag"]) or not_found("Tag")
    return Reply(body=_tag(call, call.values["tag"], sha))


def _tag(call: Call, name: str, sha: str) -> dict[str, Any]:
    commit = call.project.repository.resolve(name) or sha
    return {
        "name": name,
        "message": "",
        "target": sha,
        "commit": entities.commit_basic(call.world, call.project, commit),
        "release": None,
        "protected": False,
        "created_at": None,
    }
