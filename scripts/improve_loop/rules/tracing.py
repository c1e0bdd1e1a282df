"""Where the figures of each model call are told, and with which credential: OpenTelemetry's variables, or Langfuse's.

In a pipeline the address comes from the configuration at the base commit alone: whoever may start one with variables of
their own must not be able to send a credential elsewhere. On a laptop it is the other way round: the repository may be
a stranger's, so a credential goes to the host that the environment names.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

LANGFUSE = "/api/public/otel"
TRACES = "/v1/traces"
NEAR = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/32",  # what servers print that listen everywhere
            "10.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "::/127",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)
_NUMBER = re.compile(r"\d+|0x[\da-f]*")
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
LANGFUSE_HOSTS = ("LANGFUSE_HOST", "LANGFUSE_BASE_URL")
HEADERS = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")


@dataclass(frozen=True, kw_only=True)
class Destination:
    """An OTLP/HTTP endpoint and what it wants to see."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be seen nowhere else."""
        return tuple(self.headers.values())


def destination(configured: str | None, variables: Mapping[str, str]) -> Destination | None:
    """Where to tell; None: nowhere. A credential leaves by https, or to this machine's own network."""
    off = variables.get("OTEL_SDK_DISABLED", "").lower() == "true" or variables.get("OTEL_TRACES_EXPORTER") == "none"
    in_pipeline = variables.get("GITLAB_CI", "").lower() == "true"
    url = _whole(configured) if configured else None if in_pipeline else _of_variables(variables)
    if off or url is None:
        return None
    own = not in_pipeline and not is_near(url)  # here a configuration may be anybody's who has a repository
    langfuse = urlsplit(url).path.startswith(LANGFUSE) and (not own or _names(variables, LANGFUSE_HOSTS, url))
    headers = _langfuse(variables) if langfuse else {}
    headers = headers or (_headers(variables) if not own or _names(variables, ENDPOINTS, url) else {})
    if headers and urlsplit(url).scheme != "https" and not is_near(url):
        return None
    return Destination(url=url, headers=headers)


def _names(variables: Mapping[str, str], names: Sequence[str], url: str) -> bool:
    """Whether the environment itself names this URL's host, by which its credential is meant for it."""
    named = [web for name in names if (web := _web(variables.get(name)))]
    return urlsplit(url).hostname in [urlsplit(web).hostname for web in named]


def is_near(url: str) -> bool:
    """Loopback, an address of a local network, or a name of one."""
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _near_name(host)
    return any(address in network for network in NEAR)


def _near_name(host: str) -> bool:
    """A number alone is an address in disguise, and a dot of another script is a dot to the resolver."""
    if not host or not host.isascii() or _NUMBER.fullmatch(host):
        return False
    return "." not in host or host.endswith((".local", ".internal", ".lan", ".localhost"))


def _of_variables(variables: Mapping[str, str]) -> str | None:
    """OpenTelemetry's own names first; Langfuse only where its host is named, for keys alone are no wish."""
    protocols = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    if "grpc" not in [variables.get(name) for name in protocols]:
        if url := _web(variables.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
            return url
        if url := _web(variables.get("OTEL_EXPORTER_OTLP_ENDPOINT")):
            return url.rstrip("/") + TRACES
    host = _web(variables.get("LANGFUSE_HOST") or variables.get("LANGFUSE_BASE_URL"))
    return f"{host.rstrip('/')}{LANGFUSE}{TRACES}" if host and _langfuse(variables) else None


def _web(url: str | None) -> str | None:
    """The URL, if it is one of the web without a password in it."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc else None


def _whole(url: str) -> str | None:
    bare = url.rstrip("/")
    return _web(f"{bare}{TRACES}" if bare.endswith(LANGFUSE) else url)


def _langfuse(variables: Mapping[str, str]) -> dict[str, str]:
    public, secret = variables.get("LANGFUSE_PUBLIC_KEY"), variables.get("LANGFUSE_SECRET_KEY")
    if not (public and secret):
        return {}
    return {"authorization": "Basic " + base64.b64encode(f"{public}:{secret}".encode()).decode()}


def _headers(variables: Mapping[str, str]) -> dict[str, str]:
    """`name=value,name=value`, values in percent encoding; what is not of that form is left out."""
    given = next((variables[name] for name in HEADERS if variables.get(name)), "")
    pairs = [part.partition("=") for part in given.split(",") if "=" in part]
    named = {name.strip().lower(): unquote(value.strip()) for name, _, value in pairs}
    return {name: value for name, value in named.items() if name and (name + value).isascii() and value.isprintable()}
