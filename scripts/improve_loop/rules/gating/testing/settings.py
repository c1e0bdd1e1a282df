"""Settings that decide whether a failure counts: thresholds, tolerances, ignore lists, suppressed findings."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.lazy import lazy, worded
from improve_loop.rules.gating.testing import strictness
from improve_loop.rules.gating.testing.places import is_about_tests

_NUMBER = lazy(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?", re.I)
_HIGHER_IS_STRICTER = lazy(
    r"(?i)fail[_-]?under|cov(?:erage)?[_-]?(?:fail|min|threshold|target)|minimum[_-]?coverage|min[_-]?coverage|coverage[_-]?(?:threshold|minimum)|\bminimum\b|minimum_?score|mutation_?score"
    r"|[\"']?\b(?:statements|branches|functions|lines)\b[\"']?\s*[:=]|\btarget:|\bbreak[\"']?\s*:|--min-(?:coverage|score)|--check-coverage|quality[_-]?gate|<minimum>|<lineRate>|score[_-]?threshold|min[_-]?msi|--threshold|\bthresholds?\b"
    r"|\bcov\w*\.(?:sh|py)\s|with_cases\(|max_examples\s*=|num[rR]uns\s*[:=]|places\s*=|decimal\s*=|toBeCloseTo\(|precision\s*="
)
_LOWER_IS_STRICTER = lazy(
    r"(?i)max[_-]?warnings|max[_-]?complexity|max[_-]?(?:branches|statements|returns|args|locals|attributes|nested|depth|params|issues|violations|errors|failures|allowed)|cyclomatic|cognitive"
    r"|\b(?:rel|abs|atol|rtol|delta|tolerance|eps|epsilon|within|rel_tol|abs_tol|max_diff|maxDiffPixels\w*|max_relative)\s*[=:(]|retries\s*[=:]|--reruns|\bretry\s*[:=]|flaky\(|max_runs|allowed[_-]?failures|severity[_-]?threshold|audit-level|maxfail|errorLevel|^\s*Max:"
)
_COMPARED = lazy(r"\bassert|expect|require|check", re.I)
_CONFIG = worded(
    r"(?i)(?:^|/)(?:pyproject\.toml|setup\.cfg|tox\.ini|pytest\.ini|\.?coveragerc|\.coveragerc\w*|mypy\.ini|\.mypy\.ini|\.?ruff\.toml|\.flake8|\.?pylintrc|codecov\.ya?ml|\.codecov\.ya?ml|\.?nycrc[\w.]*|package\.json|jest\.config\.\w+|vitest\.config\.\w+|karma\.conf\.\w+"
    r"|\.?eslintrc[\w.]*|eslint\.config\.\w+|tsconfig[\w.]*\.json|\.?golangci\.ya?ml|\.golangci\.toml|clippy\.toml|cargo\.toml|\.rubocop(?:_todo)?\.yml|\.simplecov|spec_helper\.rb|pom\.xml|build\.gradle(?:\.kts)?|phpunit\.xml[\w.]*|phpstan\.neon[\w.]*|psalm\.xml[\w.]*|\.c8rc[\w.]*"
    r"|sonar-project\.properties|\.stylelintrc[\w.]*|biome\.jsonc?|\.yamllint[\w.]*|\.hadolint\.ya?ml|\.shellcheckrc|\.bandit|\.pre-commit-config\.ya?ml|noxfile\.py|stryker\.conf\.\w+|checkstyle[\w.-]*\.xml|pmd[\w.-]*\.xml|detekt\.yml|\.editorconfig|conftest\.py|makefile|deno\.jsonc?|bunfig\.toml|\.tflint\.hcl|\.checkov\.ya?ml|\.trivyignore|\.snyk|\.semgrepignore|\.eslintignore|\.coverageignore|\.prettierignore|\.gitleaksignore|\.secrets\.baseline|\.nsprc|audit-ci\.json[c5]?|\.swiftlint\.yml|analysis_options\.yaml|\.rspec|\.mocharc[\w.]*|rakefile|build\.sbt|[\w.-]+\.csproj|directory\.build\.props|cypress\.config\.\w+|playwright\.config\.\w+)$",
    *(
        "pyproject", "setup.cfg", "tox.ini", "pytest.ini", "coveragerc", "mypy", "ruff", "flake8", "pylintrc", "codecov", "nycrc",
        "package.json", "jest.config", "vitest.config", "karma.conf", "eslint", "tsconfig", "golangci", "clippy", "cargo.toml", "rubocop",
        "simplecov", "spec_helper", "pom.xml", "build.gradle", "phpunit", "phpstan", "psalm", "c8rc", "sonar-project", "stylelintrc",
        "biome", "yamllint", "hadolint", "shellcheckrc", "bandit", "pre-commit-config", "noxfile", "stryker", "checkstyle", "pmd",
        "detekt", "editorconfig", "conftest", "makefile", "deno", "bunfig", "tflint", "checkov", "trivyignore", "snyk", "semgrepignore",
        "coverageignore", "prettierignore", "gitleaksignore", "secrets.baseline", "nsprc", "audit-ci", "swiftlint", "analysis_options",
        "rspec", "mocharc", "rakefile", "build.sbt", "cypress.config", "csproj", "directory.build", "playwright.config",
    ),
)  # fmt: skip
_NONE_BY_DEFAULT = lazy(r"(?m)^\s*(?:disable-all:\s*true|default:\s*none)\b")
_TESTING_PLUGIN = lazy(
    r"surefire|failsafe|checkstyle|spotbugs|findbugs|pmd|jacoco|enforcer|japicmp|dependency-check|errorprone|sonar"
)
_RULES_NAMED = lazy(
    r"^(?:extend-)?(?:ignore|disable|per-file-ignores|select|extend-select)\b.*?\b[A-Z]{1,4}\d{2,4}\b|^[\"']?[\w@/-]*-[\w@/-]+[\"']?\s*:\s*\[?\s*(?:[\"'](?:off|warn)[\"']|0)|^(?:enable|select) no longer has [\w-]+$|^allow:\s"
)
_OF_A_DEPENDENCY = lazy(r"version|=\s*[\"'][\d^~=<>*]|workspace\s*=\s*true")
_WARNING = lazy(r"\s*[\"']?ignore:[^\n]*(?:Warning|:)")  # one more kind of warning that a test run lets pass
_NO_RETRY = lazy(r"\s*[\"']?(?:retries|retry|bail)[\"']?\s*:\s*0\b")
_TEST_OFF = lazy(r"\s*test\s*=\s*false\b")
_LIST_OF_IGNORED = lazy(
    r"(?i)^[ \t]*(?:-[ \t]+)?[\"']?(?:exclude|excludes|excluded|exclude-(?:rules|dirs|files|functions|paths)|skip-(?:dirs|files)|exclusions|ignore|ignores|ignored|ignore_paths|omit|(?:extend-)?per-file-ignores|extend-(?:ignore|exclude)|ignorePatterns|\w*PathIgnorePatterns)[\"']?[ \t]*[:=]"
)
_ITEM = lazy(r"^\s*(?:-\s+)?(?:\w+:\s+)?[\"']?[\w./*@:{}^$\\-]+[\"']?(?:\s*[:=]\s*\[[^\]]{0,400}\])?,?\s*(?:#.*)?$")
_IGNORED_IN_FILES = lazy(r"^\s*[\"'][\w./*{},-]+[\"']\s*=\s*\[\s*[\"'](?:ALL|[A-Z]{1,4}\d{0,4})[\"']")
MAX_LIST = 60  # lines between an item and the key that its list belongs to
_IGNORE_FILE = worded(
    r"(?i)(?:^|/)\.(?:eslint|coverage|trivy|semgrep|gitleaks|snyk|style?lint|flake8|checkov|nsp|secretlint)\w*ignore$|(?:^|/)\.(?:trivyignore|snyk|nsprc|secrets\.baseline)$",
    *("ignore", "snyk", "nsprc", "secrets.baseline"),
)
_RELAXED = lazy(
    r"(?i)(?<![\w@/-])[\w@/-]++[\"']?\s*:\s*\[?\s*[\"']off[\"']|(?:[\"'][\w@/-]++[\"']|(?<![\w@/-])(?=[\w@/-]*?\w[/-][\w@/-])[\w@/-]++)\s*:\s*0\s*,?$|\bstrict\w*[\"']?\s*[:=]\s*(?:false|0)|no_?implicit_?any[\"']?\s*[:=]\s*false|(?<!, )(?<!,)(?<!\()ignore_errors\s*[:=]\s*true|ignore_missing_imports\s*=\s*true|disallow_\w+\s*=\s*false|check_untyped_defs\s*=\s*false|warn_\w+\s*=\s*false"
    r"|^\s*(?:\{\s*)?(?P<quote>[\"']?)(?:extend[-_])?(?:ignore|per-file-ignores|disable|omit|exclude|exclude_lines|exclude_also|skips?|skip_covered|deselect|suppress|allow|coveragePathIgnorePatterns|testPathIgnorePatterns|modulePathIgnorePatterns|ignorePatterns|ignores|ignored|allowlist)(?P=quote)\s*[:=]\s*(?![\"']?[\^~=<>]{0,2}\d+\.\d|\{\s*version\b)(?!\s*[\[{]?\s*[\]}]?\s*$)"
    r"|bail[\"']?\s*:\s*false|passWithNoTests|failOnError\s*[=:]?\s*\(?false|testFailureIgnore|<testFailureIgnore>\s*true|<skipTests>\s*true|skipTests\s*[=:]\s*true|ignoreFailures\s*=?\s*true|xfail_strict\s*=\s*false|allow(?:_)?warnings|continueOnError|[\"']?[eE]nabled[\"']?\s*:\s*false|^\s*branch\s*=\s*(?:False|false)\b|check_coverage[\"']?\s*:\s*false|[\"']?check-coverage[\"']?\s*:\s*false|fail_ci_if_error:\s*false|informational:\s*true|disable-all:\s*true|^\s*default:\s*none\b|dangerouslyIgnoreUnhandledErrors[\"']?\s*:\s*true|maven\.test\.(?:failure\.ignore|skip)>\s*true|ignore_outcome\s*=\s*true|(?<![\w-])-*\w[\w-]*+[\"']?\s*=\s*(?:[\"']allow[\"']|\{[^}]*[\"']allow[\"'])|^\s*ignore_errors\s*=\s*true|ErrorReporting::Off|<skip>\s*true|updateSnapshot[\"']?\s*:\s*[\"'](?:all|new)|excludeTags\(|<rerunFailingTestsCount>\s*[1-9]|<exclude>[^<]*[tT]est[^<]*<|^\s*ignoreErrors:|^\s*harness\s*=\s*false|\bfail_on_error\s*=\s*false|default_retry_count\s*=\s*[1-9]|--tag\s+~|config\.around\b(?![^\n]*\.(?:run|call)\b)[^\n]*\}\s*$|^\s*(?:norecursedirs|sonar\.(?:coverage\.|test\.)?exclusions|disabled_rules|sonar\.skip)\s*[=:]|^\s*exclude\s+[\"'(].*[tT]est|--exclude[= ](?!node_modules)\S+|failOnWarning=\"false|stopOnFailure=\"false|<(?:haltOnFailure|failOnViolation|failsOnError|failOnWarning)>\s*false|\bDisabledByDefault\s*:\s*true|filter_run_excluding\b|^\s*test\s*=\s*false\b"
    r"|addopts.*(?:--lf\b|--last-failed|--lfnf|--ignore|--deselect|-k\s*[\"']?not|-p\s+no:|--no-cov)|--ignore[= ]|--deselect|-k\s+[\"']?not\b|noEmitOnError[\"']?\s*:\s*false|reporterEnabled|emit_warning|fail-?fast:\s*false|pytest_collection_modifyitems|collect_ignore|pytest_ignore_collect|pytest_runtest_makereport|pytest_sessionfinish|exitstatus\s*=\s*0"
)


_RERUNS = ("--reruns", "retries", "flaky(")
_RERUN = Keywords([_RERUNS], "added")
_LIMITS = (
    "under", "cov", "min", "score", "statements", "branches", "functions", "lines", "linerate", "target:", "break", "gate", "threshold", "places", "decimal",
    "tobecloseto(", "precision", "max", "cyclomatic", "cognitive", "rel", "abs", "tol", "delta", "tolerance", "eps", "within", "retries",
    "cases(", "examples", "numruns", "--reruns", "retry", "flaky(", "allowed", "audit-level", "errorlevel",
)  # fmt: skip
_LIMITED = Keywords([_LIMITS], "removed script")


def loosened(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Numbers made looser, and thresholds taken away: line and what it says now."""
    if not (
        _CONFIG.search(file.path)
        or is_about_tests(file.path)
        or kind_of(file.path) in ("ci", "shell", "make", "docker")
    ):
        return
    tests = is_about_tests(file.path)
    limits = (file.removed[index] for index in _LIMITED.lines(file.removed_lines)) if not tests else file.removed
    removed = [line for line in limits if _is_limit(line.text, tests)]
    near = file.added if removed else [file.added[index] for index in _RERUN.lines(file.added_lines)]
    added = [line for line in near if _is_limit(line.text, tests)]
    waiting = list(added)
    for old in removed:
        new = next((line for line in waiting if _skeleton(line.text) == _skeleton(old.text)), None) or next(
            (line for line in waiting if _keys(line.text) & _keys(old.text)), None
        )
        if new is not None:
            waiting.remove(new)
            if _is_looser(old.text, new.text, _allows_drops(file.path, old.text)):
                yield new.number, new.text.strip()[:80]
        elif _CONFIG.search(file.path) and _HIGHER_IS_STRICTER.search(old.text) and not _still_there(file, old.text):
            yield max(1, min(old.number, len(file.new_text.split("\n")))), f"removed: {old.text.strip()[:60]}"
    rerun = re.compile(r"--reruns|flaky\(" if tests else r"--reruns|\bretries(?!\W{1,4}0\b)|flaky\(")  # `_RERUNS`
    again = [line for line in added if line not in waiting and "--reruns" in line.text]
    if again and not any("--reruns" in line.text for line in removed):
        yield again[0].number, again[0].text.strip()[:80]
    yield from ((line.number, line.text.strip()[:80]) for line in waiting if rerun.search(line.text))


