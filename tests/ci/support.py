"""Trees of a few files, a run over them, and the way from a CI file to its mended text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from improve_loop.gates import judge
from improve_loop.model.candidate import Candidate, RecipeCall
from improve_loop.model.config import Config, Domain
from improve_loop.model.find import Discovery, Run, RunLimits, TargetAt
from improve_loop.model.plugs import Edited, RecipeResult
from improve_loop.recipes import RECIPES
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta
from improve_loop.rules.identity import candidate_id
from improve_loop.sources import ci

ROOT = ".gitlab-ci.yml"


@dataclass(frozen=True)
class Files:
    """A tree in memory."""

    files: Mapping[str, bytes]

    def paths(self) -> Sequence[str]:
        return sorted(self.files)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)


def tree(root: str | bytes, **more: str) -> Files:
    """A tree with a root CI file; other files by path, `/` and `.` as they are: tree("…", **{"ci/a.yml": "…"})."""
    first = root if isinstance(root, bytes) else root.encode()
    return Files({ROOT: first, **{path: text.encode() for path, text in more.items()}})


def a_run(**options: Any) -> Run:
    """A run whose domain `ci` has these options; `runner_map` and `mode` go where they belong."""
    mode = options.pop("mode", "none")
    config = Config(domains={"ci": Domain(options=options)}, runner_map=options.pop("runner_map", {}))
    return Run(
        run_id="r-1",
        run_kind="sweep",
        started_at="2026-11-20T00:00:00Z",
        deadline="2026-11-20T01:00:00Z",
        target=TargetAt(
            name="acme/shop",
            url="https://git.example/acme/shop",
            forge="local",
            branch="main",
            base_sha="0" * 40,
            bundle_sha="1" * 40,
        ),
        intensity="medium",
        mode=mode,
        auto=False,
        dry_run=False,
        ask_only=False,
        domains=("ci",),
        limits=RunLimits(
            candidates=6,
            domains=6,
            usd=0.0,
            usd_reading=0.0,
            usd_per_candidate=0.0,
            seconds=60,
            seconds_per_candidate=60,
            open_merge_requests=10,
            slots=1,
        ),
        exclusions=(),
        health=(),
        committer_name="Loop",
        committer_email="loop@example.org",
        config_sha256="0" * 64,
        config=config,
    )


def found(files: Files, **options: Any) -> Discovery:
    """What the source says of these files."""
    return ci.discover(files, a_run(**options))


def candidate(files: Files, rule: str, **options: Any) -> Candidate | None:
    """The candidate of a rule, where it makes one."""
    return next((one for one in found(files, **options).candidates if one.subject == rule), None)


def mended(root: str | bytes, rule: str, more: Mapping[str, str] | None = None, **options: Any) -> str:
    """The root file after the recipe; the second run of the recipe must find nothing to do."""
    files = tree(root, **(more or {}))
    one = candidate(files, rule, **options)
    assert one is not None, reason(files, rule, **options)
    result = RECIPES[rule].apply(files, one)
    assert isinstance(result, Edited), result
    after = Files({**files.files, **{path: new for path, new in result.files.items() if new is not None}})
    assert candidate(after, rule, **options) is None
    assert refusals(files, result, one) == []
    return (after.read(ROOT) or b"").decode()


def refusals(before: Files, made: Edited, one: Candidate) -> list[str]:
    """What the gates refuse of an edit: nothing, of our own recipes."""
    after = {**before.files, **{path: new for path, new in made.files.items() if new is not None}}
    scope = Scope(target_paths=one.target_paths, class_=one.class_, safety_story=one.safety_story)
    told = judge(scratch_delta(before.files, after), scope, Policy())
    return [f"{found.rule}: {found.path}:{found.line}: {found.reason}" for found in told if found.severity == "refuse"]


def reason(files: Files, rule: str, **options: Any) -> str:
    """Why a rule made no candidate: the advice of its first finding."""
    return next((one.advice for one in found(files, **options).findings if one.rule == rule), "nothing found")


def left_alone(root: str | bytes, rule: str, more: Mapping[str, str] | None = None, **options: Any) -> str:
    """The reason for which the recipe leaves this pipeline; fails where it would edit it."""
    files = tree(root, **(more or {}))
    assert candidate(files, rule, **options) is None
    return reason(files, rule, **options)


def apply(files: Files, rule: str, *paths: str) -> RecipeResult:
    """A recipe on a tree, told to touch only these paths."""
    return RECIPES[rule].apply(files, a_candidate(rule, *(paths or (ROOT,))))


def a_candidate(rule: str, *paths: str) -> Candidate:
    """A candidate as a shortlist would carry it."""
    return Candidate(
        id=candidate_id("ci", rule),
        source=f"ci/{rule}",
        domain="ci",
        class_="ci",
        subject=rule,
        summary="",
        value_for_us="",
        value="low",
        effort_estimate_hours=0.1,
        risk="low",
        reversibility="instant",
        target_repo="acme/shop",
        target_paths=paths,
        fingerprint="0" * 64,
        evidence=(),
        recipe=RecipeCall(name=rule),
    )
