"""Lock files: what they resolve to, where from, and whether they still belong to their manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from improve_loop.model.delta import FileDelta, TreeDelta
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.supply.manifests import Specs, dependencies_of, normal
from improve_loop.rules.gating.supply.versions import is_older

MAX_TEXT = 8_000_000

_LOCKS = {
    "package.json": ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml"),
    "pyproject.toml": ("poetry.lock", "uv.lock", "pdm.lock"),
    "pipfile": ("Pipfile.lock",),
    "cargo.toml": ("Cargo.lock",),
    "go.mod": ("go.sum",),
    "gemfile": ("Gemfile.lock",),
    "composer.json": ("composer.lock",),
}
_HOST = lazy(r"https?://([\w.-]+)(?=[/:])")
_HOST_ALONE = lazy(r"https?://([\w.-]+)(?=[/:\"'\s]|$)")  # as `pubspec.lock` says it
_SOURCE = lazy(
    r"^\s*\"?(?:resolved|resolution|tarball|source|url|registry|dist|from|remote|repository|git)\"?\s*[:= ]", re.I
)
_CHECKSUM = lazy(r"\b(?:integrity|checksum|hash|sha256|sha512|sha1|h1:|--hash)\b|sha(?:256|512|1)-", re.I)
_USUAL = lazy(
    r"(?:^|\.)(?:registry\.npmjs\.org|registry\.yarnpkg\.com|npmjs\.org|pypi\.org|files\.pythonhosted\.org|pythonhosted\.org|rubygems\.org|crates\.io|proxy\.golang\.org|packagist\.org|repo\.packagist\.org|api\.github\.com|maven\.apache\.org)$"
)
_NOT_SOURCES = lazy(
    r"opencollective|github\.com/sponsors|funding|tidelift|patreon|\"homepage\"|\"bugs\"|\"url\":\s*\"https://github\.com/[\w./-]+(?:\?sponsor=1)?\"|paypal|feross\.org"
)
_FUNDING = lazy(r"^\s*\"url\"\s*:")  # in a lock file of npm, where packages have `resolved`
_PACKAGE = lazy(r"^\[\[package\]\]\s*\nname\s*=\s*\"([^\"]+)\"\s*\nversion\s*=\s*\"([^\"]+)\"", re.M)
_CARGO = lazy(
    r"^\[\[package\]\]\s*\nname = (\"[^\"]+\"\s*\nversion = \"[^\"]+\")\s*\nsource = \"[^\"]+\"\s*\n(checksum = \"[^\"]+\")",
    re.M,
)
_SUM = lazy(r"^(\S+) (v\S+?)(/go\.mod)? (h1:\S+)$", re.M)
_YARN = lazy(r"^\"?((?:@[\w.-]+/)?[\w.-]+)@[^\n]*:\n\s+version:?\s+\"?([\w.+-]+)\"?", re.M)
_GEM = lazy(r"^    ([\w.-]+) \(([\w.-]+)\)$", re.M)
_BUN = lazy(r"^\s+\"[^\"]+\":\s\[\"((?:@[\w.-]+/)?[\w.-]+)@(\d[\w.+-]*)\"", re.M)
_PNPM = lazy(r"^  ['/]{0,2}((?:@[\w.-]+/)?[\w.-]+)[@/](\d[\w.+-]*)(?:\([^\n]*\))?'?:", re.M)


def lock_findings(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Hosts that the lock file did not name before, checksums that changed or went without a new version, downgrades."""
    named = _HOST_ALONE if file.path.endswith("pubspec.lock") else _HOST
    hosts = set(named.findall(file.old_text[:MAX_TEXT]))
    of_npm = file.path.endswith(("package-lock.json", "npm-shrinkwrap.json"))
    for line in file.added:
        text = line.text[:2_000]
        if of_npm and _FUNDING.match(text):
            continue
        if _SOURCE.match(text) or "@http" in text or "git+" in text:
            for host in named.findall(text):
                if host not in hosts and not _USUAL.search(host) and not _NOT_SOURCES.search(text):
                    yield "source", line.number, f"from {host}"
            if (
                re.search(r"git\+(?:ssh|https?)|resolved\"?:?\s+\"?(?:file|git|link):|\bhttp://", text)
                and text.strip() not in file.old_text
            ):
                yield "source", line.number, text.strip()[:80]
    pairs = [_pairs(file.path.rpartition("/")[2].lower(), text[:MAX_TEXT]) for text in (file.old_text, file.new_text)]
    old, new = map(_versions, pairs)
    yield from _checksums(file, sorted(pairs[0]) == sorted(pairs[1]))
    yield from _entries(file)
    for name, version in new.items():
        if is_older(old.get(name, ""), version) and not _stood_below(file, name, version):
            yield "downgrade", 1, f"{name} {old[name]} → {version}"


