"""A delta made of two sets of files in memory: for canaries and for the examples of rules. Git is not asked."""

from __future__ import annotations

from collections.abc import Mapping

from improve_loop.model.delta import REGULAR, FileDelta, Line, Status, TreeDelta


class Files:
    """A tree in memory."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def paths(self) -> tuple[str, ...]:
        """Every file, sorted."""
        return tuple(sorted(self._files))

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None where there is none."""
        return self._files.get(path)


def scratch_delta(
    before: Mapping[str, bytes], after: Mapping[str, bytes], modes: Mapping[str, str] | None = None
) -> TreeDelta:
    """What turns `before` into `after`; a file moved unchanged is a rename. `modes` are those after."""
    modes = modes or {}
    names = sorted({*before, *after})
    changed = [name for name in names if before.get(name) != after.get(name) or name in modes]
    moved = _moved(before, after, changed)
    files = tuple(
        _file(name, before.get(moved.get(name, name)), after.get(name), modes.get(name, REGULAR), moved.get(name))
        for name in changed
        if name not in moved.values()
    )
    return TreeDelta(base_tree="0" * 40, result_tree="1" * 40, files=files, base=Files(before))


def _moved(before: Mapping[str, bytes], after: Mapping[str, bytes], changed: list[str]) -> dict[str, str]:
    """New name to old name of files moved without a change."""
    gone = {before[name]: name for name in changed if name in before and name not in after}
    return {name: gone.pop(after[name]) for name in changed if name not in before and after.get(name) in gone}


def _file(path: str, old: bytes | None, new: bytes | None, mode: str, old_path: str | None) -> FileDelta:
    added, removed = _lines(old, new)
    status: Status = "deleted" if new is None else "renamed" if old_path else "added" if old is None else "modified"
    return FileDelta(
        path=path,
        status=status,
        old_path=old_path,
        old_mode=None if old is None else REGULAR,
        new_mode=None if new is None else mode,
        old=old,
        new=new,
        added=added,
        removed=removed,
    )


def _lines(old: bytes | None, new: bytes | None) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    before, after = _split(old), _split(new)
    if not before or not after:
        return _numbered(after), _numbered(before)
    from difflib import SequenceMatcher  # no canary needs it

    added: list[Line] = []
    removed: list[Line] = []
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            removed += [Line(n + 1, before[n]) for n in range(i, j)]
            added += [Line(n + 1, after[n]) for n in range(k, m)]
    return tuple(added), tuple(removed)


def _numbered(texts: list[str]) -> tuple[Line, ...]:
    return tuple(Line(number, text) for number, text in enumerate(texts, 1))


def _split(content: bytes | None) -> list[str]:
    return [] if not content else content.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
