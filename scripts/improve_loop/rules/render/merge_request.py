"""What a merge request says: title, description, commit message. All of it may hold text from a model or a feed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from improve_loop.model.candidate import Candidate, Evidence
from improve_loop.model.find import Explanation, Run
from improve_loop.model.make import Verdict
from improve_loop.rules import neutralise
from improve_loop.rules.render import diff, places, prose
from improve_loop.rules.render.markdown import closes_issues, code, link, plain, prose_of, source_link
from improve_loop.rules.render.text import HIDDEN, clip, counted, day, one_line, visible
from improve_loop.rules.render.words import CHECKS

TITLE_LIMIT = 120  # GitLab takes 255 characters; nobody reads so many
SHOWN_DIFF = 60  # lines of a change that the description repeats
EVIDENCE = 20


def merge_request_title(candidate: Candidate, explanation: Explanation | None) -> str:
    """The title: one line of plain text, at most TITLE_LIMIT characters, never that of a draft."""
    said = (explanation.title if explanation else "") or candidate.summary or candidate.subject
    return neutralise.title(HIDDEN.sub("", said), TITLE_LIMIT) or candidate.id


def commit_message(candidate: Candidate, explanation: Explanation | None) -> str:
    """Subject, why, and where it comes from. It does not name the run: the same change is the same commit again."""
    why = prose.lines(explanation.what if explanation else candidate.value_for_us)
    said = neutralise.commit_message("\n".join([*why, "", f"Found by {one_line(candidate.source, 60)}."]), 3000)
    body = "\n".join(textwrap.fill(line, 100, break_on_hyphens=False) for line in said.split("\n"))
    return f"{merge_request_title(candidate, explanation)}\n\n{body}\n"


def merge_request_description(
    candidate: Candidate,
    explanation: Explanation,
    *,
    run: Run,
    verdict: Verdict,
    patch: str,
    score: float | None = None,
) -> str:
    """What, evidence, before and after, risks, way back, how it was made and checked, and how to say no. Markdown."""
    parts = [
        prose_of(explanation.what),
        f"**Why here.** {_after_bold(prose_of(explanation.why_here))}",
        *_section("Evidence", [f"- {evidence_line(one, run)}" for one in candidate.evidence[:EVIDENCE]]),
        *_section("Before and after", before_and_after(patch)),
        f"### What could go wrong\n\n{prose_of(explanation.could_go_wrong)}",
        f"### How to revert\n\n{prose_of(explanation.how_to_revert)}",
        *_section("How it was made and checked", _made(candidate, run, verdict, score)),
        f"### Not what you want?\n\n{_no(candidate)}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _after_bold(text: str) -> str:
    """A list or quotation cannot begin on the line of its heading."""
    return f"\n\n{text}" if text.startswith(("- ", "> ")) else text


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"### {title}\n\n" + "\n".join(lines)] if lines else []


def evidence_line(one: Evidence, run: Run) -> str:
    """Where it was seen, linked at the base commit, and what stands there. A list item."""
    quote = code(one.quote)
    if one.path:
        where = link(code(places.place(one.path, one.line)), places.file_url(run.target, one.path, one.line))
    elif one.url:
        where = source_link(one.url) + (f", read {plain(day(one.fetched_at))}" if one.fetched_at else "")
    else:
        return quote
    return f"{where}: {quote}" if quote else where


def before_and_after(patch: str) -> list[str]:
    """The change itself when it is short, else its files. A line that GitLab would obey is not repeated."""
    files = diff.files(patch)
    lines = [line for file in files for line in file.lines]
    if not lines:
        return []
    if len(lines) <= SHOWN_DIFF and not any(closes_issues(line.text) for line in lines):
        return [fenced([shown for file in files for shown in _diff_lines(file)])]
    return [f"- {code(file.path)}: {file.added} added, {file.removed} removed" for file in files[:EVIDENCE]]


def _diff_lines(file: diff.FileDiff) -> list[str]:
    """Each line begins with a sign of the diff, so none can begin a command or end the block."""
    signs = {"added": "+", "removed": "-", "same": " ", "hunk": "", "note": "# "}
    head = f"--- {one_line(file.path)}"
    return [head, *(f"{signs[line.mark]}{visible(clip(line.text, 300))}" for line in file.lines)]


def fenced(lines: Sequence[str], language: str = "diff") -> str:
    """A code block whose fence is longer than any run of backticks in it."""
    text = "\n".join(line.replace("\n", " ") for line in lines)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{fence}{language}\n{text}\n{fence}"


def _made(candidate: Candidate, run: Run, verdict: Verdict, score: float | None) -> list[str]:
    base = link(code(run.target.base_sha[:7]), places.commit_url(run.target, run.target.base_sha))
    ranked = f", score {score:.1f}" if score is not None else ""
    found = (
        f"- Found by {code(candidate.source)} on {code(run.target.branch)} at {base}: value {candidate.value}, "
        f"risk {candidate.risk}, reversibility {candidate.reversibility}{ranked}."
    )
    if candidate.recipe:
        made = f"- Made by the recipe {code(candidate.recipe.name)}: no model wrote any of it."
    else:
        made = "- Written by a model from a brief of checked fields; read it as you would a stranger's patch."
    lines = [found, made, _checks(verdict), _gates(verdict)]
    lines += [f"- Warning, {code(one.rule)}: {plain(one.reason)}" for one in verdict.findings if one.severity == "warn"]
    if candidate.safety_story:
        lines.append(f"- Safety: {plain(candidate.safety_story)}")
    return lines


def _checks(verdict: Verdict) -> str:
    each = ", ".join(f"{code(one.name)} {CHECKS[one.status].text}" for one in verdict.checks)
    if verdict.check_status == "passed" and each:
        return f"- The repository's own commands passed on exactly this change: {each}."
    if verdict.check_status == "not_configured":
        return f"- **No check was run**: none is configured under {code('checks')} in {code('.improve-loop.yml')}."
    return f"- **Checks: {CHECKS[verdict.check_status].text}**{f' ({each})' if each else ''}."


def _gates(verdict: Verdict) -> str:
    warnings = sum(one.severity == "warn" for one in verdict.findings)
    sha = f", patch {code((verdict.patch_sha256 or '')[:12])}" if verdict.patch_sha256 else ""
    return (
        f"- Gates: {verdict.decision} with {counted(warnings, 'warning')}; "
        f"{counted(verdict.canaries, 'planted canary', 'planted canaries')} caught before{sha}."
    )


def _no(candidate: Candidate) -> str:
    text = (
        "Close this merge request: the loop remembers the subject and does not propose it again until the place "
        "changes. A comment that says why helps it. Push a commit of your own and the branch is yours: the loop "
        "keeps its hands off."
    )
    rule = ["exclude:", f"  - source: {_yaml(candidate.source)}", f"    subject: {_yaml(candidate.subject)}"]
    if closes_issues("\n".join(rule)):
        return text
    return f"{text} To say it for good:\n\n{fenced([*rule, '    reason: why not'], 'yaml')}"


def _yaml(text: str) -> str:
    """A double-quoted YAML scalar on one line, its glob signs kept from matching more than it says."""
    literal = re.sub(r"([*?\[])", r"[\1]", one_line(text))
    escaped = literal.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
