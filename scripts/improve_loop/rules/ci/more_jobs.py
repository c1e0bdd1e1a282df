"""Reported about jobs and pipelines: PIP02, PIP03, PIP05, PIP06, DUP01, DUP02, FAI01, FAI02."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

from improve_loop.rules.ci.purpose import looks
from improve_loop.rules.ci.reported import Reported, see
from improve_loop.rules.ci.rule import Card, Settings, Sighting, Tier, sentence
from improve_loop.rules.pipeline import Job, Pipeline, Value

MASKS = re.compile(r"(?:\|\|\s*(?:true|:|exit 0)|;\s*exit 0|^\s*exit 0)\s*$")
GATE = re.compile(r"test|lint|sast|secret|scan|audit|security|check", re.IGNORECASE)
ALIKE_LINES = 3
ALIKE_JOBS = 3


def _double(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    if "workflow" in pipeline.top or pipeline.elsewhere or pipeline.depth:
        return
    for job in pipeline.jobs.values():
        rules = job.get("rules")
        conditions = [str(item.entries["if"].plain) for item in rules.items if "if" in item.entries] if rules else []
        for_merge = any('"merge_request_event"' in text or "CI_MERGE_REQUEST" in text for text in conditions)
        for_branch = any("CI_COMMIT_BRANCH" in text and "==" not in text for text in conditions)
        if rules is not None and for_merge and for_branch:
            yield see(rules, f"`{job.name}` runs in a branch pipeline and again in the merge request's", job.name)


def _old_conditions(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    by_file: dict[str, list[tuple[Value, str]]] = {}
    for job in pipeline.all_jobs.values():
        for keyword in ("only", "except"):
            value = job.own.entries.get(keyword)
            if value is not None and value.file is job.own.file:
                by_file.setdefault(value.file.path, []).append((value, job.name))
    for found in by_file.values():
        names = list(dict.fromkeys(name for _, name in found))
        yield see(found[0][0], f"`only` or `except` in {sentence(names)}: deprecated in favour of `rules`", *names[:1])


def _no_needs(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    stages = {job.stage for job in pipeline.jobs.values()}
    if len(stages) < 3 or len(pipeline.jobs) < 4 or any(job.get("needs") is not None for job in pipeline.jobs.values()):
        return
    order = {stage: index for index, stage in enumerate(pipeline.stages)}
    first = min((order.get(stage, 99) for stage in stages), default=0)
    waiting = [
        job
        for job in pipeline.jobs.values()
        if re.search(r"lint|format|style", job.name) and order.get(job.stage, 99) > first and looks(job)
    ]
    if waiting:
        names = [job.name for job in waiting]
        yield see(waiting[0].own, f"{sentence(names)} could start at once with `needs: []`", *names)


def _no_changes(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    has = any("changes" in str(job.plain("rules")) + str(job.plain("only")) for job in pipeline.jobs.values())
    if len(pipeline.jobs) >= 8 and not (has or pipeline.elsewhere or pipeline.depth):
        first = next(iter(pipeline.jobs.values()))
        yield see(first.own, f"all {len(pipeline.jobs)} jobs run for a change of the README too")


def _same_script(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    groups: dict[str, list[Job]] = {}
    for job in pipeline.jobs.values():
        own = job.own.entries.get("script")
        if own is not None and own.node is job.keywords["script"].node and own.is_list and not own.is_reference:
            text = json.dumps([line.scalar.strip() for line in job.lines("script")])
            if len(own.items) >= ALIKE_LINES:
                groups.setdefault(text, []).append(job)
    for jobs in groups.values():
        written = {id(job.keywords["script"].node) for job in jobs}
        if len(written) >= ALIKE_JOBS:
            names = [job.name for job in jobs]
            yield see(jobs[0].keywords["script"], f"{sentence(names)} repeat the same script", *names)


def _same_before(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    if len(pipeline.jobs) < 4 or pipeline.defaults.get("before_script") is not None:
        return
    texts: Counter[str] = Counter()
    where: dict[str, list[Job]] = {}
    for job in pipeline.jobs.values():
        own = job.own.entries.get("before_script")
        if own is not None and own.is_list:
            text = json.dumps([line.scalar.strip() for line in job.lines("before_script")])
            texts[text] += 1
            where.setdefault(text, []).append(job)
    for text, number in texts.most_common(1):
        written = {id(job.own.entries["before_script"].node) for job in where[text]}
        if number >= 0.8 * len(pipeline.jobs) and len(written) > 2 and text != "[]":
            names = [job.name for job in where[text]]
            yield see(
                where[text][0].own.entries["before_script"], f"{sentence(names)} repeat one `before_script`", *names
            )


def _may_fail(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    for job in pipeline.jobs.values():
        value = job.keywords.get("allow_failure")
        if value is None or value.plain is not True or job.plain("when") == "manual":
            continue
        if GATE.search(f"{job.name} {job.stage}"):
            yield see(value, f"`{job.name}` may fail without anybody seeing it", job.name)


def _masked(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    for job in pipeline.jobs.values():
        lines = list(job.lines("script"))
        if lines and GATE.search(job.name) and MASKS.search(lines[-1].scalar.strip()):
            yield see(lines[-1], f"the last command of `{job.name}` can never fail", job.name)


def _card(id_: str, title: str, tier: Tier, why: str, docs: str, fix: str) -> Card:
    return Card(
        id=id_,
        title=title,
        tier=tier,
        why=why,
        docs=f"https://docs.gitlab.com/ci/{docs}",
        fix=fix,
        risk="medium",
        risk_text="What the team wants with the job cannot be read from the file, so this is only reported.",
        value="low",
        hours=0.5 if tier == "B" else 1.0,
    )


RULES = (
    Reported(
        _card(
            "PIP02",
            "A branch pipeline and a merge request pipeline for one push",
            "B",
            "Rules that match both make every push to a branch with an open merge request run twice.",
            "jobs/job_rules/#avoid-duplicate-pipelines",
            "Add the `workflow:rules` of GitLab's documentation.",
        ),
        _double,
    ),
    Reported(
        _card(
            "PIP03",
            "`only` and `except`",
            "B",
            "GitLab no longer develops them and advises `rules`.",
            "yaml/deprecated_keywords/#only--except",
            "Write the same condition as `rules`.",
        ),
        _old_conditions,
    ),
    Reported(
        _card(
            "PIP05",
            "Checks that wait for stages they need nothing from",
            "B",
            "Without `needs` a job waits for every job of the stages before it.",
            "yaml/#needs",
            "Give jobs that use no artifact of an earlier stage `needs: []`.",
        ),
        _no_needs,
    ),
    Reported(
        _card(
            "PIP06",
            "Everything runs for every change",
            "C",
            "A change of the documentation runs the whole pipeline.",
            "jobs/job_rules/#skip-jobs-based-on-file-changes",
            "Give heavy jobs `rules:changes`.",
        ),
        _no_changes,
    ),
    Reported(
        _card(
            "DUP01",
            "The same script in several jobs",
            "B",
            "Copies drift apart when only one of them is mended.",
            "yaml/#extends",
            "Move the script into a hidden job and `extends` it, or use `parallel:matrix`.",
        ),
        _same_script,
    ),
    Reported(
        _card(
            "DUP02",
            "The same `before_script` in most jobs",
            "B",
            "Copies drift apart when only one of them is mended.",
            "yaml/#default",
            "Move it to `default:before_script`.",
        ),
        _same_before,
    ),
    Reported(
        _card(
            "FAI01",
            "A check that may fail",
            "C",
            "With `allow_failure: true` a failing check is an orange mark that nobody looks at.",
            "yaml/#allow_failure",
            "Let it fail the pipeline, or limit it to known exit codes.",
        ),
        _may_fail,
    ),
    Reported(
        _card(
            "FAI02",
            "A check whose result is thrown away",
            "C",
            "`|| true` at the end makes every run green.",
            "yaml/#allow_failure",
            "Drop it; use `allow_failure` if the result must not block.",
        ),
        _masked,
    ),
)
