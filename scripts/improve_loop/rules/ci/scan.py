"""Everything the rules see in one pipeline, as rows, and the rows as JSON, code quality report or SARIF."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from improve_loop.model.candidate import Level
from improve_loop.rules.ci import RULES
from improve_loop.rules.ci.family import attempt
from improve_loop.rules.ci.rule import Card
from improve_loop.rules.ci.settings import Wanted
from improve_loop.rules.identity import fingerprint
from improve_loop.rules.pipeline import Pipeline

SEVERITY: dict[Level, tuple[str, str]] = {  # value -> code quality, SARIF
    "low": ("info", "note"),
    "medium": ("minor", "warning"),
    "high": ("major", "error"),
}
HOME = "https://docs.gitlab.com/ci/"


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One place that a rule saw."""

    card: Card
    repository: str  # the path that was given, where several were; else empty
    path: str
    line: int  # 1-based
    column: int  # 1-based
    message: str
    jobs: tuple[str, ...]
    fixable: bool
    why_not: str

    @property
    def place(self) -> str:
        """The file, with its repository where there are several."""
        return f"{self.repository}/{self.path}" if self.repository else self.path


def look(pipeline: Pipeline, wants: Wanted, repository: str = "") -> list[Hit]:
    """Every hit, by file and line."""
    hits = [
        hit
        for rule in (*RULES.values(), *wants.custom)
        if wants.wants(rule.CARD)
        for hit in _hits(rule, pipeline, wants, repository)
    ]
    return sorted(hits, key=lambda hit: (hit.path, hit.line, hit.card.id, hit.message))


def _hits(rule: Any, pipeline: Pipeline, wants: Wanted, repository: str) -> list[Hit]:
    texts = pipeline.texts
    outcome = attempt(rule, pipeline, wants.settings)
    mended = {id(sighting) for sighting in outcome.mended.mended} if outcome.mended is not None else set()
    return [
        Hit(
            card=rule.CARD,
            repository=repository,
            path=sighting.path,
            line=texts[sighting.path].line(sighting.offset),
            column=texts[sighting.path].column(sighting.offset) + 1,
            message=sighting.message,
            jobs=sighting.jobs,
            fixable=id(sighting) in mended,
            why_not="" if id(sighting) in mended else sighting.unfixable or outcome.reason,
        )
        for sighting in outcome.seen
    ]


def as_json(hits: Sequence[Hit], problems: Sequence[str]) -> str:
    """Plain rows for scripts."""
    rows = [
        {
            "rule": hit.card.id,
            "tier": hit.card.tier,
            **({"repository": hit.repository} if hit.repository else {}),
            "path": hit.path,
            "line": hit.line,
            "column": hit.column,
            "message": hit.message,
            "jobs": list(hit.jobs),
            "fixable": hit.fixable,
            "why_not": hit.why_not,
            "advice": hit.card.fix,
        }
        for hit in hits
    ]
    return json.dumps({"findings": rows, "problems": list(problems)}, indent=2, ensure_ascii=False)


def as_codequality(hits: Sequence[Hit]) -> str:
    """GitLab's code quality report, for the merge request widget."""
    rows = [
        {
            "description": f"{hit.card.id}: {hit.message}",
            "check_name": hit.card.id,
            "fingerprint": fingerprint((hit.card.id, hit.place, hit.message, str(number))),
            "severity": SEVERITY[hit.card.value][0],
            "location": {"path": hit.place, "lines": {"begin": hit.line}},
        }
        for number, hit in _numbered(hits)
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False)


def _numbered(hits: Sequence[Hit]) -> list[tuple[int, Hit]]:
    """Each hit with how often the same was said before in the file, so that equal ones keep apart."""
    seen: dict[tuple[str, str, str], int] = {}
    numbered = []
    for hit in hits:
        key = (hit.card.id, hit.place, hit.message)
        numbered.append((seen.get(key, 0), hit))
        seen[key] = seen.get(key, 0) + 1
    return numbered


def as_sarif(hits: Sequence[Hit], version: str) -> str:
    """SARIF 2.1.0."""
    cards = {hit.card.id: hit.card for hit in hits}
    rules = [
        {
            "id": card.id,
            "shortDescription": {"text": card.title},
            "fullDescription": {"text": card.why},
            "help": {"text": card.fix},
            "helpUri": card.docs,
        }
        for card in cards.values()
    ]
    results = [
        {
            "ruleId": hit.card.id,
            "level": SEVERITY[hit.card.value][1],
            "message": {"text": hit.message},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": hit.place},
                        "region": {"startLine": hit.line, "startColumn": hit.column},
                    }
                }
            ],
        }
        for hit in hits
    ]
    driver = {"name": "improve-loop", "version": version, "informationUri": HOME, "rules": rules}
    whole = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False)


def as_table(hits: Sequence[Hit]) -> str:
    """Rows for people: where, which rule, what; a `+` marks what a recipe mends."""
    if not hits:
        return ""
    places = [f"{hit.place}:{hit.line}" for hit in hits]
    width = max(map(len, places))
    return "\n".join(
        f"{where:<{width}}  {hit.card.id} {hit.card.tier}{'+' if hit.fixable else ' '}  {hit.message}"
        for where, hit in zip(places, hits, strict=True)
    )
