"""What `interruptible` can gain: GitLab cancels a pipeline only while no job that must run to its end has started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from improve_loop.rules.ci.purpose import is_called_a_check, is_for_tags_or_schedules, starts_by_itself
from improve_loop.rules.ci.rule import sentence
from improve_loop.rules.pipeline import Job, Pipeline


@dataclass(frozen=True, kw_only=True)
class Gain:
    """Up to where cancelling works once some jobs are interruptible. `none` says why it would not work at all."""

    none: str
    last: int  # the first stage, by its number, in which a job starts that nothing cancels
    blocker: str  # that job; empty where there is none
    numbers: dict[str, int]  # stage that has jobs -> its number, from 0

    def why_not(self, job: Job) -> str:
        """Why the keyword would gain nothing at this job; empty where it does."""
        if self.none or not self.blocker or _number(self.numbers, job) < self.last:
            return self.none
        return f"when `{job.name}` starts, so has `{self.blocker}`, and after that GitLab cancels nothing"


def gain(pipeline: Pipeline, able: set[str]) -> Gain:
    """What the keyword brings if the jobs `able` have it."""
    stages = {job.stage for job in pipeline.jobs.values()}
    numbers = {stage: index for index, stage in enumerate(stage for stage in pipeline.stages if stage in stages)}
    running = [job for job in pipeline.jobs.values() if starts_by_itself(job) and not is_for_tags_or_schedules(job)]
    staying = [job for job in running if job.name not in able and job.plain("interruptible") is not True]
    first = min((_number(numbers, job) for job in running), default=0)
    early = next((job.name for job in staying if _number(numbers, job) == first), "")
    always = sorted((job for job in staying if _runs_always(job)), key=lambda job: _number(numbers, job))
    last = _number(numbers, always[0]) if always else len(numbers) + 1
    stopped = [job for job in running if job.name in able and _number(numbers, job) < last]
    late = [job for job in running if job.name in able and job not in stopped]
    left = [job.name for job in (*late, *staying) if job in late or is_called_a_check(job)]
    return Gain(
        none=_why_none(early, left, stopped),
        last=last,
        blocker=always[0].name if always else "",
        numbers=numbers,
    )


def _why_none(early: str, left: Sequence[str], stopped: Sequence[Job]) -> str:
    if early:
        return (
            f"`{early}` starts at once and stays as it is, and GitLab cancels no pipeline in which such a job has "
            "started"
        )
    if len(left) >= max(len(stopped), 1):
        return (
            f"{sentence(left, 3)} would run on, because of what runs beside it: most of the pipeline would gain nothing"
        )
    return ""


def _number(numbers: dict[str, int], job: Job) -> int:
    """The number of the stage in which it starts; `needs: []` starts at once."""
    return 0 if job.plain("needs") == [] else numbers.get(job.stage, len(numbers))


def _runs_always(job: Job) -> bool:
    """Whether nothing says that it runs in some pipelines only."""
    return job.is_known and not any(keyword in job.keywords for keyword in ("rules", "only", "except"))
