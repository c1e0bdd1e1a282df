"""Files that a change may create: inside the repository, where a folder is or can be."""

from __future__ import annotations

import posixpath
from collections.abc import Collection


def in_the_way(path: str, taken: Collection[str]) -> str | None:
    """The entry of the tree below which the path would have to lie, though it is no folder; None: nothing is."""
    parts = path.split("/")
    return next((above for n in range(1, len(parts)) if (above := "/".join(parts[:n])) in taken), None)


def is_creatable(path: str, taken: Collection[str]) -> bool:
    """Whether a new file may be made at this path. `taken`: every path of the tree."""
    inside = posixpath.normpath(path) == path and not path.startswith(("/", "../", ".git/")) and path not in (".", "..")
    plain = path.isprintable() and "\\" not in path and ".git" not in path.lower().split("/")
    free = path not in taken and not any(each.startswith(f"{path}/") for each in taken)
    return inside and plain and free and in_the_way(path, taken) is None
