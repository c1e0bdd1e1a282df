"""Files that a pipeline takes in from its own project: they are the pipeline, whatever they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from improve_loop.model.delta import TreeDelta
from improve_loop.rules.gating.ci.paths import power_of
from improve_loop.rules.gating.globs import in_target
from improve_loop.rules.gating.lazy import lazy

_ROOT = ".gitlab-ci.yml"
_VARIABLE = lazy(r"\$\[\[[^]]*\]\]|\$\{\w+\}|\$\w+")  # may stand for any path
_MOST = 150  # files of one pipeline, by GitLab's own limit


def included(delta: TreeDelta, roots: tuple[str, ...]) -> tuple[str, ...]:
    """The changed files that the pipeline takes in, before the change or after it. `roots`: where else it begins."""
    touched = {path for file in delta.files for path in (file.path, file.old_path) if path}
    wanted = {path for path in touched if path.endswith((".yml", ".yaml")) and power_of(path) != "pipeline"}
    if not wanted:
        return ()
    after = dict.fromkeys(touched) | {file.path: file.new for file in delta.files}
    paths = {*delta.base.paths(), *wanted}
    found = set[str]()
    for read in (delta.base.read, lambda path: after[path] if path in after else delta.base.read(path)):
        found |= wanted & _reached((_ROOT, *roots), read, paths)
    return tuple(sorted(found - {*roots}))


def _reached(roots: Iterable[str], read: Callable[[str], bytes | None], paths: Iterable[str]) -> set[str]:
    """Every file that these and what they include take in."""
    from improve_loop.rules.gating.ci.gitlab import pipeline  # here: most changes touch no file that could be meant

    seen, ahead = set[str](), [*roots]
    while ahead and len(seen) < _MOST:
        path = ahead.pop()
        if path in seen:
            continue
        seen.add(path)
        tree = pipeline((read(path) or b"").decode("utf-8", "replace"))
        patterns = [*_patterns(tree or {})]
        globs = tuple(each for each in patterns if "*" in each)
        ahead += [each for each in patterns if each not in globs]
        ahead += [each for each in paths if globs and in_target(each, globs)]
    return seen


def _patterns(tree: Mapping[str, Any]) -> Iterator[str]:
    """What `include` names, and `trigger:include` of the jobs: a path, or a glob."""
    triggers = (job.get("trigger") for job in tree.values() if isinstance(job, dict))
    below = [each.get("include") for each in triggers if isinstance(each, dict)]
    for item in _each([tree.get("include"), *below]):
        own = isinstance(item, dict) and "CI_PROJECT_PATH" in str(item.get("project"))
        named = [item] if isinstance(item, str) else [item.get("local"), *(_each(item.get("file")) if own else ())]
        for name in named:
            if isinstance(name, str) and "://" not in name:
                yield _VARIABLE.sub("**", name).lstrip("/")


def _each(value: object) -> list[Any]:
    if isinstance(value, list):
        return [item for part in value for item in _each(part)]
    return [value] if isinstance(value, str | dict) else []
