"""What people change in pipelines of GitLab every week passes for a candidate of class ci; a twin that checks less does not."""

from __future__ import annotations

import pytest

from improve_loop.gates import judge
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta

PATH = ".gitlab-ci.yml"
VERSION = "test-3.{0}:\n  image: python:3.{0}\n  variables: {{ENVIRONMENT: py3{0}, SEEN: '3.{0}'}}\n  script: [make -C 3.{0} test]\n"
JOB = "test:\n  script: [make test]\n"
REMOTE = "include:\n  - remote: https://git.test/ci/-/raw/{}/a.yml\n" + JOB
COMPONENT = "include:\n  - component: $CI_SERVER_FQDN/own/scan/scan@1.0.0\n  - component: git.test/own/scan@{}\n" + JOB
ONLY = JOB + "  only:\n    refs: [branches]\n    changes: [{}]\n"
EXCEPT = JOB + "  except:\n    refs: [schedules, /^old-/]\n    variables: [$SKIP_CHECKS]\n"
RULES = (
    JOB
    + "  rules:\n    - if: $CI_PIPELINE_SOURCE == 'schedule'\n      when: never\n    - if: $CI_COMMIT_BRANCH =~ /^old-/\n      when: never\n"
    "    - if: {}\n      when: never\n    - if: $CI_COMMIT_BRANCH\n"
)
WORKFLOW = (
    "workflow:\n  rules:\n    - if: $CI_PIPELINE_SOURCE == 'merge_request_event'\n"
    "    - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS{}\n      when: never\n    - if: $CI_COMMIT_BRANCH\n" + JOB
)
REPORT = JOB + "  artifacts:\n    reports:\n      {}\n"
DAEMON = "build:\n  services: [docker:27-dind]\n  script: [docker build .]\n"
SCENARIO = "experiments:\n  scenarios:\n    - name: high_load/go12{}\n      thresholds: [a]\n"
PACKAGES = "FROM fedora:4{}\nRUN dnf install -y make \\\n    python3-pytest \\\n    rpm-build\n"
SHA = "0123456789abcdef0123456789abcdef0123456"


def refused(before: str, after: str, path: str = PATH) -> list[str]:
    delta = scratch_delta({path: before.encode()}, {path: after.encode()} if after else {})
    told = judge(delta, Scope(target_paths=(path,), class_="ci"), Policy())
    return [item.rule for item in told if item.severity == "refuse"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (VERSION.format(9) + VERSION.format(12), VERSION.format(12) + VERSION.format(13)),
        (REMOTE.format(SHA + "0"), REMOTE.format(SHA + "1")),
        (REMOTE.format("v1.2.0"), REMOTE.format("v1.3.0")),
        (COMPONENT.format("1.0.0"), COMPONENT.format("2.1.0")),
        (ONLY.format("src/**"), ONLY.format("src/**, lint.toml")),
        (ONLY.format("src/**"), JOB + "  only: [branches]\n"),
        (ONLY.format("src/**"), JOB),
        (EXCEPT, RULES.format("$SKIP_CHECKS")),
        (JOB, WORKFLOW.format("")),
        (JOB, WORKFLOW.format(" && $CI_PIPELINE_SOURCE == 'push'")),
        (
            REPORT.format("cobertura: c.xml"),
            REPORT.format("coverage_report: {coverage_format: cobertura, path: c.xml}"),
        ),
        (DAEMON, DAEMON + DAEMON.replace("build:", "build-arm:")),
        (SCENARIO.format(4), SCENARIO.format(5)),
    ],
)
def test_a_pipeline_that_is_kept_up_to_date_passes(before: str, after: str) -> None:
    assert refused(before, after) == []


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (VERSION.format(9) + VERSION.format(12), VERSION.format(12), "ci/job-removed"),
        (VERSION.format(12), VERSION.format(9), "ci/job-removed"),
        (VERSION.format(9), VERSION.format(13).replace("make -C", "echo"), "ci/job-removed"),
        (REMOTE.format(SHA + "0"), REMOTE.format("main"), "ci/include"),
        (REMOTE.format(SHA + "0"), REMOTE.format(SHA + "1").replace("git.test", "git.example"), "ci/include"),
        (COMPONENT.format("1.0.0"), COMPONENT.format("main"), "ci/include"),
        (COMPONENT.format("1.0.0"), COMPONENT.format("1.0.1").replace("git.test", "git.example"), "ci/include"),
        (ONLY.format("src/**"), ONLY.format("lint.toml"), "ci/rules-weakened"),
        (ONLY.format("src/**"), JOB + "  only: [tags]\n", "ci/rules-weakened"),
        (JOB, ONLY.format("src/**"), "ci/rules-weakened"),
        (EXCEPT, EXCEPT.replace("schedules,", "schedules, merge_requests,"), "ci/rules-weakened"),
        (EXCEPT, RULES.format("$CI_PIPELINE_SOURCE == 'merge_request_event'"), "ci/rules-weakened"),
        (EXCEPT, RULES.format("$SKIP_CHECKS || $CI_COMMIT_BRANCH"), "ci/rules-weakened"),
        (EXCEPT, RULES.format("$CI_PIPELINE_SOURCE != 'schedule'"), "ci/rules-weakened"),
        (JOB, WORKFLOW.format(" || $CI_COMMIT_BRANCH"), "ci/rules-weakened"),
        (JOB, WORKFLOW.format("").replace("merge_request_event", "web"), "ci/rules-weakened"),
        (REPORT.format("cobertura: c.xml"), REPORT.format("dotenv: c.env"), "ci/rules-weakened"),
        (JOB, JOB + DAEMON, "ci/rights"),
        (JOB + "  image: python:3.12\n", JOB + "  image:\n    name: other/python:3.12\n", "ci/image"),
    ],
)
def test_its_twin_that_checks_less_or_reaches_further_does_not(before: str, after: str, rule: str) -> None:
    assert rule in refused(before, after)


def test_a_package_of_a_tool_is_no_run_of_it() -> None:
    assert refused(PACKAGES.format(1), PACKAGES.format(2).replace("    python3-pytest \\\n", ""), "Dockerfile") == []
    run = "FROM fedora:41\nRUN make && pytest\n"
    assert refused(run, run.replace(" && pytest", ""), "Dockerfile") == ["tests/check-removed"]
