"""Rules of a job that let it run for fewer changes than before: a condition added, merge requests left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from improve_loop.rules.gating.ci.weakness import Weakness
from improve_loop.rules.gating.lazy import lazy

Rules = Sequence[Mapping[str, Any]]

_OF_CHANGES = lazy(
    r"merge_request|CI_COMMIT_(?:BRANCH|REF)|CI_DEFAULT_BRANCH|\bpush\b|CI_PIPELINE_SOURCE\s*!=|CI_OPEN_MERGE|CI_COMMIT_(?:SHA|TITLE|MESSAGE)|\$(?!CI_)\w+"
)
_REQUESTS = lazy(
    r"merge_request|CI_OPEN_MERGE|CI_COMMIT_(?:BRANCH|REF_NAME|TITLE|MESSAGE)\s*(?:$|&&|\|\||!=|=~|\))|CI_PIPELINE_SOURCE\s*(?:!=|==\s*[\"']push)"
)


def narrowed(name: str, old: Rules, new: Rules) -> Iterator[Weakness]:
    """Conditions that are now joined with another, and merge requests for which a job no longer runs."""
    lost = [_condition(rule) for rule in old if rule not in new and rule.get("when") not in ("never", "manual")]
    for condition in (_condition(rule) for rule in new if rule not in old and rule.get("when") != "never"):
        if any(was and (condition.startswith(f"{was} &&") or condition.endswith(f"&& {was}")) for was in lost):
            yield Weakness("rules-weakened", condition, f"{name} runs only where this is so too: {condition}"[:120])
    if new and _for_requests(old) and not _for_requests(new):
        yield Weakness("rules-weakened", "", f"{name} no longer runs for merge requests")


def _condition(rule: Mapping[str, Any]) -> str:
    return " ".join(str(rule.get("if", "")).split())


def _for_requests(rules: Rules) -> bool:
    """Whether one of these lets a job run for a merge request."""
    return any(
        rule.get("when") not in ("never", "manual") and ("if" not in rule or bool(_REQUESTS.search(str(rule["if"]))))
        for rule in rules
    )


def runs_on_changes(rules: Rules) -> bool:
    """Whether one rule lets a job run for a push or a merge request."""
    return any(
        rule.get("when") != "never"
        and "exists" not in rule
        and ("if" not in rule or bool(_OF_CHANGES.search(str(rule["if"]))))
        for rule in rules
    )
