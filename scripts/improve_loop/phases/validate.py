"""What do the pipelines of our open merge requests say, for exactly their head commits?

reads:  preflight/run.json; the loop's open merge requests and their pipelines
writes: validate/<candidate>.json, one per open merge request
exits:  0 · 3 · 75 the forge is away
"""

from __future__ import annotations

from improve_loop.edges import artifacts
from improve_loop.edges.desk import Desk
from improve_loop.edges.forge.contract import ForgeReader
from improve_loop.edges.forge.reading import reader
from improve_loop.model.find import Run
from improve_loop.model.forge import BRANCH_PREFIX, MergeRequest
from improve_loop.model.tend import Validation
from improve_loop.rules.pipelines import Judgement, judge


def main(desk: Desk) -> str:
    """Looks once at each; no run waits for a pipeline, the next tend run looks again. Raises LoopError."""
    run = desk.run()
    read = reader(run.target, run.config.forge)
    found = [_validated(desk, run, read, mr) for mr in read.open_merge_requests()]
    for each in found:
        artifacts.write(desk.out, f"validate/{each.candidate}.json", each)
        desk.log.say(f"  {each.merge_request}: {each.status}; {each.reason}")
    return f"{sum(each.status == 'green' for each in found)} of {len(found)} open merge requests are green"


def _validated(desk: Desk, run: Run, read: ForgeReader, mr: MergeRequest) -> Validation:
    judgement = _judged(desk, run, read, mr)
    return Validation(
        run_id=run.run_id,
        candidate=mr.branch.removeprefix(BRANCH_PREFIX),
        merge_request=mr.id,
        head_sha=mr.head_sha or run.target.base_sha,
        status=judgement.status,
        reason=judgement.reason,
        title=mr.title,
        url=mr.url,
        jobs=judgement.jobs,
    )


def _judged(desk: Desk, run: Run, read: ForgeReader, mr: MergeRequest) -> Judgement:
    pipelines = read.pipelines_of(mr)
    if run.target.forge == "local" and not pipelines and mr.state == "opened" and mr.human_commits is False:
        # Here the checks are the pipeline, and they have run or never will: there is nothing to wait for.
        hint = "" if run.config.checks else "; configure `checks` so that a change can count as green"
        return Judgement(status="missing", reason=f"no check ran on this commit{hint}")
    return judge(mr, pipelines, now=desk.time, required_jobs=run.config.required_jobs)
