"""Everything that can go wrong, each switchable: steady delays, and one-off faults on the next matching requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["reply", "lost_502", "lost_reset", "before", "killed_before", "killed_after"]


@dataclass(kw_only=True)
class Planned:
    """A fault for the next `times` requests that match, after `skip` that pass."""

    kind: Kind
    method: str
    path: re.Pattern[str]
    times: int = 1
    skip: int = 0
    status: int = 500
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    action: Callable[[], object] | None = None

    @property
    def name(self) -> str:
        return f"{self.kind} {self.status} {self.method} {self.path.pattern}"

    def takes(self, method: str, path: str) -> bool:
        if not self.times or method not in self.method.split("|") or not self.path.search(path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass(kw_only=True)
class Faults:
    """Steady behaviours in virtual seconds, and the planned faults. The defaults are a good day on GitLab 18.9."""

    branch_lag: float = 0.0  # POST merge_requests says 400 so long after a push (19.0 and later)
    old_null_sha: bool = False  # before 19.0: the merge request is made at once, without sha
    prepare: float = 2.0  # until prepared_at, diff_refs, changes_count
    stuck_preparing: bool = False
    head_lag: float = 1.0  # until a merge request shows a new push
    pipeline_lag: float = 1.0  # until a pipeline is to be seen
    head_pipeline_null: bool = False  # `pipeline` is set, `head_pipeline` is not
    positions_lost: bool = False  # a position arrives as no position: 201, and a plain note instead of a DiffNote
    merge_refusals: int = 0  # 405 so many times although mergeable
    empty_traces: int = 0  # a finished job's log is empty for so many reads
    shift_pages: bool = False  # a row is inserted on page 1 between two pages
    planned: list[Planned] = field(default_factory=list)
    fired: list[str] = field(default_factory=list)

    def add(self, kind: Kind, method: str, path: str, **options: Any) -> None:
        """Plans one: method as "POST" or "POST|PUT", path as a regular expression over the raw path."""
        self.planned.append(Planned(kind=kind, method=method, path=re.compile(path), **options))

    def lose_reply(self, method: str, path: str, reset: bool = False, **options: Any) -> None:
        """The request is carried out, its reply never arrives."""
        self.add("lost_reset" if reset else "lost_502", method, path, **options)

    def locked(self, method: str, path: str, **options: Any) -> None:
        body = {"message": "409 Conflict: Resource lock"}
        self.add("reply", method, path, status=409, body=body, **options)

    def throttled(self, method: str, path: str, retry_after: str = "3", **options: Any) -> None:
        """Rack::Attack: plain text, before anything is done."""
        headers = {"Retry-After": retry_after, "Content-Type": "text/plain"}
        self.add("reply", method, path, status=429, body=b"Retry later\n", headers=headers, **options)

    def limited(self, method: str, path: str, **options: Any) -> None:
        """The application's own limit: JSON."""
        message = {"error": "This endpoint has been requested too many times. Try again later."}
        self.add("reply", method, path, status=429, body={"message": message}, headers={"Retry-After": "60"}, **options)

    def maintenance(self, method: str = "GET|POST|PUT|DELETE", path: str = "", times: int = 1) -> None:
        self.add("reply", method, path, status=503, body={"message": "GitLab is not responding"}, times=times)

    def html(self, method: str = "GET", path: str = "", times: int = 1) -> None:
        """A proxy's login page with status 200."""
        body = b"<!DOCTYPE html><html><body>Sign in</body></html>"
        self.add("reply", method, path, status=200, body=body, headers={"Content-Type": "text/html"}, times=times)

    def before(self, method: str, path: str, action: Callable[[], object], **options: Any) -> None:
        """Somebody else is faster: `action` happens just before the request is looked at."""
        self.add("before", method, path, action=action, **options)

    def kills(self, method: str, path: str, kill: Callable[[], object], *, carried_out: bool) -> None:
        """The caller dies over this request, which GitLab carries out or never gets."""
        self.add("killed_after" if carried_out else "killed_before", method, path, action=kill)

    def take(self, method: str, path: str) -> Planned | None:
        """The fault for this request, used up by it."""
        for planned in self.planned:
            if planned.takes(method, path):
                self.fired.append(planned.name)
                return planned
        return None
