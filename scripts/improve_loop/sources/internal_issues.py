"""Source `internal-issues`: open issues of the target that a member labelled `improve-loop`. Needs GitLab."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from improve_loop.edges.clock import utc_now
from improve_loop.edges.environment import variables
from improve_loop.errors import LoopError, TryLater
from improve_loop.model.candidate import Candidate, Item, Lead
from improve_loop.model.find import Discovery, Run
from improve_loop.model.plugs import Tree
from improve_loop.rules.issues import DEVELOPER, LABEL, item_of, judged, label_setter, skipped
from improve_loop.rules.issues import DOMAIN as ISSUES

DOMAIN = ISSUES
MOST = 50  # issues looked into in one run


class Reading(Protocol):
    """What this source asks of GitLab."""

    project: str

    def rows(self, path: str, **query: Any) -> list[Any]:
        """A list, all of its pages."""

    def find(self, path: str, **query: Any) -> Any | None:
        """One record; None where there is none."""


def discover(tree: Tree, run: Run) -> Discovery:
    """One candidate for each issue that names its paths, an item for a reader or a lead for the others."""
    if run.target.forge != "gitlab":
        return _nothing(run, "not_configured", "the target is not on GitLab, so it has no issues to read")
    try:
        reading = connect(run)
        return from_issues(reading, tree, run, utc_now())
    except TryLater as error:
        return _nothing(run, "unreachable", str(error))
    except LoopError as error:
        return _nothing(run, "unauthorized", str(error))


def connect(run: Run) -> Reading:
    """The target's project, by the read token. Raises LoopError."""
    from improve_loop.edges.forge.gitlab_read import TOKEN
    from improve_loop.edges.forge.gitlab_session import Session, locate

    return Session(locate(run.target.url, variables(), token_name=TOKEN))


def from_issues(reading: Reading, tree: Tree, run: Run, now: str) -> Discovery:
    """The discovery from what GitLab says. Raises LoopError where it says nothing."""
    issues = reading.rows(
        f"{reading.project}/issues", state="opened", labels=LABEL, order_by="updated_at", sort="desc"
    )[:MOST]
    left_alone = Counter(reason for issue in issues if (reason := skipped(issue)))
    is_member = _members(reading)
    candidates: list[Candidate] = []
    leads: list[Lead] = []
    items: list[Item] = []
    for issue in (issue for issue in issues if not skipped(issue)):
        trusted = _trusted(reading, issue, is_member)
        found = judged(issue, trusted, frozenset(tree.paths()), run.target.name, now)
        if isinstance(found, Candidate):
            candidates.append(found)
            continue
        leads.append(found)
        if all(trusted.values()):
            items.append(item_of(issue, now))  # a member's request that only lacks its paths
    reason = "; ".join([f"{len(issues)} issues labelled {LABEL}", *(f"{n} {why}" for why, n in left_alone.items())])
    return Discovery(
        run_id=run.run_id,
        domain=DOMAIN,
        status="ok" if candidates or leads else "ok_empty",
        reason=reason,
        candidates=tuple(candidates),
        leads=tuple(leads),
        items=tuple(items),
    )


def _members(reading: Reading) -> Callable[[int | None], bool]:
    """Whether a user may push to the project; asked once for each. Unknown is no."""
    known: dict[int, bool] = {}

    def is_member(user: int | None) -> bool:
        if user is None:
            return False
        if user not in known:
            member = reading.find(f"{reading.project}/members/all/{user}") or {}
            known[user] = member.get("state") == "active" and int(member.get("access_level") or 0) >= DEVELOPER
        return known[user]

    return is_member


def _trusted(reading: Reading, issue: Mapping[str, Any], is_member: Callable[[int | None], bool]) -> Mapping[str, bool]:
    events = reading.rows(f"{reading.project}/issues/{int(issue['iid'])}/resource_label_events")
    author = (issue.get("author") or {}).get("id")
    return {"label": is_member(label_setter(events)), "author": is_member(author if isinstance(author, int) else None)}


def _nothing(run: Run, status: Any, reason: str) -> Discovery:
    return Discovery(run_id=run.run_id, domain=DOMAIN, status=status, reason=reason)
