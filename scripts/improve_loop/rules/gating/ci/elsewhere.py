"""A pipeline file that its name does not give away: GitLab reads what `ci_config_path` says, whatever it is called.

The gates know pipelines by name. So such a file is judged twice: as it is called, and once more as one of these names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from improve_loop.model.delta import FileDelta, TreeDelta
from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.ci.paths import power_of
from improve_loop.rules.gating.globs import in_target

if TYPE_CHECKING:
    from improve_loop.rules.gating.policy import Scope

_AS = ".gitlab-ci.yml"


def pipeline_files(said: Iterable[object]) -> tuple[str, ...]:
    """The paths in what a forge or a configuration says. `ci/a.yml@group/project` may name this very project."""
    paths = (str(one).partition("@")[0].removeprefix("./").lstrip("/") for one in said if one and "://" not in str(one))
    return tuple(sorted({path for path in paths if path and power_of(path) != "pipeline"}))


def as_pipelines(
    delta: TreeDelta, scope: Scope | None, names: tuple[str, ...]
) -> tuple[TreeDelta, Scope | None] | None:
    """The change to these files alone, under names that give them away; None where none of them changes."""
    files = tuple(_renamed(file, names) for file in delta.files if {file.path, file.old_path} & {*names})
    if not files:
        return None
    if scope is not None:
        more = tuple(name + _AS for name in names if in_target(name, scope.target_paths))
        scope = scope._replace(target_paths=scope.target_paths + more)
    return replace(delta, files=files), scope


def _renamed(file: FileDelta, names: tuple[str, ...]) -> FileDelta:
    path, old = (name + _AS if name in names else name for name in (file.path, file.old_path or ""))
    return replace(file, path=path, old_path=old or None)


def as_called(finding: GateFinding, names: tuple[str, ...]) -> GateFinding:
    """The finding at the file's own name."""
    path = finding.path.removesuffix(_AS)
    return replace(finding, path=path) if path in names else finding
