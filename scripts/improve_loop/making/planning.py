"""The planner: two or three approaches, the simplest of them, and the files it needs. One call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from improve_loop.making import context
from improve_loop.making.made import Stopped
from improve_loop.making.prompts import filled
from improve_loop.making.work import Work
from improve_loop.rules.untrusted import one_line, sanitise

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["approaches", "plan", "files", "stop"],
    "properties": {
        "approaches": {"type": "array", "items": {"type": "string"}},
        "plan": {"type": "string"},
        "files": {"type": "array", "items": {"type": "string"}},
        "stop": {"type": "string"},
    },
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the planner chose."""

    text: str
    considered: tuple[str, ...]  # the approaches that it chose among
    files: tuple[str, ...]
    outside: tuple[str, ...]
    stop: str


def planned(work: Work) -> None:
    """Fills in the work's plan and files. Raises Stopped where nothing is to be done or nothing can be."""
    paths = work.paths
    if not paths:
        raise Stopped("no_target", f"none of {', '.join(work.candidate.target_paths)} exists in the target")
    if len(paths) == 1 and work.candidate.risk == "low":
        work.files = paths  # nothing to choose: the maker sees the file and is asked at once
        return
    work.asking.used("plan")
    plan, _ = work.asking.object("plan", _messages(work, paths), SCHEMA, lambda plain: _plan(plain, work))
    for path in plan.outside:
        work.spill.setdefault(path, plan.text)
    if plan.stop and not plan.files:
        raise Stopped("planner_stopped", plan.stop)
    if not plan.files:
        raise Stopped(
            "spill_only", f"the plan needs only {', '.join(plan.outside)}, which the candidate may not change"
        )
    work.plan, work.files, work.considered = plan.text, plan.files, plan.considered


def _messages(work: Work, paths: tuple[str, ...]) -> list[Mapping[str, str]]:
    return filled(
        "plan",
        files=str(work.limits.files),
        lines=str(work.limits.lines),
        reference=work.asking.reference,
        stranger=work.asking.stranger,
        request=context.request(work.candidate),
        criteria=context.criteria(work.candidate),
        evidence=context.evidence(work.candidate),
        paths=context.path_list(paths, frozenset(work.tree.paths())),
        contents=_contents(work, paths),
    )


def _contents(work: Work, paths: tuple[str, ...]) -> str:
    """The files, where all of them are so small that a plan can rest on them; else their names must do."""
    there = [path for path in paths if work.texts.read(path) is not None]
    if sum(len(work.texts.bytes(path) or b"") for path in there) > work.limits.plan_bytes or not there:
        return "(Their contents are not shown here.)"
    return f"What is in them:\n{context.contents(work.texts, there, work.candidate, work.limits)}"


def _plan(plain: Mapping[str, Any], work: Work) -> Plan:
    """The plan, each field checked. Raises ValueError."""
    files, stop = plain.get("files"), plain.get("stop", "")
    if not isinstance(files, list) or not all(isinstance(path, str) for path in files):
        raise ValueError("`files` must be a list of paths")
    if not isinstance(stop, str) or not isinstance(plain.get("plan"), str):
        raise ValueError("`plan` and `stop` must be text")
    if not files and not stop:
        raise ValueError("name at least one file, or say in `stop` why not")
    chosen = [path.removeprefix("./") for path in dict.fromkeys(files)]
    inside = [path for path in chosen if path in work.paths]
    if len(inside) > work.limits.files:
        raise ValueError(f"at most {work.limits.files} files")
    outside = [one_line(path, 300) for path in chosen if path not in work.paths]
    steps = "\n".join(sanitise(plain["plan"]).text.split("\n")[:8])[:1_000]
    others = plain.get("approaches")
    considered = tuple(one_line(str(each), 200) for each in others[:3]) if isinstance(others, list) else ()
    return Plan(
        text=steps, considered=considered, files=tuple(inside), outside=tuple(outside), stop=one_line(stop, 300)
    )
