"""Settings of single tools that let more through: by the name of the file, lines that say so or are no longer there."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import NamedTuple

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy, worded
from improve_loop.rules.gating.testing.settings import squeeze


class Row(NamedTuple):
    """Files of a name: added lines that lower something, and removed ones that no other of their kind replaces."""

    path: re.Pattern[str]
    added: re.Pattern[str] | None = None
    gone: re.Pattern[str] | None = None


_READ = worded(
    r"(?i)(?:^|/)(?:setup\.cfg|tox\.ini|\.flake8|mypy\.ini|\.mypy\.ini|pyproject\.toml|pyrightconfig\.json|sonar-project\.properties|[\w.-]*checkstyle[\w.-]*\.xml|[\w.-]*detekt[\w.-]*\.ya?ml|pom\.xml|\.simplecov|(?:spec|test|rails)_helper\.rb|test_helper\.exs|cmakelists\.txt|cargo\.toml|noxfile\.py|meson\.build|build\.sbt|analysis_options\.yaml|jest\.config\.\w+|package\.json|[\w.-]*\.cmake|rakefile|[\w.-]*pmd[\w.-]*\.xml)$",
    *(
        "setup.cfg", "tox.ini", "flake8", "mypy", "pyproject", "pyright", "sonar-project", "checkstyle", "detekt", "pom.xml", "simplecov",
        "_helper.", "cmake", "cargo", "noxfile", "meson", "build.sbt", "analysis_options", "jest.config", "package.json", "rakefile", "pmd",
    ),
)  # fmt: skip
ROWS = (
    Row(lazy(r"(?:setup\.cfg|tox\.ini|\.flake8)$"), lazy(r"(?i)\s*exit[-_]zero\s*=\s*(?:true|1|yes)")),
    Row(
        lazy(r"(?:mypy\.ini|setup\.cfg|pyproject\.toml)$"),
        lazy(r"\s*(?:disable_error_codes?\s*=|follow_imports\s*=\s*[\"']?skip|reportMissing\w+\s*=\s*(?:false|\"none\"))"),
    ),
    Row(
        lazy(r"pyrightconfig\.json$|pyproject\.toml$"),
        lazy(r"[^\n]{0,200}?[\"']?\b(?:typeCheckingMode[\"']?\s*[:=]\s*[\"'](?:off|basic)|report\w{4,40}[\"']?\s*[:=]\s*(?:false\b|[\"']none))"),
    ),
    Row(lazy(r"sonar-project\.properties$"), lazy(r"\s*sonar\.(?:qualitygate\.wait\s*=\s*false|issue\.ignore\.)"), lazy(r"\s*sonar\.qualitygate\.wait\s*=\s*true")),
    Row(
        lazy(r"(?i)checkstyle[\w.-]*\.xml$"),
        lazy(r"\s*<(?:property\s+name=\"severity\"\s+value=\"(?:warning|info|ignore)\"|module\s+name=\"SuppressionFilter\")"),
        lazy(r"\s*<module\s+name=\"(?!SuppressionFilter)"),
    ),
    Row(lazy(r"(?i)pmd[\w.-]*\.xml$"), lazy(r"\s*<exclude\s+name="), lazy(r"\s*<rule\s+ref=")),
    Row(lazy(r"(?i)detekt[\w.-]*\.ya?ml$"), lazy(r"\s+active:\s*false\b"), lazy(r"\s+active:\s*true\b")),
    Row(
        lazy(r"\.simplecov$|_helper\.rb$"),
        lazy(r"\s*(?:add_filter\b(?![^\n]{0,80}(?:spec|test|vendor|config|\.bundle|db/))|enable_coverage_for_eval\s+false)"),
        lazy(r"\s*(?:SimpleCov\.)?(?:minimum_coverage|refuse_coverage_drop|minimum_coverage_by_file)\b"),
    ),
    Row(lazy(r"test_helper\.exs$"), lazy(r"\s*ExUnit\.(?:configure|start)\([^\n]{0,200}\b(?:exclude|only):\s*(?!\[\s*:?(?:slow|integration|external)\b)")),
    Row(
        lazy(r"(?i)cmakelists\.txt$|\.cmake$|meson\.build$"),
        lazy(r"(?i)\s*set(?:_tests)?_propert(?:y|ies)\s*\([^\n]{0,200}\b(?:DISABLED|WILL_FAIL)\s+(?:TRUE|ON|1|YES)|[^\n#]{0,200}\bwerror=false"),
        lazy(r"(?i)\s*(?:add_test|gtest_discover_tests|catch_discover_tests|doctest_discover_tests|enable_testing)\s*\(|\s*test\(|[^\n#]{0,300}-Werror\b|\s*add_subdirectory\(\s*\w*tests?\s*\)"),
    ),
    Row(lazy(r"(?i)cargo\.toml$"), lazy(r"\s*auto(?:tests|benches)\s*=\s*false")),
    Row(
        lazy(r"build\.sbt$"),
        lazy(r"\s*(?:\w+\s*/\s*)?coverageFailOnMinimum\s*:=\s*false"),
        lazy(r"[^\n]{0,300}(?:-Xfatal-warnings|-Werror)\b|\s*(?:\w+\s*/\s*)?coverageFailOnMinimum\s*:=\s*true"),
    ),
    Row(lazy(r"analysis_options\.yaml$"), lazy(r"\s+[\w-]{3,60}:\s*(?:false|ignore)\b"), lazy(r"\s+[\w-]{3,60}:\s*(?:true|error)\b|\s+-\s+[a-z_]{5,60}\s*$")),
    Row(lazy(r"noxfile\.py$"), lazy(r"[^\n#]{0,400}\bsuccess_codes\s*=")),
    Row(
        lazy(r"jest\.config\.\w+$|package\.json$"),
        lazy(r"[^\n]{0,200}?[\"']?\b(?:automock[\"']?\s*:\s*true|diagnostics[\"']?\s*:\s*false|isolatedModules[\"']?\s*:\s*true)"),
    ),
)  # fmt: skip
_PLUGIN = lazy(r"surefire|failsafe|jacoco|checkstyle|spotbugs|findbugs|pmd\b|japicmp")
_EXCLUDED = lazy(r"<(?:exclude|excludedGroups|excludeFilterFile|suppressionsLocation|haltOnFailure)>(?!\s*true)")
_TESTS_OF_GRADLE = lazy(
    r"\s*(?:test|tasks\.test|tasks\.named\W{1,3}test\W{1,12}|tasks\.withType[<(]Test\b[^{]*)\s*\{\s*$"
)
_FAILS_NOT = lazy(r"(?i)\s*(?:ignoreFailures|exclude\b|excludeTestsMatching|isIgnoreFailures)")
_ENVLIST = lazy(r"\s*env_?list\s*=\s*(.*)$")
_CHECKING = lazy(r"lint|flake|ruff|mypy|typ(?:e|ing)|style|check|cov|pylint|bandit|safety")


def lowered(file: FileDelta, known: Container[str]) -> Iterator[tuple[int, str]]:
    """Line and text of each."""
    if file.path.endswith((".gradle", ".gradle.kts")):
        yield from _left_out_by_gradle(file)
    if file.new is None or not _READ.search(file.path):
        return
    for row in ROWS:
        if row.path.search(file.path):
            yield from _said(file, row, known)
            yield from _gone(file, row)
    if file.path.endswith("pom.xml"):
        yield from _left_out_by_maven(file)
    if file.path.endswith("tox.ini"):
        yield from _environments(file)


def _said(file: FileDelta, row: Row, known: Container[str]) -> Iterator[tuple[int, str]]:
    if row.added is None:
        return
    known_checker = "[tool.pyright" in file.old_text or (file.path.endswith("config.json") and file.old is not None)
    for line in file.added:
        first = "report" in line.text and not known_checker  # it is new here
        if row.added.match(line.text[:1_000]) and squeeze(line.text) not in known and not first:
            yield line.number, line.text.strip()[:80]


def _gone(file: FileDelta, row: Row) -> Iterator[tuple[int, str]]:
    if row.gone is None:
        return
    gone = [line for line in file.removed if row.gone.match(line.text[:1_000]) and "${" not in line.text]
    come = sum(row.gone.match(line.text[:1_000]) is not None for line in file.added)
    if len(gone) > come:
        yield 1, f"{gone[0].text.strip()[:60]} is taken out"


def _left_out_by_maven(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Classes that a plugin of Maven which tests or measures no longer looks at."""
    spare = sum(_EXCLUDED.search(line.text[:500]) is not None for line in file.removed)
    lines = file.new_text.split("\n")
    for line in file.added:
        if not _EXCLUDED.search(line.text[:500]):
            continue
        above = "\n".join(lines[max(0, line.number - 15) : line.number]).rpartition("<plugin>")[2]
        if spare:
            spare -= 1
        elif _PLUGIN.search(above):
            yield line.number, line.text.strip()[:80]


def _left_out_by_gradle(file: FileDelta) -> Iterator[tuple[int, str]]:
    """What the task of the tests leaves out, or no longer fails for."""
    lines = file.new_text.split("\n")
    spare = sum(_FAILS_NOT.match(line.text[:300]) is not None for line in file.removed)
    for line in file.added:
        opened = next((above for above in reversed(lines[: line.number - 1]) if above.rstrip().endswith("{")), "")
        if _FAILS_NOT.match(line.text[:300]) and _TESTS_OF_GRADLE.match(opened[:300]):
            if spare:
                spare -= 1
                continue
            yield line.number, line.text.strip()[:80]


def _environments(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Environments of tox that check, and that it no longer runs by itself."""
    before = [name for line in file.removed if (match := _ENVLIST.match(line.text[:500])) for name in _names(match[1])]
    for line in file.added if before else ():
        match = _ENVLIST.match(line.text[:500])
        gone = [name for name in before if match and name not in _names(match[1]) and _CHECKING.search(name)]
        if gone and not any(gone[0] in text.text for text in file.added):
            yield line.number, f"{gone[0]} is no longer run"


def _names(text: str) -> list[str]:
    return re.findall(r"[\w.-]+", text)
