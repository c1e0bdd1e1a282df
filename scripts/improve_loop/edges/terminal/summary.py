"""The end of a run on a terminal: what came of it, and where to look next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import sqrt

from rich.console import Console
from rich.text import Text

from improve_loop.edges.terminal.style import TONES, hanging, rich_line, state
from improve_loop.model.tend import Funnel, Report, ReportedMergeRequest
from improve_loop.rules.render import summary
from improve_loop.rules.render.text import one_line
from improve_loop.rules.render.words import OUTCOMES, SOURCES

BAR = 24
STEPS = 10


def show_summary(report: Report, where: Mapping[str, str], console: Console) -> None:
    """Headline, funnel, merge requests, sources that are down, what to do, and `where` (what -> path, URL, command)."""
    console.print()
    console.print(Text(summary.headline(report), style="bold"))
    console.print(Text(summary.sentence(report), style="dim"))
    if report.funnel.found:
        console.print()
        for line in _funnel(report.funnel):
            console.print(line)
    if report.merge_requests:
        console.print()
    for one in report.merge_requests:
        word = OUTCOMES[one.outcome]
        console.print(hanging([(Text(word.glyph, style=TONES[word.tone]), _merge_request(one))]))
        if one.url:
            console.print(Text(f"  {one_line(one.url, 500)}", style="cyan"), soft_wrap=True)
    for source in summary.down(report):
        word = SOURCES[source.status]
        console.print(Text.assemble(state(word), f"  {source.domain}: ", rich_line(source.reason)))
    console.print()
    steps = enumerate(summary.next_steps(report)[:STEPS], 1)
    console.print(
        hanging((Text(f"{n}.", style="red" if step.urgent else "cyan"), rich_line(step.text)) for n, step in steps)
    )
    if where:
        console.print()
    for what, place in where.items():
        console.print(Text.assemble((f"{one_line(what, 40)}  ", "dim"), (one_line(place, 500), "cyan")), soft_wrap=True)


def _funnel(funnel: Funnel) -> Iterator[Text]:
    stages = {
        "found": funnel.found,
        "shortlisted": funnel.shortlisted,
        "accepted": funnel.accepted,
        "published": funnel.published,
        "green": funnel.green,
    }
    most = max(stages.values())
    for name, count in stages.items():
        width = max(round(BAR * sqrt(count / most)), 1) if count else 0
        yield Text.assemble((f"  {name:<12}", "dim"), ("█" * width, "green"), f" {count:,}")


def _merge_request(one: ReportedMergeRequest) -> Text:
    word = OUTCOMES[one.outcome]
    name = one_line(one.merge_request or one.branch, 120)
    line = Text.assemble((word.text, TONES[word.tone]), f"  {name}  ", (one_line(one.title, 200), "bold"))
    return line.append("\n").append_text(rich_line(one.reason, 400, "dim")) if one.reason else line
