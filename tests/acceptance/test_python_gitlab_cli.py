"""python-gitlab's own command line over the simulator."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import run
from tests.forge.conftest import Scene


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["current-user", "get"], "username"),
        (["project", "get", "--id", "grp/proj"], "path_with_namespace"),
        (["project-merge-request", "list", "--project-id", "grp/proj", "--get-all"], "iid"),
        (["project-merge-request", "get", "--project-id", "grp/proj", "--iid", "1"], "detailed_merge_status"),
        (["project-merge-request-note", "list", "--project-id", "grp/proj", "--mr-iid", "1", "--get-all"], "body"),
        (["project-pipeline", "list", "--project-id", "grp/proj", "--get-all"], "sha"),
        (["project-branch", "list", "--project-id", "grp/proj", "--get-all"], "commit"),
        (["project-issue", "list", "--project-id", "grp/proj", "--get-all"], "task_completion_status"),
        (["project-label", "list", "--project-id", "grp/proj", "--get-all"], "color"),
        (["project-protected-branch", "list", "--project-id", "grp/proj", "--get-all"], "push_access_levels"),
        (["project-variable", "list", "--project-id", "grp/proj", "--get-all"], None),
        (["project-job", "list", "--project-id", "grp/proj", "--get-all"], "stage"),
    ],
)
def test_every_kind_of_object_is_read(busy: Scene, tmp_path: Path, arguments: list[str], key: str | None) -> None:
    command = [sys.executable, "-m", "gitlab", "--server-url", busy.gitlab.url, "--private-token", busy.read_token]
    printed: Any = json.loads(run([*command, "-o", "json", *arguments], tmp_path, {}))
    row = printed[0] if isinstance(printed, list) and printed else printed
    assert key is None or key in row