def _stood_below(file: FileDelta, name: str, version: str) -> bool:
    """Whether a version stood in the lock file already, below the package that needs it: it only moved up."""
    nested = rf"\"{re.escape(name)}\"\s*:\s*\{{\s*\"version\"\s*:\s*\"{re.escape(version)}\""
    return file.path.endswith(".json") and re.search(nested, file.old_text[:MAX_TEXT]) is not None


def _checksums(file: FileDelta, same_versions: bool) -> Iterator[tuple[str, int, str]]:
    removed = [line for line in file.removed if _CHECKSUM.search(line.text[:2_000])]
    added = [line for line in file.added if _CHECKSUM.search(line.text[:2_000])]
    versions = any(
        re.search(r"version|@\d|[ =]v?\d+\.\d+", line.text[:500])
        for line in file.removed
        if not _CHECKSUM.search(line.text[:2_000])
    )
    if file.path.endswith("go.sum"):
        yield from _sums(file)
    elif removed and added and same_versions and not versions and file.status == "modified":
        yield "lock-mismatch", added[0].number, "a checksum changes and no version does"
    elif removed and not added and file.status == "modified" and len(removed) == len(file.removed):
        yield "lock-mismatch", 1, "checksums are taken out"


def _entries(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Packages of which only the checksum changed or went, that nothing needs, or whose address names another."""
    name = file.path.rpartition("/")[2].lower()
    if name == "cargo.lock":
        before, after = (dict(_CARGO.findall(text[:MAX_TEXT])) for text in (file.old_text, file.new_text))
        for package in before.keys() & after.keys():
            if before[package] != after[package]:
                yield "lock-mismatch", 1, f"another checksum for {package.split(chr(34))[0]}"
    if name not in ("package-lock.json", "npm-shrinkwrap.json"):
        return
    before_entries, entries = _npm(file.old_text[:MAX_TEXT]), _npm(file.new_text[:MAX_TEXT])
    needed = {
        each
        for entry in entries.values()
        for key in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
        for each in _part(entry, key)
    }
    for path, entry in entries.items():
        old, package = before_entries.get(path), path.rpartition("node_modules/")[2]
        if old == entry or not package:
            continue
        was, now = (str((each or {}).get("integrity", "")) for each in (old, entry))
        stronger = was.startswith("sha1-") and now.startswith("sha512-")
        lost = bool(was) and not now and str(entry.get("resolved", "")).startswith("http")
        if old and was and was != now and (lost or _version(old) == _version(entry)) and not stronger:
            yield "lock-mismatch", _line_of(file, package), f"another checksum, or none, for {package}"
        resolved = str(entry.get("resolved", ""))
        if "/-/" in resolved and "name" not in entry and f"/{package}/-/" not in resolved.replace("%2f", "/"):
            yield "source", _line_of(file, package), f"{package} from {resolved}"[:80]
        if old is None and "node_modules/" in path and package not in needed and not entry.get("link"):
            yield "lock-mismatch", _line_of(file, package), f"nothing needs {package}"


def _npm(text: str) -> dict[str, Mapping[str, Any]]:
    try:
        packages = json.loads(text or "{}").get("packages", {})
    except (ValueError, AttributeError, RecursionError):
        return {}
    return (
        {str(path): entry for path, entry in packages.items() if isinstance(entry, dict)}
        if isinstance(packages, dict)
        else {}
    )


def _line_of(file: FileDelta, package: str) -> int:
    return next((line.number for line in file.added if package in line.text), 1)


def _sums(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    before = {match[:3]: match[3] for match in _SUM.findall(file.old_text)}
    for line in file.added:
        if (match := _SUM.match(line.text)) and before.get((match[1], match[2], match[3] or ""), match[4]) != match[4]:
            yield "lock-mismatch", line.number, f"another checksum for {match[1]} {match[2]}"


def _versions(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Package to version, of packages that stand there in one version only."""
    seen: dict[str, set[str]] = {}
    for name, version in pairs:
        seen.setdefault(name, set()).add(version)
    return {name: next(iter(versions)) for name, versions in seen.items() if len(versions) == 1}


def _pairs(name: str, text: str) -> list[tuple[str, str]]:
    if name in ("package-lock.json", "npm-shrinkwrap.json", "composer.lock", "pipfile.lock"):
        return _json_pairs(text)
    pattern = {"go.sum": None, "yarn.lock": _YARN, "gemfile.lock": _GEM, "pnpm-lock.yaml": _PNPM, "bun.lock": _BUN}.get(
        name, _PACKAGE
    )
    if pattern is None:
        return []
    return pattern.findall(text)


def _json_pairs(text: str) -> list[tuple[str, str]]:
    try:
        content = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return []
    if not isinstance(content, dict):
        return []
    found = (
        [
            (path.rpartition("node_modules/")[2], _version(entry))
            for path, entry in _part(content, "packages").items()
            if path
        ]
        if isinstance(content.get("packages"), dict)
        else []
    )
    found += [
        (name, _version(entry))
        for key in ("dependencies", "default", "develop")
        for name, entry in _part(content, key).items()
    ]
    for key in ("packages", "packages-dev"):
        if isinstance(content.get(key), list):
            found += [(str(entry.get("name")), _version(entry)) for entry in content[key] if isinstance(entry, dict)]
    return [(name, version) for name, version in found if version]


def _part(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}


def _version(entry: object) -> str:
    return str(entry.get("version", "")).lstrip("=") if isinstance(entry, dict) else ""


def disagreements(file: FileDelta, changed: Specs, delta: TreeDelta) -> Iterator[str]:
    """Changed pins of a manifest that the lock file beside it does not know."""
    folder, _, name = file.path.rpartition("/")
    for lock_name in _LOCKS.get(name.lower(), ()):
        path = f"{folder}/{lock_name}" if folder else lock_name
        content = delta.read_result(path)
        if content is None or len(content) > MAX_TEXT:
            continue
        text = content.decode("utf-8", "replace")
        yield from (
            f"{lock_name} does not know {package} {spec}"
            for package, spec in changed.items()
            if not _knows(lock_name, text, package, spec)
        )
        if lock_name in ("package-lock.json", "npm-shrinkwrap.json"):
            yield from _root(file, text, _before(delta, path, text))


def _knows(lock: str, text: str, package: str, spec: str) -> bool:
    exact = re.fullmatch(r"(?:={1,3}\s?)?(v?\d+(?:\.\d+){1,3}[\w.+-]*)", spec.strip())
    if package.lower() not in text.lower() and normal(package) not in text.lower().replace("_", "-"):
        return False
    if exact is None or (lock == "yarn.lock" and f"{package}@{spec}" in text):
        return not (lock == "yarn.lock" and spec and f"{package}@" not in text)
    if lock == "Cargo.lock":
        locked = [version for name, version in _PACKAGE.findall(text) if normal(name) == normal(package)]
        return any(_same_line(version, exact[1]) and not is_older(exact[1], version) for version in locked)
    return exact[1] in text or exact[1].lstrip("v") in text


def _of_root(text: str) -> Specs:
    try:
        root = json.loads(text).get("packages", {}).get("")
    except (ValueError, AttributeError, RecursionError):
        return {}
    return (dependencies_of("package.json", json.dumps(root)) or {}) if isinstance(root, dict) else {}


def _before(delta: TreeDelta, path: str, text: str) -> str:
    """The text of a file of the result before the change."""
    return delta.by_path[path].old_text if path in delta.by_path else text


def _same_line(locked: str, wanted: str) -> bool:
    """Whether Cargo takes the locked version for the wanted one: the first number that is not 0 is the same."""
    head = re.match(r"(?:0\.){0,2}\d+", wanted)
    return head is not None and re.match(re.escape(head[0]) + r"(?:\.|$)", locked) is not None


def root_alone(file: FileDelta, delta: TreeDelta) -> str:
    """What the first entry of a changed package-lock.json says otherwise than the manifest, which does not change."""
    folder, _, name = file.path.rpartition("/")
    path = f"{folder}/package.json" if folder else "package.json"
    if name != "package-lock.json" or path in delta.by_path:
        return ""
    content = delta.read_result(path)
    wanted = dependencies_of(path, content.decode("utf-8", "replace")) if content else None
    before, after = _of_root(file.old_text[:MAX_TEXT]), _of_root(file.new_text[:MAX_TEXT])
    changed = (each for each in sorted({*before, *after}) if before.get(each) != after.get(each))
    return next(
        (
            f"{each} {after.get(each, 'not at all')}, the manifest {wanted.get(each, 'not at all')}"
            for each in changed
            if wanted is not None and wanted.get(each) != after.get(each)
        ),
        "",
    )


def _root(file: FileDelta, text: str, before: str) -> Iterator[str]:
    """What the first entry of package-lock.json says of the manifest must be what the manifest says; old quarrels aside."""
    try:
        root = json.loads(text).get("packages", {}).get("")
    except (ValueError, AttributeError, RecursionError):
        yield "package-lock.json cannot be read"
        return
    wanted = dependencies_of(file.path, file.new_text)
    if isinstance(root, dict) and wanted is not None:
        known = dependencies_of("package.json", json.dumps(root)) or {}
        old_wanted, old_known = dependencies_of(file.path, file.old_text) or {}, _of_root(before)
        for name in sorted({*known, *wanted}):
            same = old_wanted.get(name) == wanted.get(name) and old_known.get(name) == known.get(name)
            if known.get(name) != wanted.get(name) and not (same and file.old is not None):
                yield f"package-lock.json has {name} {known.get(name, 'not at all')}, the manifest {wanted.get(name, 'not at all')}"
                return
