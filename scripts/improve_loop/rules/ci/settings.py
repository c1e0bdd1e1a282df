"""What the configuration tells the CI rules, and the same as parameters of a recipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from improve_loop.model.candidate import Candidate
from improve_loop.model.config import Config, Domain
from improve_loop.rules.ci.custom import Custom
from improve_loop.rules.ci.rule import Card, Settings

CI_FILE = ".gitlab-ci.yml"
DOMAIN = "ci"
NOT_FOR_RULES = ("ci_file", "rules_off", "rules_on", "rules_only")
OPTIONS = {
    "ci_file": "the root CI file; default what GitLab says, else `.gitlab-ci.yml`",
    "rules_off": "rules that are not applied",
    "rules_on": "rules that are off by default and shall be applied",
    "rules_only": "the only rules that are applied, whatever their default",
    "resolve_images": "`true`: ask registries what moving image tags are today (IMG01, IMG02)",
    "pin": "`digest`: write digests in place of version tags",
    "registries": "hosts that may be asked, besides the well-known public ones",
    "registry_mirrors": "host to the URL that is asked in its place",
    "artifacts_expire_in": "what ART01 writes; default `1 week`",
    "allowed_registries": "hosts that images may come from (IMG05)",
}
"""What `domains.ci.options` knows; schemas/config.schema.json says of what kind each is."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which file to read and which rules to apply, by the domain's options."""

    ci_file: str
    off: frozenset[str]
    on: frozenset[str]
    only: frozenset[str] | None  # None: all that are on
    settings: Settings
    custom: tuple[Custom, ...] = ()

    def unknown(self, rules: Iterable[str]) -> tuple[str, ...]:
        """What is said of rules that are switched on or off and do not exist; `rules` are those of the catalogue."""
        known = {*rules, *(rule.CARD.id for rule in self.custom)}
        named = self.off | self.on | (self.only or frozenset())
        there = ", ".join(sorted(known))
        return tuple(
            f"domains.ci.options: there is no rule {name}; there are {there}" for name in sorted(named - known)
        )

    def wants(self, card: Card) -> bool:
        """Whether this rule is to be applied."""
        if self.only is not None:
            return card.id in self.only
        return card.id not in self.off and (card.on or card.id in self.on)


def wanted(config: Config) -> Wanted:
    """The settings of a whole configuration."""
    domain = config.domains.get(DOMAIN)
    options: Mapping[str, Any] = domain.options if domain is not None else {}
    return Wanted(
        ci_file=str(options.get("ci_file", CI_FILE)),
        off=frozenset(map(str, options.get("rules_off", ()))),
        on=frozenset(map(str, options.get("rules_on", ()))),
        only=frozenset(map(str, options["rules_only"])) if "rules_only" in options else None,
        settings=Settings(
            runner_map=dict(config.runner_map),
            options={key: value for key, value in options.items() if key not in NOT_FOR_RULES},
        ),
        custom=tuple(Custom(rule) for rule in config.custom_rules),
    )


def kept_at(config: Config, ci_file: str | None) -> Config:
    """The same configuration where the forge names the root CI file; what the configuration itself says goes first."""
    domain = config.domains.get(DOMAIN, Domain())
    if ci_file in (None, CI_FILE) or "ci_file" in domain.options:
        return config
    there = replace(domain, options={**domain.options, "ci_file": ci_file})
    return replace(config, domains={**config.domains, DOMAIN: there})


def to_params(ci_file: str, settings: Settings) -> dict[str, Any]:
    """Recipe parameters: what the recipe cannot know from the tree. Empty parts are left out."""
    params: dict[str, Any] = {"ci_file": ci_file}
    for name in ("runner_map", "resolved", "options"):
        value = getattr(settings, name)
        if value:
            params[name] = dict(value)
    return params


def from_params(candidate: Candidate) -> tuple[str, Settings]:
    """The CI file and the settings that a candidate's recipe was told."""
    params = candidate.recipe.params if candidate.recipe is not None else {}
    known = {name: params[name] for name in ("runner_map", "resolved", "options") if name in params}
    return str(params.get("ci_file", CI_FILE)), Settings(**known)
