"""Policy (the configuration at the base commit) and scope (the candidate, from the shortlist) of a judgement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from improve_loop.rules.gating.ci.elsewhere import pipeline_files
from improve_loop.rules.gating.globs import in_target

if TYPE_CHECKING:
    from improve_loop.model.config import Config, GateFamily, GateOverride

FAMILIES = ("scope", "protected", "kinds", "size", "secrets", "hidden", "tests", "destructive", "ci", "supply")
NEVER_LOWERED = frozenset(
    ("secrets", "kinds", "hidden", "protected", "ci/token-shown", "ci/token-sent", "ci/job-token", "ci/debug-trace")
)  # families, and the token rules of `ci`

ALWAYS_PROTECTED = (
    ".improve-loop.yml",
    ".improve-loop.yaml",
    ".improve-loop/**",
    ".improve-loop-state.*",
    "improve-loop-state.*",
    "il-out/**",
    "ci-templates/**",
    "**/improve-loop*.gitlab-ci.yml",
    ".gitlab/ci/improve-loop*",
    ".gitlab/improve-loop*",
)


def may_never_be_lowered(rule: str) -> bool:
    """Whether no policy and no override makes a warning of this rule (`family/name`), or of this whole family."""
    return not NEVER_LOWERED.isdisjoint((rule.partition("/")[0], rule))


class Scope(NamedTuple):
    """What a candidate may touch: it comes from the shortlist, never from the change that is judged."""

    target_paths: tuple[str, ...] = ()  # empty: no path is in scope
    class_: str | None = None
    safety_story: str | None = None


class Policy(NamedTuple):
    """How strict each family is, what is protected, and how much one change may be."""

    protected_paths: tuple[str, ...] = ALWAYS_PROTECTED
    do_not_touch: tuple[str, ...] = ()
    blast_radius: tuple[str, ...] = ()
    patch_lines: int = 400  # added and removed
    patch_files: int = 20
    families: Mapping[str, GateFamily] = {}
    pipeline_files: tuple[str, ...] = ()  # the pipeline, where its name does not say that it is one

    def warns(self, rule: str) -> bool:
        """Whether findings of this rule only warn, because its family does and may."""
        chosen = self.families.get(rule.partition("/")[0])
        return not may_never_be_lowered(rule) and chosen is not None and chosen.policy == "warn"

    def override(self, rule: str, path: str) -> GateOverride | None:
        """The one that a person made for this rule and path, whether it still holds or not; never for some rules."""
        chosen = self.families.get(rule.partition("/")[0])
        if chosen is None or may_never_be_lowered(rule):
            return None
        fitting = (each for each in chosen.overrides if each.rule == rule and in_target(path, each.paths))
        return max(fitting, key=lambda each: each.expires, default=None)

    def option(self, family: str, name: str) -> tuple[object, ...]:
        """A list option of a family; empty where it is not set."""
        chosen = self.families.get(family)
        value = chosen.options.get(name) if chosen else None
        return tuple(value) if isinstance(value, list | tuple) else ()


def policy_of(config: Config, ci_file: str | None = None) -> Policy:
    """The policy that a configuration states, with the loop's own files always protected.

    `ci_file` is the pipeline by the forge; where the configuration names another one, both are judged as pipelines.
    """
    domain = config.domains.get("ci")
    return Policy(
        protected_paths=ALWAYS_PROTECTED + tuple(config.protected_paths),
        do_not_touch=tuple(config.do_not_touch),
        blast_radius=tuple(config.blast_radius),
        patch_lines=config.limits.patch_lines,
        patch_files=config.limits.patch_files,
        families=config.gates,
        pipeline_files=pipeline_files((domain.options.get("ci_file") if domain else None, ci_file)),
    )
