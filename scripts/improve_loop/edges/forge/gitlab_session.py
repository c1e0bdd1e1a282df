"""One connection to a GitLab project: python-gitlab underneath, our own patience and our own errors above.

python-gitlab is imported when the first request is made. Its own retries are off: it repeats POSTs whose reply was
lost, and waits without end on a `Retry-After` that is a date.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from improve_loop.errors import LoopError, TryLater, UsageError

T = TypeVar("T")
TIMEOUT_SECONDS = 30
WAITS = (1, 2, 4, 8, 16)  # seconds before each further try
PATIENCE_SECONDS = 240  # that one process waits for GitLab, all waits together
MAX_ROWS = 2000  # of one list; nothing the loop asks for is longer
TRANSIENT = frozenset((500, 502, 503, 504, *range(520, 531)))


@dataclass(frozen=True, kw_only=True)
class GitLabProject:
    """Where to go and with which token; `token_name` is the variable to name in a message."""

    server: str  # https://host or https://host/prefix
    path: str  # group/project
    token: str = field(repr=False)
    token_name: str
    is_job_token: bool = False
    ca_file: str | None = None  # PEM bundle of a private authority


class Reply(LoopError):
    """An answer of GitLab that is no success. `said` is its message as JSON: text, list or mapping."""

    def __init__(self, status: int, said: Any, what: str, retry_after: float | None = None) -> None:
        super().__init__(f"{what}: GitLab answered {status}: {said}")
        self.status, self.said, self.what, self.retry_after = status, said, what, retry_after


class Lost(Reply):
    """No answer, or none that tells whether the request was carried out."""


def locate(target: str, environ: Mapping[str, str], *, token_name: str) -> GitLabProject:
    """The project of a target URL. In CI the token goes to the instance that runs the job and to no other host.

    Raises UsageError for a target elsewhere, and where the token is missing.
    """
    own = environ.get("CI_SERVER_URL", "").rstrip("/")
    server, path = _split(target, own)
    token = environ.get(token_name, "")
    if not token:
        raise UsageError(
            f"{token_name} is not set in this job; add it as a protected, masked variable whose environment scope "
            "is the job's (docs/gitlab-setup.md), or run on a protected branch"
        )
    return GitLabProject(
        server=server, path=path, token=token, token_name=token_name, ca_file=environ.get("CI_SERVER_TLS_CA_FILE")
    )


def own_project(environ: Mapping[str, str]) -> GitLabProject | None:
    """The project whose pipeline this job is part of, by the job's own token; None outside GitLab CI."""
    server, path, token = (environ.get(name, "") for name in ("CI_SERVER_URL", "CI_PROJECT_PATH", "CI_JOB_TOKEN"))
    if not (server and path and token):
        return None
    return GitLabProject(
        server=server.rstrip("/"),
        path=path,
        token=token,
        token_name="CI_JOB_TOKEN",
        is_job_token=True,
        ca_file=environ.get("CI_SERVER_TLS_CA_FILE"),
    )


def _split(target: str, own: str) -> tuple[str, str]:
    bare = target.removesuffix("/").removesuffix(".git")
    if "://" not in bare:
        if not own:
            raise UsageError(f"{target}: give the whole URL of the project; outside GitLab CI no server is known")
        return own, bare.strip("/")
    url = urlsplit(bare)
    if own:
        if not bare.startswith(own + "/"):
            raise UsageError(f"{target}: not on {own}, where this job runs; its token is sent to no other server")
        return own, bare.removeprefix(own).strip("/")
    if url.scheme not in ("http", "https") or url.username or url.password:
        raise UsageError(f"{target}: give an https URL without a name or password in it")
    return f"{url.scheme}://{url.netloc}", url.path.strip("/")


