"""What a rule is: a card that a person reads, what it sees, and (where there is a recipe) the edits it plans."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from improve_loop.model.candidate import Level, Reversibility
from improve_loop.model.find import Explanation
from improve_loop.rules.pipeline import Pipeline, Value
from improve_loop.rules.splice import Edit

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
TITLE_LENGTH = 200
Tier = Literal["A", "B", "C"]
Path = tuple[Any, ...]
"""Keys and list indexes from the top of a document to a value, as ("build", "script", 0)."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """The rule as its page in `docs/rules/` shows it."""

    id: str
    title: str
    tier: Tier  # A: safe without a model; B: one check, made by the recipe or a person; C: report only
    why: str
    docs: str  # official documentation
    fix: str  # what the recipe changes, or what a person may do
    risk: Level
    risk_text: str
    value: Level
    hours: float
    reversibility: Reversibility = "instant"
    on: bool = True  # off: only where the configuration asks for it


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the configuration tells the rules; travels to the recipe in the candidate's parameters."""

    runner_map: Mapping[str, str] = field(default_factory=dict)
    resolved: Mapping[str, str] = field(default_factory=dict)  # image reference -> what a registry said it is now
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What a rule saw at one place. `edits` is what would mend this place alone; `unfixable` says why nothing would."""

    path: str
    offset: int  # into the text of the file
    message: str
    jobs: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    unfixable: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Edits that belong together, and the only places of the trees that may differ after them."""

    edits: tuple[Edit, ...]
    document_may_differ: Callable[[str, Path], bool]  # file, path in its document
    job_may_differ: Callable[[str, Path], bool]  # job name, path in the effective job
    explanation: Explanation


class Rule(Protocol):
    """A module of `rules/ci/`."""

    CARD: Card

    def find(self, pipeline: Pipeline, settings: Settings) -> list[Sighting]:
        """Every place, in the order of the files."""


class Mender(Rule, Protocol):
    """A rule whose sightings a recipe can mend."""

    def plans(self, pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
        """Ways to mend what was seen, the best first; the first that passes every check is taken."""


def never(_where: str, _path: Path) -> bool:
    """No place may differ."""
    return False


def at(value: Value) -> int:
    """The offset of a value's key, or of the value where it has none."""
    return int((value.key or value.node).start_mark.index)


def sentence(names: Sequence[str], limit: int = 6) -> str:
    """Names as prose, in backticks: `a`, `b` and `c`; a long list is cut and counted."""
    quoted = [f"`{name.replace('`', chr(39))}`" for name in dict.fromkeys(names)]
    if len(quoted) > limit:
        quoted = [*quoted[: limit - 1], f"{len(quoted) - limit + 1} more"]
    return " and ".join(", ".join(quoted).rsplit(", ", 1))


def plainly(explanation: Explanation) -> Explanation:
    """One line a field. Names from the repository are in these texts, and a line of its own could be a command.

    GitLab runs a line such as `/approve` in a merge request's description.
    """
    fields = (explanation.title, explanation.what, explanation.why_here, explanation.could_go_wrong)
    title, what, why_here, could_go_wrong = (" ".join(CONTROL.sub(" ", field).split()) for field in fields)
    return Explanation(
        title=title[:TITLE_LENGTH],
        what=what,
        why_here=why_here,
        could_go_wrong=could_go_wrong,
        how_to_revert=" ".join(CONTROL.sub(" ", explanation.how_to_revert).split()),
    )


def count(number: int, one: str, many: str = "") -> str:
    """A number with its word: 1 job, 3 jobs."""
    return f"{number} {one if number == 1 else many or one + 's'}"
