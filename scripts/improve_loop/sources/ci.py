"""Source `ci`: waste and trouble in the target's own pipeline, by rule; needs no network and no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from improve_loop.edges.registry import ALLOWED, Registry
from improve_loop.model.candidate import Candidate, Finding
from improve_loop.model.find import Discovery, Run
from improve_loop.model.plugs import Tree
from improve_loop.rules.ci import RULES
from improve_loop.rules.ci.attempt import NO_RECIPE, attempt
from improve_loop.rules.ci.images import moving
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
    problems = (*dict.fromkeys(map(str, pipeline.problems)), *wants.problems)
    if not pipeline.files:
        reason = f"{wants.ci_file} cannot be read: {problems[0]}"
        return Discovery(run_id=run.run_id, domain=DOMAIN, status="bad_payload", reason=reason, problems=problems)
    found = bool(candidates or findings)
    return Discovery(
        run_id=run.run_id,
        domain=DOMAIN,
        status="ok" if found else "ok_empty",
        reason=f"{len(pipeline.jobs)} jobs in {len({file.path for file in pipeline.files})} files: "
        f"{len(candidates)} candidates, {len(findings)} findings",
        candidates=tuple(candidates),
        findings=tuple(findings),
        problems=problems,
    )


def _resolved(pipeline: Pipeline, options: Mapping[str, Any]) -> dict[str, str]:
    """What registries say that the moving images are today; nobody is asked unless the configuration says so."""
    if not options.get("resolve_images"):
        return {}
    registry = Registry(
        allowed=(*ALLOWED, *map(str, options.get("registries", ()))),
        addresses={str(host): str(url) for host, url in dict(options.get("registry_mirrors", {})).items()},
    )
    pin = "digest" if options.get("pin") == "digest" else "tag"
    answers = {name: registry.pinned(name, pin) for name in sorted({place.image.written for place in moving(pipeline)})}
    return {name: answer for name, answer in answers.items() if answer}


def _apply(pipeline: Pipeline, wants: Wanted, run: Run) -> tuple[list[Candidate], list[Finding]]:
    settings = replace(wants.settings, resolved=_resolved(pipeline, wants.settings.options))
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
