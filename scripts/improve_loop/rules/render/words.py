"""How each state is said, and in which tone. Only what is known to be good has the tone `good`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from improve_loop.model.candidate import SourceStatus
from improve_loop.model.find import HealthStatus
from improve_loop.model.make import CheckStatus
from improve_loop.model.tend import Answer, ReportedOutcome

Tone = Literal["good", "bad", "warn", "wait", "idle"]
GLYPHS: Mapping[Tone, str] = {"good": "✓", "bad": "✕", "warn": "!", "wait": "…", "idle": "○"}


@dataclass(frozen=True)
class Word:
    """A state in a word or two; colour is never the only thing that tells it."""

    text: str
    tone: Tone

    @property
    def glyph(self) -> str:
        """A sign that differs by tone."""
        return GLYPHS[self.tone]


OUTCOMES: Mapping[ReportedOutcome, Word] = {
    "green": Word("green", "good"),
    "merged": Word("merged", "good"),
    "red": Word("red", "bad"),
    "pending": Word("running", "wait"),
    "missing": Word("untested", "warn"),
    "canceled": Word("canceled", "warn"),
    "timed_out": Word("timed out", "warn"),
    "skipped": Word("skipped", "warn"),
    "closed": Word("closed", "idle"),
    "taken_over": Word("taken over by a person", "idle"),
    "published": Word("open, not looked at yet", "wait"),
    "not_published": Word("not published", "idle"),
    "refused": Word("refused by a gate", "bad"),
    "undecided": Word("refused: could not be judged", "bad"),
    "nothing_to_do": Word("nothing to do any more", "idle"),
    "gave_up": Word("given up", "warn"),
    "failed": Word("failed", "bad"),
    "not_made": Word("not made", "bad"),
}
SOURCES: Mapping[SourceStatus, Word] = {
    "ok": Word("read", "good"),
    "ok_empty": Word("read, nothing found", "good"),
    "not_modified": Word("unchanged since last time", "good"),
    "not_configured": Word("not configured", "idle"),
    "unauthorized": Word("no access", "bad"),
    "rate_limited": Word("rate limited", "bad"),
    "blocked": Word("blocked", "bad"),
    "bad_payload": Word("answer not understood", "bad"),
    "unreachable": Word("down", "bad"),
}
CHECKS: Mapping[CheckStatus, Word] = {
    "passed": Word("passed", "good"),
    "failed": Word("failed", "bad"),
    "timed_out": Word("timed out", "bad"),
    "not_run": Word("not run", "warn"),
    "not_configured": Word("none configured", "warn"),
}
ANSWERS: Mapping[Answer, Word] = {
    "accepted": Word("accepted", "good"),
    "declined": Word("declined", "idle"),
    "later": Word("later", "wait"),
    "deferred": Word("accepted, deferred", "wait"),
    "unanswered": Word("waiting for an answer", "warn"),
}
HEALTH: Mapping[HealthStatus, Word] = {
    "ok": Word("ok", "good"),
    "warning": Word("warning", "warn"),
    "skipped": Word("skipped", "idle"),
}
JOBS: Mapping[str, Word] = {
    "success": Word("passed", "good"),
    "failed": Word("failed", "bad"),
    "canceled": Word("canceled", "warn"),
    "skipped": Word("skipped", "warn"),
    "manual": Word("manual", "idle"),
}
SEVERITIES: Mapping[Literal["refuse", "warn"], Word] = {
    "refuse": Word("refused", "bad"),
    "warn": Word("warning", "warn"),
}
EXITS: Mapping[int, Word] = {
    0: Word("done", "good"),
    1: Word("crashed", "bad"),
    2: Word("wrong usage or configuration", "bad"),
    3: Word("artifact missing or invalid", "bad"),
    4: Word("refused by a rule", "bad"),
    5: Word("budget spent", "warn"),
    75: Word("somebody is away or at work; later", "warn"),
    130: Word("interrupted", "bad"),
}


def job(status: str) -> Word:
    """A job's state in GitLab's words; what is not listed is still waiting."""
    return JOBS.get(status, Word(status, "wait"))


def exit_code(code: int) -> Word:
    """How a phase ended."""
    return EXITS.get(code, Word(f"exit code {code}", "bad"))
