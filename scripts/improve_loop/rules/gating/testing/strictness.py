"""Strictness given up without a word that says so: flags taken out, fewer rules selected, levels lowered, tests not found."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.blocks import openers

_FLAG = lazy(
    r"--doctest-modules|--strict[\w-]*|-W\s?error\b|-Werror\S*|--fail-on-[\w-]+|--error-on-[\w-]+|--max-warnings[= ]0|--forbid-?[Oo]nly|-race\b|-D\s?warnings|--cov-fail-under[= ]\d+|--check-coverage|--frozen-lockfile|--require-hashes|--locked\b|(?<=\s)--error(?=\s|$)|--exit-code(?:[= ][1-9])?(?![= ]0)(?=\s|$)|--fail-on[= ]\S+|--error-exitcode[= ][1-9]|--severity-threshold[= ]\S+|--no-allow-\w+"
)
_SELECTION = lazy(
    r"(?m)^[ \t]*[\"']?(?P<key>enable|select|extend-select|plugins|filterwarnings|testpaths|python_files|python_functions|python_classes|testMatch|testRegex|include)[\"']?[ \t]*[:=][ \t]*"
    r"(?:\[(?P<list>[^\]]{0,4000})\]|(?P<one>[^\s\[][^\n]{0,400})?(?P<block>(?:\n[ \t]+-?[ \t]*[\w*./@-]+[ \t]*(?:#[^\n]*)?(?=\n|$)){0,400}))"
)
_REPLACED = frozenset(
    "exportloopref scopelint gosimple stylecheck vet vetshadow golint deadcode varcheck structcheck interfacer maligned goerr113 gomnd tenv"
    " execinquery megacheck ifshort nosnakecase depguard typecheck gci gofmt gofumpt goimports golines".split()
)  # linters of golangci-lint that others took in or that are gone
_SECOND, _NONE = lazy(r"(?m)^version:\s*[\"']?2"), lazy(r"(?m)^\s*default:\s*none")
_STANDARD = frozenset("errcheck govet ineffassign staticcheck unused".split())  # on by themselves in version 2
_FINDS_TESTS = frozenset(("python_files", "python_functions", "python_classes", "testmatch", "testregex"))
_PATHS = frozenset(("testpaths",))
_LEVEL = lazy(
    r"^\s*[\"']?(?P<key>[\w@/.:-]+)[\"']?\s*[:=]\s*\[?\s*[\"']?(?P<level>forbid|deny|error|warn|warning|info|hint|allow|off|none|[012])[\"']?\s*(?:,|\]|\}|$)",
    re.I,
)
_STRICT = lazy(
    r"^\s*[\"']?(?P<key>strict\w*|no[Ii]mplicit\w+|disallow_\w+|check_untyped_defs|warn_(?:unused|return|unreachable|redundant)\w*|noUnused\w+|noUnchecked\w+|exactOptional\w+|forbidOnly|collectCoverage|tests|warnings_as_errors|treatWarningsAsErrors|xfail_strict|fail_on_warning|forbid_\w+|no_implicit_\w+|strict_equality)[\"']?\s*[:=]\s*(?:[tT]rue|1|!!process\.env\.CI)\b"
)
_ELEMENT = lazy(
    r"<((?:Treat)?WarningsAsErrors|EnforceCodeStyleInBuild|RunAnalyzers\w*|fail(?:s)?On\w+|failIfNoTests)>\s*(?:true|Warning)"
)
_GRADLE_OFF = lazy(r"\s*(?:enabled\s*=\s*false|onlyIf\s*\{\s*false\s*\})\s*$")
_GRADLE_TESTS = lazy(
    r"\s*(?:test|check|integrationTest|checkstyle\w*|spotbugs\w*|pmd\w*|tasks\.(?:test|check)|tasks\.withType[<(]Test\b[^{]*|tasks\.named[^{\n]{0,20}[\"'](?:\w*[tT]est|check)[\"'][^{]*)\s*\{\s*$"
)
_ATTRIBUTE = lazy(r"\b((?:failOn|beStrict)\w+)=\"true\"")
_ANALYSED = lazy(r"(?m)^\s*level:\s*(\d+|max)\b")
_LINT = lazy(r"#!\[(forbid|deny|warn|allow)\(([^)\n]{1,400})\)\]")
_LENIENT = lazy(r"^\s*[\"']?(?P<key>\w+)[\"']?\s*[:=]\s*(?:[fF]alse|0)\b")
_RULE_LEVEL = lazy(r"[\"']([\w@/.-]{2,80})[\"']\s*:\s*\[?\s*[\"'](error|warn|off)[\"']")
_RANK = {"forbid": 4, "deny": 3, "error": 3, "2": 3, "warn": 2, "warning": 2, "1": 2, "info": 1, "hint": 1, "allow": 0, "off": 0, "none": 0, "0": 0}  # fmt: skip
_MARKS = lazy(r"^\s*(?:-\s+)?(?:(?:run|script|command)\s*:\s*)?[@\"']?")
MAX_TEXT = 500_000  # characters of one file that are read


def given_up(file: FileDelta, come: str = "") -> Iterator[tuple[int, str]]:
    """Line and what is no longer strict there, nor in what other configuration gained (`come`)."""
    if file.old is None or file.status == "deleted":
        return
    yield from ((_line(file), f"{flag} is taken out") for flag in _flags_lost(file) if flag not in come)
    yield from _less_selected(file)
    yield from (found for found in _settings_lost(file) if found[1].partition(" ")[0] not in come)
    yield from _levels_lowered(file)
    yield from _attributes_lost(file)
    yield from _tests_disabled(file)
    levels = {match["key"]: match["level"].lower() for line in file.removed if (match := _LEVEL.match(line.text[:500]))}
    for line in file.added:
        match = _LEVEL.match(line.text[:500])
        old = levels.get(match["key"]) if match else None
        if (
            match
            and old
            and _RANK[match["level"].lower()] < _RANK[old]
            and not (old.isdigit() and not _is_rule(match["key"]))
        ):
            yield line.number, line.text.strip()[:80]


def _settings_lost(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Settings that made a tool strict and that the file names no more, or turns off."""
    strict = {match["key"] for line in file.removed if (match := _STRICT.match(line.text[:300]))}
    for line in file.added:
        if (match := _LENIENT.match(line.text[:300])) and match["key"] in strict:
            yield line.number, line.text.strip()[:80]
    for line in file.removed:
        match = _STRICT.match(line.text[:300])
        if (
            match
            and match["key"] not in file.new_text
            and not re.search(r"[\"']?strict[\"']?\s*[:=]\s*[tT]rue", file.new_text)
        ):
            yield _line(file), f"{match['key']} is taken out"


