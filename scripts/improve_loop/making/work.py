"""One candidate on the workbench: everything that its steps share, and what they find on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from improve_loop.making.asking import Asking
from improve_loop.making.context import Texts, allowed, editable
from improve_loop.making.diffs import unified
from improve_loop.making.inspecting import Inspect
from improve_loop.making.limits import Limits
from improve_loop.model.candidate import Candidate
from improve_loop.model.make import Review
from improve_loop.model.plugs import Tree
from improve_loop.rules.edits import Named
from improve_loop.rules.model_settings import ModelChoice


def nothing_more(files: Mapping[str, bytes | None]) -> tuple[str, ...]:
    """No further judge."""
    return ()


@dataclass(kw_only=True)
class Work:
    """The candidate, the target, and the files as they stand. Only `texts`, `spill` and `gaps` change."""

    candidate: Candidate
    tree: Tree
    asking: Asking
    limits: Limits
    partial: Mapping[str, bytes | None]  # what a recipe did already
    inspect: Inspect = nothing_more
    texts: Texts
    plan: str = ""
    considered: tuple[str, ...] = ()  # the approaches among which the plan is the simplest
    files: tuple[str, ...] = ()  # that the plan is about
    rounds: int = 0
    review: Review | None = None
    maker: ModelChoice | None = None
    spill: dict[str, str] = field(default_factory=dict)  # path -> what is needed there
    gaps: dict[str, str] = field(default_factory=dict)  # kind -> what was needed

    @property
    def paths(self) -> tuple[str, ...]:
        """What may be changed."""
        return editable(self.candidate, self.tree)

    def base(self, path: str) -> bytes | None:
        """The file before the model touched it, the recipe's part done."""
        return self.partial[path] if path in self.partial else self.tree.read(path)

    @property
    def changed(self) -> dict[str, bytes | None]:
        """The files that differ from the target's, the recipe's part included."""
        return {path: text for path, text in self.texts.over.items() if text != self.tree.read(path)}

    @property
    def by_model(self) -> dict[str, bytes | None]:
        """The files that differ from what the recipe left."""
        return {path: text for path, text in self.texts.over.items() if text != self.base(path)}

    @property
    def diff(self) -> str:
        """The whole change, to read."""
        return unified(self.tree.read, self.changed)

    def start_again(self) -> None:
        """Back to what the recipe left."""
        self.texts = Texts(self.tree, self.partial)

    def may_change(self, path: str) -> bool:
        """Whether a path is the candidate's to change."""
        return allowed(self.candidate, path)

    def note(self, gaps: tuple[Named, ...], spill: tuple[Named, ...]) -> None:
        """Remembers what the maker said beside its edits."""
        self.gaps.update({gap.name: gap.text for gap in gaps})
        self.spill.update({item.name: item.text for item in spill})
