"""`only` and `except` of a GitLab job: whether new ones let it run as often as before, also when they became `rules`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from improve_loop.rules.gating.ci.weakness import flat, listed

_KEYWORDS = {
    "schedules": "schedule",
    "tags": "CI_COMMIT_TAG",
    "branches": "CI_COMMIT_BRANCH",
    "merge_requests": "merge_request_event",
    "pushes": "push",
    "triggers": "trigger",
    "pipelines": "pipeline",
}  # a word of `only` and what a rule asks in its stead


def runs_less(key: str, old: object, new: object) -> bool:
    """Whether an `only` admits less, or an `except` leaves out more; `old` may be None."""
    was, now = _parts(old), _parts(new)
    if key == "except":
        return any(not set(now[part]) <= set(was.get(part, ())) for part in now)
    return old is None or any(part not in was or not set(was[part]) <= set(now[part]) for part in now)


def _parts(value: object) -> dict[str, list[str]]:
    """The lists of `refs`, `variables`, `changes` and so on; a bare list is one of refs."""
    if isinstance(value, Mapping):
        return {str(part): listed(items) for part, items in value.items()}
    return {"refs": listed(value)} if value is not None else {}


def left_out_before(rule: Mapping[str, Any], job: Mapping[str, Any]) -> bool:
    """Whether a rule with `when: never` only says what the job's `except` said."""
    condition = _plain(str(rule.get("if", "")))
    asked = [_plain(_KEYWORDS.get(word, word)) for items in _parts(job.get("except")).values() for word in items]
    if any(sign in condition for sign in ("||", "!=", "!~")):  # which would leave out more, or all others
        return condition in asked
    return any(len(word) > 3 and word in condition for word in asked)


def keeps_duplicates_out(rule: Mapping[str, Any], rules: list[Mapping[str, Any]]) -> bool:
    """Whether a `never` of `workflow` only ends the second pipeline of a branch that has a merge request, which has one."""
    condition = str(rule.get("if", ""))
    for_requests = any("merge_request" in str(each.get("if", "")) and each.get("when") != "never" for each in rules)
    others = re.sub(
        r"\$CI_(?:OPEN_MERGE_REQUESTS|COMMIT_BRANCH)|\$CI_PIPELINE_SOURCE\s*==\s*[\"']push[\"']|[\s&()]", "", condition
    )
    return for_requests and "$CI_OPEN_MERGE_REQUESTS" in condition and not others and not flat(rule.get("changes"))


def _plain(text: str) -> str:
    return re.sub(r"[\s\"']", "", text)
