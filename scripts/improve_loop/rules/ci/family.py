"""One rule on a pipeline and on the child pipelines that it starts: each mended alone, all in one outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.attempt import Mended, Outcome, attempt_alone
from improve_loop.rules.ci.rule import Plan, Rule, Settings
from improve_loop.rules.pipeline import Pipeline


def attempt(rule: Rule, pipeline: Pipeline, settings: Settings) -> Outcome:
    """What came of the rule. A file belongs to the first pipeline that includes it, the starting one before its
    children; so no file is edited twice."""
    taken: set[str] = set()
    outcomes: list[tuple[Pipeline, Outcome]] = []
    for member in pipeline.family:
        outcome = attempt_alone(rule, member, settings, taken)
        if outcome.mended is not None and taken & {*outcome.mended.files}:
            outcome = Outcome(seen=outcome.seen, reason="the edit would reach into the pipeline that starts this one")
        outcomes.append((member, outcome))
        taken.update(file.path for file in member.files)
    return outcomes[0][1] if len(outcomes) == 1 else _together(outcomes)


def _together(outcomes: Sequence[tuple[Pipeline, Outcome]]) -> Outcome:
    """Everything that was seen; of what was mended, one plan that names the child pipelines."""
    done = [(member, outcome.mended) for member, outcome in outcomes if outcome.mended is not None]
    return Outcome(
        seen=tuple(one for _, outcome in outcomes for one in outcome.seen),
        mended=_joined(done) if done else None,
        reason=next((outcome.reason for _, outcome in outcomes if outcome.seen), outcomes[0][1].reason),
    )


def _joined(done: Sequence[tuple[Pipeline, Mended]]) -> Mended:
    plans = [mended.plan for _, mended in done]
    return Mended(
        files={path: content for _, mended in done for path, content in mended.files.items()},
        plan=Plan(
            edits=tuple(edit for plan in plans for edit in plan.edits),
            document_may_differ=lambda file, path: any(plan.document_may_differ(file, path) for plan in plans),
            job_may_differ=lambda job, path: any(plan.job_may_differ(job, path) for plan in plans),
            explanation=_explained(done),
        ),
        mended=tuple(one for _, mended in done for one in mended.mended),
    )


def _explained(done: Sequence[tuple[Pipeline, Mended]]) -> Explanation:
    first = done[0][1].plan.explanation
    fields = {
        name: " ".join(dict.fromkeys(_said(member, getattr(mended.plan.explanation, name)) for member, mended in done))
        for name in ("what", "why_here", "could_go_wrong")
    }
    return replace(first, **fields)


def _said(member: Pipeline, text: str) -> str:
    return f"In the child pipeline of `{member.root}`: {text}" if member.depth else text
