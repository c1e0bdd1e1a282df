"""Pipelines are judged as GitLab reads them, also where YAML can be read in two ways."""

from __future__ import annotations

import pytest

from improve_loop.gates import judge
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta

PATH = ".gitlab-ci.yml"
BASE = "test:\n  script:\n    - pytest\nlint:\n  script: ruff check\n"
ONLY_LINT = "lint:\n  script: ruff check\n"


def told(after: str, before: str = BASE) -> set[str]:
    delta = scratch_delta({PATH: before.encode()}, {PATH: after.encode()})
    found = judge(delta, Scope(target_paths=(PATH,), class_="ci"), Policy())
    return {item.rule for item in found if item.severity == "refuse"}


@pytest.mark.parametrize(
    "after",
    [
        f"{ONLY_LINT}---\n{BASE}",
        f"# a\n---\n{ONLY_LINT}---\n{BASE}",
        f"spec: {{inputs: {{}}}}\n---\n{ONLY_LINT}",
        f"{BASE}test:\n  script: echo\n",
        f".x: &x {{script: echo}}\n{BASE.replace('lint:', '  <<: *x' + chr(10) + 'lint:')}",
    ],
    ids=[
        "the first of two",
        "behind an empty one",
        "behind a header",
        "the later of two keys",
        "a merge below the key",
    ],
)
def test_a_job_that_is_gone_for_gitlab_is_gone(after: str) -> None:
    assert "ci/job-removed" in told(after)


@pytest.mark.parametrize(
    "after",
    [
        f"spec: {{inputs: {{}}}}\n---\n{BASE}",
        f"---\n{BASE}",
        f".x: &x {{interruptible: true}}\n{BASE.replace('lint:', '  <<: *x' + chr(10) + 'lint:')}",
        f".x: &x {{interruptible: true}}\n.x2: &x {{retry: 1}}\n{BASE.replace('lint:', '  <<: *x' + chr(10) + 'lint:')}",
    ],
)
def test_what_changes_no_job_passes(after: str) -> None:
    assert told(after) == set()


def test_a_pipeline_too_large_to_be_read_is_told() -> None:
    assert "ci/unreadable" in told(BASE + "# x\n" * 130_000)
