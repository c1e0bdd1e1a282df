"""What a package manager checks of its own accord, lowered or taken out: checksums, scripts, sources, waiting times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy, worded

_GUARDED = worded(
    r"(?i)(?:^|/)(?:\.yarnrc\.yml|pnpm-workspace\.yaml|\.npmrc|bunfig\.toml|composer\.json|package\.json|uv\.toml|pyproject\.toml|pip\.(?:conf|ini)|deny\.toml|verification-metadata\.xml|gradle-wrapper\.properties|nuget\.config|\.bundle/config|build\.gradle(?:\.kts)?|[\w.-]*requirements[\w.-]*\.(?:txt|in)|WORKSPACE(?:\.bazel)?|MODULE\.bazel|[\w.-]*\.bzl)$",
    *(
        "yarnrc", "pnpm-workspace", "npmrc", "bunfig", "composer", "package.json", "uv.toml", "pyproject", "pip.", "deny.toml", "verification-metadata",
        "gradle", "nuget", "bundle", "requirements", "workspace", "module.bazel", ".bzl",
    ),
)  # fmt: skip


class Guard(NamedTuple):
    """Lines that lower a check in files of a name; and lines that are such a check, which none replaces."""

    path: re.Pattern[str]
    lowered: re.Pattern[str] | None = None
    kept: re.Pattern[str] | None = None


GUARDS = (
    Guard(
        lazy(r"\.yarnrc\.yml$"),
        lazy(r"(?i)\s*(?:checksumBehavior:\s*[\"']?(?:ignore|update|reset)|enable(?:StrictSsl|HardenedMode|ImmutableInstalls|ImmutableCache):\s*false|unsafeHttpWhitelist:)"),
        lazy(r"\s*(?:checksumBehavior:\s*[\"']?throw|enable(?:HardenedMode|ImmutableInstalls|ImmutableCache):\s*true|npmMinimalAgeGate:)"),
    ),
    Guard(
        lazy(r"pnpm-workspace\.yaml$|\.npmrc$"),
        lazy(r"(?i)\s*(?:dangerously-?Allow-?All-?Builds\s*[:=]\s*true|(?:strict-?Dep-?Builds|block-?Exotic-?Subdeps|verify-?Store-?Integrity|strict-?ssl|package-lock|frozen-?lockfile)\s*[:=]\s*false|(?:minimum-?Release-?Age|min-release-age)\s*[:=]\s*0\b|trustPolicy:\s*[\"']?off)"),
        lazy(r"(?i)\s*(?:minimum-?Release-?Age|min-release-age|block-?Exotic-?Subdeps|strict-?Dep-?Builds|ignore-scripts|trustPolicy)\s*[:=]\s*(?!false|0\b)"),
    ),
    Guard(lazy(r"bunfig\.toml$"), lazy(r"\s*frozenLockfile\s*=\s*false"), lazy(r"\s*(?:frozenLockfile\s*=\s*true|minimumReleaseAge\s*=)")),
    Guard(
        lazy(r"composer\.json$"),
        lazy(r"\s*\"(?:allow-plugins\"\s*:\s*true|disable-tls\"\s*:\s*true|secure-http\"\s*:\s*false|lock\"\s*:\s*false)"),
    ),
    Guard(lazy(r"package\.json$"), lazy(r"\s*\"registry\"\s*:\s*\"https?://(?!registry\.npmjs\.org|npm\.pkg\.github\.com)")),
    Guard(
        lazy(r"uv\.toml$|pyproject\.toml$"),
        lazy(r"\s*(?:index-strategy\s*=\s*[\"']unsafe-|(?:require-hashes|verify-hashes)\s*=\s*false|allow-insecure-host\s*=|[\"']?[\w.-]{1,80}(?:\[[\w,.-]{0,80}\])?\s*@\s*(?:https?|git\+\w+|file):|(?:override|constraint)-dependencies\s*=[^\n]{0,200}\s@\s*(?:https?|git\+\w+|file):)"),
        lazy(r"\s*(?:require-hashes\s*=\s*true|no-build\s*=\s*true|exclude-newer\s*=)"),
    ),
    Guard(
        lazy(r"pip\.(?:conf|ini)$|requirements[^/]*$"),
        lazy(r"\s*(?:--no-index\s+)?(?:-{0,2}trusted-host\b|require-hashes\s*=\s*(?:false|no|0)|-{0,2}find-links\b)"),
        lazy(r"\s*(?:-{0,2}require-hashes\b(?!\s*=\s*(?:false|no|0))|-{0,2}only-binary\b)"),
    ),
    Guard(
        lazy(r"deny\.toml$"),
        lazy(r"\s*(?:unknown-registry|unknown-git|yanked|vulnerability|unmaintained|unsound)\s*=\s*\"(?:allow|warn|none)\""),
        lazy(r"\s*(?:unknown-registry|unknown-git|yanked|vulnerability)\s*=\s*\"deny\""),
    ),
    Guard(
        lazy(r"verification-metadata\.xml$"),
        lazy(r"\s*<verify-(?:metadata|signatures)>\s*false|\s*<trust\s"),
        lazy(r"\s*<verify-(?:metadata|signatures)>\s*true"),
    ),
    Guard(lazy(r"gradle-wrapper\.properties$"), lazy(r"validateDistributionUrl=false"), lazy(r"distributionSha256Sum=")),
    Guard(
        lazy(r"(?i)nuget\.config$"),
        lazy(r"(?i)[^\n]{0,200}(?:signatureValidationMode\"\s+value=\"accept|\bvalue=\"http://|allowInsecureConnections=\"true)"),
        lazy(r"\s*<clear\s*/>|\s*<packageSourceMapping>|\s*<trustedSigners>"),
    ),
    Guard(
        lazy(r"\.bundle/config$"),
        lazy(r"\s*BUNDLE_(?:FROZEN|DEPLOYMENT):\s*\"?false|\s*BUNDLE_DISABLE_CHECKSUM_VALIDATION:\s*\"?true|\s*BUNDLE_SSL_VERIFY_MODE:\s*\"?0"),
        lazy(r"\s*BUNDLE_(?:FROZEN|DEPLOYMENT):\s*\"?true"),
    ),
    Guard(
        lazy(r"build\.gradle(?:\.kts)?$"),
        lazy(r"[^\n/]{0,300}(?:\bsubstitute\b\s*\(?\s*(?:module|project)\b|\bisAllowInsecureProtocol\s*=\s*true|\ballowInsecureProtocol\s*(?:=\s*)?true|\beachDependency\b)"),
    ),
    Guard(
        lazy(r"(?:WORKSPACE(?:\.bazel)?|MODULE\.bazel|\.bzl)$"),
        lazy(r"\s*(?:archive|git|local_path)_override\("),
        lazy(r"\s*(?:sha256|integrity)\s*=\s*\""),
    ),
)  # fmt: skip
_AGE = lazy(r"(?i)\s*(minimum-?release-?age|min-release-age|npmMinimalAgeGate)\s*[:=]\s*[\"']?(\d{1,9})")
_FETCHED = lazy(r"(?m)^(?:\w+\s*=\s*)?(?:http_archive|http_file|http_jar)\(([^)]{0,3000})\)")
_CHECKED = lazy(r"\b(?:sha256|integrity)\s*=\s*[\"'][^\"']")


def guards(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Line and text of each check of a package manager that is lowered, taken out or avoided."""
    path = file.old_path or file.path
    if not _GUARDED.search(file.path) and not _GUARDED.search(path):
        return
    if path.endswith("verification-metadata.xml") and file.status == "deleted":
        yield 1, "the checksums of dependencies are gone"
    for guard in GUARDS if file.new is not None else ():
        if guard.path.search(file.path):
            yield from _lowered(file, guard)
            yield from _lost(file, guard)
    yield from _sooner(file)
    yield from _unchecked(file)


