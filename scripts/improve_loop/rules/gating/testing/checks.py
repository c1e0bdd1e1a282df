"""Checks taken out: what scripts, jobs and configuration ran before and run no more, net over the change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from improve_loop.model.delta import FileDelta, Line
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.kinds import SCRIPTS, kind_of
from improve_loop.rules.gating.lazy import lazy

PREFIX = r"(?:^|[\s;&|(\[\"'`:@]|(?<!\w)-)(?:sudo\s+|time\s+|env\s+|\w+=\S+\s+|poetry\s+run\s+|uv\s+run\s+|pipenv\s+run\s+|hatch\s+run\s+|python3?\s+-m\s+|xvfb-run\s+|docker(?:-compose|\s+compose)?\s+(?:run|exec)\s+\S+\s+|command\s+)*"
_PREREQUISITES = lazy(
    r"^(?:task\s+:?)?(?P<target>(?:ci|check|checks|all|test|tests|verify|validate|default|pre-commit|qa))\b\s*(?::(?!=)|=>)\s*(?P<names>[^#=\n]*)"
)


_CHECKING = lazy(r"test|spec|lint|rubocop|check|type|vet|audit|scan")


def checks_gained(files: Sequence[FileDelta]) -> Counter[str]:
    """What the files of a change that run checks run more often than before, by the purpose of each tool."""
    gained: Counter[str] = Counter()
    for file in files:
        if not file.is_binary and (kind_of(file.path) in SCRIPTS or file.path.endswith(RUN_CHECKS)):
            gained.update(map(_purpose, _all_checks(file.added, RUNNING.lines(file.added_lines))))
            gained.update(_named_tools(file))
    return gained


def _named_tools(file: FileDelta) -> Iterator[str]:
    """The purposes of hooks that a pre-commit configuration names newly."""
    for line in file.added if file.path.endswith(".pre-commit-config.yaml") else ():
        if match := re.match(r"\s*-\s+id:\s*([\w-]+)", line.text):
            yield _purpose(match[1])


def _purpose(name: str) -> str:
    """What a tool is for, where others do the same; else its own name."""
    for purpose, tools in _PURPOSES.items():
        if tools.search(name):
            return purpose
    return name


RUN_CHECKS = ("package.json", "tox.ini", "noxfile.py", ".pre-commit-config.yaml", "pyproject.toml")
_PURPOSES = {
    "types": lazy(r"mypy|pyright|pyre\b|tsc\b|\bty\b"),
    "tests": lazy(r"pytest|py\.test|tox|nox|unittest|jest|vitest|mocha|karma|ava\b"),
    "lint": lazy(
        r"ruff|flake8|pylint|black|isort|eslint|biome|oxlint|prettier|stylelint|golangci|rubocop|standard|pre-commit|pyupgrade"
    ),
    "scan": lazy(r"bandit|semgrep|snyk|trivy|grype|safety|pip-audit|gitleaks|trufflehog|detect-secrets"),
}


def checks_removed(file: FileDelta, gained: Counter[str]) -> Iterator[tuple[int, str]]:
    """Commands that test, lint or scan which no line of the file runs any more, nor another tool in its stead.

    `gained` is what the change gains elsewhere (`checks_gained`); a pipeline's own check only counts where it runs.
    """
    kind = kind_of(file.path, file.old_text.partition("\n")[0])
    if file.path.endswith("Rakefile"):
        yield from _prerequisites_lost(file, gained)
    if kind not in SCRIPTS and not file.path.endswith(
        ("package.json", "tox.ini", "noxfile.py", ".pre-commit-config.yaml")
    ):
        return
    if kind == "make":
        yield from _prerequisites_lost(file, gained)
    before = Counter(checks_before(file))
    after = Counter(_all_checks(file.added, RUNNING.lines(file.added_lines)))
    if sum(after.values()) >= sum(before.values()) or (after and file.path.endswith(".pre-commit-config.yaml")):
        return
    if kind == "ci" or file.path.endswith("package.json"):
        gained = Counter(map(_purpose, _all_checks(file.added, RUNNING.lines(file.added_lines))))
    still = Counter(name for text in file.new_text.split("\n") for name in checks_in(text))
    for line in file.removed:
        for name in checks_in(line.text):
            if not still[name] and not after[name] and not gained[_purpose(name)]:
                yield max(1, min(line.number, file.new_text.count("\n"))), f"{name} is no longer run"


def _prerequisites_lost(file: FileDelta, gained: Counter[str]) -> Iterator[tuple[int, str]]:
    """Checks that a target of a Makefile no longer needs."""
    needed = {
        match["target"]: re.findall(r"[\w./-]+", match["names"])
        for line in file.removed
        if (match := _PREREQUISITES.match(line.text))
    }
    for line in file.added:
        match = _PREREQUISITES.match(line.text)
        for name in needed.get(match["target"], []) if match else ():
            if gained[_purpose("eslint" if "lint" in name else name)] > 0:
                continue  # run elsewhere now
            if match and name not in re.findall(r"[\w./-]+", match["names"]) and _CHECKING.search(name):
                yield line.number, f"{match['target']} no longer needs {name}"


def checks_before(file: FileDelta) -> Iterator[str]:
    """The checks that removed lines ran."""
    return _all_checks(file.removed, _RAN.lines(file.removed_lines))


def _all_checks(lines: Sequence[Line], holding: Iterable[int]) -> Iterator[str]:
    return (name for index in holding for name in checks_in(lines[index].text))


def checks_in(text: str) -> list[str]:
    """The checks that a line runs, by their first two words."""
    stripped = re.sub(r"^(?:-\s+)?run:\s*[\"']?(?=echo\b)", "", text.strip()[:2_000])
    if action := _ACTION.search(stripped):
        return [action[1]]
    if (
        stripped.startswith(("#", "//", "echo", "name:", "stage:", "- name:", "image:", "- echo", "description"))
        or (_installs(stripped) and "uses:" not in stripped)
        or stripped.endswith((":", ": |", ": >"))
    ):
        return []
    runs = [
        match[0]
        for match in _RUNS.finditer(stripped)
        if not (_NOTHING_TESTED.search(stripped) and match[0].split()[-1] == "test")
        and not re.match(r"[\"']\s*:|@|\s*[\^~<>=]+\s*\d", stripped[match.end() :])
    ]
    return [name for run in runs if (name := _name_of(run))][:5]


def _name_of(run: str) -> str:
    """The last two words of what is run; properties handed to Gradle say nothing of it, and alone run no test."""
    words = run.split()
    if "gradle" in run:
        words = [word for word in words if not re.match(r"-[DP]\w", word)]
        words = words if re.search(r"test|check", " ".join(words), re.I) else []
    return " ".join(words[-2:]).strip("-\"'`@([:&;| ")


_NOTHING_TESTED = lazy(r"\bmvnw?\s[^|;&\n]{0,400}\s-D(?:skipTests|maven\.test\.skip)(?:=true)?(?:\s|$)")
_RUNS = lazy(
    PREFIX
    + r"(?:pytest|py\.test|tox|nox|npm\s+(?:run\s+)?test\S*|npm\s+run\s+(?:lint|check|type)\S*|npm\s+t\b|npm\s+audit|yarn\s+(?:run\s+)?(?:test|lint)\S*|pnpm\s+(?:run\s+)?(?:test|lint)\S*|jest|vitest|mocha|playwright\s+test|cypress\s+run|go\s+(?:test|vet)|gotestsum|golangci-lint|govulncheck|cargo\s+(?:test|nextest|clippy|audit|deny|fmt)"
    r"|(?:\./)?mvnw?\s[^|;&\n]{0,40}(?:test|verify)|(?:\./)?gradlew?\s[^|;&\n]{0,40}(?:test|check)|dotnet\s+test|make\s+(?:\w{0,20}test|check|lint|verify|coverage)\S*|rake\s+(?:test|spec)|rspec|rubocop|phpunit|phpstan|psalm|bats|shellcheck|ruff\s+(?:check|format)|flake8|pylint|mypy|pyright|black\s+--check|bandit|safety\s+check|pip-audit|semgrep|trivy|grype|snyk|gitleaks"
    r"|hadolint|checkov|tfsec|tflint|terraform\s+validate|helm\s+lint|kubeconform|yamllint|ansible-lint|eslint|tsc\b|prettier\s+--check|stylelint|swift\s+test|flutter\s+test|mix\s+test|ctest|bazel\s+test|pre-commit\s+run|cosign\s+verify|python3?\s+-m\s+(?:pytest|unittest|mypy|flake8|doctest)|codecov|sonar-scanner|sha256sum\s+-c|coverage\s+report\s[^|;&\n]{0,60}--fail-under[= ]\d+|(?:standard|xo|tap|ava|tape|luacheck|oxlint)(?=\s*(?:[\"'&|;]|$|--))|node\s+--test|biome\s+(?:check|ci|lint)|mix\s+(?:credo|dialyzer)|cppcheck|clang-tidy|swiftlint|ktlint|detekt)"
)


_RUN_WORDS = (
    "pytest", "py.test", "tox", "nox", "npm", "yarn", "jest", "vitest", "mocha", "playwright", "cypress", "go", "govulncheck", "cargo", "mvn", "gradle",
    "dotnet", "make", "rake", "rspec", "rubocop", "phpunit", "phpstan", "psalm", "bats", "shellcheck", "ruff", "flake8", "pylint", "mypy", "pyright",
    "black", "bandit", "safety", "pip-audit", "semgrep", "trivy", "grype", "snyk", "gitleaks", "hadolint", "checkov", "tfsec", "tflint",
    "terraform", "helm", "kubeconform", "yamllint", "ansible-lint", "eslint", "tsc", "prettier", "stylelint", "swift", "flutter", "mix", "ctest",
    "bazel", "pre-commit", "cosign", "coverage", "standard", "xo", "tap", "ava", "luacheck", "oxlint", "node", "biome", "cppcheck", "clang-tidy", "lint", "detekt", "python", "codecov", "sonar-scanner", "sha256sum", "pnpm", "uses:",
)  # fmt: skip
RUNNING, _RAN = Keywords([_RUN_WORDS], "added script"), Keywords([_RUN_WORDS], "removed script")
_ACTION = lazy(
    r"uses:\s*[\w.-]+/(golangci-lint|eslint|ruff|flake8|pre-commit|shellcheck|hadolint|trivy|codeql|super-linter|semgrep)\b"
)


def _installs(text: str) -> bool:
    return bool(
        re.search(
            r"\b(?:pip3?|pipx|uv|npm|yarn|pnpm|apt(?:-get)?|apk|brew|gem|go|cargo|dnf|yum)\s+(?:\w+\s+)?(?:install|add|i|get)\b",
            text,
        )
    )
