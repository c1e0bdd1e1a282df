"""The code that a test file is about, as its folder and its name tell."""

from __future__ import annotations

import re

from improve_loop.model.delta import TreeDelta
from improve_loop.rules.gating.kinds import CODE, kind_of
from improve_loop.rules.gating.testing.places import is_about_tests


def went_with_code(delta: TreeDelta, path: str) -> bool:
    """Whether the change deletes the code beside a test, and leaves none there, or the code that it is named after."""
    return _is_named_after(delta, path) or _was_beside(delta, path)


def _was_beside(delta: TreeDelta, path: str) -> bool:
    folder = path.rpartition("/")[0] + "/"
    gone = [file for file in delta.files if file.status == "deleted" and _is_code_in(file.path, folder)]
    return len(folder) > 1 and bool(gone) and not any(_is_code_in(other, folder) for other in delta.result_paths)


def _is_named_after(delta: TreeDelta, path: str) -> bool:
    """Whether the change deletes the code that a test file is named after."""
    own = _bare(re.sub(r"(?i)^tests?[_-]|[._-]?(?:tests?|spec)$", "", _stem(path)))
    return any(
        file.status == "deleted" and own and own == _bare(_stem(file.path)) and _is_code_in(file.path, "")
        for file in delta.files
    )


def _stem(path: str) -> str:
    return re.sub(r"\.[cm]?\w+$", "", path.rpartition("/")[2])


def _bare(name: str) -> str:
    return re.sub(r"\W|_", "", name).lower()


def _is_code_in(path: str, folder: str) -> bool:
    return path.startswith(folder) and kind_of(path) in CODE and not is_about_tests(path)
