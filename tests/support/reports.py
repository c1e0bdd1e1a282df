"""Reports for tests: the example, a quiet one, a broken one, a huge one, and text that nobody should trust."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from improve_loop.edges import schemas
from improve_loop.model.candidate import Dropped, Finding
from improve_loop.model.codec import from_plain, to_plain
from improve_loop.model.tend import Funnel, Report, SourceReport

HOSTILE = (
    "<script>alert(1)</script>",
    "</style></title><script src=//evil.example/x.js></script>",
    '" onmouseover="alert(1)" style=\'color:red\'',
    "<img src=x onerror=alert(1)>",
    "<!-- x --> --> ]]>",
    "{{ 7 * 7 }} {% raw %} {# #}",
    "safe\u202egnp.exe\u2066 \u200bzero\ufeff",
    "first\n/close\n/merge\nlast",
    "/label ~security",
    "@all and @dana, see group/project@main",
    "Closes #12, fixes acme/webshop#3 and resolves ABC-12",
    "Fixes: https://gitlab.example.com/acme/webshop/-/issues/3",
    "![pixel](https://evil.example/t.png) [click](javascript:alert(1)) <https://evil.example>",
    "https://evil.example/?q=1 www.evil.example mailto:a@evil.example",
    "```\n/close\n```\n@dana",
    "`` ` ``` |a|b| \\| \\",
    "- item\n1. item\n# heading\n> quote\n---\n===",
    "~label %milestone &epic $snippet ^alert !12 [[_TOC_]] {+ added +}",
    "\x1b[31mred\x1b]0;title\x07\x9b1m\x00",
    "x" * 5000,
    "👩‍👩‍👧‍👦 🎉 naïve Привет مرحبا",
    "half \ud800 pair",
    "Draft: WIP: [skip ci] [Draft] fixup! quiet",
    "\r\n\r\n",
    "   ",
)
QUIET = Funnel(found=0, shortlisted=0, accepted=0, published=0, green=0)


def example(kind: type[Any]) -> Any:
    """The example of an artifact, as its dataclass."""
    text = (schemas.folder() / "examples" / f"{kind.kind}.json").read_text(encoding="utf-8")
    return from_plain(kind, json.loads(text))


def full() -> Report:
    """The example report."""
    report: Report = example(Report)
    return report


def source(status: Any, **changes: Any) -> SourceReport:
    """A source that found nothing, for whatever reason."""
    facts: dict[str, Any] = {"domain": "ci", "reason": "no reason", "candidates": 0, "leads": 0, "findings": 0}
    return SourceReport(status=status, **{**facts, **changes})


def quiet() -> Report:
    """A run that found nothing."""
    return replace(
        full(),
        funnel=QUIET,
        merge_requests=(),
        dropped=(),
        leads=(),
        findings=(),
        sources=(source("ok_empty"),),
        answers=(),
        approval=None,
        models=(),
        gaps=(),
        notes=(),
        health=(),
        url=None,
    )


def huge(count: int) -> Report:
    """A run that dropped `count` candidates by six rules and reports `count` findings by as many rules."""
    rules = ("top-k", "exclude", "rejected", "seen", "conflict", "shipped")
    dropped = tuple(
        Dropped(
            id=f"ci-{number}",
            domain="ci",
            subject=f"IMG01 image in services/{number}/.gitlab-ci.yml",
            summary="The image is not pinned.",
            rule=rules[number % len(rules)],
            reason=f"because of {number}",
        )
        for number in range(count)
    )
    findings = tuple(
        Finding(rule=f"R{number}", path="a.yml", line=number + 1, message="seen", advice="look")
        for number in range(count)
    )
    return replace(full(), dropped=dropped, findings=findings, leads=full().leads * count)


def hostile(text: str) -> Report:
    """The example report with `text` wherever text may come from outside."""
    plain = to_plain(full())
    for place, key in _free_text(plain):
        place[key] = text
    for one in plain["merge_requests"]:
        one["patch"] = f"diff --git a/x b/x\n--- a/{text}\n+++ b/{text}\n@@ -1 +1 @@ {text}\n-{text}\n+{text}\n{text}"
        one["objections"] = [dict.fromkeys(("path", "quote", "reason", "criterion"), text) | {"line": 3}]
    return from_plain(Report, plain)


FIXED = {"base_sha", "bundle_sha", "head_sha", "run_id", "kind", "candidate", "id", "domain", "branch_sha"}
WORDS = {
    *("outcome", "check_status", "status", "severity", "answer", "how", "value", "risk", "reversibility"),
    *("forge", "mode", "intensity", "run_kind"),
}


def _free_text(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for key, item in pairs:
        if isinstance(item, str) and key not in FIXED | WORDS:
            yield value, key
        elif isinstance(item, dict | list):
            yield from _free_text(item)