def _still_there(file: FileDelta, text: str) -> bool:
    keys = _keys(text)
    return file.status != "deleted" and any(keys & _keys(line) for line in file.new_text.split("\n") if _is_limit(line))


def _is_limit(text: str, tests: bool = False) -> bool:
    if len(text) > 2_000 or not _NUMBER.search(text) or re.match(r"\s*(?:#(?![!\[])|//)", text):
        return False
    return bool(
        _HIGHER_IS_STRICTER.search(text)
        or _LOWER_IS_STRICTER.search(text)
        or (tests and _COMPARED.search(text) and re.search("[<>]", text))
    )


def _skeleton(text: str) -> str:
    return _NUMBER.sub("0", re.sub(r"\s+", "", text))


def _keys(text: str) -> frozenset[str]:
    found = [
        match[0].lower() for pattern in (_HIGHER_IS_STRICTER, _LOWER_IS_STRICTER) for match in pattern.finditer(text)
    ]
    return frozenset(re.sub(r"[\s:=\"'(]", "", key) for key in found)


def _allows_drops(path: str, text: str) -> bool:
    """Whether a `threshold` is how far coverage may fall (Codecov), so lower is stricter."""
    return "codecov" in path and text.strip().startswith("threshold")


def _is_looser(old: str, new: str, lower: bool = False) -> bool:
    before, after = ([float(number) for number in _NUMBER.findall(text)] for text in (old, new))
    if not before or not after:
        return bool(before)
    if len(before) != len(after):
        before, after = before[-1:], after[-1:]
    pairs = list(zip(before, after, strict=True))
    if lower or _LOWER_IS_STRICTER.search(old):
        return any(b < a for b, a in pairs)
    if _HIGHER_IS_STRICTER.search(old):
        return any(a < b for b, a in pairs)
    greater = ">" in old and "<" not in old
    return _skeleton(old) == _skeleton(new) and any(a < b if greater else a > b for b, a in pairs)


