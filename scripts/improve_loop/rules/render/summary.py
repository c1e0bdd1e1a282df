"""What a run comes to, in sentences: the headline, the run in one sentence, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from improve_loop.model.tend import Report, ReportedMergeRequest, SourceReport
from improve_loop.rules.render.text import counted, duration, joined, money, one_line, parsed, when
from improve_loop.rules.render.words import OUTCOMES, SOURCES, exit_code


@dataclass(frozen=True)
class Step:
    """Something for a person to do or know, with where to do it."""

    text: str
    url: str | None = None
    urgent: bool = False


def opened(report: Report) -> list[ReportedMergeRequest]:
    """Those that have a merge request."""
    return [one for one in report.merge_requests if one.merge_request]


def made_heading(made: Sequence[ReportedMergeRequest]) -> str:
    """What to call them: some never became merge requests."""
    return "Merge requests" if any(one.merge_request for one in made) else "Accepted, not published"


def down(report: Report) -> list[SourceReport]:
    """Sources that could not be read: what they would have said is unknown."""
    return [source for source in report.sources if SOURCES[source.status].tone == "bad"]


def headline(report: Report) -> str:
    """The run in a few words."""
    name = one_line(report.target.name, 80)
    green = sum(OUTCOMES[one.outcome].tone == "good" for one in opened(report))
    waiting = sum(one.answer == "unanswered" for one in report.answers)
    stopped = next((one.phase for one in report.phases if exit_code(one.exit_code).tone == "bad"), None)
    if opened(report):
        return f"{counted(len(opened(report)), 'merge request')} for {name}, {green or 'none'} green"
    if report.dry_run and report.merge_requests:
        return f"Dry run: {counted(len(report.merge_requests), 'improvement')} for {name}, nothing published"
    if waiting:
        return f"{counted(waiting, 'improvement')} for {name}, waiting for your answer"
    if stopped:
        return f"The run on {name} stopped in {one_line(stopped, 40)}"
    if report.merge_requests:
        return f"{counted(len(report.merge_requests), 'improvement')} accepted for {name}, none published"
    if down(report):
        return f"Nothing found in {name}, but not everything could be read"
    if report.funnel.found:
        return f"Nothing in {name} worth your minute today"
    return f"Nothing to improve in {name} today"


def sentence(report: Report) -> str:
    """What was run on what, when, how long, what it cost."""
    target = report.target
    kind = "A dry run" if report.dry_run else "A sweep" if report.run_kind == "sweep" else "A tend run"
    start, end = parsed(report.started_at), parsed(report.finished_at)
    took = (end - start).total_seconds() if start and end else 0.0
    work = sum(phase.seconds for phase in report.phases)
    at_work = f" ({duration(work)} of it at work)" if 0 < work < took / 2 and took > 60 else ""
    cost = f"cost {money(report.spent_usd)} of {money(report.limit_usd)}{unknown_cost(report)}"
    if report.mode == "none":
        cost = "asked no model"
    return (
        f"{kind} of {one_line(target.name, 80)} ({one_line(target.branch, 60)} at {target.base_sha[:7]}) started on "
        f"{when(report.started_at)}, took {duration(max(took, 0.0))}{at_work} "
        f"and {cost}."
    )


def next_steps(report: Report) -> list[Step]:
    """What a person may do now, the most pressing first. Never empty."""
    steps = [*_broken(report), *_questions(report), *_merge_requests(report), *_budget(report)]
    return steps or _quiet(report)


def _broken(report: Report) -> list[Step]:
    steps = [
        Step(
            f"{one_line(one.phase, 40)} ended early ({exit_code(one.exit_code).text}): {one_line(one.summary)}",
            urgent=True,
        )
        for one in report.phases
        if one.exit_code
    ]
    for source in down(report):
        again = f" It may be asked again from {when(source.retry_at)}." if source.retry_at else ""
        word = SOURCES[source.status].text
        text = (
            f"{source.domain} could not be read ({word}): {one_line(source.reason)}. What it holds is unknown.{again}"
        )
        steps.append(Step(text, None, True))
    return steps


def _questions(report: Report) -> list[Step]:
    waiting = [one for one in report.answers if one.answer == "unanswered"]
    if not waiting:
        return []
    approval = report.approval
    until = f" until {when(approval.expires_at)}" if approval and approval.expires_at else ""
    text = f"{counted(len(waiting), 'improvement')} {'waits' if len(waiting) == 1 else 'wait'} for your answer{until}."
    return [Step(text, approval.url if approval else None)]


def _merge_requests(report: Report) -> list[Step]:
    steps = []
    for one in opened(report):
        name, title = one.merge_request or "", one_line(one.title, 100)
        if one.outcome == "green":
            steps.append(Step(f"Review {name}, {title}: it is green.", one.url))
        elif OUTCOMES[one.outcome].tone in ("bad", "warn"):
            reason = f": {one_line(one.reason)}" if one.reason else ""
            steps.append(Step(f"Look at {name}, {title} ({OUTCOMES[one.outcome].text}){reason}", one.url, True))
    return steps


def unknown_cost(report: Report) -> str:
    """What stands behind the dollars that are known."""
    return f", and up to {money(report.reserved_usd)} more that is not known" if report.reserved_usd else ""


def _budget(report: Report) -> list[Step]:
    used = report.spent_usd + report.reserved_usd
    if not report.limit_usd or used < 0.8 * report.limit_usd:
        return []
    return [Step(f"{used / report.limit_usd:.0%} of the budget is used; `limits.usd` in .improve-loop.yml sets it.")]


def _quiet(report: Report) -> list[Step]:
    looked = joined([source.domain for source in report.sources if SOURCES[source.status].tone == "good"])
    steps = []
    if not opened(report) and not report.merge_requests:
        steps.append(Step(f"Nothing to do. The run looked at {looked or 'nothing'}; the next one looks again."))
    elif any(one.outcome in ("pending", "published") for one in opened(report)):
        steps.append(Step("Nothing to do yet: pipelines are still running, and the next tend run looks at them."))
    else:
        steps.append(Step("Nothing to do."))
    if report.dropped:
        steps.append(Step(f"See below why {counted(len(report.dropped), 'candidate')} stopped, rule by rule."))
    if not report.funnel.found:
        steps.append(
            Step("To look wider, set `intensity` or more `domains` in `.improve-loop.yml`, or add `custom_rules`.")
        )
    if any(source.status == "not_configured" for source in report.sources):
        steps.append(Step("Domains that are not configured are listed under Sources; each says what it needs."))
    return steps
