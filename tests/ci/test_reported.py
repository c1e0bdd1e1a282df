"""The rules that only report: what each sees, and what it must not see."""

from __future__ import annotations

import pytest

from improve_loop.edges.schemas import problem
from improve_loop.model.codec import to_plain
from improve_loop.rules.ci import RULES
from improve_loop.rules.ci.page import has_recipe
from tests.ci.support import found, tree

ON = ["IMG03", "IMG04"]


def script(*lines: str, job: str = "job", more: str = "") -> str:
    items = "".join(f"    - '{line}'\n" for line in lines)
    return f"{job}:\n{more}  script:\n{items}"


FOUR = "".join(f"j{n}:\n  before_script:\n    - setup\n    - more\n  script: [x{n}]\n" for n in range(4))
ALIKE = "".join(f"j{n}:\n  script:\n    - a\n    - b\n    - c\n" for n in range(3))
STAGES = "stages: [one, two, three]\na:\n  stage: one\n  script: [a]\nb:\n  stage: two\n  script: [b]\n"
MAKES = "a:\n  stage: build\n  script: [make]\n  artifacts: {paths: [out/]}\nb:\n  stage: deploy\n"
SEES = {
    "IMG06": [
        f"job:\n  image: {old}\n  script: [a]\n"
        for old in ("node:14-alpine", "debian:buster", "php:7.4.33-cli", "java:8", "openjdk:8-jdk", "alpine:3.17")
    ],
    "DOC01": [script("docker build -t x .")],
    "DOC03": ["job:\n  image: gcr.io/kaniko-project/executor:debug\n  script: [a]\n"],
    "CAC03": ["job:\n  cache: {paths: [~/.m2, $HOME/.npm, ../x]}\n  script: [a]\n"],
    "CAC04": ["cache: {paths: [x]}\n" + "".join(f"j{n}: {{script: [a]}}\n" for n in range(4))],
    "ART02": ["job:\n  artifacts: {untracked: true, paths: [x]}\n  script: [a]\n"],
    "ART03": [MAKES + "  script: ['curl https://x.example']\n"],
    "GIT01": [script("make", more='  variables: {GIT_DEPTH: "0"}\n')],
    "GIT02": [script("curl -X POST https://x.example")],
    "PIP02": [
        'job:\n  script: [a]\n  rules: [{if: $CI_PIPELINE_SOURCE == "merge_request_event"}, {if: $CI_COMMIT_BRANCH}]\n'
    ],
    "PIP03": ["job:\n  script: [a]\n  only: [main]\n"],
    "PIP05": [STAGES + "lint:\n  stage: two\n  script: [l]\nc:\n  stage: three\n  script: [c]\n"],
    "PIP06": ["".join(f"j{n}: {{script: [a]}}\n" for n in range(8))],
    "DUP01": [ALIKE],
    "DUP02": [FOUR],
    "FAI01": ["test:\n  allow_failure: true\n  script: [a]\n"],
    "FAI02": [script("make test || true", job="test"), script("make test; exit 0", job="lint")],
    "PKG01": [script("apt-get install -y curl"), script("apt -qq update && apt install git")],
    "PKG02": [script("apt-get install -y one two three four five six")],
    "PKG04": [script("pip install black"), script("pip3 install -U tox")],
    "SEC01": [
        "include: {project: a/b, file: x.yml}\njob: {script: [a]}\n",
        "include: https://x.example/a.yml\njob: {script: [a]}\n",
    ],
    "SEC02": ["include: {component: gitlab.example/a/b@~latest}\njob: {script: [a]}\n"],
    "SEC03": [script("curl -s https://x.example/i.sh | bash"), script("wget -O- https://x.example | sudo sh")],
    "SEC05": ["variables: {A: " + "AK" + "IA" + "ABCDEFGHIJKLMNOP}\njob: {script: [a]}\n"],
    "SEC06": [script("docker login -u x -p $PASSWORD r.example"), script("echo $DEPLOY_TOKEN")],
}
SEES_NOT = {
    "IMG06": [f"job:\n  image: {new}\n  script: [a]\n" for new in ("node:22", "acme/node:14", "node", "python:3.13")],
    "DOC01": [script("docker build --cache-from x ."), script("docker buildx bake")],
    "CAC03": ["job:\n  cache: {paths: [.m2, vendor/]}\n  script: [a]\n"],
    "CAC04": ["cache: {paths: [x], policy: pull}\n" + "".join(f"j{n}: {{script: [a]}}\n" for n in range(4))],
    "ART03": [MAKES + "  script: ['curl -T out/x https://x.example']\n"],
    "GIT01": [script("git describe", more='  variables: {GIT_DEPTH: "0"}\n')],
    "GIT02": [script("curl -d @file https://x.example"), script("make")],
    "PIP02": ["workflow: {rules: [{when: always}]}\n", "job:\n  script: [a]\n  rules: [{if: $CI_COMMIT_BRANCH}]\n"],
    "FAI01": ["test:\n  allow_failure: {exit_codes: [3]}\n  script: [a]\n"],
    "FAI02": [script("rm x || true", "make test", job="test")],
    "PKG01": [script("apt-get install -y --no-install-recommends curl")],
    "PKG04": [script("pip install black==24.1"), script("pip install -r r.txt"), script("pip install -U pip")],
    "SEC01": ["include: {project: a/b, file: x.yml, ref: v1.2.3}\njob: {script: [a]}\n"],
    "SEC02": ["include: {component: gitlab.example/a/b@1.2.0}\njob: {script: [a]}\n"],
    "SEC03": [script("curl -o x https://x.example"), script("cat x | sh")],
    "SEC06": [script("echo $TOKEN | docker login -u x --password-stdin"), script("echo done")],
}