def _lowered(file: FileDelta, guard: Guard) -> Iterator[tuple[int, str]]:
    if guard.lowered is None:
        return
    before = {_plain(line.text) for line in file.removed}
    for line in file.added:
        if guard.lowered.match(line.text[:1_000]) and _plain(line.text) not in before:
            yield line.number, line.text.strip()[:80]


def _lost(file: FileDelta, guard: Guard) -> Iterator[tuple[int, str]]:
    """Checks that the file had more often than now."""
    if guard.kept is None:
        return
    gone = [line for line in file.removed if guard.kept.match(line.text[:1_000])]
    come = sum(guard.kept.match(line.text[:1_000]) is not None for line in file.added)
    if len(gone) > come:
        yield 1, f"{gone[0].text.strip()[:60]} is taken out"


def _sooner(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Shorter times that a release has to be out before it is taken."""
    before = {match[1].lower(): int(match[2]) for line in file.removed if (match := _AGE.match(line.text[:200]))}
    for line in file.added if before else ():
        match = _AGE.match(line.text[:200])
        if match and int(match[2]) < before.get(match[1].lower(), 0):
            yield line.number, line.text.strip()[:80]


def _unchecked(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Archives that Bazel loads by address, and that no checksum ties down."""
    if not re.search(r"(?:WORKSPACE(?:\.bazel)?|\.bzl)$", file.path):
        return
    for match in _FETCHED.finditer(file.new_text):
        if not _CHECKED.search(match[1]) and match[0] not in file.old_text:
            yield file.new_text.count("\n", 0, match.start()) + 1, "an archive without a checksum"


def _plain(text: str) -> str:
    return "".join(text.split()).rstrip(",").replace("'", '"')
