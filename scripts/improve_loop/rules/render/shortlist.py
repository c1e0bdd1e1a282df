"""`triage/shortlist.md`: the few that are worth a human's minute, each with its preview."""

from __future__ import annotations

from collections.abc import Mapping

from improve_loop.model.find import Ranked, Shortlist
from improve_loop.rules.render.groups import grouped
from improve_loop.rules.render.markdown import code, inline_prose, plain, prose_of, table
from improve_loop.rules.render.merge_request import before_and_after, merge_request_title
from improve_loop.rules.render.places import place
from improve_loop.rules.render.text import counted

EVIDENCE = 5


def shortlist_markdown(shortlist: Shortlist, previews: Mapping[str, str]) -> str:
    """The shortlist, then each candidate. `previews` maps a candidate's id to its patch, where a recipe made one."""
    found = f"{counted(shortlist.found, 'candidate')} found at {code(shortlist.base_sha[:7])}"
    if not shortlist.shortlisted:
        head = f"# Nothing to ask today\n\n{found}; none is worth your minute."
    else:
        title = counted(len(shortlist.shortlisted), "improvement")
        head = f"# {title[:1].upper()}{title[1:]} to decide on\n\n{found}; these are worth your minute."
    parts = [
        head,
        _overview(shortlist),
        *(_candidate(one, previews) for one in shortlist.shortlisted),
        _rest(shortlist),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _overview(shortlist: Shortlist) -> str:
    rows = [
        [
            str(one.rank),
            f"{one.score:.1f}",
            plain(merge_request_title(one.candidate, one.explanation), 150),
            one.candidate.risk,
            one.candidate.reversibility,
            f"+{one.preview.added} -{one.preview.removed}" if one.preview else "made by a model",
        ]
        for one in shortlist.shortlisted
    ]
    return table(["#", "Score", "Improvement", "Risk", "Reversibility", "Change"], rows) if rows else ""


def _candidate(one: Ranked, previews: Mapping[str, str]) -> str:
    candidate = one.candidate
    facts = (
        f"{code(candidate.id)} · found by {code(candidate.source)} · value {candidate.value} · risk {candidate.risk} · "
        f"reversibility {candidate.reversibility} · about {candidate.effort_estimate_hours:g} h by hand"
    )
    why = prose_of(one.explanation.why_here) if one.explanation else ""
    lines = [
        f"- {': '.join(filter(None, (_where(item.path, item.line, item.url), code(item.quote))))}"
        for item in candidate.evidence[:EVIDENCE]
    ]
    preview = before_and_after(previews[candidate.id]) if candidate.id in previews else []
    conflicts = one.preview.conflicts_with if one.preview else ()
    parts = [
        f"## {one.rank}. {plain(merge_request_title(candidate, one.explanation), 150)}",
        facts,
        inline_prose(candidate.summary),
        f"Why: {inline_prose(candidate.value_for_us)}" if candidate.value_for_us else "",
        why,
        "\n".join(lines),
        f"Needs a person's eye: {plain(candidate.safety_story)}" if candidate.safety_story else "",
        f"Does not merge beside {', '.join(map(code, conflicts))}." if conflicts else "",
        "\n".join(preview),
    ]
    return "\n\n".join(part for part in parts if part)


def _where(path: str | None, line: int | None, url: str | None) -> str:
    return code(place(path, line)) if path else code(url or "")


def _rest(shortlist: Shortlist) -> str:
    if not shortlist.dropped:
        return ""
    groups = grouped(shortlist.dropped, lambda one: one.rule, 0, 40).groups
    each = ", ".join(f"{code(group.name)} {group.count:,}" for group in groups)
    return f"Dropped: {each}. Each is named with its reason in {code('shortlist.json')} and in the report."
