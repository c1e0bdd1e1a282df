"""What a patch changes, tree against tree. `edges.delta` makes it with git; the gates judge it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from improve_loop.model.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from improve_loop.model.plugs import Tree

Status = Literal["added", "modified", "deleted", "renamed", "type_changed"]

REGULAR = "100644"
EXECUTABLE = "100755"
SYMLINK = "120000"
SUBMODULE = "160000"
NEAR = 16  # lines around an added one that some rules read with it


class Line(NamedTuple):
    """One line that was added or removed, without its newline; undecodable bytes are surrogates."""

    number: int  # 1-based, in the new file for added lines, in the old one for removed
    text: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FileDelta:
    """One path whose content, mode or name differs between the two trees.

    `old` and `new` are the whole contents (a symlink's target for a symlink), None where there is no file on that
    side or it is a submodule. A copy is an added file. Every line of an added file is an added line.
    """

    path: str
    status: Status
    old_path: str | None = None  # set only when renamed
    old_mode: str | None = None
    new_mode: str | None = None
    old: bytes | None = None
    new: bytes | None = None
    added: tuple[Line, ...] = ()
    removed: tuple[Line, ...] = ()

    @cached_property
    def new_text(self) -> str:
        """The new content as text; empty where there is none."""
        return (self.new or b"").decode("utf-8", "surrogateescape")

    @cached_property
    def old_text(self) -> str:
        """The old content as text; empty where there was none."""
        return (self.old or b"").decode("utf-8", "surrogateescape")

    @cached_property
    def added_lines(self) -> Lines:
        """The texts of `added`, to be looked at all at once."""
        return Lines([line.text for line in self.added])

    @cached_property
    def removed_lines(self) -> Lines:
        """The texts of `removed`, to be looked at all at once."""
        return Lines([line.text for line in self.removed])

    @cached_property
    def new_lines(self) -> Lines:
        """The lines of `new_text`, to be looked at all at once."""
        return Lines(self.new_text.split("\n"))

    @cached_property
    def near_added(self) -> Lines:
        """`new_lines` in which the lines are empty that stand further than `NEAR` lines from every added one."""
        texts = self.new_lines.texts
        if len(self.added) >= len(texts) - 1:
            return self.new_lines
        kept = [""] * len(texts)
        for first, last in self._runs:
            near = slice(max(0, first - 1 - NEAR), last + NEAR)
            kept[near] = texts[near]
        return Lines(kept)

    @cached_property
    def _runs(self) -> list[tuple[int, int]]:
        """First and last number of each run of adjacent added lines."""
        runs: list[tuple[int, int]] = []
        first = last = -1
        for number, _ in self.added:
            if number > last + 1:
                runs.append((first, last))
                first = number
            last = number
        return [*runs[1:], (first, last)] if self.added else []

    @cached_property
    def around_added(self) -> tuple[list[int], Lines]:
        """The lines of `new_lines` near added ones that are no added ones themselves: their indexes, and they."""
        indexes: list[int] = []
        done, texts = 0, self.new_lines.texts
        for at, (first, last) in enumerate(self._runs):
            following = self._runs[at + 1][0] if at + 1 < len(self._runs) else len(texts) + 1
            indexes += range(max(done, first - 1 - NEAR), first - 1)
            done = min(last + NEAR, following - 1)
            indexes += range(last, done)
        return indexes, Lines([texts[index] for index in indexes])

    @property
    def as_it_was(self) -> FileDelta:
        """The old side, as if it were added as a whole: what a gate says of it, it does not say anew."""
        texts = self.old_text.removesuffix("\n").split("\n")
        lines = tuple(Line(number, text) for number, text in enumerate(texts, start=1))
        return FileDelta(
            path=self.old_path or self.path, status="added", new_mode=self.old_mode, new=self.old, added=lines
        )

    @cached_property
    def is_binary(self) -> bool:
        """Whether either side holds a NUL byte in its first 8 kB, as git decides it, or anywhere in the new side."""
        return b"\0" in (self.new or b"") or b"\0" in (self.old or b"")[:8000]


class NoTree:
    """A base tree of which nothing more is known than the files in the delta."""

    def paths(self) -> tuple[str, ...]:
        """None."""
        return ()

    def read(self, path: str) -> bytes | None:
        """None."""
        return None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TreeDelta:
    """Everything that differs between two trees, and the base tree to look things up in (read lazily)."""

    base_tree: str  # object id
    result_tree: str  # object id: the tree that base and patch make
    files: tuple[FileDelta, ...]
    base: Tree = field(default_factory=NoTree)

    @cached_property
    def result_paths(self) -> frozenset[str]:
        """Every path of the resulting tree."""
        gone = {file.old_path or file.path for file in self.files if file.status in ("deleted", "renamed")}
        return (frozenset(self.base.paths()) - gone) | {file.path for file in self.files if file.new_mode}

    @cached_property
    def by_path(self) -> Mapping[str, FileDelta]:
        """Each changed file by its path after the change; one that is deleted by the path that it had."""
        return {file.path: file for file in self.files}

    @cached_property
    def _left(self) -> frozenset[str]:
        return frozenset(file.old_path for file in self.files if file.old_path)

    def read_result(self, path: str) -> bytes | None:
        """The bytes of a file of the resulting tree; None where there is none."""
        if path in self.by_path:
            return self.by_path[path].new
        return None if path in self._left else self.base.read(path)
