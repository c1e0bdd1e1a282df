"""From the outcome of a rule to what the loop carries on: a candidate, or findings that are only reported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from improve_loop.model.candidate import Candidate, Evidence, Finding, RecipeCall
from improve_loop.model.plugs import Edited, GaveUp, NothingToDo, RecipeResult, Tree
from improve_loop.rules.ci.attempt import Mended
from improve_loop.rules.ci.custom import RECIPE, Custom
from improve_loop.rules.ci.custom import to_params as custom_params
from improve_loop.rules.ci.family import attempt
from improve_loop.rules.ci.more_security import CREDENTIAL
from improve_loop.rules.ci.rule import CONTROL, Card, Rule, Settings, Sighting
from improve_loop.rules.ci.settings import DOMAIN, from_params, to_params
from improve_loop.rules.identity import candidate_id, fingerprint
from improve_loop.rules.nodes.text import Text
from improve_loop.rules.pipeline import Pipeline, read_pipeline

MAX_EVIDENCE = 20
MAX_ALIKE = 4
SUMMARY_LENGTH = 300
QUOTE_LENGTH = 160


def candidate_of(rule: Rule, mended: Mended, pipeline: Pipeline, settings: Settings, repository: str) -> Candidate:
    """The one candidate of a rule in a repository."""
    card = rule.CARD
    texts = pipeline.texts
    return Candidate(
        id=candidate_id(DOMAIN, card.id),
        source=f"{DOMAIN}/{card.id}",
        domain=DOMAIN,
        class_="ci",
        subject=card.id,
        summary=mended.plan.explanation.title[:SUMMARY_LENGTH],
        value_for_us=card.why,
        value=card.value,
        effort_estimate_hours=card.hours,
        risk=card.risk,
        reversibility=card.reversibility,
        target_repo=repository,
        target_paths=tuple(sorted(mended.files)),
        fingerprint=_fingerprint(mended, texts),
        evidence=tuple(_evidence(texts, mended.mended[:MAX_EVIDENCE])),
        recipe=_call(rule, pipeline.root, settings),
    )


def briefed(rule: Rule, seen: Sequence[Sighting], pipeline: Pipeline, repository: str) -> Candidate:
    """A tier B rule without a recipe, as work for a model: the brief holds what the rule says and where it applies."""
    card = rule.CARD
    texts = pipeline.texts
    shown = seen[:MAX_EVIDENCE]
    places = [f"- {s.path}, line {texts[s.path].line(s.offset)}: {_line(s.message)}" for s in shown]
    return Candidate(
        id=candidate_id(DOMAIN, card.id),
        source=f"{DOMAIN}/{card.id}",
        domain=DOMAIN,
        class_="ci",
        subject=card.id,
        summary=f"{card.title} ({len(seen)} {'place' if len(seen) == 1 else 'places'})",
        value_for_us=card.why,
        value=card.value,
        effort_estimate_hours=card.hours,
        risk=card.risk,
        reversibility=card.reversibility,
        target_repo=repository,
        target_paths=tuple(sorted({sighting.path for sighting in seen})),
        fingerprint=fingerprint(part for s in seen for part in (s.path, _quote(texts[s.path], s))),
        evidence=tuple(_evidence(texts, shown)),
        confidence=0.6,
        brief="\n".join([f"{card.title}. {card.why}", "", *places, "", f"What to do: {card.fix}"]),
        acceptance_criteria=(
            "The list of jobs, their stages and their order stay the same.",
            "Nothing but the named places changes.",
        ),
    )


def findings_of(card: Card, pipeline: Pipeline, sightings: Iterable[Sighting], reason: str) -> list[Finding]:
    """What is only reported, each with what a person may do about it; many of one kind in one file become one."""
    texts = pipeline.texts
    groups: dict[tuple[str, str], list[Sighting]] = {}
    for sighting in sightings:
        why = sighting.unfixable or reason
        groups.setdefault((sighting.path, f"{card.fix} Not done here: {why}." if why else card.fix), []).append(
            sighting
        )
    return [
        Finding(
            rule=card.id,
            path=path,
            line=texts[path].line(sighting.offset) if path in texts else None,
            message=_line(sighting.message) + more,
            advice=advice,
        )
        for (path, advice), group in groups.items()
        for sighting, more in _shortened(group, texts.get(path))
    ]


def _line(text: str) -> str:
    """Names from the repository are in it: one line, nothing that a terminal or a page would obey."""
    return " ".join(CONTROL.sub(" ", text).split())


def _shortened(group: list[Sighting], text: Text | None) -> list[tuple[Sighting, str]]:
    if len(group) <= MAX_ALIKE or text is None:
        return [(sighting, "") for sighting in group]
    lines = ", ".join(str(text.line(sighting.offset)) for sighting in group[1:11])
    return [(group[0], f"; and {len(group) - 1} more like it (lines {lines}{' …' if group[11:] else ''})")]


def apply_rule(rule: Rule, tree: Tree, candidate: Candidate) -> RecipeResult:
    """What a recipe does: the same attempt again on the tree that it is given, within the candidate's paths."""
    ci_file, settings = from_params(candidate)
    pipeline = read_pipeline(tree, ci_file)
    outcome = attempt(rule, pipeline, settings)
    if outcome.mended is None:
        return GaveUp(reason=outcome.reason) if outcome.seen else NothingToDo(reason=f"{rule.CARD.id} finds nothing")
    outside = sorted({*outcome.mended.files} - {*candidate.target_paths})
    if outside:
        return GaveUp(reason=f"it would now also edit {', '.join(outside)}, which the candidate does not name")
    return Edited(files=outcome.mended.files, explanation=outcome.mended.plan.explanation)


def _call(rule: Rule, ci_file: str, settings: Settings) -> RecipeCall:
    params = to_params(ci_file, settings)
    if isinstance(rule, Custom):
        return RecipeCall(name=RECIPE, params={**params, "custom": custom_params(rule.rule)})
    return RecipeCall(name=rule.CARD.id, params=params)


def _fingerprint(mended: Mended, texts: dict[str, Text]) -> str:
    """Paths, the old and new text at the edited places, and the lines that were seen (an added line looks alike
    everywhere); no line numbers, so edits elsewhere do not matter."""
    edits = {(edit.path, texts[edit.path].content[edit.start : edit.end], edit.new) for edit in mended.plan.edits}
    seen = {(one.path, _quote(texts[one.path], one)) for one in mended.mended}
    return fingerprint(part for group in (sorted(edits), sorted(seen)) for entry in group for part in entry)


def _evidence(texts: dict[str, Text], sightings: Iterable[Sighting]) -> Iterable[Evidence]:
    for sighting in sightings:
        text = texts[sighting.path]
        line = text.line(sighting.offset)
        yield Evidence(quote=_quote(text, sighting), path=sighting.path, line=line)


def _quote(text: Text, sighting: Sighting) -> str:
    """The line, without what looks like a credential: quotes travel into merge requests, reports and prompts."""
    return CREDENTIAL.sub("[redacted]", text.line_text(text.line(sighting.offset)).strip())[:QUOTE_LENGTH]
