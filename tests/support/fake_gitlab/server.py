"""The simulator as an HTTP server on 127.0.0.1, and the handle that tests hold."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.fake_gitlab import (  # noqa: F401  (importing a module of routes registers them)
    git_http,
    routes_browse,
    routes_instance,
    routes_merge_requests,
    routes_merge_views,
    routes_notes,
    routes_pipelines,
    routes_repository,
    routes_settings,
)
from tests.support.fake_gitlab.access import check, token_of, usable
from tests.support.fake_gitlab.clock import START, Clock
from tests.support.fake_gitlab.http import handler, parse_params
from tests.support.fake_gitlab.repository import Repository
from tests.support.fake_gitlab.routing import ApiError, Call, Reply, find
from tests.support.fake_gitlab.world import Project, Token, TokenState, User, World


@dataclass(frozen=True, kw_only=True)
class Logged:
    """One request as it was answered. `lost` when the caller never saw the answer."""

    method: str
    path: str
    status: int
    user: str | None
    lost: bool = False

    @property
    def is_write(self) -> bool:
        return self.method in ("POST", "PUT", "PATCH", "DELETE") and "git-upload-pack" not in self.path


class FakeGitLab:
    """A GitLab with a virtual clock. `prefix` puts it below a path, as https://host/gitlab."""

    def __init__(
        self,
        root: Path,
        *,
        prefix: str = "",
        tick: float = 0.0,
        port: int = 0,
        start: float = START,
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self.root = root
        self.clock = Clock(start, tick=tick)
        self.world = World(clock=self.clock)
        self.faults = self.world.faults
        self.log: list[Logged] = []
        self.lock = threading.RLock()
        self.prefix = prefix
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler(self))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.port}{prefix}"
        self.world.base_url = self.url
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> FakeGitLab:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if self.world.unknown:
            raise AssertionError(f"requests to endpoints that the simulator does not know: {self.world.unknown}")

    def user(self, username: str, *, bot: bool = False) -> User:
        found = [user for user in self.world.users if user.username == username]
        if found:
            return found[0]
        name = username.replace("-", " ").replace("_", " ").title()
        user = User(id=self.world.next_id(), username=username, name=name, bot=bot, created_at=self.clock.iso())
        self.world.users.append(user)
        return user

    def project(self, path: str, files: Mapping[str, str | bytes] | None = None, branch: str = "main") -> Project:
        """A private project with one commit (None: an empty repository)."""
        repository = Repository.create(self.root / f"{path}.git", branch)
        number = self.world.next_id()
        project = Project(id=number, path=path, repository=repository, created_at=self.clock.iso())
        project.settings["default_branch"] = branch
        self.world.projects.append(project)
        if files is not None:
            content = {name: data.encode() if isinstance(data, str) else data for name, data in files.items()}
            repository.commit_files(branch, None, content, "First", ("Ada", "ada@example.com"))
            project.protected[branch] = {"push": 40, "merge": 40}
        return project

    def token(
        self,
        project: Project | None,
        username: str,
        *,
        level: int = 30,
        scopes: tuple[str, ...] = ("api",),
        state: TokenState = "active",
        bot: bool = True,
        job: int | None = None,
    ) -> str:
        """A new secret of this user, who becomes a member of the project."""
        user = self.user(username, bot=bot)
        made = f"glpat-{len(self.world.tokens):04d}-{username}"
        self.world.tokens[made] = Token(secret=made, user=user, scopes=scopes, state=state, job=job)
        if project is not None:
            project.members[user.id] = level
        return made

    def push(
        self, project: Project, branch: str, files: Mapping[str, str | None], *, by: str, message: str = "Change"
    ) -> str:
        """A human pushes a commit, from the branch or else from the default branch."""
        from tests.support.fake_gitlab.actions import after_push

        with self.lock:
            user, repository = self.user(by), project.repository
            before = repository.refs()
            start = before.get(branch) or before.get(project.default_branch)
            content = {name: data.encode() if data is not None else None for name, data in files.items()}
            sha = repository.commit_files(branch, start, content, message, (user.name, user.email))
            after_push(self.world, project, before, user)
            return sha

    def writes(self) -> list[Logged]:
        return [entry for entry in self.log if entry.is_write]

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[Reply, bool]:
        """The reply, and whether it gets lost on the way."""
        url = urlsplit(target)
        if not url.path.startswith(self.prefix):
            return Reply(status=404, body=b"<html>not GitLab</html>", headers={"Content-Type": "text/html"}), False
        path = url.path.removeprefix(self.prefix)
        with self.lock:
            self.clock.now += self.clock.tick
            fault = self.faults.take(method, path)
        if fault and fault.kind == "reply":
            self._note(method, path, fault.status, None)
            return Reply(status=fault.status, body=fault.body, headers=dict(fault.headers)), False
        if fault and fault.action and fault.kind != "killed_after":
            fault.action()  # outside the lock: it may itself be a client
        if fault and fault.kind == "killed_before":
            return Reply(), True
        with self.lock:
            reply = self._carried_out(method, path, url.query, headers, body)
            lost = fault is not None and fault.kind.startswith(("lost", "killed"))
            self._note(method, path, reply.status, headers, lost)
        if fault and fault.action and fault.kind == "killed_after":
            fault.action()
        if fault and fault.kind == "lost_502":
            html = {"Content-Type": "text/html"}
            return Reply(status=502, body=b"<html>502 Bad Gateway</html>", headers=html), False
        return reply, lost

    def _carried_out(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if ".git/" in path and not path.startswith("/api/"):
            return git_http.serve(self.world, method, path, query, headers, body) or Reply(status=404, body=b"")
        return self._api(method, path, query, headers, body)

    def _note(self, method: str, path: str, status: int, headers: Mapping[str, str] | None, lost: bool = False) -> None:
        secret = (headers or {}).get("PRIVATE-TOKEN", "")
        token = self.world.tokens.get(secret)
        user = token.user.username if token else None
        self.log.append(Logged(method=method, path=path, status=status, user=user, lost=lost))

    def _api(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        try:
            return self._routed(method, path.removeprefix("/api/v4"), query, headers, body)
        except ApiError as error:
            return error.reply

    def _routed(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        params = parse_params(query, headers.get("content-type", ""), body)
        found = find("GET" if method == "HEAD" else method, path)
        if found is None:
            self.world.unknown.append(f"{method} {path}")
            raise ApiError(404, {"error": "404 Not Found"})
        route, values = found
        if values.get("id") in self.world.moved:
            return self._moved(method, path, values["id"])
        token = usable(self.world, route, token_of(self.world, headers, params))
        call = Call(
            world=self.world,
            method=method,
            path=path,
            params=params,
            values=values,
            token=token,
            route=route.template,
        )
        check(route, call)
        return route.handler(call)

    def _moved(self, method: str, path: str, old: str) -> Reply:
        if method != "GET":
            raise ApiError(405, {"message": "Non GET methods are not allowed for moved projects"})
        number = self.world.project_of(self.world.moved[old])
        assert number is not None
        new = f"{self.url}/api/v4" + path.replace(path.split("/")[2], str(number.id), 1)
        text = f"This resource has been moved permanently to {new}".encode()
        return Reply(status=301, body=text, headers={"Location": new, "Content-Type": "text/plain"})
