"""What people are told in their chat: that a question waits, and what a run did. Plain text, nobody is mentioned."""

from __future__ import annotations

from improve_loop.model.find import Run, Shortlist
from improve_loop.model.tend import Report
from improve_loop.rules.neutralise import JOINER

MOST = 10  # lines of one notice
SAID = {
    "published": "opened",
    "green": "ready to merge",
    "red": "red",
    "pending": "its pipeline runs",
    "closed": "closed",
    "missing": "no pipeline",
}


def asked(run: Run, shortlist: Shortlist, url: str | None) -> str | None:
    """The question of this run, and where to answer it; None where it asks nothing."""
    if not shortlist.shortlisted or run.auto or run.dry_run:
        return None
    head = f"improve-loop asks about {_counted(len(shortlist.shortlisted), 'improvement')} of {plain(run.target.name)}"
    return _notice(
        head,
        url,
        [plain(one.explanation.title if one.explanation else one.candidate.summary) for one in shortlist.shortlisted],
    )


def ended(report: Report) -> str | None:
    """The merge requests that a run has moved; None where nothing was published or labelled."""
    moved = [one for one in report.merge_requests if one.merge_request and one.outcome in SAID]
    if not moved or report.dry_run:
        return None
    head = f"improve-loop looked after {_counted(len(moved), 'merge request')} of {plain(report.target.name)}"
    lines = [f"{plain(one.title)}: {SAID[one.outcome]} {one.url or one.branch}".rstrip() for one in moved]
    return _notice(head, report.url, lines)


def _notice(head: str, url: str | None, lines: list[str]) -> str:
    shown = [f"• {line}" for line in lines[:MOST]]
    more = [f"and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return "\n".join([f"{head}: {url}" if url else head, *shown, *more])


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def plain(text: str) -> str:
    """One line in which no chat finds a mention, a link of its own making or markup (Slack's `<!channel>`)."""
    flat = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:200]
    return flat.replace("@", f"@{JOINER}").replace("<", "(").replace(">", ")").replace("](", f"]{JOINER}(")
