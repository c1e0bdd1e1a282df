"""Failures that are swallowed: `|| true` after a check, allowed failures, checks taken out, errors caught and dropped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence

from improve_loop.model.delta import FileDelta, Line
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.kinds import CODE, SCRIPTS, Kind, kind_of
from improve_loop.rules.gating.lazy import lazy, worded
from improve_loop.rules.gating.testing.cases import is_about_tests
from improve_loop.rules.gating.testing.settings import squeeze

CHECK = (
    r"(?:pytest|py\.test|tox|nox|unittest|nosetests?|trial|coverage|npm\s+(?:run\s+)?(?:test|t\b|lint|check|audit|type\w*|ci|build)[\w:-]*|yarn\s+(?:run\s+)?(?:test|lint|check|audit|build)[\w:-]*"
    r"|pnpm\s+(?:run\s+|-r\s+)?(?:test|lint|check|audit|build)[\w:-]*|bun\s+(?:test|run\s+(?:test|lint))|npx\s+\S+|jest|vitest|mocha|karma|ava|playwright|cypress|deno\s+(?:test|lint|check)|go\s+(?:test|vet|build)|gotestsum|golangci-lint|staticcheck|govulncheck|gofmt|cargo\s+(?:\+\S+\s+)?(?:test|nextest|clippy|fmt|check|build|audit|deny)"
    r"|(?:\./)?mvnw?\b[^|;&\n]{0,80}|(?:\./)?gradlew?\b[^|;&\n]{0,80}|sbt\s+test|dotnet\s+(?:test|build|format)|make\s+(?:-\S+\s+)*(?:test|check|lint|verify|ci|build|validate|typecheck|coverage|all|format-check)[\w-]*|just\s+(?:test|lint|check)|rake\s*(?:test|spec)?|rspec|rubocop|minitest|bundle\s+exec\s+\S+|phpunit|phpstan|psalm|pest|phpcs"
    r"|composer\s+(?:test|validate|audit)|bats|shellcheck|shfmt|ruff|flake8|pylint|mypy|pyright|black|isort|bandit|safety|pip-audit|semgrep|trivy|grype|snyk|gitleaks|trufflehog|detect-secrets|hadolint|checkov|tfsec|tflint|terraform\s+(?:validate|plan|fmt)|terragrunt\s+\S+|helm\s+(?:lint|template|test)|kubeconform|kubeval|kube-score|conftest|yamllint"
    r"|ansible-lint|eslint|tsc\b|prettier|stylelint|biome|xo\b|standard\b|codespell|markdownlint\S*|lychee|sonar-scanner|codecov|swift\s+test|xcodebuild|flutter\s+(?:test|analyze)|mix\s+(?:test|credo|dialyzer|format)|ctest|meson\s+test|ninja\s+test|bazel\s+(?:test|build)|buck2?\s+test|lein\s+test|stack\s+test|cabal\s+test|R\s+CMD\s+check"
    r"|pre-commit|lefthook|commitlint|cosign\s+verify|sha(?:256|512)sum\s+(?:-c|--check)|gpg\s+--verify|diff\s|cmp\s|git\s+diff\s+--(?:exit-code|check|quiet)|(?:\./|bash\s+|sh\s+|python3?\s+)?[\w./-]*(?:test|check|lint|verify|validate|audit)[\w-]*(?:\.(?:sh|py|js))?\b|\$\{?\w*(?:TEST|CHECK|LINT|VERIFY)\w*\}?)"
)
_PREFIX = r"(?:^|[\s;&|(\[\"'`:@-])(?:sudo\s+|time\s+|env\s+|\w+=\S+\s+|poetry\s+run\s+|uv\s+run\s+|pipenv\s+run\s+|hatch\s+run\s+|python3?\s+-m\s+|xvfb-run\s+|docker(?:-compose|\s+compose)?\s+(?:run|exec)\s+\S+\s+|command\s+)*"
_IS_CHECK = lazy(_PREFIX + CHECK)
_SWALLOWED = lazy(
    r"\|\|\s*(?:true|:|exit\s+0|echo\b|printf\b|/bin/true|return\s+0|\(?\s*exit\s+0\s*\)?|continue|warn\w*|\{\s*(?:echo|true|:|warn))|;\s*(?:true|exit\s+0|:)\s*[\"']?\s*,?\s*$|\|\s*(?:cat|true|:|head|tail)\b[^|&;]{0,40}[\"']?,?\s*$|\|\|\s*\w+=(?:\$\?|0)\s*$|&&\s*exit\s+0\s*[\"']?$|\|\s*(?:tee|cat|head|grep|tail)\b[^|]*\|\|\s*true|;\s*echo\s+[\"']?(?:done|ok|passed|\$\?)|\|\|\s*\$[({]?\w+[)}]?\s*[\"']?\s*$|;\s*then\s+(?:echo|printf|true|:)[^;\n]{0,200};\s*fi\b|\|\s*tee\b[^|&;'\"]{0,80}'\s*$"
)
_FLAG = lazy(
    r"--pass-?with-?no-?tests|--exit-zero\b|--no-?fail(?:ure)?s?\b|--exit-code[= ]0\b|--soft-fail\b|--no-error-on-unmatched|--force-exclude\s+tests|--no-verify\b|-DskipTests|-Dmaven\.test\.skip|-Dmaven\.test\.failure\.ignore|-DskipITs|-fae?n?\b\s+-DskipTests|\s-x\s+(?:test|check|lint)|--exclude-task\s+test|--skip-tests?\b"
    r"|--no-run\b|\bpytest\b[^|>\n]{0,200}\s--collect-only\b|--deselect[= ]|--ignore[= ]\S*test|-k\s+[\"']?not\s|-m\s+[\"']not\s|--continue-on-collection-errors|--suppress-no-test-exit-code|--testPathIgnorePatterns|--exclude-dir=\S*test|--reruns\b|--no-cov(?:erage)?\b|--cov-fail-under[= ]0\b|--lf\b|--bail=?0|--maxfail=\d{3,}|-run\s+[\"']?\^?(?:\$|NONE|XXX|NOTHING)|--allow-(?:dirty|failures?)|--error-exitcode[= ]0|--fail-never|--quiet-pass"
    r"|\b(?:jest|vitest|ava|playwright\s+test)\b[^;&|\n]{0,120}\s(?:-u|--update(?:-?[sS]napshots?)?)(?=[\s\"',]|$)|--snapshot-update\b|--update-goldens?\b|\bSKIP=\S+|HUSKY=0|HUSKY_SKIP_HOOKS=1|CI=false\s|DISABLE_ESLINT_PLUGIN=true|ESLINT_NO_DEV_ERRORS=true|PRE_COMMIT_ALLOW_NO_CONFIG|PYTEST_ADDOPTS"
)
_ERREXIT = lazy(r"(?m)^\s*set\s+-\w*e|^#!\S*sh\s+-\w*e|set\s+-o\s+errexit")
_PREREQUISITES = lazy(
    r"^(?P<target>(?:ci|check|checks|all|test|tests|verify|validate|default|pre-commit|qa)):(?!=)\s*(?P<names>[^#=\n]*)"
)
_SKIPPED_BUILD = lazy(r"-DskipTests|-Dmaven\.test\.skip|-DskipITs")
_KEYS = lazy(
    r"^\s*(?:-\s+)?[\"']?(?:allow_failure|allow-failure|allowFailure|continue-on-error|continueOnError|ignore_errors|ignore-errors|ignore_failure|failure-ignored|soft_fail|allow_failures|catchError|warn-only|non_?blocking)[\"']?\s*:(?!\s*[\"']?(?:false|no|0)\b|\s*[\"']?\$\{\{\s*matrix\.[\w.-]+\s*(?:==\s*'[^']{1,40}'\s*)?\}\})"
)
_SET_E = lazy(
    r"^\s*shell\s*:\s*[\"']?(?:/bin/)?(?:ba)?sh\s+(?:\+e\s+)?\{0\}|(?:^|[;&|\s\"'])set\s+(?:\+e\b|\+o\s+(?:errexit|pipefail))|^\s*trap\s+['\"]?(?:true|:|exit\s+0)?['\"]?\s+(?:ERR|EXIT)|^\s*trap\s+['\"].*exit\s+0.*['\"]\s+(?:ERR|EXIT)|\$ErrorActionPreference\s*=\s*['\"]?(?:Silently)?Continue"
)
_FAILS = lazy(
    r"\b(?:Assert\.|self\.|this\.)?fail\w*\(|throw new (?:Assertion|\w*Fail)|\bt\.(?:Fatal|Error)\w*\(|raise AssertionError"
)
_BARE_EXCEPT = lazy(r"\s*(?:except\s*:|rescue\b)")
_ASSERTS = lazy(
    r"\b(?:assert|expect|should|require|verify|fail|check)\w*\s*[!(. ]|\bt\.(?:Error|Fatal)|raises|toThrow", re.I
)
_CATCHES = ("except", "catch", "rescue", "suppress", "recover(")
_BARE = worded(
    r"^\s*except\s*(?:\(?\s*(?:Base)?Exception\s*\)?(?:\s+as\s+\w+)?|\(?\s*AssertionError[^:]{0,60})?\s*:|contextlib\.suppress\(\s*(?:Base)?Exception|suppress\(\s*(?:AssertionError|(?:Base)?Exception)|catch\s*(?:\(\s*(?:\w+(?:\s*:\s*\w+)?|\\?(?:Throwable|Exception|Error|AssertionError)(?:\s+\$?\w+)?|\.\.\.)?\s*\))?\s*\{\s*(?:/[/*][^}]{0,60})?\}?\s*$|^\s*rescue\b(?:\s*=>\s*\w+|\s+(?:Exception|StandardError|Minitest::Assertion)[^\n]{0,20})?\s*$|\.catch\(\s*(?:\(?\w*\)?\s*=>\s*(?:\{\s*\}|null|undefined|0|true)|noop|_\s*=>)|\brescue\s+(?:nil|false|true)\s*$|recover\(\)|catch_unwind",
    *_CATCHES,
)
_CATCHING = Keywords([_CATCHES], "added")
_DROPS_WORDS = (
    "|", ";", "&&",  # `_SWALLOWED`
    "--", "-d", "-x", "-k", "-m", "-run", "-u", "skip=", "husky", "ci=false", "disable_eslint", "eslint_no", "pre_commit_allow", "pytest_addopts",  # `_FLAG`
    "allow", "continue", "ignore", "failure-ignored", "soft_fail", "catcherror", "warn-only", "blocking",  # `_KEYS`
    "shell", "set", "trap", "erroractionpreference",  # `_SET_E`
)  # fmt: skip
_DROPPING = Keywords([_DROPS_WORDS], "added script")
_PASSES = lazy(
    r"^\s*(?:pass|\.\.\.|continue|return(?:\s+(?:None|True|true|null|nil))?;?|\}|end|nil|true|//.*|#.*|print\(.*|console\.\w+\(.*|logg?(?:er|ing)?\.\w+\(.*)\s*$"
)
_MAKE_DASH, _TOX_DASH = lazy(r"^\t\s*@?-\s*@?\S"), lazy(r"^\s*(?:commands\w*\s*=\s*)?-\s*\S")
_MAKE_IGNORES = lazy(r"^\.IGNORE\s*:|^MAKEFLAGS\s*[:+]?=.*(?:-i\b|\bi\b|--ignore-errors)")


def swallowed(file: FileDelta, known: Container[str]) -> Iterator[tuple[int, str]]:
    """Checks in scripts, jobs and configuration whose failure no longer counts."""
    kind = kind_of(file.path, file.new_text.partition("\n")[0])
    runs = (
        kind in SCRIPTS
        or kind in ("ini", "toml", "yaml")
        or file.path.endswith(("package.json", "composer.json", "Taskfile.yml"))
    )
    if not runs:
        return
    if kind == "shell" and (gone := _errexit_lost(file)):
        yield gone
    spare = sum(_SKIPPED_BUILD.search(line.text[:2_000]) is not None for line in file.removed)
    every = kind == "make" or file.path.endswith("tox.ini") or spare
    held = () if every else _DROPPING.lines(file.added_lines)
    for line in file.added if every else (file.added[index] for index in held):
        text = line.text[:2_000]
        cause, goes_on = _cause(text, kind, file.path), kind in SCRIPTS and _SET_E.search(text)
        if not (cause or goes_on or spare) or squeeze(text) in known or re.match(r"\s*(?:#|//)", text):
            continue
        if spare and _SKIPPED_BUILD.search(text):
            spare -= 1
            continue
        if cause:
            yield line.number, cause[:80]
        if goes_on and not _captures(file, line):
            yield line.number, text.strip()[:80]


def _cause(text: str, kind: Kind, path: str) -> str:
    """What of this line makes a failure not count; empty where nothing does."""
    if muted := _muted(text):
        return muted
    dashed = (kind == "make" and _MAKE_DASH.match(text)) or (path.endswith("tox.ini") and _TOX_DASH.match(text))
    if _KEYS.match(text) or (kind == "make" and _MAKE_IGNORES.match(text)) or (dashed and _IS_CHECK.search(text)):
        return text.strip()
    return ""


def _errexit_lost(file: FileDelta) -> tuple[int, str] | None:
    """The line that stopped a script of checks at its first failure, where it is gone."""
    lost = next((line for line in file.removed if _ERREXIT.search(line.text[:200])), None)
    if (
        lost is None
        or _ERREXIT.search(file.new_text)
        or not any(map(_IS_CHECK.search, file.new_text.split("\n")[:400]))
    ):
        return None
    return max(1, min(lost.number, file.new_text.count("\n"))), f"{lost.text.strip()} is taken out"[:80]


def _muted(text: str) -> str:
    """The check of this line whose failure is dropped, or the flag that drops it."""
    drop = _SWALLOWED.search(text)
    if drop and _IS_CHECK.search(text[: drop.start()].rpartition("&&")[2] or text[: drop.start()]):
        return text.strip()
    flag = None if "cargo publish" in text or "cargo package" in text else _FLAG.search(text)
    if flag and flag[0].startswith("-run") and "-bench" in text:
        return ""  # what is measured is no test
    return (
        flag[0]
        if flag
        and (_IS_CHECK.search(text) or flag[0].startswith(("-D", "SKIP=", "HUSKY", "PYTEST", "--no-verify", "CI=")))
        else ""
    )


def _captures(file: FileDelta, line: Line) -> bool:
    """Whether `set +e` only lasts until an exit code was read: `$?` and `set -e` follow within a few lines."""
    following = "\n".join(file.new_text.split("\n")[line.number : line.number + 12])
    return bool(re.search(r"\$\?|PIPESTATUS", following) and re.search(r"set\s+-\w*e|exit\s+[\"']?\$", following))


def checks_gained(files: Sequence[FileDelta]) -> Counter[str]:
    """What the files of a change that run checks run more often than before, by the purpose of each tool."""
    gained: Counter[str] = Counter()
    for file in files:
        if not file.is_binary and (kind_of(file.path) in SCRIPTS or file.path.endswith(RUN_CHECKS)):
            gained.update(map(_purpose, _all_checks(file.added, _RUNNING.lines(file.added_lines))))
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
    if kind not in SCRIPTS and not file.path.endswith(
        ("package.json", "tox.ini", "noxfile.py", ".pre-commit-config.yaml")
    ):
        return
    if kind == "make":
        yield from _prerequisites_lost(file, gained)
    before = Counter(_all_checks(file.removed, _RAN.lines(file.removed_lines)))
    after = Counter(_all_checks(file.added, _RUNNING.lines(file.added_lines)))
    if sum(after.values()) >= sum(before.values()) or (after and file.path.endswith(".pre-commit-config.yaml")):
        return
    if kind == "ci" or file.path.endswith("package.json"):
        gained = Counter(map(_purpose, _all_checks(file.added, _RUNNING.lines(file.added_lines))))
    still = Counter(name for text in file.new_text.split("\n") for name in _checks(text))
    for line in file.removed:
        for name in _checks(line.text):
            if not still[name] and not after[name] and not gained[_purpose(name)]:
                yield max(1, min(line.number, file.new_text.count("\n"))), f"{name} is no longer run"


def _prerequisites_lost(file: FileDelta, gained: Counter[str]) -> Iterator[tuple[int, str]]:
    """Checks that a target of a Makefile no longer needs."""
    needed = {
        match["target"]: match["names"].split() for line in file.removed if (match := _PREREQUISITES.match(line.text))
    }
    for line in file.added:
        match = _PREREQUISITES.match(line.text)
        for name in needed.get(match["target"], []) if match else ():
            if gained[_purpose("eslint" if "lint" in name else name)] > 0:
                continue  # run elsewhere now
            if match and name not in match["names"].split() and re.search("test|lint|check|type|vet|audit|scan", name):
                yield line.number, f"{match['target']} no longer needs {name}"


def _all_checks(lines: Sequence[Line], holding: Iterable[int]) -> Iterator[str]:
    return (name for index in holding for name in _checks(lines[index].text))


def _checks(text: str) -> list[str]:
    """The checks that a line runs, by their first two words."""
    stripped = text.strip()[:2_000]
    if action := _ACTION.search(stripped):
        return [action[1]]
    if (
        stripped.startswith(("#", "//", "echo", "name:", "stage:", "- name:", "image:", "- echo", "description"))
        or (_installs(stripped) and "uses:" not in stripped)
        or stripped.endswith((":", ": |", ": >"))
    ):
        return []
    return [
        " ".join(match[0].split()[-2:]).strip("-\"'`@([:&;| ")
        for match in _RUNS.finditer(stripped)
        if not re.match(r"[\"']\s*:|@", stripped[match.end() :])
    ][:5]


_RUNS = lazy(
    _PREFIX
    + r"(?:pytest|py\.test|tox|nox|npm\s+(?:run\s+)?test\S*|npm\s+run\s+(?:lint|check|type)\S*|npm\s+t\b|npm\s+audit|yarn\s+(?:run\s+)?(?:test|lint)\S*|pnpm\s+(?:run\s+)?(?:test|lint)\S*|jest|vitest|mocha|playwright\s+test|cypress\s+run|go\s+(?:test|vet)|gotestsum|golangci-lint|govulncheck|cargo\s+(?:test|nextest|clippy|audit|deny|fmt)"
    r"|(?:\./)?mvnw?\s[^|;&\n]{0,40}(?:test|verify)|(?:\./)?gradlew?\s[^|;&\n]{0,40}(?:test|check)|dotnet\s+test|make\s+(?:\w{0,20}test|check|lint|verify|coverage)\S*|rake\s+(?:test|spec)|rspec|rubocop|phpunit|phpstan|psalm|bats|shellcheck|ruff\s+(?:check|format)|flake8|pylint|mypy|pyright|black\s+--check|bandit|safety\s+check|pip-audit|semgrep|trivy|grype|snyk|gitleaks"
    r"|hadolint|checkov|tfsec|tflint|terraform\s+validate|helm\s+lint|kubeconform|yamllint|ansible-lint|eslint|tsc\b|prettier\s+--check|stylelint|swift\s+test|flutter\s+test|mix\s+test|ctest|bazel\s+test|pre-commit\s+run|cosign\s+verify|python3?\s+-m\s+(?:pytest|unittest|mypy|flake8)|codecov|sonar-scanner|sha256sum\s+-c)"
)


_RUN_WORDS = (
    "pytest", "py.test", "tox", "nox", "npm", "yarn", "jest", "vitest", "mocha", "playwright", "cypress", "go", "govulncheck", "cargo", "mvn", "gradle",
    "dotnet", "make", "rake", "rspec", "rubocop", "phpunit", "phpstan", "psalm", "bats", "shellcheck", "ruff", "flake8", "pylint", "mypy", "pyright",
    "black", "bandit", "safety", "pip-audit", "semgrep", "trivy", "grype", "snyk", "gitleaks", "hadolint", "checkov", "tfsec", "tflint",
    "terraform", "helm", "kubeconform", "yamllint", "ansible-lint", "eslint", "tsc", "prettier", "stylelint", "swift", "flutter", "mix", "ctest",
    "bazel", "pre-commit", "cosign", "python", "codecov", "sonar-scanner", "sha256sum", "pnpm", "uses:",
)  # fmt: skip
_RUNNING, _RAN = Keywords([_RUN_WORDS], "added script"), Keywords([_RUN_WORDS], "removed script")
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


def caught(file: FileDelta, known: Container[str]) -> Iterator[tuple[int, str]]:
    """Errors caught and dropped in tests; a bare `except: pass` in any code."""
    if kind_of(file.path) not in CODE:
        return
    about_tests = is_about_tests(file.path)
    near = (file.added[index] for index in _CATCHING.lines(file.added_lines))
    bare = [line for line in near if _BARE.search(line.text[:500])]
    lines = file.new_text.split("\n") if bare else []
    spare: int | None = None
    for line in bare:
        below = lines[line.number] if line.number < len(lines) else ""
        if not _drops(line.text, below) or not (about_tests or re.match(r"\s*except\s*:", line.text)):
            continue
        if _is_expected(lines[max(0, line.number - 9) : line.number - 1]) or squeeze(line.text) in known:
            continue
        if about_tests and not _BARE_EXCEPT.match(line.text) and not _covers_a_check(file, lines, line.number):
            continue
        if spare is None:
            spare = sum(bool(_BARE.search(line.text[:500])) for line in file.removed)
        if spare:
            spare -= 1
        else:
            yield line.number, line.text.strip()[:80]


def _is_expected(above: Sequence[str]) -> bool:
    """Whether the block that is caught fails where nothing is thrown: the error is what the test wants."""
    for text in reversed(above):
        if re.match(r"\s*(?:func|def|function|fn)\b", text) or text.startswith("}"):
            return False  # another function
        if _FAILS.search(text):
            return True
        if re.match(r"\s*try\b", text):
            return False
    return False


def _covers_a_check(file: FileDelta, lines: Sequence[str], number: int) -> bool:
    """Whether what is caught and dropped may come from an assertion, or from code that the test had before."""
    before = {squeeze(text) for text in file.old_text.split("\n")}
    indent = len(lines[number - 1]) - len(lines[number - 1].lstrip())
    tried = [lines[number - 1]]
    for above in range(number - 2, max(-1, number - 40), -1):
        depth = len(lines[above]) - len(lines[above].lstrip())
        if lines[above].strip() and depth <= indent:
            break
        tried.append(lines[above])
    return any(_ASSERTS.search(text) or (len(squeeze(text)) > 6 and squeeze(text) in before) for text in tried[1:]) or (
        len(tried) == 1 or _ASSERTS.search(tried[0]) is not None
    )


def _drops(text: str, below: str) -> bool:
    return bool(_PASSES.match(below)) or bool(
        re.search(
            r"suppress\(|\brescue\s+\w+\s*$|\{\s*(?:_\s*=\s*)?recover\(\)\s*;?\s*\}\s*\(\)|\{\s*\}\s*$|\.catch\(|(?:pass|\.\.\.)\s*$",
            text,
        )
    )
