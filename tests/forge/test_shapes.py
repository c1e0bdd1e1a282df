"""The simulator's replies against the shapes of recorded ones: every recorded key is there, with a type it had."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.forge.conftest import Scene

SHAPES = json.loads((Path(__file__).parent / "shapes.json").read_text())
P = "/projects/acme%2Fapp"
PATHS = {
    "project": P,
    "merge_request": f"{P}/merge_requests/1",
    "merge_requests": f"{P}/merge_requests",
    "issue": f"{P}/issues/1",
    "notes": f"{P}/merge_requests/1/notes",
    "issue_notes": f"{P}/issues/1/notes",
    "user": "/user",
    "commits": f"{P}/repository/commits",
    "commit": f"{P}/repository/commits/improve-loop%2Fci-cache",
    "branches": f"{P}/repository/branches",
    "file": f"{P}/repository/files/README%2Emd?ref=main",
    "tree": f"{P}/repository/tree",
    "tags": f"{P}/repository/tags",
    "status": "",
    "pipeline_jobs": "",
}
# Only on merge requests between forks, or only for a member through a group.
ELSEWHERE = ("allow_collaboration", "allow_maintainer_to_push", "permissions.group_access.", "first_contribution")
TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}


def shape(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, JSON type) of everything in a value; a list counts by its rows."""
    if path:
        yield path, TYPES.get(type(value), "null")
    if isinstance(value, dict):
        for key, item in value.items():
            yield from shape(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for item in value:
            yield from shape(item, f"{path}[]" if path else "")


def reply(scene: Scene, name: str) -> Any:
    writer = scene.writer()
    head = scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    writer.comment(mr, "red", "Failed.")
    writer.write_control_issue("- [x] one")
    writer.session.once("post", f"{P}/issues/1/notes", {}, {"body": "Fine."})
    scene.project.repository.git("tag", "v1", scene.base)
    scene.gitlab.clock.advance(60)
    if name == "status":
        return writer.session.once("post", f"{P}/statuses/{head}", {}, {"state": "success"})
    if name == "pipeline_jobs":
        return writer.session.rows(f"{P}/pipelines/{scene.project.pipelines[-1].id}/jobs")
    return writer.session.get(PATHS[name])


@pytest.mark.parametrize("name", PATHS)
def test_every_recorded_key_is_there_with_a_type_it_had(scene: Scene, name: str) -> None:
    found: dict[str, set[str]] = {}
    for path, kind in shape(reply(scene, name)):
        found.setdefault(path, set()).add(kind)
    recorded = {path: set(kinds) for path, kinds in SHAPES[name].items() if not path.startswith(ELSEWHERE)}
    # What lies below a value that is null or empty here has no keys to compare.
    hollow = tuple(path for path, kinds in found.items() if kinds <= {"null", "array"})
    absent = [path for path in recorded if path not in found and not path.startswith(hollow or ("\0",))]
    assert absent == []
    odd = {
        path: (kinds - {"null"}, recorded[path])
        for path, kinds in found.items()
        if path in recorded and recorded[path] - {"null"} and not kinds - {"null"} <= recorded[path]
    }
    assert odd == {}