class Session:
    """Requests to one project. `sleep` and `now` are seconds; a test gives its own."""

    def __init__(
        self,
        at: GitLabProject,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.at = at
        self.project = f"/projects/{quote(at.path, safe='')}"
        self.sleep, self.now = sleep, now
        self._waited = 0.0
        self._client: Any = None

    def get(self, path: str, **query: Any) -> Any:
        """One record. Raises Reply (404 and the like), TryLater, UsageError."""
        return self._patiently(lambda: self.once("get", path, query))

    def find(self, path: str, **query: Any) -> Any | None:
        """One record, or None where there is none."""
        try:
            return self.get(path, **query)
        except Reply as reply:
            if reply.status == 404:
                return None
            raise

    def rows(self, path: str, **query: Any) -> list[Any]:
        """All pages of a list, each row once (rows shift while pages are read)."""
        found = self._patiently(lambda: self._list(path, {"per_page": 100, **query}))
        unique = {row.get("id", index) if isinstance(row, dict) else index: row for index, row in enumerate(found)}
        return list(unique.values())

    def content(self, path: str) -> bytes:
        """A file, as it is; not more than once, for whoever can do without it. Raises Reply, UsageError."""
        options = {"obey_rate_limit": False, "retry_transient_errors": False}
        what = f"GET {self.at.server}/api/v4{path}"
        got = self._guarded(what, lambda gl: gl.http_request("get", path, **options))
        return bytes(got.content)

    def wait(self, seconds: float, because: LoopError) -> None:
        """Sleeps, within this process's patience. Raises TryLater when that is used up."""
        if self._waited + seconds > PATIENCE_SECONDS:
            raise TryLater(f"{because}; waited {self._waited:.0f} s already, try again later")
        self._waited += seconds
        self.sleep(seconds)

    def _patiently(self, call: Callable[[], T]) -> T:
        for wait in (*WAITS, None):
            try:
                return call()
            except Reply as reply:
                if not may_repeat(reply):
                    raise
                if wait is None:
                    raise TryLater(f"{reply}; try again later") from None
                self.wait(reply.retry_after or wait, reply)
        raise AssertionError("unreachable")

    def once(self, verb: str, path: str, query: Mapping[str, Any], data: Mapping[str, Any] | None = None) -> Any:
        """One request, without patience. Raises Reply, Lost, UsageError."""
        what = f"{verb.upper()} {self.at.server}/api/v4{path}"
        options = {"obey_rate_limit": False, "retry_transient_errors": False}
        body = dict(data) if data is not None else None
        result = self._guarded(
            what, lambda gl: gl.http_request(verb, path, query_data=dict(query), post_data=body, **options)
        )
        return _json(result, what)

    def _list(self, path: str, query: Mapping[str, Any]) -> list[Any]:
        options = {"obey_rate_limit": False, "retry_transient_errors": False, "iterator": True}
        what = f"GET {self.at.server}/api/v4{path}"
        return self._guarded(
            what, lambda gl: list(islice(gl.http_list(path, query_data=dict(query), **options), MAX_ROWS))
        )

    def _guarded(self, what: str, call: Callable[[Any], T]) -> T:
        """python-gitlab's and requests' exceptions as ours."""
        import gitlab.exceptions
        import requests

        try:
            return call(self._connected())
        except gitlab.exceptions.GitlabParsingError:
            raise Lost(200, "a page that is no JSON, from a proxy or a login perhaps", what) from None
        except gitlab.exceptions.RedirectError as error:
            raise UsageError(f"{what}: GitLab redirects changes: {error}; correct the server's URL") from None
        except gitlab.exceptions.GitlabError as error:
            raise self._reply(error, what) from None
        except requests.exceptions.SSLError as error:
            raise UsageError(
                f"{what}: the certificate is not trusted: {error}; name the authority's PEM file in "
                "CI_SERVER_TLS_CA_FILE"
            ) from None
        except requests.exceptions.RequestException as error:
            raise Lost(0, type(error).__name__, what) from None

    def _reply(self, error: Any, what: str) -> LoopError:
        status = error.response_code or 0
        if status in TRANSIENT:
            return Lost(status, "the server's own trouble", what, self._retry_after(error))
        said = error.error_message
        said = said.decode("utf-8", "replace")[:200] if isinstance(said, bytes) else said
        reply = Reply(status, said, what, self._retry_after(error))
        return explain(self.at, reply)

    def _retry_after(self, error: Any) -> float | None:
        """Seconds that GitLab asks to wait: a number or a date."""
        value = self._last_headers.get("Retry-After", "")
        if value.isdigit():
            return float(value)
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - self.now())
        except (TypeError, ValueError):
            return None

    def _connected(self) -> Any:
        if self._client is None:
            import gitlab

            self._client = gitlab.Gitlab(
                self.at.server,
                private_token=None if self.at.is_job_token else self.at.token,
                job_token=self.at.token if self.at.is_job_token else None,
                timeout=TIMEOUT_SECONDS,
                ssl_verify=self.at.ca_file or True,
                keep_base_url=True,
                user_agent="improve-loop",
            )
            self._last_headers: Mapping[str, str] = {}
            self._client.session.hooks["response"].append(self._remember)
        return self._client

    def _remember(self, response: Any, *_: Any, **__: Any) -> None:
        self._last_headers = response.headers


def may_repeat(reply: Reply) -> bool:
    """A lost answer, a throttle, or a lock that somebody else holds for a moment."""
    return isinstance(reply, Lost) or reply.status == 429 or (reply.status == 409 and "lock" in str(reply.said).lower())


def _json(response: Any, what: str) -> Any:
    if response.status_code == 204 or not response.content:
        return None
    if "json" not in response.headers.get("Content-Type", ""):
        raise Lost(response.status_code, "a page that is no JSON, from a proxy or a login perhaps", what)
    return response.json()


def explain(at: GitLabProject, reply: Reply) -> LoopError:
    """What a person has to change so that this refusal goes away."""
    said = str(reply.said)
    if reply.status == 401:
        advice = f"the token in {at.token_name} is unknown, expired or revoked; make a new one (docs/gitlab-setup.md)"
    elif "scope" in said or "privileges" in said:
        advice = f"the token in {at.token_name} has too narrow a scope; the reader needs read_api, the writer api"
    elif reply.status == 403:
        advice = f"the user of {at.token_name} may not do this in {at.path}; its role there must be Developer"
    elif "Project" in said:
        advice = f"there is no project {at.path}, or the user of {at.token_name} is no member of it"
    elif reply.status == 405 and "moved" in said:
        advice = f"{at.path} was moved; give the target by its new path"
    else:
        return reply
    return UsageError(f"{reply.what}: GitLab answered {reply.status}: {said}; {advice}")
