"""The cap on open merge requests is looked at before any work: reviewers who are behind are not given more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from improve_loop.edges.forge import gitlab_write
from improve_loop.model.forge import MergeRequestDraft
from tests.forge.conftest import marker
from tests.loop.test_review_on_gitlab import Team, team
from tests.loop.test_stopped_publish import asked

__all__ = ["team"]  # the fixture
PATCH = b"diff --git a/new b/new\nnew file mode 100644\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+x\n"


def waiting(team: Team, name: str) -> None:
    """A merge request of the loop that waits for its reviewer."""
    environ = {"IL_WRITE_TOKEN": team.write, "CI_SERVER_URL": team.gitlab.url}
    writer = gitlab_write.connect(f"{team.gitlab.url}/acme/app", environ)
    branch = f"improve-loop/{name}"
    writer.publish_branch(branch, team.project.repository.head("main") or "", PATCH, "Change", None)
    writer.open_merge_request(
        MergeRequestDraft(branch=branch, target_branch="main", title="T", description="", marker=marker(candidate=name))
    )


@pytest.mark.parametrize(("open_", "left"), [(1, 1), (3, 0)])
def test_no_more_is_looked_for_than_the_cap_leaves_room(team: Team, open_: int, left: int) -> None:
    for number in range(open_):
        waiting(team, f"ci-{number}")
    asked(team, **{".improve-loop.yml": "limits: {open_merge_requests: 2}\n"})
    out = team.folder / "out"
    run: dict[str, Any] = json.loads((out / "preflight/run.json").read_text())
    shortlist: dict[str, Any] = json.loads((out / "triage/shortlist.json").read_text())
    assert run["limits"]["candidates"] == left
    assert len(shortlist["shortlisted"]) == left