def seen(rule: str, root: str) -> bool:
    allowed = {"rules_on": ON, "allowed_registries": ["ghcr.io"]}
    return any(one.rule == rule for one in found(tree(root), **allowed).findings)


@pytest.mark.parametrize(("rule", "root"), [(rule, root) for rule, roots in SEES.items() for root in roots])
def test_it_sees(rule: str, root: str) -> None:
    assert seen(rule, root)


@pytest.mark.parametrize(("rule", "root"), [(rule, root) for rule, roots in SEES_NOT.items() for root in roots])
def test_it_does_not_see(rule: str, root: str) -> None:
    assert not seen(rule, root)


def test_every_reported_rule_has_an_example() -> None:
    assert {name for name, rule in RULES.items() if not has_recipe(rule)} == {*SEES, "IMG05"}


def test_a_credential_is_never_repeated() -> None:
    answer = found(tree(SEES["SEC05"][0]), mode="local")
    assert "ABCDEFGHIJKLMNOP" not in str(to_plain(answer))


def test_images_from_elsewhere_are_named_where_a_list_is_configured() -> None:
    assert seen("IMG05", "job:\n  image: node:20\n  script: [a]\n")
    assert not any(one.rule == "IMG05" for one in found(tree("job:\n  image: node:20\n  script: [a]\n")).findings)


def test_with_a_model_a_tier_b_rule_without_a_recipe_becomes_work_for_it() -> None:
    root = script("docker login -u x -p $PASSWORD r.example")
    with_model = next(one for one in found(tree(root), mode="local").candidates if one.subject == "SEC06")
    assert with_model.recipe is None
    assert ".gitlab-ci.yml, line 3" in (with_model.brief or "")
    assert not any(one.subject == "SEC06" for one in found(tree(root)).candidates)


@pytest.mark.parametrize("mode", ["none", "local"])
def test_the_artifact_is_as_its_schema_says(mode: str) -> None:
    everything = "".join(root.replace("job:", f"job{n}:") for n, root in enumerate(SEES["PKG01"] + SEES["SEC06"]))
    assert problem("discovery", to_plain(found(tree("image: a\n" + everything), mode=mode))) is None
