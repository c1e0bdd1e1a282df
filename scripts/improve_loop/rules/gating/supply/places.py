"""Where charts, modules, roles and remote bases come from, and imports by address: what is named that was not before."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.supply.versions import is_older

_CHART = lazy(r"\s*(?:-\s+)?(?:repository|url)\s*:\s*[\"']?((?:https?|oci)://[^\s\"'#]+)")
_MODULE = lazy(r"\s*source\s*=\s*\"([^\"]+)\"")
_BASE = lazy(r"\s*-\s+[\"']?((?:https?://|git@|git::|ssh://|github\.com/|gitlab\.com/|oci://)[^\s\"'#]+)")
_ROLE = lazy(r"\s*(?:-\s+)?(?:src|source|name|role)\s*:\s*[\"']?([^\s\"'#]+)")
_IMPORT = lazy(r"[^/*]{0,400}?\b(?:from|import)\s*\(?\s*[\"'](https?://[^\s\"']+)[\"']")
_SWIFT = lazy(r"[^/]{0,200}?\.package\([^\n]{0,200}?\burl:\s*\"([^\"]+)\"")
_FLOATS = lazy(r"\s*\.package\([^\n]{0,300}\b(?:branch:|\.branch\()")
_FLAKE = lazy(r"\s*(?:inputs\.)?[\w.-]{0,80}url\s*=\s*\"([^\"\n]{1,300})\"")
_CONAN = lazy(
    r"\s*(?:self\.(?:tool_|build_|test_)?requires\(|requires\s*=\s*[(\[]{0,2})?[\"']?([\w.+-]{1,80}/[^\s\"'@#,]{1,80}(?:@[\w.-]+/[\w.-]+)?)"
)
_MAPPED = lazy(r"\s*\"[^\"\n]{1,200}\"\s*:\s*\"(https?://[^\"\n]{1,400})\"")
_REGISTRY = lazy(r"[^\n]{0,400}\"(?:repository|location|path)\"\s*:\s*\"([^\"\n]{1,300})\"")
_VERSION = lazy(r"\s*version\s*=\s*\"([^\"]+)\"")


def places(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Rule, line and what is named: sources that are not those of before, dependencies added, providers made older."""
    pattern = _pattern(file)
    if pattern is None:
        return
    known = {_origin(match[1]) for text in file.old_text.split("\n") if (match := pattern.match(text[:500]))}
    gone = {_origin(match[1]) for line in file.removed if (match := pattern.match(line.text[:500]))}
    for line in file.added:
        match = pattern.match(line.text[:500])
        if match is None or _origin(match[1]) in known or match[1].startswith((".", "hashicorp/")):
            continue
        floats = "git" in match[1] and not re.search(r"ref=(?:v?\d+\.\d|[0-9a-f]{40})", match[1])
        elsewhere = gone or floats or match[1].startswith("http:") or (pattern in _ALWAYS and bool(file.old))
        elsewhere = (
            (elsewhere and pattern is not _CONAN) or pattern is _REGISTRY or (pattern is _CONAN and "@" in match[1])
        )
        yield "source" if elsewhere and pattern is not _IMPORT else "dependency-added", line.number, match[1][:80]
    if pattern is _MODULE:
        yield from _older(file)
    if pattern is _SWIFT and not any(_FLOATS.match(text[:500]) for text in file.old_text.split("\n")):
        yield from (("anything", line.number, "a branch") for line in file.added if _FLOATS.match(line.text[:500]))


def _pattern(file: FileDelta) -> re.Pattern[str] | None:
    """How the files of this name say where something comes from."""
    name, kind = file.path.rpartition("/")[2].lower(), kind_of(file.path)
    if name in ("requirements.yml", "requirements.yaml") and re.search(
        r"(?m)^\s*(?:roles|collections)\s*:|^\s*-\s+src\s*:", file.new_text
    ):
        return _ROLE
    if name in _NAMED:
        return _NAMED[name]
    if name in ("chart.yaml", "requirements.yaml", "helmfile.yaml") or "kind: HelmRepository" in file.new_text:
        return _CHART
    if name in ("kustomization.yaml", "kustomization.yml"):
        return _BASE
    if kind == "js" and ("'http" in file.new_text or '"http' in file.new_text):
        return _IMPORT
    return _MODULE if kind == "terraform" else None


_ALWAYS = (_BASE, _FLAKE, _MAPPED)  # where an address that was not named before is another source
_NAMED = {
    "package.swift": _SWIFT,
    "flake.nix": _FLAKE,
    "conanfile.txt": _CONAN,
    "conanfile.py": _CONAN,
    "deno.json": _MAPPED,
    "deno.jsonc": _MAPPED,
    "import_map.json": _MAPPED,
    "vcpkg-configuration.json": _REGISTRY,
}


def _older(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Versions of modules and providers that go back."""
    was = [match[1] for line in file.removed if (match := _VERSION.match(line.text[:300]))]
    now = [(line.number, match[1]) for line in file.added if (match := _VERSION.match(line.text[:300]))]
    for before, (number, after) in zip(was, now, strict=False):
        if len(was) == len(now) and is_older(before, after):
            yield "downgrade", number, f"{before} → {after}"


def _origin(source: str) -> str:
    """Where a chart, module, input or recipe comes from, without its version."""
    if re.match(r"(?:github|gitlab|sourcehut):", source):
        return "/".join(source.partition("?")[0].split("/")[:2])
    if recipe := re.match(r"([\w.+-]+)/[^/@]+(@.*)?$", source):
        return f"{recipe[1]}{recipe[2] or ''}"
    return re.sub(r"\?ref=.*|@v?\d[\w.-]*", "", source)
