"""The reader: a GitLab pipeline as its files say it, with the place of every value. Pure: a tree in, a pipeline out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from improve_loop.model.plugs import Tree
from improve_loop.rules.nodes.text import Text
from improve_loop.rules.pipeline.include import Elsewhere, Files, Problem
from improve_loop.rules.pipeline.job import INHERITED, Job
from improve_loop.rules.pipeline.merge import Broken, Expander, deep_merge, names_of
from improve_loop.rules.pipeline.value import File, Value

GLOBALS = ("image", "services", "cache", "before_script", "after_script")
"""Keywords whose use at the top level GitLab deprecates in favour of `default:`."""

RESERVED = frozenset({*GLOBALS, "default", "include", "spec", "stages", "types", "variables", "workflow", "$schema"})
MAX_CHILDREN = 2  # GitLab's own limit of levels
DEFAULT_STAGES = (".pre", "build", "test", "deploy", ".post")


@dataclass(frozen=True, eq=False, kw_only=True)
class Pipeline:
    """What one root file and its local includes say together."""

    tree: Tree
    root: str
    files: tuple[File, ...]  # in the order of merging; the root file last
    elsewhere: tuple[Elsewhere, ...]  # includes that are not in this repository
    top: Mapping[str, Value]
    problems: list[Problem] = field(default_factory=list)
    started_by: Value | None = None  # the `trigger:include` of the pipeline that starts this one as its child
    depth: int = 0  # 0: nothing starts it; 1: a child; 2: a child's child
    known: dict[str, Any] = field(default_factory=dict, repr=False)  # what several rules ask and one worked out

    @cached_property
    def family(self) -> tuple[Pipeline, ...]:
        """This pipeline and every child that it starts from files of this repository, each file set once."""
        found = [self]
        known = {tuple(file.path for file in self.files)}
        for member in found:
            for child in member._children() if member.depth < MAX_CHILDREN else ():
                paths = tuple(file.path for file in child.files)
                if paths and paths not in known:
                    known.add(paths)
                    found.append(child)
        return tuple(found)

    @property
    def texts(self) -> dict[str, Text]:
        """Every file of the family as text, by its path."""
        return {file.path: file.text for member in self.family for file in member.files}

    @property
    def troubles(self) -> tuple[str, ...]:
        """What could not be read in the whole family, each once."""
        return tuple(dict.fromkeys(str(problem) for member in self.family for problem in member.problems))

    @cached_property
    def certain(self) -> Pipeline | None:
        """The pipeline without the includes whose rules only a run can answer; None where there are none."""
        return self.again(self.tree, guess=False) if any(file.conditional for file in self.files) else None

    def again(self, tree: Tree, guess: bool = True) -> Pipeline:
        """The same pipeline read from another tree."""
        return _read(tree, self.root, self.started_by, self.depth, guess)

    def _children(self) -> Iterator[Pipeline]:
        for job in self.jobs.values():
            trigger = job.keywords.get("trigger")
            include = trigger.entries.get("include") if trigger is not None else None
            if include is not None:
                yield _read(self.tree, "", include, self.depth + 1)

    @cached_property
    def referenced(self) -> frozenset[str]:
        """The top-level names that a `!reference` anywhere begins with."""
        if not any("!reference" in file.text.content for file in self.files):
            return frozenset()
        parts = (part for value in self.top.values() for part in value.walk() if part.is_reference)
        return frozenset(part.items[0].scalar for part in parts if part.items)

    @cached_property
    def _expander(self) -> Expander:
        return Expander(self.top, bool(self.referenced))

    @cached_property
    def defaults(self) -> Mapping[str, Value]:
        """What `default:` and the deprecated top-level keywords offer to every job."""
        default = self.top.get("default")
        both = {name: self.top[name] for name in GLOBALS if name in self.top}
        both.update(default.entries if default is not None else {})
        return {name: self._expander.resolved(value) for name, value in both.items() if not value.is_null}

    @cached_property
    def variables(self) -> Mapping[str, Value]:
        """The pipeline's own variables."""
        return self.top["variables"].entries if "variables" in self.top else {}

    @cached_property
    def all_jobs(self) -> Mapping[str, Job]:
        """Every job by name, hidden ones too. One that GitLab would refuse is a problem and left out."""
        found = (self._job(name) for name, value in self.top.items() if name not in RESERVED and value.is_map)
        return {job.name: job for job in found if job is not None}

    @cached_property
    def jobs(self) -> Mapping[str, Job]:
        """The jobs that can run."""
        return {name: job for name, job in self.all_jobs.items() if not job.hidden}

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages in order."""
        value = self.top.get("stages") or self.top.get("types")
        names = names_of(value)
        return (
            (".pre", *(name for name in names if name not in (".pre", ".post")), ".post") if names else DEFAULT_STAGES
        )

    def file(self, path: str) -> File | None:
        """The file of this pipeline with this path."""
        return next((file for file in self.files if file.path == path), None)

    def _job(self, name: str) -> Job | None:
        own = self.top[name]
        try:
            extended = self._expander.extended(name)
        except Broken as error:
            self.problems.append(Problem(path=own.file.path, line=own.line, message=f"job {name} {error}"))
            return None
        return Job(
            name=name,
            own=own,
            keywords={key: self._expander.resolved(value) for key, value in extended.items()}
            if self.referenced
            else extended,
            defaults=self.defaults,
            variables=self.variables,
            absent=frozenset(self._expander.absent.get(name, ())),
        )


def read_pipeline(tree: Tree, root: str) -> Pipeline:
    """The pipeline of a root file. What cannot be read is in `problems`; the rest is there all the same."""
    return _read(tree, root, None, 0)


def _read(tree: Tree, root: str, started_by: Value | None, depth: int, guess: bool = True) -> Pipeline:
    """A child has no root file of its own: it is what the `include` of its trigger names."""
    files = Files(tree, guess)
    if started_by is None:
        files.load(root, {}, ())
    else:
        files.include(started_by, started_by.file.path)
    top: dict[str, Value] = {}
    for file in files.loaded:
        if file.document is not None:
            top = deep_merge(top, Value(file, file.document).entries)
    return Pipeline(
        tree=tree,
        root=root or (files.loaded[-1].path if files.loaded else ""),
        files=tuple(files.loaded),
        elsewhere=tuple(files.elsewhere),
        top=top,
        problems=files.problems,
        started_by=started_by,
        depth=depth,
    )


__all__ = ["GLOBALS", "INHERITED", "RESERVED", "File", "Job", "Pipeline", "Problem", "Value", "read_pipeline"]
