"""PIP01 touches only jobs that look at the code, and only where GitLab would then cancel anything."""

from __future__ import annotations

import pytest

from tests.ci.support import left_alone, mended

LINE = "  interruptible: true\n"


def test_jobs_that_look_get_the_line_behind_their_stage() -> None:
    before = "lint:\n  stage: test\n  script: [make lint]\n\ndeploy:\n  stage: deploy\n  script: [make ship]\n"
    assert mended(before, "PIP01") == before.replace("  stage: test\n", "  stage: test\n" + LINE)


@pytest.mark.parametrize("base", ["  extends: .base\n", "  <<: *base\n"])
def test_a_hidden_job_gets_the_line_for_all_that_are_made_from_it(base: str) -> None:
    before = ".base: &base\n  script: [make]\n" + "".join(f"\ntest {n}:\n{base}" for n in range(3))
    after = mended(before, "PIP01")
    assert after == before.replace(".base: &base\n", ".base: &base\n" + LINE)


def test_a_hidden_job_that_a_deploy_is_made_from_too_stays() -> None:
    test = "\ntest:\n  extends: .base\n"
    before = f".base:\n  script: [make]\n{test}\ndeploy:\n  stage: deploy\n  extends: .base\n"
    assert mended(before, "PIP01") == before.replace(test, test + LINE)


@pytest.mark.parametrize(
    "job",
    [
        "test:\n  interruptible: false\n  script: [make]\n",
        "test:\n  when: manual\n  script: [make]\n",
        "test:\n  only: [tags]\n  script: [make]\n",
        "deploy:\n  script: [make]\n",
        "test:\n  environment: staging\n  script: [make]\n",
        "test:\n  resource_group: db\n  script: [make]\n",
        "test:\n  script: [make, git push origin main]\n",
        "test:\n  script: [make]\n  after_script: ['curl -X POST https://x.example']\n",
        "integration test:\n  script: [make]\n",
        "test:\n  extends: .elsewhere\n",
        "workflow:\n  auto_cancel: {on_new_commit: none}\ntest:\n  script: [make]\n",
        "default: {interruptible: true}\ntest:\n  script: [make]\n",
    ],
)
def test_a_job_that_acts_or_has_its_answer_is_not_touched(job: str) -> None:
    assert left_alone(job, "PIP01") == "nothing found"


def test_without_effect_it_is_not_proposed() -> None:
    before = "image build:\n  stage: build\n  script: [docker build .]\n\ntest:\n  stage: test\n  script: [make]\n"
    assert "`image build` starts at once" in left_alone(before, "PIP01")


@pytest.mark.parametrize(
    "job", ["test: {script: [make]}\n", "test: &t\n  script: [make]\n\ndeploy:\n  stage: deploy\n  <<: *t\n"]
)
def test_a_block_that_cannot_take_the_line_is_left(job: str) -> None:
    assert "`test` starts at once and stays as it is" in left_alone(job, "PIP01")


def test_a_job_that_could_be_stopped_and_cannot_be_edited_makes_the_others_pointless() -> None:
    shared = "gcc: &gcc\n  stage: test\n  script: [make]\n\nclang:\n  <<: *gcc\n  variables: {CC: clang}\n"
    before = shared + "\nlint:\n  stage: test\n  script: [make lint]\n"
    assert "`gcc` starts at once and stays as it is" in left_alone(before, "PIP01")


STAGES = "stages: [check, image, test]\n"
IMAGE = "\nimage build:\n  stage: image\n  script: [docker build .]\n"
LINT = "\nlint:\n  stage: check\n  script: [make lint]\n"


def test_a_job_that_starts_when_nothing_is_cancelled_any_more_is_left() -> None:
    more = LINT + LINT.replace("lint", "format")
    before = STAGES + more + IMAGE + "\ntest:\n  stage: test\n  script: [make test]\n"
    after = mended(before, "PIP01")
    assert after == before.replace("  stage: check\n", "  stage: check\n" + LINE)
    assert "would gain nothing" in left_alone(before.replace(LINT, ""), "PIP01")


def test_a_job_that_runs_in_some_pipelines_only_stops_no_other() -> None:
    before = STAGES + LINT + IMAGE + "  only: [main]\n" + "\ntest:\n  stage: test\n  script: [make test]\n"
    assert mended(before, "PIP01").count(LINE) == 2


def test_a_few_of_many_tests_are_not_worth_it() -> None:
    unsure = "".join(f"\ntest {n}:\n  stage: test\n  script: [make, docker run x]\n" for n in range(3))
    assert "would gain nothing" in left_alone(STAGES + LINT + unsure, "PIP01")


def test_a_job_that_starts_at_once_counts_as_one_of_the_first_stage() -> None:
    early = "\nimage build:\n  stage: image\n  needs: []\n  script: [docker build .]\n"
    assert "starts at once" in left_alone(STAGES + LINT + early, "PIP01")


def test_a_hidden_job_that_is_about_something_else_does_not_get_the_line() -> None:
    jobs = "".join(f"\ntest {n}:\n  extends: .branches\n  script: [make]\n" for n in range(2))
    after = mended(".branches:\n  only: [branches]\n" + jobs, "PIP01")
    assert after.startswith(".branches:\n  only: [branches]\n\n")
    assert after.count(LINE) == 2
