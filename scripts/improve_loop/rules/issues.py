"""Open issues of the target that ask for a change: which count, and what they ask. Pure: GitLab's JSON in.

An issue counts when a member of the project wrote it and a member set the label: on a public project anybody may
write, and the text becomes a request. Where GitLab does not say who it was, it does not count.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from improve_loop.model.candidate import Candidate, Evidence, Item, Lead, Level
from improve_loop.rules.identity import candidate_id, fingerprint
from improve_loop.rules.newfiles import is_creatable
from improve_loop.rules.nodes.compose import compose
from improve_loop.rules.nodes.text import Text, Unreadable
from improve_loop.rules.untrusted import capped, one_line, sanitise

DOMAIN = "internal-issues"
LABEL = "improve-loop"
SKIP = "manual"
DEVELOPER = 30  # access level: may push a branch
BRIEF_CHARACTERS = 2_000
MAX_NODES = 1_000  # of the front matter

_FRONT = re.compile(r"\A\s*(?:```ya?ml\n(?P<fenced>.*?)\n```|---\n(?P<plain>.*?)\n---)[ \t]*(?:\n|\Z)", re.DOTALL)
_KEYS = {"target_paths", "risk", "acceptance_criteria"}
_RISKS: tuple[Level, ...] = ("low", "medium", "high")


@dataclass(frozen=True, kw_only=True)
class FrontMatter:
    """What an issue says in its first block of YAML. `problem`: why it cannot be used; then nothing of it is."""

    target_paths: tuple[str, ...] = ()
    risk: Level = "medium"
    acceptance_criteria: tuple[str, ...] = ()
    body: str = ""
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """What became of the issues."""

    candidates: tuple[Candidate, ...] = ()
    leads: tuple[Lead, ...] = ()
    items: tuple[Item, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)  # reason -> how many


def front_matter(description: str) -> FrontMatter:
    """The strict front matter of an issue: three keys, each of its type, or none at all."""
    text = sanitise(description, prose=False).text
    found = _FRONT.match(text)
    if not found:
        return FrontMatter(body=text)
    body = text[found.end() :]
    try:
        compose(
            Text("", found.group("fenced") or found.group("plain")), MAX_NODES
        )  # aliases are bounded before they grow
        plain = yaml.safe_load(found.group("fenced") or found.group("plain"))
    except (Unreadable, yaml.YAMLError, RecursionError, ValueError) as error:
        return FrontMatter(body=body, problem=f"not YAML: {one_line(str(error), 100)}")
    problem = _problem(plain)
    if problem:
        return FrontMatter(body=body, problem=problem)
    return FrontMatter(
        target_paths=tuple(plain.get("target_paths", ())),
        risk=plain.get("risk", "medium"),
        acceptance_criteria=tuple(one_line(line, 300) for line in plain.get("acceptance_criteria", ())),
        body=body,
    )


def _problem(plain: Any) -> str | None:
    if not isinstance(plain, dict):
        return "expected keys and values"
    unknown = sorted(str(key) for key in plain if key not in _KEYS)
    if unknown:
        return f"unknown key {one_line(unknown[0], 40)}; expected {', '.join(sorted(_KEYS))}"
    for key in ("target_paths", "acceptance_criteria"):
        values = plain.get(key, [])
        if not isinstance(values, list) or len(values) > 20 or not all(isinstance(value, str) for value in values):
            return f"{key}: expected a list of at most 20 texts"
    return None if plain.get("risk", "low") in _RISKS else "risk: expected low, medium or high"


def label_setter(events: Iterable[Mapping[str, Any]], label: str = LABEL) -> int | None:
    """The id of the user who set the label last; None where that is not known."""
    mine = [event for event in events if (event.get("label") or {}).get("name") == label]
    last = max(mine, key=lambda event: (str(event.get("created_at", "")), event.get("id", 0)), default=None)
    if last is None or last.get("action") != "add":
        return None
    user = (last.get("user") or {}).get("id")
    return user if isinstance(user, int) else None


def skipped(issue: Mapping[str, Any]) -> str | None:
    """Why an issue is left alone without a further look."""
    if issue.get("confidential") is not False:
        return "confidential"
    if SKIP in issue.get("labels", ()):
        return f"labelled {SKIP}"
    return None if LABEL in issue.get("labels", ()) else f"not labelled {LABEL}"


def judged(
    issue: Mapping[str, Any], trusted: Mapping[str, bool], present: Collection[str], repository: str, fetched_at: str
) -> Candidate | Lead:
    """The candidate of an issue, or why it is none. `trusted`: whether its author and who set the label are members."""
    number, title = int(issue["iid"]), one_line(str(issue.get("title", "")), 200)
    front = front_matter(str(issue.get("description") or ""))
    evidence = (Evidence(quote=title, url=str(issue.get("web_url") or "") or None, fetched_at=fetched_at),)
    paths = tuple(dict.fromkeys(path.removeprefix("./") for path in front.target_paths))
    why_not = _why_not(trusted, front, paths, present)
    if why_not:
        return Lead(
            id=candidate_id(DOMAIN, f"#{number}"),
            source=f"{DOMAIN}/#{number}",
            domain=DOMAIN,
            subject=f"#{number}",
            summary=title,
            why_not=why_not,
            evidence=evidence,
        )
    brief = f"{title}\n\n{capped(sanitise(front.body).text.strip(), BRIEF_CHARACTERS)}".strip()
    return Candidate(
        id=candidate_id(DOMAIN, f"#{number}"),
        source=f"{DOMAIN}/#{number}",
        domain=DOMAIN,
        class_="task",
        subject=f"#{number}",
        summary=title,
        value_for_us="A member of the project asked for it in an issue.",
        value="high",
        effort_estimate_hours=1.0,
        risk=front.risk,
        reversibility="easy",
        target_repo=repository,
        target_paths=paths,
        fingerprint=fingerprint((brief, *paths, *front.acceptance_criteria)),
        evidence=evidence,
        brief=brief,
        acceptance_criteria=front.acceptance_criteria,
    )


def _why_not(
    trusted: Mapping[str, bool], front: FrontMatter, paths: Sequence[str], present: Collection[str]
) -> str | None:
    if not trusted.get("label"):
        return f"nobody known as a developer of the project set the label {LABEL}; let one set it again"
    if not trusted.get("author"):
        return "its author is not known as a developer of the project; let one write the request anew"
    if front.problem:
        return f"its front matter cannot be used: {front.problem}"
    if not paths:
        return "it names no path; put target_paths into a block of YAML at its top"
    gone = [path for path in paths if path not in present and not is_creatable(path, present)]
    return f"{one_line(gone[0], 100)} does not exist in the target, nor can it be created" if gone else None


def item_of(issue: Mapping[str, Any], fetched_at: str) -> Item:
    """The issue as a text that a model may read, to find the path that it does not name."""
    number = int(issue["iid"])
    return Item(
        id=candidate_id(DOMAIN, f"#{number}"),
        origin=f"#{number}",
        url=str(issue.get("web_url") or "") or None,
        title=one_line(str(issue.get("title", "")), 200),
        text=capped(sanitise(str(issue.get("description") or "")).text, 4_000),
        fetched_at=fetched_at,
    )
