"""The control issue: the shortlist with a box per candidate, written by `propose` and read by `approve`.

A human unticks what is to wait, and writes `no: reason` behind a line to say no for good. A line that was removed or
changed beyond recognition accepts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from improve_loop.model.find import Run, Shortlist
from improve_loop.rules import neutralise
from improve_loop.rules.render import merge_request_title, shortlist_markdown

_RUN = re.compile(r"<!-- improve-loop:asks run=([A-Za-z0-9._-]{1,80}) -->")
_LINE = re.compile(r"^\s*[-*] \[([ xX])\] .*<!-- candidate ([a-z0-9][a-z0-9-]{0,99}) -->[ \t]*(.*)$", re.MULTILINE)
_NO = re.compile(r"^(?:no|nein|never)\b\s*[:,-]?\s*(.*)$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What a control issue says now."""

    run_id: str | None  # the run that asked last; None: nobody asks
    ticked: tuple[str, ...]
    unticked: tuple[str, ...]
    declined: Mapping[str, str]  # candidate -> the reason given, perhaps empty


def text(
    run: Run,
    shortlist: Shortlist,
    previews: Mapping[str, str],
    *,
    expires_at: str,
    pipeline_url: str | None = None,
    job_url: str | None = None,  # of the job to press; None: it could not be looked up
) -> str:
    """The issue's body. `previews` maps a candidate's id to its patch."""
    boxes = [
        f"- [x] **{one.rank}.** {neutralise.one_line(merge_request_title(one.candidate, one.explanation), 150)}"
        f" (`{one.candidate.id}`) <!-- candidate {one.candidate.id} -->"
        for one in shortlist.shortlisted
    ]
    asked = (
        [_how(run, expires_at, _where(pipeline_url, job_url)), "\n".join(boxes)] if boxes else ["Nothing to decide."]
    )
    whole = [*asked, shortlist_markdown(shortlist, previews).rstrip(), f"<!-- improve-loop:asks run={run.run_id} -->"]
    return "\n\n".join(whole) + "\n"


def _how(run: Run, expires_at: str, where: str) -> str:
    """What to do with the boxes: an answer counts as `rules.pressing` hears it."""
    no = "write `no: reason` at the end of its line"
    if run.ask_only:
        return "Intensity `light`: this run only shows what it found. With `medium`, a sweep makes what is accepted."
    if run.auto:
        return f"This run waits for nobody (`auto`): it makes all of these, but for those where you {no}."
    return (
        f"Untick what should wait, then press {where} before {expires_at}. To say no for good, {no}. Nothing happens "
        "until somebody presses, and nothing is ever merged by this loop."
    )


def _where(pipeline_url: str | None, job_url: str | None) -> str:
    if job_url:
        return f"[the job `approve`]({job_url})"
    if pipeline_url:
        return (
            f"the job `approve` of [this pipeline]({pipeline_url}) (its own page could not be looked up with this "
            "run's tokens)"
        )
    return "the job `approve` of this run"


def read(body: str) -> Answered:
    """The boxes of an issue's body; of two lines for one candidate, neither accepts it unless both do."""
    runs = _RUN.findall(body)
    ticked: dict[str, bool] = {}
    declined: dict[str, str] = {}
    for box, candidate, behind in _LINE.findall(body):
        no = _NO.match(behind.strip())
        if no:
            declined[candidate] = no[1].strip()
        ticked[candidate] = box in "xX" and not no and ticked.get(candidate, True)
    return Answered(
        run_id=runs[-1] if runs else None,
        ticked=tuple(id for id, yes in ticked.items() if yes),
        unticked=tuple(id for id, yes in ticked.items() if not yes and id not in declined),
        declined=declined,
    )
