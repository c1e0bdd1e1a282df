"""Findings as people and forges read them: a table, JSON, GitLab Code Quality, SARIF 2.1.0, JUnit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.rule import Rule

FORMATS = ("human", "json", "codequality", "sarif", "junit")


def rendered(findings: Sequence[GateFinding], form: str, rules: Mapping[str, Rule]) -> str:
    """The findings in one of `FORMATS`, with a final newline."""
    if form == "json":
        from improve_loop.model.codec import to_plain

        return _json({"passed": passes(findings), "findings": [to_plain(found) for found in findings]})
    if form == "codequality":
        return _json([_quality(found) for found in findings])
    if form == "sarif":
        return _json(_sarif(findings, rules))
    return _junit(findings) if form == "junit" else _table(findings)


def passes(findings: Sequence[GateFinding]) -> bool:
    """Whether nothing is refused."""
    return all(found.severity != "refuse" for found in findings)


def _table(findings: Sequence[GateFinding]) -> str:
    refused = sum(found.severity == "refuse" for found in findings)
    if not findings:
        return "passed: nothing found\n"
    lines = []
    for found in findings:
        place = f"{found.path}:{found.line}" if found.line else found.path
        lines += [f"{found.severity:6}  {found.rule}  {place}", f"        {found.reason}", f"        → {found.advice}"]
    verdict = (
        f"refused: {refused} finding{'s' * (refused != 1)}" if refused else f"passed with {len(findings)} warning(s)"
    )
    return "\n".join([*lines, verdict, ""])


def _json(content: object) -> str:
    import json  # here: the table does without

    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def _quality(found: GateFinding) -> dict[str, object]:
    import hashlib  # here: only one of the formats needs it

    mark = hashlib.sha256(f"{found.rule}\0{found.path}\0{found.line}\0{found.reason}".encode()).hexdigest()
    return {
        "check_name": found.rule,
        "description": f"{found.reason}. {found.advice}",
        "fingerprint": mark,
        "severity": "blocker" if found.severity == "refuse" else "minor",
        "location": {"path": found.path, "lines": {"begin": found.line or 1}},
    }


def _sarif(findings: Sequence[GateFinding], rules: Mapping[str, Rule]) -> dict[str, object]:
    used = [rules[name] for name in sorted({found.rule for found in findings} & set(rules))]
    driver = {
        "name": "improve-loop gate",
        "rules": [
            {"id": rule.id, "shortDescription": {"text": rule.reason}, "help": {"text": rule.advice}} for rule in used
        ],
    }
    run = {"tool": {"driver": driver}, "results": [_result(found) for found in findings]}
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def _result(found: GateFinding) -> dict[str, object]:
    from urllib.parse import quote  # here: only this format names files by URI

    place = {"artifactLocation": {"uri": quote(found.path)}, "region": {"startLine": found.line or 1}}
    return {
        "ruleId": found.rule,
        "level": "error" if found.severity == "refuse" else "warning",
        "message": {"text": f"{found.reason}. {found.advice}"},
        "locations": [{"physicalLocation": place}],
    }


def _junit(findings: Sequence[GateFinding]) -> str:
    refused = sum(found.severity == "refuse" for found in findings)
    cases = "".join(map(_case, findings)) or '  <testcase classname="gate" name="nothing found"/>\n'
    head = f'<testsuite name="gate" tests="{max(1, len(findings))}" failures="{refused}">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{cases}</testsuite>\n'


def _case(found: GateFinding) -> str:
    from xml.sax.saxutils import escape, quoteattr  # brings urllib and http, 20 ms that only this format needs

    place = f"{found.path}:{found.line}" if found.line else found.path
    says = escape(f"{found.reason}. {found.advice}")
    inside = (
        f"<failure message={quoteattr(found.reason)}>{says}</failure>"
        if found.severity == "refuse"
        else f"<system-out>{says}</system-out>"
    )
    return f"  <testcase classname={quoteattr(found.rule)} name={quoteattr(place)}>{inside}</testcase>\n"


def explained(rule: Rule, never_lowered: bool) -> str:
    """What a rule is, for `gate explain`; its examples as far as they are single lines."""
    parts = [f"{rule.id}", "", f"What   {rule.reason}.", f"Do     {rule.advice}."]
    parts.append("Policy cannot be lowered" if never_lowered else f"Policy gates.{rule.family}.policy: refuse | warn")
    for word, examples in (("refuses", rule.refuses), ("allows", rule.allows)):
        shown = [line for example in examples for line in _shown(example)]
        parts += ["", f"{word.capitalize()}, for example:", *(f"  {line}" for line in shown[:12])] if shown else []
    return "\n".join(parts) + "\n"


def _shown(example: object) -> list[str]:
    if isinstance(example, str):
        return [ascii(example)[1:-1][:110]]
    before, after = getattr(example, "before", {}), getattr(example, "after", {})
    out = []
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            state = "deleted" if path not in after else "changed" if path in before else "added"
            new = [line for line in after.get(path, "").split("\n") if line not in before.get(path, "").split("\n")]
            out.append(f"{ascii(path)[1:-1]} {state}" + (f": {ascii(' ⏎ '.join(new))[1:-1][:90]}" if any(new) else ""))
    return out
