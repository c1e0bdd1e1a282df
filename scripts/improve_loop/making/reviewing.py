"""The reviewer looks for reasons to reject; code checks that each quotes the diff. The verdict judges the whole.

An approval by a model opens no gate, and a reviewer that cannot be asked closes none: both are written down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from improve_loop.making import context
from improve_loop.making.diffs import changed_lines
from improve_loop.making.made import Stopped
from improve_loop.making.prompts import filled
from improve_loop.making.work import Work
from improve_loop.model.find import Explanation
from improve_loop.model.make import Objection
from improve_loop.rules.model_settings import ModelChoice, ModelSettings, family_of
from improve_loop.rules.prices import FREE
from improve_loop.rules.quotes import quoted_line
from improve_loop.rules.untrusted import ONLY_DATA, capped, fenced, marked, one_line

Lines = Mapping[str, Sequence[tuple[int, str]]]
CRITERIA = ("correctness", "conventions", "quality", "scope")
OBJECTIONS = 5
DIFF_CHARACTERS = 40_000
_TEXT = {"type": "string"}
REVIEW_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["summary", "objections", "decision"],
    "properties": {
        "summary": _TEXT,
        "objections": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["path", "quote", "criterion", "reason"],
                "properties": {
                    "path": _TEXT,
                    "quote": _TEXT,
                    "criterion": {"type": "string", "enum": list(CRITERIA)},
                    "reason": _TEXT,
                },
            },
        },
        "decision": {"type": "string", "enum": ["approve", "reject"]},
    },
}
_VERDICT = ("why", "coheres", "title", "what", "why_here", "could_go_wrong")
VERDICT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": list(_VERDICT),
    "properties": dict.fromkeys(_VERDICT, _TEXT) | {"coheres": {"type": "string", "enum": ["yes", "no"]}},
}


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What one review said, once its quotes were checked."""

    approves: bool
    summary: str
    objections: tuple[Objection, ...]
    unproven: int
    reviewer: str = ""
    instead: Stopped | None = None  # why the reviewer is of the maker's own family although there is another


def reviewed(work: Work, answer: str = "") -> Opinion:
    """One review of the change as it stands. Raises Stopped where no reviewer can be asked."""
    work.asking.used("review")
    diff = work.diff
    messages = filled(
        "review",
        reference=work.asking.reference,
        stranger=work.asking.stranger,
        request=context.request(work.candidate, ONLY_DATA),
        criteria=context.criteria(work.candidate, ONLY_DATA),
        conventions=context.conventions(work.tree),
        answer=f"This is not the first review:\n{marked(answer, 'the last round', characters=2_000)}\n"
        if answer
        else "",
        diff=shown_diff(diff),
    )
    settings, maker = work.asking.door.settings, work.maker
    wrong = Stopped("no_model", "no model is configured for reviews")
    missed = without_key(settings, maker)
    for choice in reviewers(settings, maker):
        try:
            opinion, _ = work.asking.object(
                "review", messages, REVIEW_SCHEMA, lambda plain: _opinion(plain, diff), choices=[choice]
            )
            own = maker is not None and choice.family == maker.family
            return replace(opinion, reviewer=choice.name, instead=missed if own else None)
        except Stopped as stopped:
            if stopped.reason not in _ELSEWHERE:
                raise
            wrong = missed = stopped
    raise wrong


_ELSEWHERE = ("money", "degraded", "model_failed", "unreadable")


def reviewers(settings: ModelSettings, maker: ModelChoice | None) -> list[ModelChoice]:
    """Who is asked: another family than the maker's, the first tier first; where that fails, whoever costs nothing."""
    ladder = settings.ladder("review")
    other = [choice for choice in ladder if maker is None or choice.family != maker.family]
    first = (other or list(ladder))[:1]
    return first + [choice for choice in ladder if choice not in first and choice.price == FREE]


