"""CAC01, CAC02 and PKG03: what depends on lock files in the repository."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ci.support import left_alone, mended

INSTALL = "job:\n  stage: test\n  image: node:20\n  script:\n    - npm ci\n    - npm test\n"
CACHED = "job:\n  cache:\n    paths:\n      - node_modules/\n  script: [yarn]\n"
YARN = {"yarn.lock": ""}
NPM = {"package-lock.json": "{}"}


def test_downloads_are_cached_by_the_lock_file() -> None:
    block = "  cache:\n    key:\n      files:\n        - package-lock.json\n    paths:\n      - .npm/\n"
    after = mended(INSTALL, "CAC01", NPM)
    assert after == INSTALL.replace("  script", block + "  script").replace(
        "npm ci", "npm ci --cache .npm --prefer-offline"
    )


def test_pip_gets_its_variable() -> None:
    after = mended(
        "image: python\njob:\n  script: [pip install -r requirements.txt, pytest]\n", "CAC01", {"requirements.txt": ""}
    )
    assert (
        'PIP_CACHE_DIR: "$CI_PROJECT_DIR/.cache/pip"\n  cache:\n    key:\n      files:\n        - requirements.txt'
        in after
    )


@pytest.mark.parametrize(
    "root",
    [
        "job:\n  script: [cd web, npm ci]\n",
        "job:\n  script: [npm ci, docker build .]\n",
        "job:\n  variables: {A: b}\n  script: [pip install -r requirements.txt]\n",
        "include: {template: x}\n" + INSTALL,
        "deploy:\n  script: [npm ci]\n",
    ],
)
def test_installs_that_are_not_clear_are_reported_only(root: str) -> None:
    assert left_alone(root, "CAC01", {**NPM, "requirements.txt": ""}) != "nothing found"


def test_the_variable_joins_those_that_the_job_has() -> None:
    before = "job:\n  image: python\n  variables:\n    A: b\n  script: [pip install -r requirements.txt]\n"
    after = mended(before, "CAC01", {"requirements.txt": ""})
    assert '    A: b\n    PIP_CACHE_DIR: "$CI_PROJECT_DIR/.cache/pip"\n  cache:\n' in after


@pytest.mark.parametrize("shared", ["COMPOSER_HOME: /there", "HOMES: /cache/composer"])
def test_a_folder_that_the_runner_keeps_is_a_cache_already(shared: str) -> None:
    root = f"variables:\n  {shared}\njob:\n  image: php\n  script: [composer install]\n"
    assert "cache" in left_alone(root, "CAC01", {"composer.lock": "{}"})


def test_the_same_block_in_every_job_belongs_under_default() -> None:
    root = "image: node:20\na:\n  script: [npm ci]\nb:\n  script: [npm ci, make]\n"
    assert left_alone(root, "CAC01", NPM) != "nothing found"
    assert ".npm" in mended(root + "c:\n  script: [make]\n", "CAC01", NPM)


def test_a_variable_that_a_job_would_override_is_not_shared() -> None:
    base = ".base: &base\n  image: php\n  script: [composer install]\na:\n  <<: *base\n"
    assert "COMPOSER" in mended(base + "b:\n  <<: *base\n  stage: test\n", "CAC01", {"composer.lock": "{}"})
    left_alone(base + "b:\n  <<: *base\n  variables:\n    A: b\n", "CAC01", {"composer.lock": "{}"})
    between = ".b: &b\n  <<: *base\n  variables: {A: b}\nb:\n  <<: *b\n"
    after = mended(base + between, "CAC01", {"composer.lock": "{}"})
    assert after.startswith(base)
    assert after.endswith(between)


def test_the_block_stands_below_the_header() -> None:
    root = "job:\n  image: node:20\n  stage: test\n  script: [npm ci]\n  tags: [a]\n"
    assert "  stage: test\n  cache:\n" in mended(root, "CAC01", NPM)


def test_the_same_block_three_times_is_not_worth_it() -> None:
    root = "image: node:20\n" + "".join(f"job {n}:\n  script: [npm ci]\n" for n in range(3))
    assert left_alone(root, "CAC01", NPM) != "nothing found"


@pytest.mark.parametrize("root", [INSTALL + "  cache: []\n", "job:\n  script: [make]\n"])
def test_a_cache_or_no_install_is_no_finding(root: str) -> None:
    assert left_alone(root, "CAC01", NPM) == "nothing found"


def test_a_cache_without_key_gets_the_lock_file() -> None:
    key = "    key:\n      files:\n        - yarn.lock\n"
    assert mended(CACHED, "CAC02", YARN) == CACHED.replace("    paths", key + "    paths")


@pytest.mark.parametrize("old", ["$CI_COMMIT_REF_SLUG", '"${CI_COMMIT_REF_NAME}" # each', "modules"])
def test_a_plain_key_is_replaced(old: str) -> None:
    before = CACHED.replace("    paths", f"    key: {old}\n    paths")
    assert "    key:\n      files:\n        - yarn.lock" in mended(before, "CAC02", YARN)


@pytest.mark.parametrize(
    ("root", "more"),
    [
        (CACHED.replace("    paths", "    key: $CI_JOB_NAME\n    paths"), YARN),
        (CACHED, {}),
        (CACHED, {**YARN, **NPM}),
        (CACHED.replace("node_modules/", "build/"), YARN),
    ],
)
def test_no_finding_without_a_plain_key_and_one_lock_file(root: str, more: dict[str, str]) -> None:
    assert left_alone(root, "CAC02", more) == "nothing found"


@pytest.mark.parametrize(
    "root",
    [
        CACHED + "other:\n  cache:\n    paths: [dist/]\n  script: [x]\n",
        CACHED.replace("[yarn]", "[yarn upgrade]"),
        CACHED.replace("[yarn]", "[npm ci]"),
        CACHED.replace("    paths", "    untracked: true\n    paths"),
    ],
)
def test_caches_that_may_count_on_each_other_stay(root: str) -> None:
    assert left_alone(root, "CAC02", YARN) != "nothing found"


def _package(lock_has: dict[str, str] | None = None, **root: Any) -> dict[str, str]:
    """A package.json and a lock file of version 3 that was made from it (or from `lock_has`)."""
    dependencies = {"left-pad": "^1.0.0"}
    lock = {
        "lockfileVersion": 3,
        "packages": {"": {"dependencies": lock_has or dependencies}, "node_modules/left-pad": {}},
    }
    return {"package.json": json.dumps({"dependencies": dependencies, **root}), "package-lock.json": json.dumps(lock)}


def test_npm_install_becomes_npm_ci_where_the_lock_file_is_in_step() -> None:
    script = "    - npm install --no-audit # all\n    - 'npm i && npm test'\n    - npm install -g x\n"
    before = "job:\n  image: node:20\n  script:\n" + script
    after = mended(before, "PKG03", _package())
    assert after == before.replace("npm install --no-audit", "npm ci --no-audit").replace("npm i &&", "npm ci &&")


@pytest.mark.parametrize(
    ("script", "files", "why"),
    [
        ("[npm install]", _package({"left-pad": "^2.0.0"}), "would fail"),
        ("[npm install]", {"package.json": "{}", "package-lock.json": '{"lockfileVersion": 1}'}, "version 1"),
        ("[npm install]", _package(workspaces=["a"]), "workspaces"),
        ("[npm install --force]", _package(), "flags"),
        ("[npm install, git commit -am x]", _package(), "other means"),
        ("[rm package-lock.json, npm install]", _package(), "lock file itself"),
        ("[npm ci || npm install]", _package(), "already tries"),
        ("[sed -i s/a/b/ package.json, npm install]", _package(), "package.json"),
        ("[npm install]\n  image: node:20\nold:\n  image: node:6\n  script: [npm install]", _package(), "same script"),
        ("[npm install]\n  image: node:10.0.0", _package(), "too old"),
        ("[npm install]\n  image: node:boron", _package(), "too old"),
        ("[npm install]\n  image: node:carbon-alpine", _package(), "too old"),
        ("[npm install]\n  cache: {paths: [node_modules/]}", _package(), "caches node_modules"),
        ("[npm install]\n  image: node:12", _package(), "too old"),
        ("[npm install]\n  image: $IMAGE", _package(), "not known"),
        ("['(cd x; true)', npm install]", _package(), "not known"),
    ],
)
def test_npm_install_stays_where_npm_ci_might_fail(script: str, files: dict[str, str], why: str) -> None:
    assert why in left_alone(
        ("" if "image" in script else "image: node\n") + f"job:\n  script: {script}\n", "PKG03", files
    )


@pytest.mark.parametrize("command", ["npm install express", "npm ci", "npm install -g npm", "yarn install"])
def test_other_installs_are_no_finding(command: str) -> None:
    assert left_alone(f"job:\n  script: ['{command}']\n", "PKG03", _package()) == "nothing found"


def test_without_a_lock_file_there_is_no_finding() -> None:
    assert left_alone("job:\n  script: [npm install]\n", "PKG03", {"package.json": "{}"}) == "nothing found"


def test_a_lock_file_that_the_installation_does_not_follow_is_no_key() -> None:
    before = "job:\n  cache:\n    paths:\n      - node_modules/\n  script: [npm install, npm test]\n"
    assert "does not follow yarn.lock" in left_alone(before, "CAC02", YARN)
    assert "files" in mended(before.replace("npm install", "npm install -g yarn, yarn"), "CAC02", YARN)
