"""What the spine and its plugs (sources, recipes, gates) say to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from improve_loop.model.candidate import Candidate
from improve_loop.model.find import Discovery, Explanation, Run


class Tree(Protocol):
    """The files of the target at one commit (or of a folder), read-only."""

    def paths(self) -> Sequence[str]:
        """Every file, sorted, with `/` between folders; symlinks and submodules are left out."""

    def read(self, path: str) -> bytes | None:
        """The bytes of a regular file; None where there is none (also for a symlink, a folder, a submodule)."""


class Source(Protocol):
    """A module of `sources/`: one domain to look for improvements in."""

    DOMAIN: str

    def discover(self, tree: Tree, run: Run) -> Discovery:
        """What could be better. A source that is down says so in `status`; it does not raise."""


@dataclass(frozen=True, kw_only=True)
class Edited:
    """The files a recipe wrote anew, whole, and why. A path with None is deleted."""

    files: Mapping[str, bytes | None]
    explanation: Explanation


@dataclass(frozen=True, kw_only=True)
class NothingToDo:
    """The tree already is as the recipe wants it."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class GaveUp:
    """The recipe cannot make this change safely. `partial`: what it could do of it; a model may do the rest."""

    reason: str
    partial: Mapping[str, bytes | None] = field(default_factory=dict)


RecipeResult = Edited | NothingToDo | GaveUp


class Recipe(Protocol):
    """A deterministic fixer: a module of `recipes/`, or a CI rule. Pure: the tree in, whole files out."""

    @property
    def NAME(self) -> str:
        """What candidates call it by."""

    def apply(self, tree: Tree, candidate: Candidate) -> RecipeResult:
        """The change for this candidate on this tree; it touches only the candidate's `target_paths`."""
