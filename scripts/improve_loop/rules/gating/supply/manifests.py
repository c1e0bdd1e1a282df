"""The dependencies that a manifest names, by package name, with how they are pinned."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal

from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.supply.listed import charts, conda_packages, hex_packages, pub_packages

Ecosystem = Literal["pypi", "npm", "go", "cargo", "gem", "composer", "maven", "nuget", "hex", "pub", "helm", ""]
Specs = Mapping[str, str]

MAX_TEXT = 2_000_000

_REQUIREMENT = lazy(
    r"^\s*([A-Za-z0-9][\w.-]*)(?![\w./:]*[:/])\s*(?:\[[^\]]*\])?\s*(@\s*\S+|(?:[<>=!~]=?=?\s*[^#;\s\\]+(?:\s*,\s*[<>=!~]=?=?\s*[^#;\s,\\]+)*)?)"
)
_GO = lazy(r"^\s*(?:require\s+)?([\w.-]+\.[a-z]{2,}/[\w./~-]+)\s+(v[\w.+-]+)", re.M)
_GEM = lazy(
    r"^\s*(?:gem|\w+\.add_(?:runtime_|development_)?dependency)\s*\(?\s*['\"]([\w.-]+)['\"](?:\s*,\s*(.*?))?\)?\s*(?:#.*)?$",
    re.M,
)
_MAVEN = lazy(r"<(?:dependency|plugin|extension|parent)>(.{0,1500}?)</(?:dependency|plugin|extension|parent)>", re.S)
_GRADLE = lazy(
    r"^\s*(?:\w*[iI]mplementation|api|compile(?:Only)?|runtimeOnly|kapt|ksp|annotationProcessor|classpath|testCompile\w*|androidTest\w*|developmentOnly|provided)\s*\(?\s*(?:platform\(|enforcedPlatform\()?['\"]([\w.-]+:[\w.-]+)(?::([^'\"]+))?['\"]",
    re.M,
)
_GRADLE_PLUGIN = lazy(r"^\s*id\s*\(?['\"]([\w.-]+)['\"]\)?\s+version\s+['\"]([^'\"]+)['\"]", re.M)
_NUGET = lazy(
    r"<(?:PackageReference|PackageVersion|package)\s[^>]{0,200}?(?:Include|id)=\"([\w.-]+)\"(?:[^>]{0,200}?[vV]ersion=\"([^\"]+)\")?"
)
_NEEDED = lazy(
    r"\b(?:install_requires|setup_requires|tests_require)\s*=\s*(?:\[([^\]]{0,4000})\]|\n((?:[ \t]+[^\n]+(?:\n|$))+))"
)
_NAMED = lazy(r"(?:^|[\s\"'])([A-Za-z][\w.-]{1,60})(?=[\"'\s,;]|$)")
_DEPS = lazy(r"(?m)^deps\s*=((?:[^\n]*\n?)(?:[ \t]+[^\n]*(?:\n|$)|#[^\n]*\n)*)")
_INLINE = lazy(r"(?m)^# /// script\n(?:#[^\n]*\n)*?#\s*dependencies\s*=\s*\[((?:[^\]\n]*\n?){0,60}?)\]")
_NAME = lazy(r"[-_.]+")


def ecosystem_of(path: str) -> Ecosystem:
    """Which package index a manifest or lock file speaks to; empty where it is none."""
    name = path.rpartition("/")[2].lower()
    for ecosystem, pattern in _ECOSYSTEMS:
        if re.fullmatch(pattern, name):
            return ecosystem
    return "pypi" if re.search(r"(?:^|/)requirements/[^/]+\.(?:txt|in)$", path.lower()) else ""


_ECOSYSTEMS: tuple[tuple[Ecosystem, str], ...] = (
    (
        "pypi",
        r"(?:[\w.-]*requirements[\w.-]*|constraints[\w.-]*)\.(?:txt|in|lock)|pyproject\.toml|pipfile(?:\.lock)?|poetry\.lock|uv\.lock|pdm\.lock|setup\.(?:py|cfg)|(?:environment|conda[\w.-]*)\.ya?ml|tox\.ini|pylock(?:\.\w+)?\.toml",
    ),
    (
        "npm",
        r"package\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.ya?ml|bun\.lockb?|deno\.lock",
    ),
    ("go", r"go\.(?:mod|sum|work)"),
    ("cargo", r"cargo\.(?:toml|lock)"),
    ("gem", r"gemfile(?:\.lock)?|gems\.(?:rb|locked)|[\w.-]+\.gemspec"),
    ("composer", r"composer\.(?:json|lock)"),
    (
        "maven",
        r"pom\.xml|build\.gradle(?:\.kts)?|settings\.gradle(?:\.kts)?|gradle\.lockfile|libs\.versions\.toml|build\.sbt",
    ),
    ("nuget", r"[\w.-]+\.(?:cs|fs|vb)proj|packages\.config|packages\.lock\.json|directory\.packages\.props"),
    ("hex", r"mix\.(?:exs|lock)"),
    ("pub", r"pubspec\.(?:yaml|lock)"),
    ("helm", r"chart\.(?:yaml|lock)"),
)


def is_lock(path: str) -> bool:
    """Whether a file is written by a package manager."""
    name = path.rpartition("/")[2].lower()
    return name in (
        "package-lock.json",
        "npm-shrinkwrap.json",
        "pnpm-lock.yaml",
        "go.sum",
        "composer.lock",
        "packages.lock.json",
        ".terraform.lock.hcl",
    ) or name.endswith((".lock", ".lockfile", ".locked", ".lockb"))


@lru_cache(maxsize=64)
def dependencies_of(path: str, text: str) -> Specs | None:
    """Package name to its pin; None where the file cannot be read as what its name says."""
    name = path.rpartition("/")[2].lower()
    if not text.strip():
        return {}
    try:
        return _reader(name)(text[:MAX_TEXT])
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _reader(name: str) -> Callable[[str], Specs]:
    if name in ("package.json", "composer.json"):
        return _package_json
    if name in ("pyproject.toml", "pipfile", "cargo.toml", "libs.versions.toml"):
        return _toml
    if name in ("go.mod", "go.work"):
        return lambda text: dict(_GO.findall(text))
    if name in ("gemfile", "gems.rb") or name.endswith(".gemspec"):
        return lambda text: {gem: spec.strip() for gem, spec in _GEM.findall(text)}
    if name == "pom.xml":
        return _pom
    if "gradle" in name:
        return lambda text: dict(_GRADLE.findall(text) + _GRADLE_PLUGIN.findall(text))
    if name.endswith("proj") or name in ("packages.config", "directory.packages.props"):
        return lambda text: dict(_NUGET.findall(text))
    if name in _LISTED:
        return _LISTED[name]
    if name.startswith("conda"):
        return conda_packages
    if name in ("setup.py", "setup.cfg"):
        return _loose
    return _tox if name == "tox.ini" else _requirements


_LISTED: Mapping[str, Callable[[str], Specs]] = {
    "mix.exs": hex_packages,
    "pubspec.yaml": pub_packages,
    "chart.yaml": charts,
    "environment.yml": conda_packages,
    "environment.yaml": conda_packages,
}


def normal(name: str) -> str:
    """A Python package name as the index compares it; other names lower-case."""
    return _NAME.sub("-", name).lower()


def _requirements(text: str) -> Specs:
    found = {}
    for line in text.replace("\\\n", " ").split("\n"):
        if (match := _REQUIREMENT.match(line)) and not line.lstrip().startswith(("#", "-")):
            found[normal(match[1])] = re.sub(r"\s", "", match[2])
    return found


def _loose(text: str) -> Specs:
    """Quoted or listed requirements of files that are programs or other formats: only those with a version."""
    found = re.findall(
        r"(?:^\s*-\s*|[\"']|^\s+)([A-Za-z][\w.-]{1,60})(?:\[[^\]]{0,60}\])?\s*((?:[<>=!~]=?=?)\s*[\w.*+!-]+)",
        text,
        re.M,
    )
    needed = " ".join(match[1] or match[2] for match in _NEEDED.finditer(text))
    unpinned = [name for name in _NAMED.findall(needed) if normal(name) not in map(normal, dict(found))]
    return {normal(name): re.sub(r"\s", "", spec) for name, spec in found} | {normal(name): "" for name in unpinned}


def _tox(text: str) -> Specs:
    """What the environments of tox install."""
    listed = (match[1] for match in _DEPS.finditer(text))
    lines = (re.sub(r"^\s*[\w,{}!-]+\s*:\s+", "", line) for block in listed for line in block.split("\n"))
    return _requirements("\n".join(lines))


def inline(text: str) -> Specs:
    """What a script of Python names in its own head (`# /// script`)."""
    head = _INLINE.search(text[:20_000]) if "# /// script" in text[:20_000] else None
    found: dict[str, str] = {}
    for item in re.findall(r"[\"']([^\"'\n]{1,200})[\"']", head[1]) if head else ():
        found.update(_requirements(item))
    return found


def _package_json(text: str) -> Specs:
    import json

    content = json.loads(text)
    found: dict[str, str] = {}
    for key in (
        "dependencies",
        "devDependencies",
        "peerDependencies",
        "optionalDependencies",
        "require",
        "require-dev",
    ):
        part = content.get(key) or {}
        found.update({str(name): str(spec) for name, spec in part.items()})
    return {name: spec for name, spec in found.items() if name != "php" and not name.startswith("ext-")}


def _toml(text: str) -> Specs:
    import tomllib  # few changes touch a TOML manifest

    content = tomllib.loads(text)
    found: dict[str, str] = {}
    project, tool = content.get("project", {}), content.get("tool", {})
    lists = [
        project.get("dependencies", []),
        *project.get("optional-dependencies", {}).values(),
        *content.get("dependency-groups", {}).values(),
        content.get("build-system", {}).get("requires", []),
    ]
    for item in (item for part in lists for item in part if isinstance(item, str)):
        found.update(_requirements(item))
    for table in _tables(content, tool):
        found.update(
            {
                normal(_called(name, spec)) if "cargo" not in content else _called(name, spec): _pin(spec)
                for name, spec in table.items()
                if name != "python"
            }
        )
    return found


def _tables(content: Mapping[str, Any], tool: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    poetry = tool.get("poetry", {})
    groups = [group.get("dependencies", {}) for group in poetry.get("group", {}).values()]
    targets = [
        target.get(key, {})
        for target in content.get("target", {}).values()
        for key in ("dependencies", "dev-dependencies", "build-dependencies")
    ]
    names = ("dependencies", "dev-dependencies", "build-dependencies", "packages", "dev-packages", "libraries")
    plain = [content.get(name, {}) for name in names] + [content.get("workspace", {}).get("dependencies", {})]
    return [
        table
        for table in [poetry.get("dependencies", {}), poetry.get("dev-dependencies", {}), *groups, *targets, *plain]
        if isinstance(table, dict)
    ]


def _called(name: object, spec: object) -> str:
    """The package behind a name: Cargo lets a project call it as it likes."""
    return str(spec["package"]) if isinstance(spec, dict) and "package" in spec else str(name)


def _pin(spec: object) -> str:
    if isinstance(spec, dict):
        if spec.get("workspace") is True:
            return "workspace"
        where = next((f"{key}={spec[key]}" for key in ("git", "url", "path", "file", "registry") if key in spec), "")
        return where or str(spec.get("version", spec.get("module", "")))
    return str(spec)


def _pom(text: str) -> Specs:
    found = {}
    listed = re.search(r"<properties>(.{0,20000}?)</properties>", text, re.S)
    properties = dict(re.findall(r"<([\w.-]+)>([^<]{1,200})</", listed[1])) if listed else {}
    for block in _MAVEN.findall(text):
        parts = {tag: value.strip() for tag, value in re.findall(r"<(groupId|artifactId|version)>([^<]*)</", block)}
        if "artifactId" in parts:
            found[f"{parts.get('groupId', '')}:{parts['artifactId']}"] = re.sub(
                r"\$\{([\w.-]+)\}", lambda match: properties.get(match[1], match[0]), parts.get("version", "")
            )
    return found
