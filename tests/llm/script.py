"""A script by role and tier: which queue answers a request is read off the prompt that it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tests.support.scripted_model import Received, Reply, Script
from tests.support.scripted_model.replies import failing

ROLES = {
    "You plan one small change": "plan",
    "You make one small change": "implement",
    "a check of that repository failed": "fix",
    "You review one small change": "review",
    "You judge whether a change": "verdict",
    "You read items from a feed": "extract",
}
APPROVES = json.dumps({"summary": "It does what was asked.", "objections": [], "decision": "approve"})
COHERES = json.dumps(
    {
        "why": "It does one thing.",
        "coheres": "yes",
        "title": "Do what was asked",
        "what": "One line changes.",
        "why_here": "It was asked for.",
        "could_go_wrong": "Little.",
    }
)
Queues = Mapping[str, Sequence[str | Reply]]


def role_of(received: Received) -> str:
    """Which of the prompts a request holds."""
    return next((role for sign, role in ROLES.items() if sign in received.prompt), "unknown")


def tier_of(received: Received) -> str:
    return "claude" if received.path.endswith("/messages") else "qwen"


def by_role(queues: Queues) -> Script:
    """Each role's replies in order, the last one again and again; `role@tier` goes before `role`.

    Reviewer and verdict are content where nothing else is said.
    """
    seen: dict[str, int] = {}
    known: dict[str, Sequence[str | Reply]] = {"review": [APPROVES], "verdict": [COHERES], **queues}

    def script(received: Received) -> Reply:
        role = role_of(received)
        key = next((name for name in (f"{role}@{tier_of(received)}", role) if name in known), None)
        if key is None:
            return failing(418, f"nothing is scripted for {role}")
        at = seen.get(key, 0)
        seen[key] = at + 1
        reply = known[key][min(at, len(known[key]) - 1)]
        return reply if isinstance(reply, Reply) else Reply(text=reply)

    return script


def objecting(path: str, quote: str, reason: str = "It is wrong.", criterion: str = "correctness") -> str:
    objection = {"path": path, "quote": quote, "criterion": criterion, "reason": reason}
    return json.dumps({"summary": "It must not go in.", "objections": [objection], "decision": "reject"})


def plan(*files: str, stop: str = "") -> str:
    return json.dumps({"approaches": ["one", "two"], "plan": "Do it.", "files": list(files), "stop": stop})
