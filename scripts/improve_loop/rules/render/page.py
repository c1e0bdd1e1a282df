"""`report.html`: one page that needs nothing but itself, no network and no script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improve_loop.model.tend import Report, ReportedMergeRequest
from improve_loop.rules.render import diff, places, prose, summary, text, words
from improve_loop.rules.render.funnel import stages
from improve_loop.rules.render.groups import grouped, phase_rows

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
ROWS_PER_RULE = 50
RULES = 40
DIFF_LINES = 400  # of one merge request
DIFF_OPEN = 60  # up to so many lines a diff is unfolded
LISTED = 200  # leads, notes, files
OUTPUT = 4000  # characters of a command's last output


def report_html(report: Report) -> str:
    """The whole page. Whatever the report says is text: it is escaped, and hidden characters in it are named."""
    style = (HERE / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page: str = (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            style=style,
            style_hash=f"sha256-{digest}",
            headline=summary.headline(report),
            sentence=summary.sentence(report),
            steps=summary.next_steps(report),
            stages=stages(report.funnel),
            dropped=grouped(report.dropped, lambda one: one.rule, ROWS_PER_RULE, RULES),
            findings=grouped(report.findings, lambda one: one.rule, ROWS_PER_RULE, RULES),
            made_heading=summary.made_heading(report.merge_requests),
            phases=phase_rows(report.phases),
            down=summary.down(report),
        )
    )
    return page


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return text.visible(value) if type(value) is str else value

    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
    )
    environment.globals.update(
        DIFF_OPEN=DIFF_OPEN,
        LISTED=LISTED,
        OUTPUT=OUTPUT,
        words=words,
        places=places,
        blocks=prose.blocks,
        spans=prose.spans,
        diff_of=_diff,
        pieces=_pieces,
        css=Markup,
    )
    environment.filters.update(
        line=text.one_line,
        clip=text.clip,
        when=text.when,
        day=text.day,
        duration=text.duration,
        money=text.money,
        counted=text.counted,
        address=text.web_address,
        host=text.host_of,
    )
    return environment


def _diff(one: ReportedMergeRequest) -> dict[str, Any]:
    files = diff.files(one.patch)
    shown = diff.shortened(files, DIFF_LINES)
    return {
        "files": [file for file in shown if file.lines or not file.hidden],
        "lines": sum(len(file.lines) for file in files),
        "hidden": sum(file.hidden for file in shown),
        "hidden_files": sum(1 for file in shown if file.hidden and not file.lines),
        "added": sum(file.added for file in files),
        "removed": sum(file.removed for file in files),
    }


def _pieces(line: diff.Line) -> list[tuple[str, bool]]:
    """The text of a line in up to three pieces, each with whether it is the changed part."""
    if line.changed is None or line.changed[0] == line.changed[1]:
        return [(text.clip(line.text, diff.LINE_LIMIT), False)]
    start, end = line.changed
    pieces = [(line.text[:start], False), (line.text[start:end], True), (line.text[end:], False)]
    return [piece for piece in pieces if piece[0]]