def ignored(file: FileDelta, known: Container[str]) -> Iterator[tuple[int, str]]:
    """Items added to lists, over several lines, of what linters, coverage and runners leave out; net."""
    if not _CONFIG.search(file.path) or file.old is None:
        return
    lines = file.new_text.split("\n")
    spare = sum(_ITEM.match(line.text[:500]) is not None for line in file.removed)
    for line in file.added:
        text = line.text[:500]
        if squeeze(text) in known or not (
            _IGNORED_IN_FILES.match(text) or _WARNING.match(text) or _is_left_out(lines, line.number - 1)
        ):
            continue
        if spare and not _is_broad(text, file):
            spare -= 1
        else:
            yield line.number, text.strip()[:80]


def _is_broad(text: str, file: FileDelta) -> bool:
    """Whether an item leaves out a whole folder, and none that went did."""
    whole = re.compile(r"(?:^|/)\*{1,2}(?:/\*)?[\"']?,?\s*$|/[\"']?,?\s*$")
    return bool(whole.search(text.strip())) and not any(whole.search(line.text.strip()) for line in file.removed)


def _is_left_out(lines: Sequence[str], at: int) -> bool:
    """Whether a line is an item of a list under a key that says what is left out."""
    if not _ITEM.match(lines[at][:500]) or _RELAXED.search(lines[at][:500]):
        return False
    indent = len(lines[at]) - len(lines[at].lstrip())
    for above in range(at - 1, max(-1, at - MAX_LIST), -1):
        line = lines[above]
        opens = line.rstrip().endswith((":", "[", "= {", "="))
        if not line.strip() or (len(line) - len(line.lstrip()) >= indent and not opens):
            continue
        return opens and bool(_LIST_OF_IGNORED.match(line))
    return False


