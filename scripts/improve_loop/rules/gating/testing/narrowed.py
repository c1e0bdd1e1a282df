"""Test runs that only run a part now, and errors that code drops without a word."""

from __future__ import annotations

from collections.abc import Container, Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.kinds import SCRIPTS, kind_of
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.checks import RUN_CHECKS
from improve_loop.rules.gating.testing.places import is_about_tests
from improve_loop.rules.gating.testing.settings import squeeze

_TEST_RUN = lazy(
    r"\b(?P<tool>pytest|py\.test|vitest(?:\s+run)?|jest|mocha|rspec|phpunit|go\s+test|cargo\s+test|npm\s+(?:run\s+)?test|bats|mvn\s+\S*test)\b(?P<rest>[^;&|\"'\n]{0,400})"
)
_TEST_TOOLS = ("test", "jest", "mocha", "rspec", "phpunit", "bats")  # one stands in every test run
_CHOSEN = lazy(
    r"(?<=\s)(?:[\w./-]*(?:test|spec)[\w./-]*\.(?:py|[jt]sx?|rb|php|rs|bats)\S*|-run[= ]\S+|--test\s\S+|-Dtest=\S+|(?:-t|-g|--testNamePattern|--grep|--filter)(?=[\s=]|$)\S*)"
)
_PART_OF_PYTEST = lazy(
    r"(?<=\s)-[km](?=[\s=])[\s=]+[\"']?[\w(]"
)  # some of the cases; what it leaves out has its own rule
_LINT_RUN = lazy(
    r"\b(?P<tool>ruff\s+check|flake8|pylint|mypy|pyright|eslint|rubocop|golangci-lint\s+run|phpstan\s+analy[sz]e|shellcheck|black\s+--check|bandit|semgrep)\b(?P<rest>[^;&|\"'\n]{0,400})"
)
_LINTERS = ("ruff", "flake8", "pylint", "mypy", "pyright", "lint", "rubocop", "phpstan", "shellcheck", "black", "bandit", "semgrep")  # fmt: skip
_LENIENT = lazy(
    r"(?<=\s)(?:--(?:extend-)?ignore[=\s]\S+|--select[=\s]\S+|--exit-zero|--version|--help|--ignore-missing-imports|--allow-\S+|--disable(?:-error-code)?[=\s]\S+|--quiet|--no-eslintrc|--no-config-lookup|--no-config|--isolated|--follow-imports[=\s](?:skip|silent)|--new-from-rev\S*|--errors-only|--level[=\s]\d|--exit-code[=\s]0|--issues-exit-code[=\s]0|--fail-level[=\s]\S+)(?=\s|$)"
)
_FEW = lazy(r"\s[\w./-]+\.(?:py|[jt]sx?|go|rb|php|sh)(?=\s|$)|\$\(\s?git\s+diff\b")
_ALL = lazy(r"(?<=\s)(?:\.|\./?|src|lib|app|\./\.\.\.)/?(?=\s|$)|^\s*$")
_ANY_ERROR = lazy(r"\s*except\s+\(?\s*(?:Base)?Exception\b[^:]{0,60}:\s*$")
_BARE = lazy(r"\s*except\s*:\s*$")
_MADE_UP = lazy(r"\s*return\s+(?:False|-?\d+(?:\.\d+)?|\[\]|\{\}|\"\"|'')\s*(?:#.*)?$")
_SILENT = lazy(r"\s*(?:pass|\.\.\.)\s*(?:#.*)?$")


def narrowed(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Test runs that now name one file or case of those that they ran."""
    kind = kind_of(file.path, file.new_text.partition("\n")[0])
    if kind not in SCRIPTS and not file.path.endswith(RUN_CHECKS):
        return
    ran = (file.removed[index].text[:1_000] for index in file.removed_lines.holding(_TEST_TOOLS))
    before = [match for text in ran if (match := _TEST_RUN.search(text))]
    for line in file.added if before else ():
        match = _TEST_RUN.search(line.text[:1_000])
        old = next((each for each in before if match and each["tool"] == match["tool"]), None)
        if match is None or old is None:
            continue
        chosen = set(_CHOSEN.findall(match["rest"])) - set(_CHOSEN.findall(old["rest"]))
        if "py" in match["tool"] and not _PART_OF_PYTEST.search(old["rest"]):
            chosen |= set(_PART_OF_PYTEST.findall(match["rest"]))
        if (chosen and not _CHOSEN.search(old["rest"])) or ("./..." in old["rest"] and "./..." not in match["rest"]):
            yield line.number, f"only {next(iter(sorted(chosen)), match['rest'].strip())}"[:80]


def lint_narrowed(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Linters and type checkers that are now told to let more through, or to look at a few files of all."""
    kind = kind_of(file.path, file.new_text.partition("\n")[0])
    if kind not in SCRIPTS and not file.path.endswith(RUN_CHECKS):
        return
    ran = (file.removed[index].text[:1_000] for index in file.removed_lines.holding(_LINTERS))
    before = [match for text in ran if (match := _LINT_RUN.search(text))]
    for line in file.added if before else ():
        match = _LINT_RUN.search(line.text[:1_000])
        old = next((each for each in before if match and each["tool"] == match["tool"]), None)
        if match is None or old is None or _runs_still(file, old[0]):
            continue
        lenient = {found[0] for found in _LENIENT.finditer(match["rest"])} - set(_LENIENT.findall(old["rest"]))
        few = _FEW.search(match["rest"]) and _ALL.search(old["rest"]) and not _ALL.search(match["rest"])
        if lenient or few:
            yield line.number, f"{match['tool']} only {next(iter(sorted(lenient)), match['rest'].strip())}"[:80]


def _runs_still(file: FileDelta, run: str) -> bool:
    """Whether the same run stands on a line of its own."""
    return any(line.strip().rstrip("\"'").endswith(run.strip()) for line in file.new_text.split("\n"))


def dropped(file: FileDelta, known: Container[str]) -> Iterator[tuple[int, str]]:
    """Any error caught and dropped without a word in code that is no test."""
    if kind_of(file.path) != "python" or is_about_tests(file.path):
        return
    lines = file.new_text.split("\n")
    for line in (file.added[index] for index in file.added_lines.holding(("except",))):
        below = lines[line.number] if line.number < len(lines) else ""
        silent = _ANY_ERROR.match(line.text[:300]) and _SILENT.match(below)
        if (silent or (_BARE.match(line.text[:300]) and _MADE_UP.match(below))) and squeeze(line.text) not in known:
            yield line.number, line.text.strip()[:80]
