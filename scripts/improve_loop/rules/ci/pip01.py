"""PIP01: jobs that only look at the code and keep running after a newer commit has made them pointless."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.bases import hoisted
from improve_loop.rules.ci.cancelling import gain
from improve_loop.rules.ci.insert import add_pair
from improve_loop.rules.ci.purpose import is_for_tags_or_schedules, looks, purpose, starts_by_itself
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting, at, sentence
from improve_loop.rules.pipeline import Job, Pipeline, place
from improve_loop.rules.pipeline.merge import names_of
from improve_loop.rules.splice import CannotSplice, Edit

CARD = Card(
    id="PIP01",
    title="Test jobs that a newer commit does not stop",
    tier="A",
    why="When a newer commit arrives, GitLab can cancel the older pipeline of the branch, but only as long as every "
    "started job is `interruptible`. Without the keyword the runners finish work that nobody waits for.",
    docs="https://docs.gitlab.com/ci/yaml/#interruptible",
    fix="Adds `interruptible: true` to the jobs that only test, lint or build. Jobs that deploy, publish or push stay "
    "as they are, which is not interruptible.",
    risk="low",
    risk_text="On a branch that gets commits in quick succession, older commits may end with a cancelled pipeline; on "
    "the default branch too. Jobs whose name, image or commands speak of anything that changes the outside world "
    "are not touched.",
    value="medium",
    hours=0.2,
)

CHILD = "whether a child pipeline is cancelled depends on the one that starts it"


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each job that could be cancelled safely and does not say so, where saying so would have an effect."""
    if _is_switched_off(pipeline):
        return []
    able = [job for job in pipeline.jobs.values() if job.get("interruptible") is None and _is_able(job)]
    if not able:
        return []
    bases = {base for job in pipeline.all_jobs.values() for base in names_of(job.own.entries.get("extends"))}
    # A job that could be stopped and cannot be edited runs on like one that must not be.
    hindered = {job.name: _why_not(bases, job) for job in able}
    gained = gain(pipeline, {name for name, reason in hindered.items() if not reason})
    return [
        Sighting(
            path=job.path,
            offset=at(job.own),
            message=f"`{job.name}` keeps running after a newer commit",
            jobs=(job.name,),
            unfixable=CHILD if pipeline.depth else gained.why_not(job) or hindered[job.name],
        )
        for job in able
    ]


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """One line in each hidden job that only such jobs are made from and in each other job; else one in every job."""
    names = {name for sighting in seen for name in sighting.jobs}
    for places in (hoisted(pipeline, names), {name: {name} for name in names}):
        try:
            edits = tuple(_edit(pipeline.all_jobs[place]) for place in places)
        except CannotSplice:
            continue
        yield Plan(
            edits=edits,
            document_may_differ=lambda _file, path: path[-1] == "interruptible",
            job_may_differ=lambda job, path: (job in names or job.startswith(".")) and path == ("interruptible",),
            explanation=_explain(pipeline, names, list(places)),
        )


def _is_able(job: Job) -> bool:
    return starts_by_itself(job) and not is_for_tags_or_schedules(job) and looks(job)


def _is_switched_off(pipeline: Pipeline) -> bool:
    """`workflow:auto_cancel:on_new_commit: none` says that nothing is ever cancelled."""
    workflow = pipeline.top.get("workflow")
    cancel = workflow.entries.get("auto_cancel") if workflow is not None else None
    return cancel is not None and cancel.is_map and cancel.plain.get("on_new_commit") == "none"


def _why_not(bases: set[str], job: Job) -> str:
    key = job.own.key
    if key is None:
        return "its block is written elsewhere"
    text = job.own.file.text
    anchor = re.match(r"\s*:\s*&(\S+)", text.content[key.end_mark.index :])
    if place.is_alias(key.end_mark.index, job.own.node) or (
        anchor and re.search(rf"\*{re.escape(anchor[1])}\b", text.content)
    ):
        return f"the block of `{job.name}` is shared with other jobs by an anchor"
    if job.name in bases:
        return f"other jobs extend `{job.name}`"
    try:
        _edit(job)
    except CannotSplice as error:
        return str(error)
    return ""


def _edit(job: Job) -> Edit:
    return add_pair(job.own, ["interruptible: true"], after=("stage", "extends", "<<"))


def _explain(pipeline: Pipeline, changed: set[str], places: Sequence[str]) -> Explanation:
    names = [name for name in pipeline.jobs if name in changed]
    kept = [name for name in pipeline.jobs if name not in changed and purpose(pipeline.jobs[name]) == "acts"]
    rest = f" {sentence(kept)} {'stays' if len(kept) == 1 else 'stay'} as before, never cancelled." if kept else ""
    lines = sorted({f"`{place}` (line {pipeline.all_jobs[place].line})" for place in places})
    many = f"{len(names)} jobs that only test, lint or build"
    blocker = gain(pipeline, changed).blocker
    until = f"Once `{blocker}` has started, nothing is cancelled any more: it stays as it is." if blocker else ""
    return Explanation(
        title=f"Let a newer commit stop {', '.join(names[:3])}" + (f" and {len(names) - 3} more" if names[3:] else ""),
        what=f"Adds `interruptible: true` to {', '.join(lines[:8])}{' …' if lines[8:] else ''}: "
        f"{'one job that only tests, lints or builds' if len(names) == 1 else many}.{rest}",
        why_here=f"The names and commands of {sentence(names)} were searched for anything that deploys, publishes or "
        "pushes; there is nothing. When somebody pushes again, today's run goes on to its end and the new commit waits "
        "behind it; with the keyword GitLab cancels it ([auto-cancel redundant pipelines]"
        "(https://docs.gitlab.com/ci/pipelines/settings/#auto-cancel-redundant-pipelines) is on by default).",
        could_go_wrong="If you want every single commit tested to the end, on the default branch too, do not merge "
        f"this. {until or 'A pipeline in which another job has already started is not cancelled.'}",
        how_to_revert="Revert this commit; nothing else remembers it.",
    )
