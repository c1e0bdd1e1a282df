"""Which few candidates are worth a human's minute. Each that is not carries the rule that dropped it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from improve_loop.model.candidate import Candidate, Dropped
from improve_loop.model.find import Run
from improve_loop.model.state import CandidateRecord, Rejection, State
from improve_loop.rules import duplicates
from improve_loop.rules.exclusions import excluded_by
from improve_loop.rules.globs import path_matches
from improve_loop.rules.newfiles import is_creatable
from improve_loop.rules.score import score
from improve_loop.rules.task import DOMAIN as TASK


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A candidate and its rank among all."""

    candidate: Candidate
    score: float


@dataclass(frozen=True, kw_only=True)
class Context:
    """All that the rules of triage look at."""

    run: Run
    state: State
    paths: Collection[str]  # every regular file of the target at its base
    now: datetime


FILED_BY = "spill of "  # how the source of a filed candidate begins
Reason = tuple[str, str]  # (rule, why)


def dropped(candidate: Candidate, reason: Reason, points: float | None) -> Dropped:
    """The candidate as the report names it, with the rule that dropped it."""
    return Dropped(
        id=candidate.id,
        domain=candidate.domain,
        subject=candidate.subject,
        summary=candidate.summary,
        rule=reason[0],
        reason=reason[1],
        score=points,
    )


def filed(state: State, run: Run, found: Collection[str]) -> list[Candidate]:
    """What earlier runs filed and this one did not find itself. A person's own request is looked at alone.

    The state lies on a branch: whatever it says there, a filed candidate has no recipe, no safety story, and mends no
    merge request that somebody approved.
    """
    if run.run_kind == "tend" or run.domains == (TASK,):
        return []
    mine = [each for each in state.filed if each.id not in found and each.domain in (*run.domains, TASK)]
    return [
        replace(each, source=_filed_source(each), recipe=None, repair=None, safety_story=None, depends_on=())
        for each in mine
    ]


def _filed_source(candidate: Candidate) -> str:
    return candidate.source if candidate.source.startswith(FILED_BY) else f"{FILED_BY}{candidate.id}"


def ranked(candidates: Iterable[Candidate], context: Context) -> tuple[list[Scored], list[Dropped]]:
    """Those that every rule lets through, best first, ties by id; and those dropped."""
    kept: list[Scored] = []
    out: list[Dropped] = []
    best: dict[duplicates.Key, str] = {}
    config = context.run.config
    scored = [Scored(candidate=each, score=score(each, config)) for each in candidates]
    for each in sorted(scored, key=lambda item: (-item.score, item.candidate.id)):
        reason = reason_to_drop(each.candidate, context) or _seen(each.candidate, best)
        if reason:
            out.append(dropped(each.candidate, reason, each.score))
        else:
            best[duplicates.key(each.candidate)] = each.candidate.id
            kept.append(each)
    return kept, out


def _seen(candidate: Candidate, best: dict[duplicates.Key, str]) -> Reason | None:
    first = best.get(duplicates.key(candidate))
    return ("duplicate", f"the same as {first}, which ranks at least as high") if first else None


def reason_to_drop(candidate: Candidate, context: Context) -> Reason | None:
    """The first rule that drops this candidate, whatever else was found."""
    rules: tuple[Callable[[Candidate, Context], Reason | None], ...] = (
        _foreign,
        _unknown_path,
        _zone,
        _do_not_touch,
        _protected,
        _blast_radius,
        _irreversible,
        _needs_a_model,
        _needs_a_person,
        _rejected,
        _remembered,
        _waits,
    )
    return next((reason for rule in rules if (reason := rule(candidate, context))), None)


def _foreign(candidate: Candidate, context: Context) -> Reason | None:
    if candidate.target_repo != context.run.target.name:
        return "other-repository", f"it is about {candidate.target_repo}, this run is about {context.run.target.name}"
    return None


def _unknown_path(candidate: Candidate, context: Context) -> Reason | None:
    if any(path in context.paths for path in candidate.target_paths):
        return None
    if candidate.class_ == "task" and all(is_creatable(path, context.paths) for path in candidate.target_paths):
        return None  # a person asked for a new file
    return "no-such-path", f"{candidate.target_paths[0]} is not in the target at its base commit"


