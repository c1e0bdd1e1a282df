"""Failures that are swallowed: `|| true` after a check, allowed failures, flags that let a check pass."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from improve_loop.model.delta import FileDelta, Line
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.kinds import SCRIPTS, Kind, kind_of
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing import unheard
from improve_loop.rules.gating.testing.checks import PREFIX
from improve_loop.rules.gating.testing.settings import squeeze

CHECK = (
    r"(?:pytest|py\.test|tox|nox|unittest|nosetests?|trial|coverage|npm\s+(?:run\s+)?(?:test|t\b|lint|check|audit|type\w*|ci|build)[\w:-]*|yarn\s+(?:run\s+)?(?:test|lint|check|audit|build)[\w:-]*"
    r"|pnpm\s+(?:run\s+|-r\s+)?(?:test|lint|check|audit|build)[\w:-]*|bun\s+(?:test|run\s+(?:test|lint))|npx\s+\S+|jest|vitest|mocha|karma|ava|playwright|cypress|deno\s+(?:test|lint|check)|go\s+(?:test|vet|build)|gotestsum|golangci-lint|staticcheck|govulncheck|gofmt|cargo\s+(?:\+\S+\s+)?(?:test|nextest|clippy|fmt|check|build|audit|deny)"
    r"|(?:\./)?mvnw?\b[^|;&\n]{0,80}|(?:\./)?gradlew?\b[^|;&\n]{0,80}|sbt\s+test|dotnet\s+(?:test|build|format)|make\s+(?:-\S+\s+)*(?:test|check|lint|verify|ci|build|validate|typecheck|coverage|all|format-check)[\w-]*|just\s+(?:test|lint|check)|rake\s*(?:test|spec)?|rspec|rubocop|minitest|bundle\s+exec\s+\S+|phpunit|phpstan|psalm|pest|phpcs"
    r"|composer\s+(?:test|validate|audit)|bats|shellcheck|shfmt|ruff|flake8|pylint|mypy|pyright|black|isort|bandit|safety|pip-audit|semgrep|trivy|grype|snyk|gitleaks|trufflehog|detect-secrets|hadolint|checkov|tfsec|tflint|terraform\s+(?:validate|plan|fmt)|terragrunt\s+\S+|helm\s+(?:lint|template|test)|kubeconform|kubeval|kube-score|conftest|yamllint"
    r"|ansible-lint|eslint|tsc\b|prettier|stylelint|biome|xo\b|standard\b|codespell|markdownlint\S*|lychee|sonar-scanner|codecov|swift\s+test|xcodebuild|flutter\s+(?:test|analyze)|mix\s+(?:test|credo|dialyzer|format)|ctest|meson\s+test|ninja\s+test|bazel\s+(?:test|build)|buck2?\s+test|lein\s+test|stack\s+test|cabal\s+test|R\s+CMD\s+check"
    r"|pre-commit|lefthook|commitlint|cosign\s+verify|sha(?:256|512)sum\s+(?:-c|--check)|gpg\s+--verify|diff\s|cmp\s|git\s+diff\s+--(?:exit-code|check|quiet)|(?:\./|bash\s+|sh\s+|python3?\s+)?[\w./-]*(?:(?<!la)(?<!at)(?<!con)test|check|lint|verify|validate|audit)[\w-]*(?:\.(?:sh|py|js))?\b|\$\{?\w*(?:TEST|CHECK|LINT|VERIFY)\w*\}?)"
)
_IS_CHECK = lazy(PREFIX + CHECK)
_SWALLOWED = lazy(
    r"\|\|\s*(?:\[\[?|test)\s+[\"']?\$\?|\|\|\s*(?:true|:|exit\s+0|echo\b|printf\b|/bin/true|return\s+0|\(?\s*exit\s+0\s*\)?|continue|warn\w*|\{\s*(?:echo|true|:|warn))|;\s*(?:true|exit\s+0|:)\s*[\"']?\s*,?\s*$|\|\s*(?:cat|true|:|head|tail)\b[^|&;]{0,40}[\"']?,?\s*$|\|\|\s*\w+=(?:\$\?|0)\s*$|&&\s*exit\s+0\s*[\"']?$|&&\s*break\b|\|\s*(?:tee|cat|head|grep|tail)\b[^|]*\|\|\s*true|;\s*echo\s+[\"']?(?:done|ok|passed|\$\?)|\|\|\s*\$[({]?\w+[)}]?\s*[\"']?\s*$|;\s*then\s+(?:echo|printf|true|:)[^;\n]{0,200};\s*fi\b|\|\s*tee\b[^|&;'\"]{0,80}'\s*$"
)
_FLAG = lazy(
    r"--pass-?with-?no-?tests|--exit-zero\b|--no-?fail(?:ure)?s?\b|--exit-code[= ]0\b|--soft-fail\b|--no-error-on-unmatched|--force-exclude\s+tests|--no-verify\b|-DskipTests|-Dmaven\.test\.skip|-Dmaven\.test\.failure\.ignore|-DskipITs|-fae?n?\b\s+-DskipTests|\s-x\s+(?:test|check|lint)|--exclude-task\s+test|--skip-tests?\b"
    r"|--no-run\b|\bpytest\b[^|>\n]{0,200}\s--collect-only\b|--deselect[= ]|--ignore[= ]\S*test|-k\s+[\"']?not\s|-m\s+[\"']not\s|--continue-on-collection-errors|--suppress-no-test-exit-code|--testPathIgnorePatterns|--exclude-dir=\S*test|--exclude(?:-dir|-path)?[= ][\"']?(?:\./)?(?:src|lib|app|\*)(?=[\s\"'/]|$)|--reruns\b|--no-cov(?:erage)?\b|--cov-fail-under[= ]0\b|--lf\b|--bail=?0|--maxfail=\d{3,}|-run\s+[\"']?\^?(?:\$|NONE|XXX|NOTHING)|--allow-(?:dirty|failures?)|--error-exitcode[= ]0|--fail-never|--quiet-pass"
    r"|\b(?:jest|vitest|ava|playwright\s+test)\b[^;&|\n]{0,120}\s(?:-u|--update(?:-?[sS]napshots?)?)(?=[\s\"',]|$)|--snapshot-update\b|--update-goldens?\b|\bSKIP=\S+|HUSKY=0|HUSKY_SKIP_HOOKS=1|CI=false\s|DISABLE_ESLINT_PLUGIN=true|ESLINT_NO_DEV_ERRORS=true|PRE_COMMIT_ALLOW_NO_CONFIG|PYTEST_ADDOPTS"
)
_ERREXIT = lazy(r"(?m)^\s*set\s+-\w*e|^#!\S*sh\s+-\w*e|set\s+-o\s+errexit")
_SKIPPED_BUILD = lazy(r"-DskipTests|-Dmaven\.test\.skip|-DskipITs")

_SKIPPING_BUILDS = ("-DskipTests", "-Dmaven.test.skip", "-DskipITs")
_SELECTION = lazy(r"(?<=\s)-[km]\s+(?:'not [^'\"\n]{1,200}'|\"not [^'\"\n]{1,200}\")(?=[\s\"',;]|$)")
_KEYS = lazy(
    r"^\s*(?:-\s+)?[\"']?(?:allow_failure|allow-failure|allowFailure|continue-on-error|continueOnError|ignore_errors|ignore-errors|ignore_failure|failure-ignored|soft_fail|allow_failures|catchError|warn-only|non_?blocking)[\"']?\s*:(?!\s*[\"']?(?:false|no|0)\b|\s*[\"']?\$\{\{\s*matrix\.[\w.-]+\s*(?:==\s*'[^']{1,40}'\s*|\|\|\s*false\s*)?\}\})"
)
_CLEANS = lazy(
    r"\s*(?:-\s+)?[\"']?(?:sudo\s+)?(?:(?:docker|podman)\s+(?:container\s+)?(?:rm|stop|kill|network\s+rm|logout)|docker[- ]compose\s+(?:\S+\s+){0,4}(?:down|stop|rm)|rm|rmdir|mkdir|kill|pkill|killall|umount)\s"
)
_WAITS_FOR_A_PERSON = lazy(r"\s*allow_failure\s*:\s*true\s*$")
_SET_E = lazy(
    r"^\s*shell\s*:\s*[\"']?(?:/bin/)?(?:ba)?sh\s+(?:\+e\s+)?\{0\}|(?:^|[;&|\s\"'])set\s+(?:\+e\b|\+o\s+(?:errexit|pipefail))|^\s*trap\s+['\"]?(?:true|:|exit\s+0)?['\"]?\s+(?:ERR|EXIT)|^\s*trap\s+['\"].*exit\s+0.*['\"]\s+(?:ERR|EXIT)|\$ErrorActionPreference\s*=\s*['\"]?(?:Silently)?Continue"
)
_DROPS_WORDS = (
    "|", ";", "&&",  # `_SWALLOWED`
    "--", "-d", "-x", "-k", "-m", "-run", "-u", "skip=", "husky", "ci=false", "disable_eslint", "eslint_no", "pre_commit_allow", "pytest_addopts",  # `_FLAG`
    "allow", "continue", "ignore", "failure-ignored", "soft_fail", "catcherror", "warn-only", "blocking",  # `_KEYS`
    "shell", "set", "trap", "erroractionpreference",  # `_SET_E`
)  # fmt: skip
_DROPPING = Keywords([_DROPS_WORDS], "added script")
_MAKE_DASH, _TOX_DASH = lazy(r"^\t\s*@?-\s*@?\S"), lazy(r"^\s*(?:commands\w*\s*=\s*)?-\s*\S")
_MAKE_IGNORES = lazy(
    r"^SHELL\s*[:?]?=\s*(?:\S*/)?(?:true|echo)\b|^\.IGNORE\s*:|^MAKEFLAGS\s*[:+]?=.*(?:-i\b|\bi\b|--ignore-errors)"
)


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
    if kind in ("shell", "make", "ci"):
        yield from unheard.unheard(file, kind)
    if kind in ("make", "ci") or file.path.endswith("package.json"):
        yield from _goes_on(file)
    spared = (file.removed[index] for index in file.removed_lines.holding(_SKIPPING_BUILDS))
    spare = sum(_SKIPPED_BUILD.search(line.text[:2_000]) is not None for line in spared)
    every = kind == "make" or file.path.endswith("tox.ini") or spare
    held = () if every else _DROPPING.lines(file.added_lines)
    for line in file.added if every else (file.added[index] for index in held):
        text = line.text[:2_000]
        if _WAITS_FOR_A_PERSON.match(text) and kind == "ci" and _is_manual(file, line):
            continue
        cause, goes_on = _cause(_selects_anew(text, file), kind, file.path), kind in SCRIPTS and _SET_E.search(text)
        if not (cause or goes_on or spare) or squeeze(text) in known or re.match(r"\s*(?:#|//)", text):
            continue
        if spare and _SKIPPED_BUILD.search(text):
            spare -= 1
            continue
        if cause:
            yield line.number, cause[:80]
        if goes_on and not _captures(file, line):
            yield line.number, text.strip()[:80]


def _is_manual(file: FileDelta, line: Line) -> bool:
    """Whether a rule only lets a job be started by hand: then it may be left alone, and the pipeline goes on."""
    lines = ["", *file.new_text.split("\n"), ""]
    return any(re.match(r"\s*(?:-\s+)?when\s*:\s*manual\b", lines[at]) for at in (line.number - 1, line.number + 1))


def _goes_on(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Checks that ended a line when they failed (`&&`), and after which it goes on now (`;`)."""
    before = {squeeze(line.text) for line in file.removed if "&&" in line.text and _IS_CHECK.search(line.text[:2_000])}
    for line in file.added if before else ():
        text = line.text[:2_000]
        if ";" in text and squeeze(text) not in before and squeeze(re.sub(r"\s*;", "&&", text)) in before:
            yield line.number, text.strip()[:80]


def _selects_anew(text: str, file: FileDelta) -> str:
    """A line without the selections (`-m 'not slow'`) that a line of the same file made before."""
    for selection in _SELECTION.findall(text):
        if any(selection in line.text for line in file.removed):
            text = text.replace(selection, "", 1)
    return text


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
    sides = [side.strip() for side in text.split("||")]
    if len(sides) == 2 and sides[0] == sides[1] and _IS_CHECK.search(sides[0]):
        return text.strip()
    drop = _SWALLOWED.search(text)
    if drop and _CLEANS.match(re.split(r"&&|;", text[: drop.start()])[-1]):
        return ""
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
