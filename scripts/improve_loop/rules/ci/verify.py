"""The checks behind every splice: what may differ does, all else is equal, the schema has nothing new to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from improve_loop.model.plugs import Tree
from improve_loop.rules.ci.rule import Path, Plan, never
from improve_loop.rules.pipeline import Pipeline, Value
from improve_loop.rules.pipeline.schema import new_violations


@dataclass(frozen=True)
class Overlay:
    """A tree with some files written anew."""

    below: Tree
    files: Mapping[str, bytes]

    def paths(self) -> Sequence[str]:
        """As below; a recipe adds no file."""
        return self.below.paths()

    def read(self, path: str) -> bytes | None:
        """The new bytes where there are some."""
        return self.files[path] if path in self.files else self.below.read(path)


def edited(old: Pipeline, files: Mapping[str, bytes]) -> Pipeline:
    """The pipeline as it would be with these files."""
    return old.again(Overlay(old.tree, files))


def objection(old: Pipeline, new: Pipeline, plan: Plan) -> str | None:
    """Why the new pipeline must not replace the old one; None when every check passes."""
    _ = new.all_jobs, old.all_jobs
    fresh = [str(problem) for problem in new.problems if problem.message not in {p.message for p in old.problems}]
    if fresh:
        return f"after the edit {fresh[0]}"
    if [file.path for file in new.files] != [file.path for file in old.files]:
        return "after the edit other files are included"
    return _documents(old, new, plan) or _jobs(old, new, plan) or _schema(old, new)


def objection_without_guess(old: Pipeline, files: Mapping[str, bytes], plan: Plan) -> str | None:
    """The same where an include is left out whose rules only a run can answer: it may be in or not."""
    if old.certain is None:
        return None
    return objection(old.certain, old.again(Overlay(old.tree, files), guess=False), plan)


def objection_of_others(old: Pipeline, files: Mapping[str, bytes], plan: Plan) -> str | None:
    """The jobs of a child pipeline that includes an edited file too may not change with it."""
    fixed = replace(plan, job_may_differ=never)
    for child in old.family[1:]:
        if any(file.path in files for file in child.files):
            said = objection(child, edited(child, files), fixed)
            if said is not None:
                return f"in the child pipeline of {child.root}: {said}"
    return None


def _documents(old: Pipeline, new: Pipeline, plan: Plan) -> str | None:
    for before, after in zip(old.files, new.files, strict=True):
        if before.text.content == after.text.content or before.document is None or after.document is None:
            continue
        was, now = Value(before, before.document).plain, Value(after, after.document).plain
        for path in differences(was, now):
            if not plan.document_may_differ(before.path, path):
                return f"the edit would also change {before.path} at {_show(path)}"
    return None


def _jobs(old: Pipeline, new: Pipeline, plan: Plan) -> str | None:
    if list(old.all_jobs) != list(new.all_jobs):
        return "the edit would change the list of jobs"
    for name, job in old.all_jobs.items():
        for path in differences(job.effective(), new.all_jobs[name].effective()):
            if not plan.job_may_differ(name, path):
                return f"the edit would change the job {name} at {_show(path)}"
    return None


def _schema(old: Pipeline, new: Pipeline) -> str | None:
    was = {name: value.plain for name, value in old.top.items()}
    found = new_violations(was, {name: value.plain for name, value in new.top.items()})
    return f"GitLab's schema objects to the result: {found[0]}" if found else None


def differences(old: Any, new: Any, path: Path = ()) -> Iterator[Path]:
    """The paths at which two plain values differ, as deep as both are mappings or lists of one length."""
    if type(old) is not type(new):
        yield path
    elif isinstance(old, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            if key in old and key in new:
                yield from differences(old[key], new[key], (*path, key))
            else:
                yield (*path, key)
    elif isinstance(old, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, (*path, index))
    elif old != new:
        yield path


def _show(path: Path) -> str:
    return ".".join(map(str, path)) or "the top"
