"""Where locked packages come from, and with which checksums: read from the whole of a file before and after."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta, TreeDelta
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.policy import Scope
from improve_loop.rules.gating.supply.manifests import MAX_TEXT

_PINNED = lazy(r"(?m)^([A-Za-z0-9][\w.-]*)(?:\[[^\]\n]*\])?\s*===?\s*([\w.+!-]+)((?:[^\n\\]|\\\n?)*)")
_HASH = lazy(r"--hash=(\w+:[0-9A-Za-z+/=_-]+)")
_REPOSITORIES = lazy(r"<(?:pluginR|r)epositories>(.{0,8000}?)</(?:pluginR|r)epositories>", re.S)
_URL = lazy(r"<url>\s*([^<\s]{1,400})\s*</url>")
_REGISTRY = lazy(r"(?m)^source = (?:\"registry\+([^\"\n]+)\"|\{ registry = \"([^\"\n]+)\")")
_CRATES = ("https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/", "https://pypi.org/simple")
_BLOCK = lazy(r"(?m)^\[\[package\]\]\s*\n(?:version = [^\n]*\n)?name = \"([^\"\n]+)\"")
_HEX = lazy(r"(?m)^\s*\"(\w+)\": \{:hex, :\w+, \"([^\"\n]+)\", \"([0-9a-f]{64})\"")
_DIST = lazy(
    r"\"name\": \"([^\"\n]+)\",\s*\"version\": \"[^\"\n]+\",[^\n]*\n(?:[^\n]*\n){0,12}?\s*\"url\": \"https://api\.github\.com/repos/([^\"\n]+?)/zipball"
)
_CLIMBS = lazy(r"\bresolved\b[^\n]{0,10}https?://[^\s\"']{1,300}/(?:\.\.|%2[eE]%2[eE])/")
_TARBALL = lazy(r"/-/[^/]*?-(\d[^/]*)\.tgz$")


def origins(file: FileDelta, delta: TreeDelta, scope: Scope | None) -> Iterator[tuple[str, int, str]]:
    """Rule, line and what is named, of checksums exchanged, repositories and registries new, packages nobody needs."""
    name = file.path.rpartition("/")[2].lower()
    if file.old is None or file.new is None:
        return
    for line in (file.added[index] for index in file.added_lines.holding(("resolved",))):
        if _CLIMBS.search(line.text[:2_000]):
            yield "source", line.number, "an address that climbs"
    if "--hash=" in file.old_text and "--hash=" in file.new_text:
        yield from _hashes(file, strict=scope is not None)
    if name == "pom.xml" or name.endswith(".pom"):
        yield from _repositories(file)
    if name in ("cargo.lock", "uv.lock"):
        yield from _registries(file)
    if name in ("poetry.lock", "cargo.lock", "pdm.lock", "uv.lock"):
        yield from _unneeded(file, delta)
    if name in ("package-lock.json", "npm-shrinkwrap.json"):
        yield from _tarballs(file)
    if name == "mix.lock":
        yield from _sums_of_hex(file)
    if name == "composer.lock":
        yield from _owners(file)


def _hashes(file: FileDelta, *, strict: bool) -> Iterator[tuple[str, int, str]]:
    """Versions that stay, with other checksums; one that is only added counts for a candidate."""
    before, after = (
        {(name.lower(), version): {*_HASH.findall(rest)} for name, version, rest in _PINNED.findall(text[:MAX_TEXT])}
        for text in (file.old_text, file.new_text)
    )
    for package, hashes in after.items():
        was = before.get(package, hashes)
        if was and hashes - was and (was - hashes or strict):
            yield "lock-mismatch", _line_of(file, package[0]), f"another checksum for {package[0]} {package[1]}"


def _repositories(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Repositories of Maven that the file did not name before."""
    before, after = (
        {_bare(url) for block in _REPOSITORIES.findall(text[:MAX_TEXT]) for url in _URL.findall(block)}
        for text in (file.old_text, file.new_text)
    )
    yield from (("source", _line_of(file, url), url[:80]) for url in sorted(after - before) if "${" not in url)


def _bare(url: str) -> str:
    """An address, the same where it only becomes `https`."""
    return re.sub(r"^https?://", "//", url).rstrip("/")


def _registries(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Registries that a lock file did not name before."""
    before, after = (
        {first or second for first, second in _REGISTRY.findall(text[:MAX_TEXT])}
        for text in (file.old_text, file.new_text)
    )
    yield from (("source", _line_of(file, url), url[:80]) for url in sorted(after - before - {*_CRATES}) if before)


def _unneeded(file: FileDelta, delta: TreeDelta) -> Iterator[tuple[str, int, str]]:
    """New packages that neither a manifest beside the lock file nor another package names."""
    before, after = ({*_BLOCK.findall(text[:MAX_TEXT])} for text in (file.old_text, file.new_text))
    fresh = sorted(after - before) if before else []
    if not fresh or len(fresh) > 50:
        return
    text = _alike(file.new_text[:MAX_TEXT])
    folder = file.path.rpartition("/")[0]
    manifests = " ".join(
        _alike((delta.read_result(path) or b"").decode("utf-8", "replace"))
        for path in sorted(delta.result_paths)
        if path.startswith(folder) and path.rpartition("/")[2] in ("pyproject.toml", "Cargo.toml")
    )
    for package in fresh:
        own = _alike(package)
        named = rf"(?<![\w.-]){re.escape(own)}(?![\w.-])"
        mine = re.compile(rf'\s*(?:version = [^\n]*\n)?name = "{re.escape(own)}"\n')
        blocks = (block for block in text.split("[[package]]") if not mine.match(block))
        if not any(re.search(named, block) for block in blocks) and not re.search(named, manifests):
            yield "lock-mismatch", _line_of(file, package), f"nothing needs {package}"


def _alike(text: str) -> str:
    return text.lower().replace("_", "-")


def _tarballs(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Entries of npm whose address is that of another version."""
    import json  # no small patch asks for it

    try:
        packages = json.loads(file.new_text[:MAX_TEXT] or "{}").get("packages", {})
    except (ValueError, AttributeError, RecursionError):
        return
    for entry in packages.values() if isinstance(packages, dict) else ():
        address = entry.get("resolved") if isinstance(entry, dict) else None
        if not isinstance(address, str) or address in file.old_text:
            continue
        match = _TARBALL.search(address.replace("%2B", "+"))
        if match and match[1] != str(entry.get("version", match[1])):
            yield "source", _line_of(file, address), f"version {entry.get('version')} from {address}"[:80]


def _sums_of_hex(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Packages of Hex whose version stays, with another checksum."""
    before, after = (
        {(name, version): sums for name, version, sums in _HEX.findall(text[:MAX_TEXT])}
        for text in (file.old_text, file.new_text)
    )
    for (name, version), sums in after.items():
        if before.get((name, version), sums) != sums:
            yield "lock-mismatch", _line_of(file, f'"{name}"'), f"another checksum for {name} {version}"


def _owners(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Packages of Composer that come from the repository of somebody else than before."""
    before, after = (dict(_DIST.findall(text[:MAX_TEXT])) for text in (file.old_text, file.new_text))
    for name, owner in after.items():
        if str(before.get(name, owner)).lower() != str(owner).lower():
            yield "source", _line_of(file, owner), f"{name} from {owner}"


def _line_of(file: FileDelta, said: str) -> int:
    return next((line.number for line in file.added if said in line.text.lower() or said in line.text), 1)
