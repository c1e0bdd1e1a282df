"""`report.md`: the run for places that show Markdown. Nothing in it can mention, link or command by surprise."""

from __future__ import annotations

from collections.abc import Sequence

from improve_loop.model.candidate import Dropped, Finding
from improve_loop.model.tend import Report, ReportedMergeRequest
from improve_loop.rules.render import summary
from improve_loop.rules.render.groups import Grouped, grouped, phase_rows
from improve_loop.rules.render.markdown import code, inline_prose, link, plain, prose_of, table
from improve_loop.rules.render.merge_request import before_and_after
from improve_loop.rules.render.places import file_url, place
from improve_loop.rules.render.text import counted, duration, money, one_line, when
from improve_loop.rules.render.words import ANSWERS, CHECKS, OUTCOMES, SOURCES, Word, exit_code

ROWS_PER_RULE = 20
RULES = 40
LISTED = 50


def report_markdown(report: Report) -> str:
    """The whole report. Long lists are cut: `report.json` has them whole."""
    parts = [
        f"# {plain(summary.headline(report))}",
        plain(summary.sentence(report)),
        _funnel(report),
        "\n".join(["## What to do next", "", *_steps(report)]),
        *_merge_requests(report.merge_requests),
        *_answers(report),
        *_sources(report),
        *_dropped(report),
        *_leads(report),
        *_findings(report),
        *_time(report),
        *_notes(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _funnel(report: Report) -> str:
    one = report.funnel
    return (
        f"**{one.found:,}** found → **{one.shortlisted:,}** shortlisted → **{one.accepted:,}** accepted → "
        f"**{one.published:,}** published → **{one.green:,}** green"
    )


def _steps(report: Report) -> list[str]:
    steps = summary.next_steps(report)[:LISTED]
    return [f"{n}. {_linked(inline_prose(step.text), step.url)}" for n, step in enumerate(steps, 1)]


def _linked(markdown: str, url: str | None) -> str:
    address = link("Open", url) if url else ""
    return f"{markdown} {address}" if address.startswith("[") else markdown


def _state(word: Word) -> str:
    return f"{word.glyph} {plain(word.text, 60)}"


def _merge_requests(merge_requests: Sequence[ReportedMergeRequest]) -> list[str]:
    head = f"## {summary.made_heading(merge_requests)}"
    return [head, *(_merge_request(one) for one in merge_requests[:LISTED])] if merge_requests else []


def _merge_request(one: ReportedMergeRequest) -> str:
    name = link(code(one.merge_request), one.url) if one.merge_request else "no merge request"
    made = f" · {one.how} {code(one.made_by, 60)}" if one.how != "none" and one.made_by else ""
    facts = f"{_state(OUTCOMES[one.outcome])} · {name} · {code(one.branch)}{made} · {plain(money(one.usd))}"
    explanation = one.explanation
    parts = [f"### {plain(one.title, 200)}", facts, inline_prose(one.reason)]
    parts.append(prose_of(explanation.what) if explanation else inline_prose(one.summary))
    if explanation:
        parts.append(f"Why here: {inline_prose(explanation.why_here)}")
    parts += ["\n".join(before_and_after(one.patch)), _checks(one)]
    parts += [f"- {code(g.rule)} {code(place(g.path, g.line))}: {plain(g.reason)}" for g in one.gate_findings]
    parts += [
        f"- reviewer, {plain(o.criterion, 40)} {code(place(o.path, o.line))}: {plain(o.reason, 500)}"
        for o in one.objections
    ]
    if explanation:
        parts.append(f"What could go wrong: {inline_prose(explanation.could_go_wrong)}")
        parts.append(f"How to revert: {inline_prose(explanation.how_to_revert)}")
    return "\n\n".join(part for part in parts if part)


def _checks(one: ReportedMergeRequest) -> str:
    each = [f"{code(check.name, 80)} {CHECKS[check.status].text}" for check in one.checks[:LISTED]]
    each += [f"pipeline job {code(job.name, 80)} {plain(job.status, 40)}" for job in one.jobs[:LISTED]]
    detail = f" ({', '.join(each)})" if each else ""
    return f"Checks: {_state(CHECKS[one.check_status])}{detail}"


def _answers(report: Report) -> list[str]:
    rows = [
        [
            str(one.rank),
            f"{one.score:.1f}",
            plain(one.title, 200),
            _state(ANSWERS[one.answer]),
            inline_prose(one.reason),
        ]
        for one in report.answers[:LISTED]
    ]
    return ["## What was asked", table(["#", "Score", "Improvement", "Answer", "Reason"], rows)] if rows else []


def _sources(report: Report) -> list[str]:
    rows = [
        [
            code(one.domain),
            f"**{_state(SOURCES[one.status])}**" if SOURCES[one.status].tone == "bad" else _state(SOURCES[one.status]),
            "unknown" if SOURCES[one.status].tone == "bad" else f"{one.candidates + one.leads + one.findings:,}",
            inline_prose("; ".join([one.reason, *one.problems[:5]])),
        ]
        for one in report.sources[:LISTED]
    ]
    return ["## Sources", table(["Domain", "State", "Found", "Detail"], rows)] if rows else []


def _more(found: Grouped[Dropped] | Grouped[Finding]) -> list[str]:
    rest = f"{found.hidden:,} more by {counted(found.hidden_groups, 'other rule')} are in `report.json`."
    return [rest] if found.hidden else []


def _dropped(report: Report) -> list[str]:
    found = grouped(report.dropped, lambda one: one.rule, ROWS_PER_RULE, RULES)
    parts = [f"## Dropped ({found.count:,})"] if found.count else []
    for group in found.groups:
        lines = [f"- {plain(one.subject, 150)}: {inline_prose(one_line(one.reason, 300))}" for one in group.shown]
        more = [f"- … {group.hidden:,} more in `report.json`"] if group.hidden else []
        parts.append("\n".join([f"**{plain(group.name, 80)}** ({group.count:,})", "", *lines, *more]))
    return parts + _more(found)


def _leads(report: Report) -> list[str]:
    count, shown = len(report.leads), report.leads[:LISTED]
    lines = [f"- {plain(one.subject, 150)}: {inline_prose(one.summary)} ({plain(one.why_not)})" for one in shown]
    more = [f"- … {count - LISTED:,} more in `report.json`"] if count > LISTED else []
    return [f"## Leads ({count:,})", "\n".join([*lines, *more])] if lines else []


def _findings(report: Report) -> list[str]:
    found = grouped(report.findings, lambda one: one.rule, ROWS_PER_RULE, RULES)
    parts = [f"## Findings ({found.count:,})"] if found.count else []
    for group in found.groups:
        lines = [
            f"- {link(code(place(one.path, one.line)), file_url(report.target, one.path, one.line))}: "
            f"{inline_prose(one.message)}; {inline_prose(one.advice)}"
            for one in group.shown
        ]
        more = [f"- … {group.hidden:,} more in `report.json`"] if group.hidden else []
        parts.append("\n".join([f"**{plain(group.name, 80)}** ({group.count:,})", "", *lines, *more]))
    return parts + _more(found)


def _time(report: Report) -> list[str]:
    rows = [
        [
            code(one.phase, 40),
            duration(one.seconds),
            plain(money(one.usd)),
            "" if not one.exit_code else _state(exit_code(one.exit_code)),
            inline_prose(one_line("; ".join(one.summaries[:3]))),
        ]
        for one in phase_rows(report.phases)
    ]
    return ["## Time and cost", table(["Phase", "Time", "Cost", "", "What came of it"], rows)] if rows else []


def _notes(report: Report) -> list[str]:
    lines = [f"- {inline_prose(note)}" for note in report.notes[:LISTED]]
    lines += [f"- missing: {plain(gap.needed)} ({plain(gap.kind, 40)})" for gap in report.gaps[:LISTED]]
    lines += [f"- {plain(one.name)}: {plain(one.detail)}" for one in report.health if one.status == "warning"]
    return ["## Notes", "\n".join(lines), f"Written {plain(when(report.finished_at))}."] if lines else []
