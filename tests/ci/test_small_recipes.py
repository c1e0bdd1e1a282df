"""PIP07, PIP08, PIP09, RET01, ART01, DOC02, RUN01 and the team's own rules: what they write and what they leave."""

from __future__ import annotations

import pytest

from improve_loop.model.config import Config, CustomRule
from improve_loop.model.plugs import Edited
from improve_loop.recipes import RECIPES
from improve_loop.sources import ci
from tests.ci.support import ROOT, a_run, left_alone, mended, tree

JOB = "\njob:\n  script: [a]\n"


def test_unused_stages_go_and_their_neighbours_stay() -> None:
    before = "stages:\n  - build # first\n  - test\n  - ship\n" + JOB
    assert mended(before, "PIP07") == "stages:\n  - test\n" + JOB


@pytest.mark.parametrize(
    ("root", "why"),
    [
        ("include: {template: x.yml}\nstages:\n  - build\n  - test\n" + JOB, "nothing found"),
        ("stages:\n  - build\n  - test\n#old:\n#  stage: build\n" + JOB, "commented out"),
        ("stages: [build, test]\n" + JOB, "no safe edit"),
        (".x:\n  script: [b]\n" + JOB, "another repository"),
    ],
)
def test_dead_configuration_that_may_live_elsewhere_is_reported(root: str, why: str) -> None:
    assert why in left_alone(root, "PIP07")


@pytest.mark.parametrize(
    "used", ["job:\n  extends: .x\n", "job:\n  script: [!reference [.x, script]]\n", "job:\n  <<: *x\n"]
)
def test_a_hidden_job_in_use_is_no_finding(used: str) -> None:
    assert left_alone(".x: &x\n  script: [b]\n" + used, "PIP07") == "nothing found"


def test_the_shadowed_of_two_equal_keys_goes() -> None:
    before = "job:\n  stage: test\n  script: [a]\n  only:\n    - main\n  stage: test\n  only: [main, tags]\n"
    assert mended(before, "PIP08") == "job:\n  script: [a]\n  stage: test\n  only: [main, tags]\n"


@pytest.mark.parametrize(
    "root",
    [
        "job:\n  script: [a]\n  script: [b]\n",
        "job:\n  script: [a]\njob:\n  script: [b]\n",
        "job: {stage: test, stage: test, script: [a]}\n",
    ],
)
def test_duplicates_that_differ_are_reported_only(root: str) -> None:
    assert left_alone(root, "PIP08") != "nothing found"


def test_two_merge_keys_are_no_duplicates() -> None:
    assert (
        left_alone(".a: &a {x: 1}\n.b: &b {y: 2}\njob:\n  <<: *a\n  <<: *b\n  script: [a]\n", "PIP08")
        == "nothing found"
    )


def test_removed_names_of_stages_are_renamed_together() -> None:
    before = "types:\n  - build\n\nmake it:\n  type: build # here\n  script: [a]\n"
    assert mended(before, "PIP09") == before.replace("types", "stages").replace("  type:", "  stage:")


@pytest.mark.parametrize("slip", ["scripts", "before_scripts", "artifact"])
def test_slips_are_renamed(slip: str) -> None:
    value = "{paths: [a]}" if slip == "artifact" else "[a]"
    assert f"  {slip}:" not in mended(f"job:\n  {slip}: {value}\n  stage: test\n  image: a:1\n  script: [x]\n".replace(
        "  script: [x]\n", "" if slip == "scripts" else "  script: [x]\n"), "PIP09")  # fmt: skip


@pytest.mark.parametrize(
    "root", ["job:\n  type: build\n  stage: test\n  script: [a]\n", "job:\n  type: nowhere\n  script: [a]\n"]
)
def test_a_name_whose_place_is_taken_is_reported_only(root: str) -> None:
    assert left_alone(root, "PIP09") != "nothing found"


def test_words_of_an_anchor_store_are_no_slips() -> None:
    assert left_alone(".store:\n  type: x\n  scripts: [a]\n" + JOB, "PIP09") == "nothing found"


@pytest.mark.parametrize("retry", ["retry: 1\n", "retry:\n    max: 1\n", "retry: {max: 1}\n"])
def test_a_blanket_retry_is_limited_where_asked(retry: str) -> None:
    before = f"test:\n  {retry}  script: [a]\n"
    one_line = "retry: {max: 1, when: [runner_system_failure, stuck_or_timeout_failure, api_failure]}\n"
    assert mended(before, "RET01", rules_on=["RET01"]) == before.replace(retry, one_line)
    assert left_alone(before, "RET01") == "nothing found"


@pytest.mark.parametrize("line", ["adb shell test", "docker push x", "codecov", "npx cypress run"])
def test_a_retry_because_of_other_machines_stays_and_so_do_its_neighbours(line: str) -> None:
    before = f"test:\n  retry: 1\n  script: [make]\ntest it:\n  retry: 1\n  script: ['{line}']\n"
    assert "because of what it talks to" in left_alone(before, "RET01", rules_on=["RET01"])


def test_a_retry_that_somebody_explained_stays() -> None:
    root = "job:\n  retry: 2 # until the proxy is mended\n  script: [a]\n"
    assert "a comment says why" in left_alone(root, "RET01", rules_on=["RET01"])


@pytest.mark.parametrize("retry", ["0", "{max: 2, when: [api_failure]}", "{max: 1, exit_codes: [137]}"])
def test_a_retry_with_a_condition_is_fine(retry: str) -> None:
    assert left_alone(f"job:\n  retry: {retry}\n  script: [a]\n", "RET01", rules_on=["RET01"]) == "nothing found"


