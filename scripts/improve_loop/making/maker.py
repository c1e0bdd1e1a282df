"""`make`: one candidate, from its request to a change or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from improve_loop.edges.clock import Clock
from improve_loop.edges.llm import Door, Message
from improve_loop.making import context, spilled
from improve_loop.making.asking import Asking
from improve_loop.making.context import Texts
from improve_loop.making.diffs import unified
from improve_loop.making.editing import edited, first_messages, inspect_as_it_is
from improve_loop.making.inspecting import Inspect
from improve_loop.making.limits import Limits
from improve_loop.making.made import Feedback, Made, Stopped
from improve_loop.making.planning import planned
from improve_loop.making.prompts import filled
from improve_loop.making.reviewing import explained, plain_explanation, shown_diff
from improve_loop.making.rounds import reviewed_until_agreed
from improve_loop.making.work import Work, nothing_more
from improve_loop.model.candidate import Candidate
from improve_loop.model.find import Explanation, LedgerEntry
from improve_loop.model.make import Review
from improve_loop.model.plugs import Tree
from improve_loop.rules.budget import Allowance
from improve_loop.rules.model_settings import ModelChoice, ModelSettings
from improve_loop.rules.untrusted import marked, one_line, redacted


def make(
    tree: Tree,
    candidate: Candidate,
    allowance: Allowance,
    settings: ModelSettings,
    partial: Mapping[str, bytes | None] | None = None,
    *,
    run_id: str,
    clock: Clock | None = None,
    say: Callable[[str], None] = lambda line: None,
    feedback: Feedback | None = None,
    inspect: Inspect = nothing_more,
    limits: Limits | None = None,
    journal: Callable[[int, LedgerEntry], None] = lambda number, entry: None,
) -> Made:
    """The change that the candidate asks for, made by a model within the allowance.

    `tree`: the target at the base commit. `partial`: what a recipe did already (path -> bytes, None: deleted).
    `feedback`: a check failed on an earlier change; it is mended instead of made anew. `inspect`: further judges of
    the changed files (the gates), whose words go back to the maker. `journal` is told of every call as it goes.
    Never raises for what a model or its server does.
    """
    clock, limits, partial = clock or Clock(), limits or Limits(), dict(partial or {})
    if not settings.ladder("implement"):
        return Made(status="failed", reason="no_model", detail=_no_model(settings))
    door = Door(settings, allowance, clock=clock, say=say, journal=journal)
    asking = Asking(door, candidate.id, min(allowance.seconds, settings.seconds_per_candidate), limits, clock)
    work = Work(
        candidate=candidate,
        tree=tree,
        asking=asking,
        limits=limits,
        partial=partial,
        inspect=inspect,
        texts=Texts(tree, feedback.files if feedback else partial),
    )
    try:
        made = _made(work, run_id, say, feedback)
    except Stopped as stopped:
        made = Made(status=stopped.status, reason=stopped.reason, detail=stopped.detail, review=work.review)
    door.trace.close()
    return replace(
        made,
        review=replace(made.review, prompts=dict(asking.prompts)) if made.review else None,
        ledger=door.entries,
        spill=spilled.candidates(work),
        gaps=spilled.gaps(work, clock.now()),
        attempts=work.rounds,
        prompts=dict(asking.prompts),
    )


def _made(work: Work, run_id: str, say: Callable[[str], None], feedback: Feedback | None) -> Made:
    if feedback is None:
        planned(work)
    else:
        work.files = tuple(path for path in feedback.files if work.may_change(path)) or work.paths[: work.limits.files]
    nothing = _on_ladder(work, say, feedback)
    if nothing is not None and feedback:
        raise Stopped("not_its_failure", nothing)
    if nothing is not None and not work.changed:
        return Made(status="nothing_to_do", reason="goal_met", detail=nothing)
    if nothing is not None:
        inspect_as_it_is(work)  # the recipe's part is all that was needed, says the maker
    work.review = reviewed_until_agreed(work, run_id)
    explanation = _explanation(work)
    return Made(
        status="made",
        reason="done",
        detail=_said(work, work.review),
        how="model",
        files=work.changed,
        explanation=explanation,
        review=work.review,
    )


def _on_ladder(work: Work, say: Callable[[str], None], feedback: Feedback | None) -> str | None:
    """Edits with the first tier; where that cannot do it, once more from the start with the next."""
    ladder = work.asking.door.settings.ladder("fix" if feedback else "implement")
    if feedback and feedback.seen_before:
        ladder = ladder[1:] or ladder
    failure = ""
    for number, choice in enumerate(ladder[:2]):
        messages = _fix_messages(work, feedback) if feedback else first_messages(work, failure)
        try:
            return edited(work, "fix" if feedback else "implement", messages, choice, may_refuse=bool(feedback))
        except Stopped as stopped:
            if not stopped.escalates or number + 1 == len(ladder[:2]):
                raise
            if work.asking.door.book.nearly_spent:
                raise Stopped("money", f"too little is left to ask {ladder[number + 1].name}; {stopped}") from None
            say(f"{work.candidate.id}: {choice.name} could not ({stopped.reason}); {ladder[number + 1].name} is asked")
            failure = str(stopped)
            work.texts = Texts(work.tree, feedback.files if feedback else work.partial)
    raise AssertionError("the last tier returns or raises")


def _fix_messages(work: Work, feedback: Feedback) -> list[Message]:
    work.asking.used("fix")
    return filled(
        "fix",
        paths=", ".join(work.files),
        files=str(work.limits.files),
        lines=str(work.limits.lines),
        reference=work.asking.reference,
        stranger=work.asking.stranger,
        request=context.request(work.candidate),
        diff=shown_diff(unified(work.tree.read, feedback.files)),
        output=marked(redacted(feedback.output[-20_000:]), "the output of a check", characters=6_000, prose=False),
        contents=context.contents(work.texts, work.files, work.candidate, work.limits),
    )


def _explanation(work: Work) -> Explanation:
    try:
        return explained(work)
    except Stopped as stopped:
        if stopped.reason in ("incoherent", "steered"):
            raise
        return plain_explanation(work)


def _said(work: Work, review: Review) -> str:
    maker: ModelChoice | None = work.maker
    return one_line(f"made by {maker.name if maker else 'a model'}; review: {review.decision}", 200)


def _no_model(settings: ModelSettings) -> str:
    if settings.mode == "none":
        return "mode none uses no model, and no recipe can make this change"
    return "; ".join(settings.missing) or f"no model is configured for mode {settings.mode}; see docs/models.md"
