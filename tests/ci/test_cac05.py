"""CAC05 caches npm's downloads, and leaves every job alone that may live on the cached folder."""

from __future__ import annotations

import pytest

from tests.ci.support import left_alone, mended

CACHE = "cache:\n  paths:\n    - node_modules/\n\n"


def test_the_path_and_every_install_change_and_nothing_else() -> None:
    before = (
        CACHE
        + "test:\n  script:\n    - npm ci # clean\n    - 'npm ci && npm test'\n    - |\n      set -e\n      npm ci\n"
    )
    after = mended(before, "CAC05")
    assert after == before.replace("node_modules/", ".npm/").replace("npm ci", "npm ci --cache .npm --prefer-offline")


def test_a_folder_below_the_root_keeps_its_cache_there() -> None:
    before = "test:\n  cache:\n    paths: ['web/node_modules']\n  script:\n    - cd web\n    - npm ci\n    - npm test\n"
    after = mended(before, "CAC05")
    assert "['web/.npm']" in after
    assert "npm ci --cache .npm --prefer-offline\n" in after


def test_all_jobs_that_share_the_cache_change_together() -> None:
    before = CACHE + "a:\n  script: [npm ci, npm test]\nb:\n  script: [npm ci, npm run lint]\n"
    assert mended(before, "CAC05").count("--cache .npm") == 2


@pytest.mark.parametrize(
    ("jobs", "why"),
    [
        ("a:\n  script: [npm ci]\nb:\n  script: [npm test]\n", "does not run `npm ci`"),
        ("a:\n  script: [npm ci --cache x]\n", "already tells npm"),
        ("a:\n  variables: {NPM_CONFIG_CACHE: x}\n  script: [npm ci]\n", "variables"),
        ("a:\n  script: [cd web, npm ci]\n", "another folder"),
        ("a:\n  script: ['(cd web && npm ci)', npm ci]\n", "another folder"),
        ("a:\n  script: ['docker run node npm ci', npm ci]\n", "not understood"),
        ("a:\n  script: [npm ci, npm i -g yarn, yarn build]\n", "other means"),
        ("a:\n  script: [npm ci, npm publish]\n", "whole folder"),
        ("a:\n  script: [npm ci]\n  artifacts: {paths: [.]}\n", "whole folder"),
        ("a:\n  extends: .far\n  script: [npm ci]\n", "not in this repository"),
        (".i: &i [npm ci]\na:\n  script: *i\nb:\n  cache: {}\n  script: *i\n", "without this cache"),
    ],
)
def test_a_reason_to_leave_it(jobs: str, why: str) -> None:
    assert why in left_alone(CACHE + jobs, "CAC05")


@pytest.mark.parametrize(
    "root",
    [
        "cache: {paths: [.npm/]}\na:\n  script: [npm ci --cache .npm]\n",
        CACHE + "a:\n  script: [npm install]\n",
        "a:\n  script: [npm ci]\n",
        CACHE + "a:\n  cache: []\n  script: [npm ci]\n",
    ],
)
def test_no_finding(root: str) -> None:
    assert left_alone(root, "CAC05") == "nothing found"
