"""Dependencies: none added on the side, none from elsewhere, none loosened or downgraded, nothing run at install time."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from improve_loop.model.delta import FileDelta, TreeDelta
from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.supply.brought import brought_along
from improve_loop.rules.gating.supply.guards import guards
from improve_loop.rules.gating.supply.images import image_findings
from improve_loop.rules.gating.supply.lines import installs, line_findings
from improve_loop.rules.gating.supply.manifests import Specs, dependencies_of, ecosystem_of, inline, is_lock, normal
from improve_loop.rules.gating.supply.origins import origins
from improve_loop.rules.gating.supply.popular import imitated
from improve_loop.rules.gating.supply.table import (
    ADDED,
    ANYTHING,
    DOWNGRADE,
    GUARD,
    MISMATCH,
    RULES,
    SOURCE,
    TYPO,
    UNPINNED,
    UNREADABLE,
)
from improve_loop.rules.gating.supply.versions import is_anything, is_elsewhere, is_looser, is_older

__all__ = ["FAMILY", "RULES", "findings"]

FAMILY = "supply"
BY_NAME = {rule.id.partition("/")[2]: rule for rule in RULES}


def findings(delta: TreeDelta, scope: Scope | None, policy: Policy) -> Iterator[GateFinding]:
    """What a change does to dependencies. Without a scope an added dependency only warns: people add them."""
    known = _known_before(delta)
    for file in delta.files:
        if file.status == "deleted" and is_lock(file.path) and _leaves_its_manifest(file, delta):
            yield MISMATCH.at(file.path, detail="the lock file is gone, its manifest is not")
        if not file.is_binary:
            yield from (GUARD.at(file.path, number, detail=says) for number, says in guards(file))
        if file.is_binary or file.new is None:
            continue
        images = () if file.path in policy.pipeline_files else image_findings(file)  # family `ci` judges those
        for name, number, says in (*line_findings(file), *images):
            found = BY_NAME[name].at(file.path, number, detail=says)
            built = file.old is not None and file.path.endswith("build.rs")  # what it runs is judged too
            moved = name == "source" and kind_of(file.path) == "yaml"
            daily = scope is None and (built or moved or name == "dependency-added")
            yield replace(found, severity="warn") if daily else found
        for name, number, says in origins(file, delta, scope):
            yield BY_NAME[name].at(file.path, number, detail=says)
        if is_lock(file.path):
            from improve_loop.rules.gating.supply.locks import lock_findings

            yield from (
                BY_NAME[name].at(file.path, number, detail=says)
                for name, number, says in lock_findings(file)
                if file.old is not None
            )
        elif ecosystem_of(file.path):
            yield from _manifest(file, delta, known, scope)
        if is_lock(file.path) and (says := _apart(file, delta, scope)):
            yield MISMATCH.at(file.path, 1, detail=says)
        for name in _fresh_inline(file):
            yield from _fresh(file, name, _line_of(file, name), scope)
        for ecosystem, package, number in installs(file):
            if other := imitated(package, ecosystem):
                yield TYPO.at(file.path, number, detail=f"{package} looks like {other}")
            elif scope is not None and package not in known and file.old is not None:
                yield ADDED.at(file.path, number, detail=package)


def _leaves_its_manifest(file: FileDelta, delta: TreeDelta) -> bool:
    """Whether a manifest stands where a lock file was, and no other lock file does."""
    folder, ecosystem = file.path.rpartition("/")[0], ecosystem_of(file.path)
    beside = [
        path for path in delta.result_paths if path.rpartition("/")[0] == folder and ecosystem_of(path) == ecosystem
    ]
    return bool(ecosystem) and bool(beside) and not any(map(is_lock, beside))


def _apart(file: FileDelta, delta: TreeDelta, scope: Scope | None) -> str:
    """What a lock file says that changes while its manifest does not."""
    from improve_loop.rules.gating.supply.locks import root_alone

    return root_alone(file, delta) or (_only_sums(file, delta) if scope is not None else "")


def _only_sums(file: FileDelta, delta: TreeDelta) -> str:
    """A module that `go.sum` gains while the `go.mod` beside it stays and does not name it."""
    manifest = file.path.removesuffix("go.sum") + "go.mod"
    if not file.path.endswith("go.sum") or manifest in delta.by_path:
        return ""
    named = (delta.read_result(manifest) or b"").decode("utf-8", "replace")
    fresh = (line.text.partition(" ")[0] for line in file.added) if named else ()
    known = f"{named}\n{file.old_text}"
    return next((f"{module} is not in go.mod" for module in fresh if module and module not in known), "")


def _fresh_inline(file: FileDelta) -> list[str]:
    """Dependencies that a script names in its own head, and did not before."""
    before, after = inline(file.old_text), inline(file.new_text)
    return [name for name in after if name not in before]


def _known_before(delta: TreeDelta) -> frozenset[str]:
    """Every dependency that some changed manifest named before."""
    names: set[str] = set()
    for file in delta.files:
        if ecosystem_of(file.old_path or file.path) and not is_lock(file.path):
            names.update(dependencies_of(file.old_path or file.path, file.old_text) or {})
    return frozenset(names)


def _manifest(file: FileDelta, delta: TreeDelta, known: frozenset[str], scope: Scope | None) -> Iterator[GateFinding]:
    old, new = dependencies_of(file.old_path or file.path, file.old_text), dependencies_of(file.path, file.new_text)
    if new is None or (old is None and file.old_text):
        if old is not None or not file.old_text:
            yield UNREADABLE.at(file.path)
        return
    before: Specs = old or {}
    along = brought_along(file, before, new, delta)
    for name, spec in new.items():
        line = _line_of(file, name)
        if name not in known:
            told = _fresh(file, name, line, scope)
            yield from (found for found in told if not (found.rule == ADDED.id and name in along))
        if spec != before.get(name) and is_elsewhere(spec) and not _stays_within(file.path, spec):
            yield SOURCE.at(file.path, line, detail=f"{name} {spec[:60]}")
        elif (
            name in before
            and spec != before[name]
            and not (":" in name and not spec)
            and is_anything(before[name], spec)
        ):
            yield ANYTHING.at(file.path, line, detail=f"{name} {before[name]} → {spec or 'anything'}")
        elif name in before and is_older(before[name], spec):
            yield DOWNGRADE.at(file.path, line, detail=f"{name} {before[name]} → {spec}")
        elif (
            name in before
            and spec != before[name]
            and (is_looser(before[name], spec) or _is_unreleased(file, name, spec))
        ):
            yield UNPINNED.at(file.path, line, detail=f"{name} {before[name]} → {spec or 'anything'}")
    if file.old is not None and "--hash=" in file.old_text and "--hash=" not in file.new_text:
        yield ANYTHING.at(file.path, 1, detail="checksums are taken out")
    changed = {
        name: spec
        for name, spec in new.items()
        if before.get(name) != spec and file.old is not None and name not in _built_with(file)
    }
    from improve_loop.rules.gating.supply.locks import disagreements

    yield from (MISMATCH.at(file.path, None, detail=says) for says in disagreements(file, changed, delta))


def _is_unreleased(file: FileDelta, name: str, spec: str) -> bool:
    """Whether a dependency of Maven or Gradle from elsewhere becomes a build that changes under its name."""
    group = name.partition(":")[0]
    own = re.search(r"<groupId>\s*([\w.-]+)", file.new_text[:20_000])
    return spec.endswith("-SNAPSHOT") and ":" in name and bool(group) and not (own and group.startswith(own[1]))


def _built_with(file: FileDelta) -> frozenset[str]:
    """Names that only the build backend needs; lock files leave them out."""
    listed = re.search(r"\[build-system\](.{0,2000}?)(?:\n\[|\Z)", file.new_text, re.S)
    return (
        frozenset(normal(name) for name in re.findall(r"[\"']([A-Za-z][\w.-]*)", listed[1])) if listed else frozenset()
    )


def _stays_within(path: str, spec: str) -> bool:
    """Whether a `path=` dependency of a manifest leads to a folder of the same repository."""
    if not spec.startswith(("path=", "file:", "link:")):
        return False
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), spec[5:]))
    return not target.startswith(("..", "/"))


def _fresh(file: FileDelta, name: str, line: int | None, scope: Scope | None) -> Iterator[GateFinding]:
    if other := imitated(name, ecosystem_of(file.path)):
        yield TYPO.at(file.path, line, detail=f"{name} looks like {other}")
    elif file.old is not None or scope is not None:
        found = ADDED.at(file.path, line, detail=name)
        yield found if scope is not None else replace(found, severity="warn")


def _line_of(file: FileDelta, name: str) -> int | None:
    last = name.rpartition(":")[2].lower()
    return next((line.number for line in file.added if last in line.text.lower().replace("_", "-")), None)
