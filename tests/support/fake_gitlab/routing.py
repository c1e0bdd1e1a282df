"""From a raw request path to a handler. `%2F` stays inside its segment: routes match on the undecoded path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import unquote

from tests.support.fake_gitlab.world import Project, Token, User, World


@dataclass(kw_only=True)
class Reply:
    """Status, JSON value (or bytes) and extra headers."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """A reply that ends the handling of a request."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.reply = Reply(status=status, body=body, headers=dict(headers or {}))


@dataclass(kw_only=True)
class Call:
    """One request as a handler sees it."""

    world: World
    method: str
    path: str  # raw, without query
    params: dict[str, Any]
    values: dict[str, str]  # decoded segments of the route
    token: Token | None
    route: str

    @property
    def caller(self) -> User | None:
        """The user, if any."""
        return self.token.user if self.token else None

    @property
    def user(self) -> User:
        if self.token is None:
            raise ApiError(401, {"message": "401 Unauthorized"})
        return self.token.user

    @property
    def project(self) -> Project:
        """The project of the route; its existence is hidden from strangers."""
        project = self.world.project_of(self.values["id"])
        if project is None or (not project.level(self.caller) and not is_public(project)):
            raise ApiError(404, {"message": "404 Project Not Found"})
        return project

    def require(self, *names: str) -> None:
        """Grape's message for parameters that are not there, all in one."""
        missing = [f"{name} is missing" for name in names if name not in self.params]
        missing += [f"{name} is empty" for name in names if name == "ref" and not self.params.get(name)]
        if missing:
            raise ApiError(400, {"error": ", ".join(missing)})

    def one_of(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = str(self.params.get(name, default))
        if value not in allowed:
            raise ApiError(400, {"error": f"{name} does not have a valid value"})
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.params.get(name, default)
        return value is True or str(value).lower() in ("true", "1", "yes", "t", "on")

    def words(self, name: str) -> list[str]:
        """A list given as array, as `name[]=`, or with commas."""
        value = self.params.get(name, [])
        items = value if isinstance(value, list) else str(value).split(",")
        return [str(item).strip() for item in items if str(item).strip()]


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, kw_only=True)
class Route:
    """A handler with who may call it."""

    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler
    level: int  # access level in the project; 0: whoever sees it
    job_token: bool
    anonymous: bool


ROUTES: list[Route] = []


def route(
    method: str, template: str, *, level: int = 0, job_token: bool = False, anonymous: bool = False
) -> Callable[[Handler], Handler]:
    """Registers a handler for `/projects/:id/...`; `*name` takes the rest, slashes and all."""
    pattern = re.compile(
        "^" + re.sub(r"[:*](\w+)", lambda m: f"(?P<{m[1]}>{'.+' if m[0][0] == '*' else '[^/]+'})", template) + "$"
    )

    def register(handler: Handler) -> Handler:
        ROUTES.append(
            Route(
                method=method,
                template=template,
                pattern=pattern,
                handler=handler,
                level=level,
                job_token=job_token,
                anonymous=anonymous,
            )
        )
        return handler

    return register


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a raw path with its decoded values; 405 where only the verb is wrong, None where nothing is."""
    known = False
    for candidate in ROUTES:
        match = candidate.pattern.match(path)
        if match and candidate.method == method:
            return candidate, {key: unquote(value) for key, value in match.groupdict().items()}
        known = known or bool(match)
    if known:
        raise ApiError(405, {"error": "405 Not Allowed"})
    return None


def is_public(project: Project) -> bool:
    return bool(project.settings.get("visibility", "private") == "public")


def not_found(what: str = "") -> NoReturn:
    """`404 X Not Found`, or the lower-case sentence of a missing record."""
    raise ApiError(404, {"message": f"404 {what} Not Found" if what else "404 Not found"})


def forbidden(reason: str = "") -> NoReturn:
    raise ApiError(403, {"message": "403 Forbidden" + (f" - {reason}" if reason else "")})


def bad(message: Any) -> NoReturn:
    raise ApiError(400, {"message": message})
