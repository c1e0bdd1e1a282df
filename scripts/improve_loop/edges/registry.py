"""Asks container registries (distribution API v2) what a moving tag is today. Anonymous, read-only, cached.

Host names come from the target's files, so only hosts that the configuration allows are asked.
"""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, Any

from improve_loop.rules.ci.images import HUB, Image, parse

DAY = 86_400.0
TIMEOUT = 10.0  # seconds for one request
MAX_BODY = 4_000_000
MAX_PAGES = 20
MAX_HEADS = 30  # version tags that are compared for one image
ALLOWED = (
    HUB,
    "ghcr.io",
    "quay.io",
    "registry.gitlab.com",
    "mcr.microsoft.com",
    "gcr.io",
    "registry.k8s.io",
    "public.ecr.aws",
)
ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


@dataclass
class Registry:
    """A client for one run. Every failure is an `unresolved` image, never an error."""

    allowed: tuple[str, ...] = ALLOWED
    addresses: Mapping[str, str] = field(default_factory=dict)  # host -> base URL, where it is not https://<host>
    cache: Path | None = None
    clock: Callable[[], float] = time.time
    _known: dict[str, Any] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)
    _down: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._known = _load(self.cache)

    def pinned(self, written: str, pin: str = "tag") -> str | None:
        """The reference that names the same image for good: a version tag, or with `pin="digest"` the digest."""
        image = parse(written)
        if image is None or image.host not in self.allowed:
            return None
        digest = self._digest(image, image.tag or "latest")
        if digest is None:
            return None
        if pin == "digest":
            return f"{image.base}:{image.tag or 'latest'}@{digest}"
        tag = self._version(image, digest)
        return f"{image.base}:{tag}" if tag else None

    def close(self) -> None:
        """Writes the cache."""
        if self.cache is not None:
            self.cache.parent.mkdir(parents=True, exist_ok=True)
            self.cache.write_text(json.dumps(self._known, indent=2, sort_keys=True) + "\n", encoding="utf-8")

    def _version(self, image: Image, digest: str) -> str | None:
        """The version tag with this digest: `major.minor` rather than more digits, so that fixes still arrive."""
        tags = [tag for tag in self._tags(image) if VERSION.fullmatch(tag)]
        newest = sorted(tags, key=_order, reverse=True)[:MAX_HEADS]
        same = next((tag for tag in newest if self._digest(image, tag) == digest), None)
        if same is None:
            return None
        shorter = [tag for tag in tags if tag.count(".") == 1 and same.startswith(tag + ".")]
        return next((tag for tag in shorter if self._digest(image, tag) == digest), same)

    def _digest(self, image: Image, tag: str) -> str | None:
        def ask() -> str | None:
            answer = self._ask(image, f"manifests/{urllib.parse.quote(tag)}", "HEAD")
            found = answer[0].get("Docker-Content-Digest", "") if answer else ""
            return found if DIGEST.fullmatch(found) else None

        found = self._remembered(f"{image.host}/{image.name}:{tag}", ask)
        return str(found) if found else None

    def _tags(self, image: Image) -> list[str]:
        def ask() -> list[str] | None:
            path: str | None = "tags/list?n=1000"
            tags: list[str] = []
            for _ in range(MAX_PAGES):
                answer = self._ask(image, path, "GET") if path else None
                if answer is None:
                    break
                page = json.loads(answer[1])
                tags += [tag for tag in page.get("tags") or [] if isinstance(tag, str)]
                following = re.match(r"<[^>]*?(tags/list\?[^>]+)>; *rel=\"?next", answer[0].get("Link", ""))
                path = following[1] if following else None
            return tags or None

        return list(self._remembered(f"{image.host}/{image.name} tags", ask) or ())

    def _remembered(self, key: str, ask: Callable[[], Any]) -> Any:
        entry = self._known.get(key)
        if isinstance(entry, dict) and self.clock() - float(entry.get("at", 0)) < DAY:
            return entry.get("value")
        try:
            value = ask()
        except (OSError, HTTPException, ValueError):
            self._down.add(key.partition("/")[0])
            return None
        if value is not None:
            self._known[key] = {"at": self.clock(), "value": value}
        return value

    def _ask(self, image: Image, path: str, method: str) -> tuple[HTTPMessage, bytes] | None:
        """One request, with an anonymous token where the registry wants one. None: it said no."""
        if image.host in self._down:
            return None
        base = self.addresses.get(image.host, f"https://{'registry-1.docker.io' if image.host == HUB else image.host}")
        url = f"{base}/v2/{image.name}/{path}"
        scope = f"{image.host}/{image.name}"
        try:
            return self._send(url, method, self._tokens.get(scope))
        except urllib.error.HTTPError as error:
            challenge = error.headers.get("WWW-Authenticate", "") if error.code == 401 else ""
        token = self._token(challenge, base) if scope not in self._tokens else None
        if token is None:
            return None
        self._tokens[scope] = token
        try:
            return self._send(url, method, token)
        except urllib.error.HTTPError:
            return None

    def _token(self, challenge: str, base: str) -> str | None:
        """Anonymous pull token. The realm must be as encrypted as the registry itself."""
        fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        realm = fields.pop("realm", "")
        if not challenge.lower().startswith("bearer ") or not realm.startswith(base.partition("//")[0] + "//"):
            return None
        query = urllib.parse.urlencode({key: fields[key] for key in ("service", "scope") if key in fields})
        try:
            answer = json.loads(self._send(f"{realm}?{query}", "GET", None)[1])
        except urllib.error.HTTPError:
            return None
        token = answer.get("token") or answer.get("access_token") if isinstance(answer, dict) else None
        return token if isinstance(token, str) and re.fullmatch(r"[\w.~+/=-]+", token) else None

    def _send(self, url: str, method: str, token: str | None) -> tuple[HTTPMessage, bytes]:
        request = urllib.request.Request(url, method=method, headers={"Accept": ACCEPT, "User-Agent": "improve-loop"})
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        opener = urllib.request.build_opener(_NoRedirect)
        answer: HTTPResponse
        with opener.open(request, timeout=TIMEOUT) as answer:
            body = answer.read(MAX_BODY + 1)
            if len(body) > MAX_BODY:
                raise ValueError(f"{url} answers with more than {MAX_BODY} bytes")
            return answer.headers, body


def _order(tag: str) -> tuple[int, ...]:
    found = VERSION.fullmatch(tag)
    return tuple(int(part or -1) for part in found.groups()) if found else ()


def _load(path: Path | None) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8")) if path is not None else {}
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
