"""Which test files the configuration of a runner finds, before and after: asked of the paths of both trees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from improve_loop.model.delta import FileDelta, TreeDelta
from improve_loop.rules.gating.globs import in_target
from improve_loop.rules.gating.lazy import lazy, worded
from improve_loop.rules.gating.testing.places import is_collected

_CONFIG = worded(
    r"(?:^|/)(?:\.mocharc[\w.]*|package\.json|jest\.config\.\w+|vite(?:st)?\.config\.\w+|playwright\.config\.\w+|cypress\.config\.\w+|ava\.config\.\w+|Rakefile|pyproject\.toml|setup\.cfg|pytest\.ini|tox\.ini|phpunit\.xml[\w.]*)$",
    *(
        "mocharc", "package.json", "jest.config", "vite", "playwright", "cypress", "ava.config", "rakefile", "pyproject", "setup.cfg",
        "pytest.ini", "tox.ini", "phpunit",
    ),
)  # fmt: skip
_FINDS = lazy(
    r"(?m)(?<!\w)[\"']?\b(?P<key>testMatch|testDir|specPattern|spec|include|test_globs|testpaths|files|pattern)[\"']?\s*[:=]\s*(?P<what>\[[^\]]{0,2000}\]|(?:[\"'`][^\"'`\n]{1,200}[\"'`])|[^\n\[{]{1,400}(?:\n[ \t]+-?\s*[\w./*-]+(?=\n|$)){0,60})"
)
_LEAVES_OUT = lazy(
    r"(?m)(?<![\w.])[\"']?\b(?P<key>testIgnore|testPathIgnorePatterns|excludeSpecPattern|exclude|ignore)[\"']?\s*[:=]\s*(?P<what>\[[^\]]{0,2000}\]|[\"'`][^\"'`\n]{1,200}[\"'`]|/[^/\n]{1,200}/)"
)
_COVERAGE = lazy(r"\bcoverage\s*:\s*\{[^{}]{0,2000}(?:\{[^{}]{0,500}\}[^{}]{0,500}){0,9}\}")
_KEYS = {
    "mocharc": ("spec",),
    "package.json": ("testmatch", "spec"),
    "jest.config": ("testmatch",),
    "vite": ("include",),
    "playwright": ("testdir", "testmatch"),
    "cypress": ("specpattern",),
    "ava.config": ("files",),
    "rakefile": ("test_globs", "pattern"),
    "pyproject": ("testpaths",),
    "setup.cfg": ("testpaths",),
    "pytest.ini": ("testpaths",),
    "tox.ini": ("testpaths",),
}
_OUT_KEYS = {
    "playwright": ("testignore",),
    "cypress": ("excludespecpattern",),
    "vite": ("exclude",),
    "jest.config": ("testpathignorepatterns",),
    "package.json": ("testpathignorepatterns",),
    "mocharc": ("ignore",),
}
MAX_TEXT = 200_000  # characters of one configuration that are read
MAX_FILES = 3_000  # test files that are asked about


class Found(NamedTuple):
    """What a runner looks for, and leaves out."""

    wanted: tuple[str, ...]
    left_out: tuple[str, ...]


def unfound(delta: TreeDelta) -> Iterator[tuple[FileDelta, str]]:
    """The configuration that changes, and a test file that it found before and finds no more."""
    for file in delta.files:
        if file.is_binary or file.status != "modified" or not _CONFIG.search(file.path) or not _says_otherwise(file):
            continue
        before, after = _both(file)
        gone = next(_lost(delta, file, before, after), "")
        if gone:
            yield file, gone


def still_found(delta: TreeDelta, file: FileDelta) -> bool:
    """Whether a changed configuration finds every test file that it found before; unknown is no."""
    if file.status != "modified" or not _CONFIG.search(file.path):
        return False
    before, after = _both(file)
    if not before.wanted or not after.wanted:
        return False
    found = [path for path in _base_tests(delta, file) if _finds(before, path, file)]
    return bool(found) and next(_lost(delta, file, before, after), "") == ""


def _says_otherwise(file: FileDelta) -> bool:
    return _both(file)[0] != _both(file)[1]


def _both(file: FileDelta) -> tuple[Found, Found]:
    first, second = (_found(file.path, _COVERAGE.sub("", text[:MAX_TEXT])) for text in (file.old_text, file.new_text))
    return first, second


def _found(path: str, text: str) -> Found:
    name = path.rpartition("/")[2].lower()
    wanted, out = (next((keys for part, keys in table.items() if part in name), ()) for table in (_KEYS, _OUT_KEYS))
    return Found(_values(_FINDS, wanted, text), _values(_LEAVES_OUT, out, text))


def _values(pattern: re.Pattern[str], keys: Sequence[str], text: str) -> tuple[str, ...]:
    if not keys:
        return ()
    return tuple(
        item for match in pattern.finditer(text) if match["key"].lower() in keys for item in _items(match["what"])
    )


def _items(what: str) -> list[str]:
    quoted = re.findall(r"[\"'`]([^\"'`\n]{1,200})[\"'`]", what)
    if quoted:
        return quoted
    if what.startswith("/"):
        return [what.strip("/")]
    return [item for item in re.findall(r"[\w./*@{}-]+", what) if item != "-"]


def _lost(delta: TreeDelta, file: FileDelta, before: Found, after: Found) -> Iterator[str]:
    """Test files of the base that were found and, under the name that they have now, are found no more."""
    moved = {other.old_path: other.path for other in delta.files if other.old_path}
    for path in _base_tests(delta, file):
        now = moved.get(path, path)
        if now in delta.result_paths and _finds(before, path, file) and not _finds(after, now, file):
            yield now


def _base_tests(delta: TreeDelta, file: FileDelta) -> list[str]:
    """Test files below the folder of a configuration."""
    folder = file.path.rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    own = {other.old_path or other.path for other in delta.files if other.old is not None}
    paths = {*delta.base.paths(), *own}
    return sorted(path for path in paths if path.startswith(prefix) and is_collected(path))[:MAX_FILES]


def _finds(found: Found, path: str, file: FileDelta) -> bool:
    folder = file.path.rpartition("/")[0]
    inside = path.removeprefix(f"{folder}/") if folder else path
    if found.wanted and not any(_is_match(item, inside) for item in found.wanted):
        return False
    return not any(_is_match(item, inside) or _is_within(item, inside) for item in found.left_out)


def _is_match(item: str, path: str) -> bool:
    """Whether a glob, a file or a folder of a configuration means a path."""
    clean = item.replace("<rootDir>/", "").removeprefix("./").removeprefix("/")
    if clean in ("", "."):
        return True
    return any(in_target(path, (one,)) for one in _alternatives(clean))


def _is_within(item: str, path: str) -> bool:
    """Whether an expression without marks of a glob stands in a path, as those of Jest are looked for."""
    clean = item.replace("<rootDir>/", "").strip("/\\")
    return bool(re.fullmatch(r"[\w./-]{2,200}", clean)) and clean in path


def _alternatives(glob: str) -> list[str]:
    """A glob with `{a,b}` and `?(x)` as several without, as far as that is few."""
    glob = re.sub(r"[?@]\(([^()|]{0,40})\)", r"{,\1}", glob)
    glob = re.sub(r"[?@+]\(([^()]{0,80})\)", lambda match: "{" + match[1].replace("|", ",") + "}", glob)
    done: list[str] = []
    waiting = [glob]
    while waiting and len(done) + len(waiting) <= 64:
        one = waiting.pop()
        match = re.search(r"\{([^{}]{0,200})\}", one)
        if match is None:
            done.append(re.sub(r"\[([^\]]{1,8})\]", r"[\1]", one))
        else:
            waiting += [one[: match.start()] + part + one[match.end() :] for part in match[1].split(",")]
    return done
