"""Findings of linters, scanners and coverage that a change silences wholesale, net over all its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set

from improve_loop.model.delta import FileDelta
from improve_loop.model.lines import holds_one, lowered
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.lazy import lazy

_BLANKET = lazy(
    r"(?i)#\s*(?:flake8|ruff)\s*:\s*noqa\s*$|#\s*noqa\s*$|#\s*type:\s*ignore\s*$|#\s*mypy:\s*ignore-errors|#\s*pyright:\s*(?:basic|ignore\s*$)|#\s*pylint:\s*(?:disable=all|skip-file)|/\*\s*eslint-disable\s*\*/|/\*\s*eslint-disable(?!-)[^*]*\*/|//\s*eslint-disable-(?:line|next-line)\s*$|@ts-nochec[k]|@ts-ignor[e]|//\s*nolint\s*$|//\s*nolint:all|#!\[allow\([^)\]\n]{0,80}|#\[allow\((?:warnings|clippy::all|unused)\b|@SuppressWarnings\(\"all\"\)"
    r"|rubocop:disable\s+(?:all|Lint|Security)|\bNOSONAR\b|#\s*nosec\b|//\s*#?nosec\b|\bnosemgrep\b|checkov:ski[p]|tfsec:ignor[e]|trivy:ignor[e]|kics-scan\s+(?:ignore|disable)|gitleaks:allo[w]|allowlist secre[t]|snyk:ignor[e]|hadolint\s+(?:global\s+)?ignore|(?<!TYPE_CHECKING:  # )(?<!TYPE_CHECKING: # )pragma:\s*no\s*cover|istanbul\s+ignore\s+(?:file|next|if|else)|c8\s+ignore|v8\s+ignore|coverage:\s*ignore|phpcs:ignoreFile|phpstan-ignore-file|@codeCoverageIgnore|LCOV_EXCL_START|GCOVR_EXCL|SimpleCov\.\w+skip|:nocov:|shellcheck\s+disable=all|stylelint-disable\s*\*/|biome-ignore-all|deno-lint-ignore-file|@phan-file-suppress"
)
_ONE_LINE = lazy(
    r"(?i)#\s*(?:noqa|type:|pyright:\s*ignore)|@ts-ignore|//\s*(?:eslint-disable-|nolint)|pragma:\s*no\s*cover|istanbul\s+ignore\s+(?:next|if|else)|(?:#|//\s*#?)\s*nosec|#!?\[allow\((?!\s*(?:warnings|clippy::all))"
)
_BLANKET_WORDS = (
    "noqa", "type:", "mypy:", "pyright:", "pylint:", "eslint-disable", "ts-nocheck", "ts-ignore", "nolint", "[allow(",
    "suppresswarnings(", "rubocop:", "nosonar", "nosec", "nosemgrep", "checkov:", "tfsec:", "trivy:", "kics-scan", "gitleaks:",
    "allowlist", "snyk:", "hadolint", "pragma:", "istanbul", "c8", "v8", "coverage:", "phpcs:", "phpstan-ignore", "codecoverageignore",
    "lcov_excl", "gcovr_excl", "simplecov.", ":nocov:", "shellcheck", "stylelint-disable", "biome-ignore", "deno-lint", "phan-file",
)  # fmt: skip
_SILENCED = Keywords([_BLANKET_WORDS], "added")


def suppressed(files: Sequence[FileDelta]) -> Iterator[tuple[FileDelta, int, str, bool]]:
    """Findings newly silenced wholesale, net over all files: file, line, words, and whether only for that line."""
    silenced = [
        (file, file.added[index].number, match[0])
        for file in files
        if kind_of(file.path) not in ("doc", "lock", "json")
        for index in _SILENCED.lines(file.added_lines)
        if (match := _BLANKET.search(file.added[index].text[:1000]))
    ]
    spare = Counter(_silenced_before(files, {words.lower() for *_, words in silenced}) if silenced else ())
    for file, number, words in silenced:
        if spare[words.lower()] > 0:
            spare[words.lower()] -= 1
        else:
            yield file, number, words[:60], bool(_ONE_LINE.match(words))


def _silenced_before(files: Sequence[FileDelta], wanted: Set[str]) -> Iterator[str]:
    for file in files:
        holds = any(words in file.removed_lines.lowered for words in wanted)
        for line in file.removed if holds else ():
            if holds_one(lowered(line.text), wanted) and (match := _BLANKET.search(line.text[:1000])):
                yield match[0].lower()
