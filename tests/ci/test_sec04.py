"""SEC04 removes debug tracing where it is always on, and nothing else."""

from __future__ import annotations

import pytest

from tests.ci.support import left_alone, mended

JOB = "\njob:\n  script: [a]\n"


def test_the_line_goes_and_its_neighbours_stay() -> None:
    before = 'variables:\n  A: "1"\n  # debug the runner\n  CI_DEBUG_TRACE: "true"  # for now\n  B: "2"\n' + JOB
    assert mended(before, "SEC04") == 'variables:\n  A: "1"\n  B: "2"\n' + JOB


def test_a_comment_about_something_else_stays() -> None:
    before = 'variables:\n  # our settings\n  CI_DEBUG_TRACE: "true"\n  B: "2"\n' + JOB
    assert "# our settings" in mended(before, "SEC04")


def test_variables_left_empty_go_as_a_whole() -> None:
    assert mended('variables:\n  CI_DEBUG_TRACE: "true"\n' + JOB, "SEC04") == JOB.lstrip("\n")
    nested = "job:\n  variables:\n    CI_DEBUG_TRACE: true\n  script: [a]\n"
    assert mended(nested, "SEC04") == "job:\n  script: [a]\n"


def test_a_hidden_job_that_others_extend_is_mended_for_all() -> None:
    before = '.base:\n  variables:\n    CI_DEBUG_TRACE: "1"\n    A: b\n  script: [a]\n\njob:\n  extends: .base\n'
    assert "CI_DEBUG" not in mended(before, "SEC04")


def test_an_anchored_mapping_is_mended_where_it_is_written() -> None:
    before = (
        '.v: &v\n  variables: &vars\n    CI_DEBUG_TRACE: "true"\n    A: b\n\njob:\n  variables: *vars\n  script: [a]\n'
    )
    assert "CI_DEBUG" not in mended(before, "SEC04")


@pytest.mark.parametrize("value", ['"false"', '""', "$TRACE", "{value: 'true', description: x}"])
def test_what_is_not_on_is_no_finding(value: str) -> None:
    assert left_alone(f"variables:\n  CI_DEBUG_TRACE: {value}\n" + JOB, "SEC04") == "nothing found"


def test_tracing_on_demand_is_no_finding() -> None:
    before = 'job:\n  script: [a]\n  rules:\n    - if: $DEBUG\n      variables:\n        CI_DEBUG_TRACE: "true"\n'
    assert left_alone(before, "SEC04") == "nothing found"


def test_a_job_that_is_there_to_debug_is_left() -> None:
    assert "debugging" in left_alone('debug:\n  variables:\n    CI_DEBUG_TRACE: "true"\n  script: [a]\n', "SEC04")


def test_logs_of_services_are_only_reported() -> None:
    both = 'variables:\n  CI_DEBUG_TRACE: "true"\n  CI_DEBUG_SERVICES: "true"\n'
    assert mended(both + JOB, "SEC04") == both.replace('  CI_DEBUG_TRACE: "true"\n', "") + JOB
    assert "services" in left_alone('variables:\n  CI_DEBUG_SERVICES: "true"\n' + JOB, "SEC04")


@pytest.mark.parametrize(
    "lines", ['  CI_DEBUG_TRACE: "true"  # needed to see the proxy\n', '  # on purpose\n  CI_DEBUG_TRACE: "true"\n']
)
def test_what_a_comment_says_is_wanted_is_left(lines: str) -> None:
    assert "wanted" in left_alone("variables:\n" + lines + JOB, "SEC04")


def test_a_mapping_in_braces_is_left_alone() -> None:
    assert left_alone('variables: {CI_DEBUG_TRACE: "true", A: b}\n' + JOB, "SEC04") != "nothing found"
