"""What a human did to a merge request of the loop is the last word, whatever the next run makes again."""

from __future__ import annotations

import json
from typing import Any

from tests.loop.test_review_on_gitlab import Team, team
from tests.loop.test_stopped_publish import branches, made, published, retried

__all__ = ["team"]  # the fixture


def seen(team: Team) -> list[Any]:
    rows = [
        (mr.iid, mr.state, mr.title, mr.description, sorted(mr.labels), len(mr.notes))
        for mr in team.project.merge_requests
    ]
    return [rows, branches(team)]


def test_a_closed_a_kept_and_a_taken_over_merge_request_are_left_alone(team: Team) -> None:
    made(team)
    retried(team)
    closed, kept, taken, untouched = team.project.merge_requests[:4]
    closed.state, closed.closed_by = "closed", team.gitlab.user("ada")
    kept.labels.add("manual")
    team.gitlab.push(team.project, taken.source_branch, {"more": "Mine.\n"}, by="ada")
    team.gitlab.clock.advance(60)
    before = seen(team)
    retried(team)
    assert seen(team) == before
    said = {one["branch"]: one for one in (json.loads(path.read_text()) for path in published(team.folder))}
    assert "a human closed" in said[closed.source_branch]["reason"]
    assert "carries the label manual: hands off" in said[kept.source_branch]["reason"]
    assert "somebody else committed" in said[taken.source_branch]["reason"]
    mine = (closed, kept, taken, untouched)
    assert [said[mr.source_branch]["status"] for mr in mine] == [*["not_published"] * 3, "unchanged"]