def without_key(settings: ModelSettings, maker: ModelChoice | None) -> Stopped | None:
    """Another family is configured for reviews, no usable one is in reach, and this is why."""
    ladder = settings.ladder("review")
    if maker is None or any(choice.family != maker.family for choice in ladder):
        return None
    others = [name for name in settings.keyless.get("review", ()) if family_of(name) != maker.family]
    return Stopped("no_model", f"{others[0]}: its key is not set") if others else None


def _opinion(plain: Mapping[str, Any], diff: str) -> Opinion:
    """The review, each objection with a quote that is in the diff. Raises ValueError."""
    given, decision = plain.get("objections"), plain.get("decision")
    if not isinstance(given, list) or decision not in ("approve", "reject"):
        raise ValueError("`objections` must be a list, and `decision` approve or reject")
    changed, added = changed_lines(diff), changed_lines(diff, removed=False)
    checked = [_objection(item, changed, added) for item in given]
    proven = tuple(item for item in checked if item is not None)[:OBJECTIONS]
    if decision == "reject" and not proven:  # thrown away, but who says no has not said yes
        raise ValueError(
            "you reject, and no objection quotes a changed line word for word with its file and criterion; quote one, "
            "or approve"
        )
    return Opinion(
        approves=decision == "approve",
        summary=one_line(str(plain.get("summary", "")), 500),
        objections=proven,
        unproven=len(checked) - len(proven),
    )


def _objection(item: Any, changed: Lines, added: Lines) -> Objection | None:
    """The objection, if its quote is a changed line; its line number is of the new file, None for a removed line."""
    if not isinstance(item, dict) or item.get("criterion") not in CRITERIA:
        return None
    path, quote, reason = (str(item.get(name, "")) for name in ("path", "quote", "reason"))
    path = path.removeprefix("./")
    if quoted_line(quote, changed.get(path, ())) is None or not reason.strip():
        return None
    return Objection(
        path=path,
        line=quoted_line(quote, added.get(path, ())),
        quote=one_line(quote, 300),
        reason=one_line(reason, 500),
        criterion=item["criterion"],
    )


def explained(work: Work) -> Explanation:
    """Whether the whole coheres, and how a colleague would explain it. Raises Stopped where it does not."""
    work.asking.used("verdict")
    messages = filled(
        "verdict",
        reference=work.asking.reference,
        stranger=work.asking.stranger,
        request=context.request(work.candidate, ONLY_DATA),
        criteria=context.criteria(work.candidate, ONLY_DATA),
        plan=work.plan or "(none)",
        diff=shown_diff(work.diff),
    )
    (coheres, why, explanation), _ = work.asking.object("verdict", messages, VERDICT_SCHEMA, _verdict)
    if not coheres:
        raise Stopped("incoherent", why)
    return explanation


def plain_explanation(work: Work) -> Explanation:
    """The explanation where no model could be asked for one: what is known without it."""
    candidate = work.candidate
    names = ", ".join(sorted(work.changed))
    return Explanation(
        title=one_line(candidate.summary, 72),
        what=f"Changes {names}.",
        why_here=one_line(candidate.value_for_us, 600),
        could_go_wrong="Nobody but its maker has looked at this change yet.",
        how_to_revert=REVERT,
    )


REVERT = "Revert the merge commit; nothing else was changed."


def _verdict(plain: Mapping[str, Any]) -> tuple[bool, str, Explanation]:
    if any(not isinstance(plain.get(name), str) or not plain[name].strip() for name in _VERDICT):
        raise ValueError(f"each of {', '.join(_VERDICT)} must be text")
    if plain["coheres"] not in ("yes", "no"):
        raise ValueError("`coheres` must be yes or no")
    explanation = Explanation(
        title=one_line(plain["title"], 72),
        what=one_line(plain["what"], 800),
        why_here=one_line(plain["why_here"], 800),
        could_go_wrong=one_line(plain["could_go_wrong"], 800),
        how_to_revert=REVERT,
    )
    return plain["coheres"] == "yes", one_line(plain["why"], 300), explanation


def shown_diff(diff: str) -> str:
    """The diff as a prompt holds it."""
    return fenced(capped(diff, DIFF_CHARACTERS), "diff")
