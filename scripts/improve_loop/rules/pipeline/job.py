"""One job as GitLab runs it, each keyword with the place where it was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from improve_loop.rules.pipeline.value import Value

INHERITED = (
    "after_script",
    "artifacts",
    "before_script",
    "cache",
    "hooks",
    "id_tokens",
    "identity",
    "image",
    "interruptible",
    "retry",
    "services",
    "tags",
    "timeout",
)
"""Keywords that a job takes from `default:` (or the top level) when it does not set them itself."""

SCRIPTS = ("before_script", "script", "after_script")


@dataclass(frozen=True, eq=False, kw_only=True)
class Job:
    """The effective job: `extends`, merges and references resolved. `own` is what its own block says."""

    name: str
    own: Value
    keywords: Mapping[str, Value]
    defaults: Mapping[str, Value]  # what `default:` and the top level offer, before `inherit`
    variables: Mapping[str, Value]  # the pipeline's, before `inherit`
    absent: frozenset[str] = frozenset()  # bases that it extends and that are not in this repository
    known: dict[tuple[str, ...], Any] = field(default_factory=dict, repr=False)  # what was worked out once

    @property
    def hidden(self) -> bool:
        """Whether the job is a template only: its name begins with a dot."""
        return self.name.startswith(".")

    @property
    def path(self) -> str:
        """The file that holds the job's own block."""
        return self.own.file.path

    @property
    def line(self) -> int:
        """The 1-based line of the job's name."""
        return self.own.line

    @property
    def is_known(self) -> bool:
        """Whether every part of this job is in this repository."""
        return not self.absent

    def get(self, keyword: str) -> Value | None:
        """The value that counts for this job: its own, else the default that it inherits."""
        value = self.keywords.get(keyword)
        if keyword not in INHERITED or (value is not None and not value.is_null):
            return value
        return self.defaults.get(keyword) if self._inherits("default", keyword) else None  # null counts as not set

    def plain(self, keyword: str) -> Any:
        """The effective value of a keyword in plain Python; None where it is not set."""
        value = self.get(keyword)
        return value.plain if value is not None else None

    def variable(self, name: str) -> Value | None:
        """The variable as the YAML gives it to this job."""
        own = self.keywords.get("variables")
        if own is not None and name in own.entries:
            return own.entries[name]
        return self.variables.get(name) if self._inherits("variables", name) else None

    def lines(self, *keywords: str) -> Sequence[Value]:
        """The script lines of the given keywords (all three without any), nested lists and references flattened."""
        key = ("lines", *keywords)
        if key not in self.known:
            values = [self.get(keyword) for keyword in keywords or SCRIPTS]
            self.known[key] = [line for value in values if value is not None for line in _flat(value)]
        found: Sequence[Value] = self.known[key]
        return found

    def script(self, *keywords: str) -> str:
        """The text of the script lines, one under the other."""
        key = ("script", *keywords)
        if key not in self.known:
            self.known[key] = "\n".join(line.scalar for line in self.lines(*keywords))
        return str(self.known[key])

    @property
    def stage(self) -> str:
        """The stage it runs in."""
        value = self.get("stage")
        return value.scalar if value is not None and value.is_scalar else "test"

    @property
    def is_trigger(self) -> bool:
        """Whether it starts another pipeline and runs no script."""
        return "trigger" in self.keywords

    def effective(self) -> dict[str, Any]:
        """Everything that counts for this job, in plain Python, to compare two versions of a pipeline."""
        names = sorted({*self.keywords, *INHERITED} - {"extends", "inherit", "variables"})
        whole = {name: value for name in names if (value := self.plain(name)) is not None}
        own = self.keywords.get("variables")
        inherited = {name: value.plain for name, value in self.variables.items() if self._inherits("variables", name)}
        return {**whole, "variables": {**inherited, **(own.plain if own is not None and own.is_map else {})}}

    def _inherits(self, kind: str, name: str) -> bool:
        inherit = self.keywords.get("inherit")
        wanted = inherit.entries.get(kind) if inherit is not None else None
        if wanted is None:
            return True
        return name in wanted.plain if isinstance(wanted.plain, list) else wanted.plain is not False


def _flat(value: Value) -> Iterator[Value]:
    if value.is_scalar and isinstance(value.plain, list):  # an input that is a list, in the place of a line
        for item in value.plain:
            yield value.spoken(str(item))
    elif value.is_scalar:
        yield value
    elif value.is_list or value.resolved:
        for item in value.items:
            yield from _flat(item)