LATER = "\nship:\n  stage: deploy\n  script: [b]\n"


def test_artifacts_expire_where_asked() -> None:
    before = "job:\n  script: [a]\n  artifacts:\n    paths:\n      - out/\n    when: always\n" + LATER
    after = mended(before, "ART01", rules_on=["ART01"])
    assert after == before.replace("      - out/\n", "      - out/\n    expire_in: 1 week\n")
    assert "expire_in: 3 days" in mended(before, "ART01", rules_on=["ART01"], artifacts_expire_in="3 days")


@pytest.mark.parametrize("name", ["pages", "release", "package", "deploy"])
def test_artifacts_that_somebody_keeps_stay(name: str) -> None:
    root = f"{name}:\n  script: [a]\n  artifacts:\n    paths: [public]\n"
    assert "somebody keeps" in left_alone(root, "ART01", rules_on=["ART01"])


def test_the_daemon_takes_the_version_of_its_client() -> None:
    before = (
        "job:\n  image: docker:24.0.5-cli\n  services:\n    - name: 'docker:dind'\n      alias: docker\n  script: [a]\n"
    )
    assert mended(before, "DOC02") == before.replace("docker:dind", "docker:24.0.5-dind")


@pytest.mark.parametrize(
    ("path", "later", "why"),
    [("app/build/outputs/", LATER, "a result"), ("x.apk", LATER, "a result"), ("out/", "", "nothing runs after")],
)
def test_artifacts_that_are_the_result_stay(path: str, later: str, why: str) -> None:
    root = f"job:\n  script: [a]\n  artifacts:\n    paths: ['{path}']\n" + later
    assert why in left_alone(root, "ART01", rules_on=["ART01"])


@pytest.mark.parametrize(
    ("client", "why"),
    [("docker:18.09", "cgroup"), ("docker:latest", "nothing"), ("$IMAGE", "nothing"), ("python:3.12", "nothing")],
)
def test_without_a_modern_pinned_client_the_daemon_stays(client: str, why: str) -> None:
    assert why in left_alone(f"job:\n  image: {client}\n  services: [docker:dind]\n  script: [a]\n", "DOC02")


def test_a_service_for_jobs_with_different_clients_stays() -> None:
    jobs = "".join(f"j{n}:\n  image: docker:2{n}.0\n  script: [a]\n" for n in (4, 7))
    assert "other clients" in left_alone("services: [docker:dind]\n" + jobs, "DOC02")


@pytest.mark.parametrize(
    ("tags", "after"),
    [
        ("", "  tags: [fast]\n"),
        ("  tags: [slow, x]\n", "  tags: [fast]\n"),
        ("  tags:\n    - slow\n    - x\n", "  tags:\n    - fast\n"),
    ],
)
def test_jobs_move_to_the_runner_of_the_map(tags: str, after: str) -> None:
    before = f"unit test:\n  stage: test\n{tags}  script: [a]\n\nother:\n  script: [b]\n"
    assert mended(before, "RUN01", runner_map={"unit*": "fast"}) == before.replace(tags or "  script: [a]\n", after + ("" if tags else "  script: [a]\n"), 1)  # fmt: skip # noqa: E501
    assert left_alone(before, "RUN01") == "nothing found"


def _custom(root: str, **rule: str) -> str:
    run = a_run()
    custom = CustomRule(id="TEAM1", reason="because", **rule)  # type: ignore[arg-type]  # as the configuration gives it
    config = Config(custom_rules=(custom,))
    files = tree(root)
    found = ci.discover(files, type(run)(**{**vars(run), "config": config}))
    one = next(candidate for candidate in found.candidates if candidate.subject == "TEAM1")
    result = RECIPES["CUSTOM"].apply(files, one)
    assert isinstance(result, Edited)
    return (result.files[ROOT] or b"").decode()


def test_the_teams_own_rules_replace_images_templates_and_keywords() -> None:
    image = "job:\n  image: 'old/base:1' # ours\n  services: [{name: old/base:1}]\n  script: [old/base:1]\n"
    assert _custom(image, match="old/base:1", replace="new/base:2", kind="image") == (
        "job:\n  image: 'new/base:2' # ours\n  services: [{name: new/base:2}]\n  script: [old/base:1]\n"
    )
    include = "include:\n  - template: Old.yml\n  - local: Old.yml\n" + JOB
    assert "template: New.yml" in _custom(include, match="Old.yml", replace="New.yml", kind="template")
    keyword = "job:\n  only: [main]\n  script: [only]\n"
    assert (
        _custom(keyword, match="only", replace="except", kind="keyword") == "job:\n  except: [main]\n  script: [only]\n"
    )


def test_a_keyword_whose_successor_stands_beside_it_is_left() -> None:
    keyword = "old:\n  type: a\n  stage: b\n  script: [x]\njob:\n  type: test\n  script: [x]\n"
    assert _custom(keyword, match="type", replace="stage", kind="keyword") == keyword.replace(
        "type: test", "stage: test"
    )


def test_jobs_of_one_kind_get_their_runner_in_their_template() -> None:
    root = ".base:\n  stage: test\n  script: [a]\n\ntest 1:\n  extends: .base\n\ntest 2:\n  extends: .base\n"
    tagged = "\ntest 3:\n  extends: .base\n  tags: [slow]\n"
    after = mended(root + tagged, "RUN01", runner_map={"test*": "fast"})
    assert after.count("fast") == 3  # the third has tags of its own, so the template is not its alone
    assert mended(root, "RUN01", runner_map={"test*": "fast"}) == root.replace(
        "test\n  scr", "test\n  tags: [fast]\n  scr"
    )