def _zone(candidate: Candidate, context: Context) -> Reason | None:
    zone = excluded_by(candidate, context.run.exclusions)
    return ("excluded", f"{zone.reason} ({zone.origin})") if zone else None


def _first_match(candidate: Candidate, patterns: tuple[str, ...]) -> tuple[str, str] | None:
    pairs = ((path, pattern) for path in candidate.target_paths for pattern in patterns)
    return next((pair for pair in pairs if path_matches(*pair)), None)


def _do_not_touch(candidate: Candidate, context: Context) -> Reason | None:
    hit = _first_match(candidate, context.run.config.do_not_touch)
    return ("do-not-touch", f"{hit[0]} is under do_not_touch ({hit[1]})") if hit else None


def _protected(candidate: Candidate, context: Context) -> Reason | None:
    hit = _first_match(candidate, context.run.config.protected_paths)
    return ("protected", f"{hit[0]} is under protected_paths ({hit[1]})") if hit else None


def _blast_radius(candidate: Candidate, context: Context) -> Reason | None:
    hit = None if candidate.safety_story else _first_match(candidate, context.run.config.blast_radius)
    return ("blast-radius", f"{hit[0]} is under blast_radius ({hit[1]}) and there is no safety story") if hit else None


def _irreversible(candidate: Candidate, _: Context) -> Reason | None:
    return ("irreversible", "it could not be undone") if candidate.reversibility == "irreversible" else None


def _needs_a_model(candidate: Candidate, context: Context) -> Reason | None:
    if candidate.recipe is None and context.run.mode == "none":
        return "needs-a-model", "no recipe makes this change, and the run has no model (mode none)"
    return None


def _needs_a_person(candidate: Candidate, context: Context) -> Reason | None:
    """What a model asked for on its way is wider than anybody has approved, and may be somebody's text speaking."""
    if context.run.auto and candidate.source.startswith(FILED_BY):
        return "needs-a-person", "a model filed it on its way, and `auto` accepts nothing in its name; run without it"
    return None


def rejection_of(candidate: Candidate, context: Context) -> Rejection | None:
    """The human's no that still holds for exactly this change."""
    for no in context.state.rejections:
        same = (no.domain, no.subject, no.fingerprint) == (candidate.domain, candidate.subject, candidate.fingerprint)
        if same and (no.until is None or datetime.fromisoformat(no.until) > context.now):
            return no
    return None


def _rejected(candidate: Candidate, context: Context) -> Reason | None:
    no = rejection_of(candidate, context)
    if not no:
        return None
    until = f" until {no.until}" if no.until else ""
    return "rejected", f"{no.by} said no on {no.at[:10]}{until}: {no.reason}"


def _remembered(candidate: Candidate, context: Context) -> Reason | None:
    """What became of it in earlier runs."""
    record = context.state.candidates.get(candidate.id)
    if record is None:
        return None
    same = record.fingerprint == candidate.fingerprint
    link = record.merge_request or record.branch or candidate.id
    if record.outcome == "taken_over":
        return "taken-over", f"a human commits on {link}: it is theirs"
    if record.outcome == "closed" and same:
        return "closed", f"a human closed {link}: {record.reason}"
    if record.outcome == "open" and same:
        return "already-open", f"{link} already proposes exactly this"
    if record.outcome == "merged" and _recently(record, context):
        return "shipped", f"{link} was merged on {record.last_seen[:10]}"
    return None


def _recently(record: CandidateRecord, context: Context) -> bool:
    days = timedelta(days=context.run.config.limits.shipped_days)
    return datetime.fromisoformat(record.last_seen) + days > context.now


def _waits(candidate: Candidate, context: Context) -> Reason | None:
    records = context.state.candidates
    waits = [each for each in candidate.depends_on if each not in records or records[each].outcome != "merged"]
    return ("waits", f"{', '.join(waits)} must be merged first") if waits else None


def same_as_chosen(candidate: Candidate, chosen: Iterable[Candidate]) -> Reason | None:
    """Whether the shortlist already says this in other words."""
    twin = next((each for each in chosen if duplicates.says_the_same(candidate, each)), None)
    return ("duplicate", f"says the same as {twin.id}, which ranks at least as high") if twin else None
