"""Title, description, commit message and shortlist: complete for a person, and never an order to GitLab."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import yaml

from improve_loop.model.candidate import Candidate, Evidence
from improve_loop.model.find import Explanation, Ranked, Run, Shortlist
from improve_loop.model.make import CheckedCommand, GateFinding, Verdict
from improve_loop.rules.render import (
    commit_message,
    merge_request_description,
    merge_request_title,
    shortlist_markdown,
)
from improve_loop.rules.render.merge_request import TITLE_LIMIT, before_and_after
from tests.support.gitlab_markdown import CLOSING, links, obeyed
from tests.support.reports import HOSTILE, example, full

RUN: Run = example(Run)
VERDICT: Verdict = example(Verdict)
SHORTLIST: Shortlist = example(Shortlist)
FIRST = SHORTLIST.shortlisted[0]
PATCH = full().merge_requests[0].patch
ALL = pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))


def explained(ranked: Ranked = FIRST) -> Explanation:
    assert ranked.explanation
    return ranked.explanation


def described(candidate: Candidate = FIRST.candidate, explanation: Explanation | None = None, **changes: object) -> str:
    verdict = replace(VERDICT, **changes)  # type: ignore[arg-type]
    said = explanation or explained()
    return merge_request_description(candidate, said, run=RUN, verdict=verdict, patch=PATCH, score=48.0)


def poisoned(text: str) -> tuple[Candidate, Explanation]:
    candidate = replace(
        FIRST.candidate,
        source=text,
        subject=text,
        summary=text,
        value_for_us=text,
        safety_story=text,
        evidence=(
            Evidence(quote=text, path=text, line=1),
            Evidence(quote=text, url=text, fetched_at="2026-11-20T03:00:00Z"),
            Evidence(quote=text, url=f"https://feed.example/{text}"),
        ),
    )
    return candidate, Explanation(title=text, what=text, why_here=text, could_go_wrong=text, how_to_revert=text)


def test_the_description_has_every_part_a_reviewer_needs() -> None:
    text = described()
    for part in (
        "Removes `CI_DEBUG_TRACE",
        "**Why here.** With debug tracing on",
        "### Evidence\n\n- [`.gitlab-ci.yml:13`](https://gitlab.example.com/acme/webshop/-/blob/4a20378b42ac81e577f8af9da",
        "### Before and after\n\n```diff\n--- .gitlab-ci.yml\n@@ -10,7",
        '\n-  CI_DEBUG_TRACE: "true"\n',
        "### What could go wrong",
        "### How to revert",
        "risk low, reversibility instant, score 48.0",
        "recipe `SEC04`: no model wrote any of it",
        "`lint` passed, `unit` passed",
        "9 planted canaries caught",
        "Warning, `ci-variables`",
        "### Not what you want?",
    ):
        assert part in text
    assert obeyed(text) == []


def test_the_way_to_say_no_is_yaml_that_excludes_exactly_this() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)\n```", described(), re.S)
    assert yaml.safe_load(block)["exclude"] == [
        {"source": "ci/SEC04", "subject": "SEC04 CI_DEBUG_TRACE in .gitlab-ci.yml", "reason": "why not"}
    ]


def test_a_model_s_change_says_that_a_model_wrote_it() -> None:
    assert "Written by a model" in described(replace(FIRST.candidate, recipe=None))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("not_configured", "**No check was run**"),
        ("not_run", "**Checks: not run**"),
        ("failed", "**Checks: failed**"),
        ("timed_out", "**Checks: timed out**"),
    ],
)
def test_a_check_that_did_not_pass_is_never_said_to_have_passed(status: str, said: str) -> None:
    text = described(check_status=status, checks=(CheckedCommand(name="unit", status="failed"),))
    assert said in text
    assert "passed on exactly this change" not in text


def test_passed_without_a_command_is_not_said_to_have_passed_any() -> None:
    assert "passed on exactly this change" not in described(checks=())


@ALL
def test_no_text_makes_a_description_an_order(text: str) -> None:
    candidate, explanation = poisoned(text)
    finding = GateFinding(rule=text, family=text, path=text, line=1, reason=text, advice=text, severity="warn")
    verdict = replace(VERDICT, findings=(finding,), checks=(CheckedCommand(name=text, status="passed"),))
    patch = f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ {text}\n-{text}\n+{text}\n\n"
    description = merge_request_description(candidate, explanation, run=RUN, verdict=verdict, patch=patch)
    description.encode()
    assert obeyed(description) == []
    hosts = {re.sub(r"^https://([^/?#]+).*", r"\1", one) for one in links(description)}
    assert hosts <= {"gitlab.example.com", "feed.example", "evil.example"}
    assert "evil.example" not in hosts or text.startswith("https://evil.example")


@ALL
def test_no_text_makes_a_shortlist_an_order(text: str) -> None:
    candidate, explanation = poisoned(text)
    shortlist = replace(
        SHORTLIST,
        shortlisted=(replace(FIRST, candidate=candidate, explanation=explanation),),
        dropped=tuple(replace(one, rule=text, reason=text) for one in SHORTLIST.dropped),
    )
    markdown = shortlist_markdown(shortlist, {candidate.id: f"diff --git a/x b/x\n@@ -1 +1 @@\n-{text}\n+{text}\n"})
    assert obeyed(markdown) == []
    assert links(markdown) == []


@ALL
def test_no_text_makes_a_title_more_than_a_line_of_text(text: str) -> None:
    candidate, explanation = poisoned(text)
    title = merge_request_title(candidate, explanation)
    assert title.strip() == title
    assert 0 < len(title) <= TITLE_LIMIT
    assert "\n" not in title
    assert title[:1] not in "/"
    assert not re.match(r"(?i)\[?(draft|wip)\b", title)
    assert not re.search(r"(?<!\w)@\w", title)
    assert not CLOSING.search(title)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", title)


@ALL
def test_no_text_makes_a_commit_message_close_skip_or_sign(text: str) -> None:
    candidate, explanation = poisoned(text)
    message = commit_message(candidate, explanation)
    message.encode()
    assert not CLOSING.search(message.replace("\n", " "))
    assert not re.search(r"(?i)\[(skip ci|ci skip)\]", message)
    assert not re.search(r"(?<!\w)@\w", message)


def test_a_commit_message_is_wrapped_and_is_the_same_in_every_run() -> None:
    message = commit_message(FIRST.candidate, explained())
    subject, blank, *body = message.split("\n")
    assert subject == "Stop printing secrets into job logs (remove CI_DEBUG_TRACE)"
    assert blank == ""
    assert max(map(len, body)) <= 100
    second = SHORTLIST.shortlisted[1]
    assert "\n\n- caches .npm/ instead of node_modules/\n- tells npm ci in both jobs" in commit_message(
        second.candidate, explained(second)
    )


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Update @types/node to 22", "Update @\u2060types/node to 22"),
        ("Fix #12: retry", "Fix \u2060#12: retry"),
        ("Draft: [WIP] tidy up", "tidy up"),
        ("go on [skip ci]", "go on (skip ci)"),
        ("mail a@b.example", "mail a@b.example"),
        ("/close this", "close this"),
        ("", "Job logs print every variable, secrets included: `CI_DEBUG_TRACE` is on for the whole pipeline."),
    ],
)
def test_titles_lose_only_what_would_be_obeyed(said: str, title: str) -> None:
    assert merge_request_title(FIRST.candidate, replace(explained(), title=said)) == title


def test_a_long_change_is_named_by_its_files() -> None:
    lines = "".join(f"+line {number}\n" for number in range(100))
    patch = f"diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -0,0 +1,100 @@\n{lines}"
    assert before_and_after(patch) == ["- `x.py`: 100 added, 0 removed"]


def test_a_change_that_says_a_closing_word_is_not_repeated() -> None:
    patch = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+Fixes #12\n"
    assert before_and_after(patch) == ["- `x`: 1 added, 1 removed"]
