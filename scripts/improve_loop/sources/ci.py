"""Source `ci`: waste and trouble in the target's own pipeline, by rule; needs no network and no model."""

from __future__ import annotations

from dataclasses import replace

from improve_loop.edges.registry import ALLOWED, Registry
from improve_loop.model.candidate import Candidate, Finding
from improve_loop.model.find import Discovery, Run
from improve_loop.model.plugs import Tree
from improve_loop.rules.ci import RULES, img03
from improve_loop.rules.ci.attempt import NO_RECIPE
from improve_loop.rules.ci.family import attempt
from improve_loop.rules.ci.images import is_of, moving, tagged
from improve_loop.rules.ci.propose import briefed, candidate_of, findings_of
from improve_loop.rules.ci.settings import DOMAIN as CI
from improve_loop.rules.ci.settings import Wanted, wanted
from improve_loop.rules.pipeline import Pipeline, read_pipeline

DOMAIN = CI


def discover(tree: Tree, run: Run) -> Discovery:
    """One candidate for each rule whose recipe can mend something, findings for the rest."""
    wants = wanted(run.config)
    if tree.read(wants.ci_file) is None:
        reason = (
            f"no plain file {wants.ci_file} at {run.target.base_sha[:12]}: this repository has no pipeline to improve"
        )
        return Discovery(run_id=run.run_id, domain=DOMAIN, status="ok_empty", reason=reason)
    pipeline = read_pipeline(tree, wants.ci_file)
    candidates, findings = _apply(pipeline, wants, run)
    problems = (*pipeline.troubles, *wants.unknown(RULES))
    if not pipeline.files:
        reason = f"{wants.ci_file} cannot be read: {problems[0]}"
        return Discovery(run_id=run.run_id, domain=DOMAIN, status="bad_payload", reason=reason, problems=problems)
    found = bool(candidates or findings)
    return Discovery(
        run_id=run.run_id,
        domain=DOMAIN,
        status="ok" if found else "ok_empty",
        reason=f"{sum(len(member.jobs) for member in pipeline.family)} jobs in {len(pipeline.texts)} files: "
        f"{len(candidates)} candidates, {len(findings)} findings",
        candidates=tuple(candidates),
        findings=tuple(findings),
        problems=problems,
    )


def _resolved(pipeline: Pipeline, wants: Wanted, repository: str) -> dict[str, str]:
    """What registries say that the images are today; nobody is asked unless the configuration says so.

    An image that the repository's own people make moves when they want it to, and is not asked for.
    """
    options = wants.settings.options
    if not options.get("resolve_images"):
        return {}
    registry = Registry(
        allowed=(*ALLOWED, *map(str, options.get("registries", ()))),
        addresses={str(host): str(url) for host, url in dict(options.get("registry_mirrors", {})).items()},
    )
    pin = "digest" if options.get("pin") == "digest" else "tag"
    foreign = (place.image for member in pipeline.family for place in moving(member))
    written = sorted({image.written for image in foreign if not is_of(image, repository)})
    answers = {name: registry.pinned(name, pin) for name in written}
    if wants.wants(img03.CARD):
        fixed = {place.image.written: place.image for member in pipeline.family for place in tagged(member)}
        answers.update(
            {name: registry.pinned(name, "digest") for name, image in fixed.items() if not is_of(image, repository)}
        )
    return {name: answer for name, answer in answers.items() if answer}


def _apply(pipeline: Pipeline, wants: Wanted, run: Run) -> tuple[list[Candidate], list[Finding]]:
    settings = replace(wants.settings, resolved=_resolved(pipeline, wants, run.target.name))
    candidates: list[Candidate] = []
    findings: list[Finding] = []
    for rule in (*RULES.values(), *wants.custom):
        if not wants.wants(rule.CARD):
            continue
        outcome = attempt(rule, pipeline, settings)
        left = outcome.seen
        if outcome.mended is not None:
            candidates.append(candidate_of(rule, outcome.mended, pipeline, settings, run.target.name))
            mended = set(map(id, outcome.mended.mended))
            left = tuple(sighting for sighting in left if id(sighting) not in mended)
        elif left and outcome.reason == NO_RECIPE and rule.CARD.tier == "B" and run.mode != "none":
            candidates.append(briefed(rule, left, pipeline, run.target.name))
            left = ()
        reason = "" if outcome.mended is not None or outcome.reason == NO_RECIPE else outcome.reason
        findings += findings_of(rule.CARD, pipeline, left, reason)
    return candidates, findings