def names_rules(detail: str) -> bool:
    """Whether a relaxed setting only names single rules of a linter."""
    return bool(_RULES_NAMED.search(detail))


def taken_out(files: Sequence[FileDelta]) -> list[str]:
    """Lenient settings that the change takes out of some file: what moves to another file is not new there."""
    return [
        line.text
        for file in files
        if _CONFIG.search(file.old_path or file.path)
        for line in file.removed
        if _RELAXED.search(line.text[:1000])
    ]


def put_in(files: Sequence[FileDelta]) -> dict[str, str]:
    """What each configuration of a change gains, by its path."""
    return {file.path: "\n".join(line.text for line in file.added) for file in files if _CONFIG.search(file.path)}


def relaxed(
    file: FileDelta, known: Container[str], moved: Sequence[str] = (), come: str = ""
) -> Iterator[tuple[int, str]]:
    """Settings of linters, coverage and runners that now let more through."""
    if file.path.endswith(".rs"):
        yield from strictness.lints_lowered(file)
    if file.old is not None and kind_of(file.path) in ("ci", "shell"):
        yield from strictness.dropped(file)
    if not _CONFIG.search(file.path) and not _IGNORE_FILE.search(file.path):
        return
    if _IGNORE_FILE.search(file.path):
        yield from (
            (line.number, line.text.strip()[:80])
            for line in file.added
            if line.text.strip() and not line.text.lstrip().startswith("#")
        )
        return
    if file.status == "added" and file.path == ".pre-commit-config.yaml":
        return  # no hook ran before
    before = [line.text for line in file.removed if _RELAXED.search(line.text[:1000])]
    lines = [
        line
        for line in file.added
        if _RELAXED.search(line.text[:1000])
        and squeeze(line.text) not in known
        and not (file.path.endswith("Cargo.toml") and _OF_A_DEPENDENCY.search(line.text))
        and not _WARNING.match(line.text[:500])
        and (file.old is not None or not _TEST_OFF.match(line.text))
        and not _NO_RETRY.match(line.text)
    ]
    yield from strictness.given_up(file, come)
    for line in lines:
        old = next((text for text in (*before, *moved) if _setting(text) == _setting(line.text)), None)
        if "<skip>" in line.text and not _TESTING_PLUGIN.search(_above(file, line.number)):
            continue
        if _NONE_BY_DEFAULT.match(line.text) and _NONE_BY_DEFAULT.search(file.old_text):
            continue
        if old is None or _items(line.text) - _items(old):
            yield line.number, line.text.strip()[:80]


def _above(file: FileDelta, number: int) -> str:
    """A line with those around it that say which plugin it belongs to."""
    return "\n".join(file.new_text.split("\n")[max(0, number - 15) : number + 2])


def _setting(text: str) -> str:
    return re.split(r"[:=]", text, maxsplit=1)[0].strip().strip("\"'").lower()


def _items(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w./*@-]+", re.split(r"[:=]", text, maxsplit=1)[-1].lower()))


def squeeze(text: str) -> str:
    """A line without white space."""
    return "".join(text.split()).replace("'", '"').rstrip(",;")