def _levels_lowered(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Rules of a linter that stand several on a line, set to less than before."""
    before = {match[1]: match[2] for line in file.removed for match in _RULE_LEVEL.finditer(line.text[:2_000])}
    for line in file.added:
        for match in _RULE_LEVEL.finditer(line.text[:2_000]):
            old = before.get(match[1])
            if old and _RANK[match[2]] < _RANK[old] and _LEVEL.match(line.text[:500]) is None:
                yield line.number, match[0][:80]


def _attributes_lost(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Attributes that made a runner of PHP strict, and the level of its analyser."""
    for name in sorted({*_ELEMENT.findall(file.old_text)} - {*_ELEMENT.findall(file.new_text)}):
        yield _line(file), f"{name} is given up"
    if "phpunit" in file.path:
        after = set(_ATTRIBUTE.findall(file.new_text))
        yield from (
            (_line(file), f"{name} is taken out") for name in sorted({*_ATTRIBUTE.findall(file.old_text)} - after)
        )
    if "phpstan" in file.path:
        old, new = (_ANALYSED.search(text) for text in (file.old_text, file.new_text))
        if old and (new is None or _deep(new[1]) < _deep(old[1])):
            yield _line(file), f"level {old[1]} is given up"


def _tests_disabled(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Tasks of Gradle that test or check, and are switched off."""
    off = [line for line in file.added if _GRADLE_OFF.match(line.text[:300])] if ".gradle" in file.path else []
    opened = openers(file.new_lines.texts) if off else []
    for line in off:
        block = opened[line.number - 1]
        if _GRADLE_TESTS.match(block[:300]):
            yield line.number, f"{block.strip()} {line.text.strip()}"[:80]


def lints_lowered(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Lints of Rust that a crate denied and now only warns of, or allows."""
    before = {
        name: match[1] for line in file.removed for match in _LINT.finditer(line.text[:500]) for name in _names(match)
    }
    for line in file.added if before else ():
        for match in _LINT.finditer(line.text[:500]):
            for name in _names(match) & before.keys():
                if _RANK[match[1]] < _RANK[before[name]]:
                    yield line.number, f"{name}: {before[name]} → {match[1]}"


def _names(match: re.Match[str]) -> set[str]:
    return {name.strip() for name in match[2].split(",")}


def _deep(level: str) -> int:
    return int(level) if level.isdigit() else 99


def _is_rule(key: str) -> bool:
    """Whether a key with a number for a level is one of a linter: `no-eval`, `@x/y`."""
    return "-" in key or "/" in key


def _flags_lost(file: FileDelta) -> list[str]:
    before = {re.sub(r"[= ]\S*$", "", flag) for line in file.removed for flag in _FLAG.findall(line.text[:2_000])}
    rest = file.new_text[:MAX_TEXT]
    return sorted(flag for flag in before if flag not in rest)


def dropped(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Commands of a script or job that stay and lose a flag which made them strict."""
    lost = [
        (_MARKS.sub("", line.text[:2_000]).split()[0], flag)
        for line in file.removed
        if " -" in line.text
        for flag in _FLAG.findall(line.text[:2_000])
        if re.sub(r"[= ]\S*$", "", flag) not in file.new_text[:MAX_TEXT]
    ]
    for line in file.added if lost else ():
        words = _MARKS.sub("", line.text[:2_000]).split()
        flag = next((flag for word, flag in lost if words[:1] == [word] and flag not in line.text), None)
        if flag:
            yield line.number, f"{flag} is taken out"


def _less_selected(file: FileDelta) -> Iterator[tuple[int, str]]:
    before, after = _selected(file.old_text), _selected(file.new_text)
    for key, old in before.items():
        new = after.get(key)
        gone = [item for item in old if new is not None and not any(_covers(kept, item) for kept in new)]
        gone = [item for item in gone if item not in _REPLACED]
        if "golangci" in file.path and _SECOND.search(file.new_text) and not _NONE.search(file.new_text):
            gone = [item for item in gone if item not in _STANDARD]
        if key in ("enable", "select") and file.path.endswith("Cargo.toml"):
            continue  # names of packages
        if key == "include":
            deep = "vitest" in file.path and not any("**" in item for item in new or ())
            gone = [item for item in gone if deep and "**" in item]
        if key == "filterwarnings":
            gone = [item for item in gone if item == "error"]
        if gone and new is not None and (key not in _PATHS or len(new) < len(old) or _is_narrower(new, gone)):
            yield _line(file), f"{key} no longer has {gone[0]}"[:80]
    for key in after.keys() - before.keys():
        if key in _PATHS and after[key] and all("/" in item.strip("./") for item in after[key]):
            yield _line(file), f"{key} = {' '.join(after[key])}"[:80]
        if key in _FINDS_TESTS and not any(re.search("(?i)test|spec", item) for item in after[key]):
            yield _line(file), f"{key} = {' '.join(after[key])}"[:80]


def _covers(kept: str, item: str) -> bool:
    """Whether what stays selected holds an item: `B` holds B006, and not BLE."""
    rest = item[len(kept) :]
    return kept in ("ALL", "all", ".") or (item.startswith(kept) and not (kept.isupper() and rest[:1].isupper()))


def _is_narrower(new: list[str], gone: list[str]) -> bool:
    """Whether a folder is only searched in part now."""
    return any(item.startswith(old.rstrip("/") + "/") for item in new for old in gone)


def _selected(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for match in _SELECTION.finditer(text[:MAX_TEXT]):
        items = re.findall(
            r"[\w*./@-]+", re.sub(r"#[^\n]*", "", match["list"] or f"{match['one'] or ''}{match['block'] or ''}")
        )
        found.setdefault(match["key"].lower(), []).extend(item.lstrip("-") for item in items if item.strip("-"))
    return found


def _line(file: FileDelta) -> int:
    """The first line that changed."""
    lines = [line.number for line in (*file.added[:1], *file.removed[:1])]
    return max(1, min(lines)) if lines else 1
