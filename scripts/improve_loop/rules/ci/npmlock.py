"""Whether `package-lock.json` is in step with `package.json`, as `npm ci` demands; judged narrowly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from improve_loop.model.plugs import Tree

KINDS = ("dependencies", "devDependencies", "optionalDependencies")


def out_of_step(tree: Tree, folder: str) -> str:
    """Why `npm ci` might refuse in this folder; empty where the two files agree (lock file version 2 or 3)."""
    base = "" if folder == "." else folder + "/"
    package, lock = _load(tree, base + "package.json"), _load(tree, base + "package-lock.json")
    if package is None or lock is None:
        return f"{base}package.json and {base}package-lock.json are not both there and readable"
    if "workspaces" in package:
        return f"{base}package.json has workspaces"
    root = (lock.get("packages") or {}).get("") if isinstance(lock.get("packages"), dict) else None
    if not isinstance(root, dict):
        return f"{base}package-lock.json is of version 1, which does not say what it was made from"
    for kind in KINDS:
        if _table(package, kind) != _table(root, kind):
            return (
                f"{base}package-lock.json was made from other {kind} than {base}package.json has: `npm ci` would fail"
            )
    missing = [
        name for kind in KINDS for name in _table(package, kind) if f"node_modules/{name}" not in lock["packages"]
    ]
    optional = _table(package, "optionalDependencies")
    missing = [name for name in missing if name not in optional]
    return f"{base}package-lock.json lacks {', '.join(missing[:3])}: `npm ci` would fail" if missing else ""


def lock_version(tree: Tree, folder: str) -> int:
    """The `lockfileVersion`: 3 is only understood by npm 7 and later; 0 where there is none."""
    lock = _load(tree, ("" if folder == "." else folder + "/") + "package-lock.json") or {}
    version = lock.get("lockfileVersion")
    return version if isinstance(version, int) else 0


def _load(tree: Tree, path: str) -> Mapping[str, Any] | None:
    data = tree.read(path)
    try:
        value = json.loads(data) if data is not None else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _table(package: Mapping[str, Any], kind: str) -> dict[str, Any]:
    value = package.get(kind)
    return dict(value) if isinstance(value, dict) else {}
