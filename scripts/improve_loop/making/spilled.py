"""What was found on the way: work outside the candidate's paths as candidates of their own, and gaps."""

from __future__ import annotations

from improve_loop.making.work import Work
from improve_loop.model.candidate import Candidate, Evidence
from improve_loop.model.state import Gap
from improve_loop.rules.identity import candidate_id, fingerprint
from improve_loop.rules.triage import FILED_BY
from improve_loop.rules.untrusted import one_line

MOST = 3


def candidates(work: Work) -> tuple[Candidate, ...]:
    """A candidate for each path that exists and is not this one's to change; a human decides about it as about any."""
    present = frozenset(work.tree.paths())
    paths = [path for path in work.spill if path in present and not work.may_change(path)]
    return tuple(_candidate(work.candidate, path, one_line(work.spill[path], 200)) for path in paths[:MOST])


def _candidate(parent: Candidate, path: str, said: str) -> Candidate:
    subject = f"{parent.subject}: {path}"[:300]
    return Candidate(
        id=candidate_id(parent.domain, subject),
        source=f"{FILED_BY}{parent.id}",
        domain=parent.domain,
        class_="task" if parent.class_ == "repair" else parent.class_,
        subject=subject,
        summary=one_line(f"{path}: belongs to “{parent.summary}”", 300),
        value_for_us=one_line(f"Found while making {parent.id}, which may not change it: {said}", 500),
        value="low",
        effort_estimate_hours=1.0,
        risk=parent.risk,
        reversibility=parent.reversibility,
        target_repo=parent.target_repo,
        target_paths=(path,),
        fingerprint=fingerprint((subject, path)),
        evidence=(Evidence(quote=said or "(nothing was said)", path=path),),
        confidence=0.3,
        brief=one_line(f"{said} It belongs to: {parent.summary}", 500),
    )


def gaps(work: Work, now: str) -> tuple[Gap, ...]:
    """The capabilities that were missing."""
    return tuple(
        Gap(kind=one_line(kind, 60), needed=one_line(needed, 300), candidate=work.candidate.id, seen_at=now)
        for kind, needed in work.gaps.items()
    )
