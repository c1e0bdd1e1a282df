"""What a reviewer found, as remarks on lines of the merge request and as the one summary beside them. Markdown."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from improve_loop.model.forge import LineNote
from improve_loop.model.make import Objection, Review
from improve_loop.rules.quotes import quoted_line
from improve_loop.rules.render import diff
from improve_loop.rules.render.markdown import code, plain
from improve_loop.rules.render.places import place
from improve_loop.rules.render.text import counted

REMARKS = 5  # of one review
SAID = {
    "approve": "was asked for reasons to reject this change and found none that stands",
    "degraded": "found no reason to reject this change, and is of its maker's own family: no other could be asked",
    "reject": "rejected this change",
    "not_needed": "was not needed",
    "unavailable": "could not be asked: nobody but its maker has looked at this change",
}


@dataclass(frozen=True, kw_only=True)
class Remark:
    """An objection of the review with its name, and its line where the patch has it."""

    key: str
    objection: Objection
    note: LineNote | None


def remarks(review: Review, patch: str) -> tuple[Remark, ...]:
    """The review's objections, each with the line of the patch that it is about. The same one has the same key."""
    files = {file.path: file for file in diff.files(patch)}
    return tuple(_remark(one, files.get(one.path)) for one in review.objections[:REMARKS])


def _remark(one: Objection, file: diff.FileDiff | None) -> Remark:
    named = "\0".join((one.path, " ".join(one.quote.split()), one.criterion)).encode("utf-8", "surrogatepass")
    key = f"remark-{hashlib.sha256(named).hexdigest()[:16]}"
    line = _line(one, file.lines) if file else None
    if line is None:
        return Remark(key=key, objection=one, note=None)
    note = LineNote(key=key, path=one.path, old_line=line.old, new_line=line.new, text=_said(one))
    return Remark(key=key, objection=one, note=note)


def _line(one: Objection, lines: Sequence[diff.Line]) -> diff.Line | None:
    """The line by its number in the new file; a removed one by its words."""
    if one.line is not None:
        return next((line for line in lines if line.new == one.line), None)
    removed = {line.old: line for line in lines if line.mark == "removed" and line.old is not None}
    number = quoted_line(one.quote, [(at, line.text) for at, line in removed.items()])
    return removed.get(number) if number is not None else None


def _said(one: Objection) -> str:
    return f"**{plain(one.criterion, 40)}**: {plain(one.reason, 500)}"


def review_summary(review: Review, found: Sequence[Remark], unplaced: Collection[str]) -> str:
    """The summary. `unplaced`: the keys of remarks that stand on no line and are told here instead."""
    who = f"The reviewer {code(review.reviewer, 80)}" if review.reviewer else "A reviewer"
    maker = f" Its maker was {code(review.maker, 80)}." if review.maker else ""
    told = [one for one in found if one.note is None or one.key in unplaced]
    on_lines = len(found) - len(told)
    why = f" ({code(review.reason, 40)})" if review.reason else ""
    parts = [
        f"{who} {SAID[review.decision]}{why}.{maker}",
        plain(review.summary, 900),
        f"{counted(on_lines, 'remark')} on lines of the diff." if on_lines else "",
        "\n".join(f"- {code(place(one.objection.path, one.objection.line))} {_said(one.objection)}" for one in told),
        "A model's approval opens no gate and replaces no person's eye.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
