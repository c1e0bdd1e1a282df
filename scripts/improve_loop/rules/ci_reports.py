"""What GitLab shows of a run beside its log: links on the job page, and findings in the merge request's widgets."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from improve_loop.model.make import CheckRun, Publication, Verdict

MAX_LINKS = 20  # GitLab shows no more annotations of a job


def job_annotations(publications: Sequence[Publication]) -> dict[str, Any]:
    """`artifacts:reports:annotations`: the opened merge requests as links."""
    links = [
        {"external_link": {"label": f"{each.merge_request} {each.title}"[:255], "url": each.url}}
        for each in publications
        if each.url and each.status != "not_published"
    ]
    return {"Merge requests": links[:MAX_LINKS]} if links else {}


def code_quality(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """`artifacts:reports:codequality`: what the gates found."""
    return [
        {
            "description": f"{finding.reason} {finding.advice}"[:1000],
            "check_name": finding.rule,
            "fingerprint": hashlib.sha256(
                f"{verdict.candidate}\0{finding.rule}\0{finding.path}\0{finding.line}".encode()
            ).hexdigest(),
            "severity": "major" if finding.severity == "refuse" else "minor",
            "location": {"path": finding.path, "lines": {"begin": finding.line or 1}},
        }
        for verdict in verdicts
        for finding in verdict.findings
    ]


def junit(checks: Sequence[CheckRun]) -> bytes:
    """`artifacts:reports:junit`: the target's own commands, a suite per candidate."""
    root = ElementTree.Element("testsuites")
    for check in checks:
        suite = ElementTree.SubElement(root, "testsuite", name=check.candidate, tests=str(len(check.results)))
        for result in check.results:
            case = ElementTree.SubElement(
                suite, "testcase", classname=check.candidate, name=result.name, time=f"{result.seconds:.3f}"
            )
            if result.status in ("failed", "timed_out"):
                ElementTree.SubElement(case, "failure", message=result.status).text = _legal(result.output_tail)
            elif result.status != "passed":
                ElementTree.SubElement(case, "skipped", message=result.status)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _legal(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
