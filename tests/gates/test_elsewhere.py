"""A pipeline file that `ci_config_path` puts under a name of its own is as protected as `.gitlab-ci.yml`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from improve_loop.gates import judge, rules
from improve_loop.model.config import Config, Domain
from improve_loop.model.delta import TreeDelta
from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.policy import Policy, Scope, policy_of
from improve_loop.rules.gating.rule import Edit, Rule
from improve_loop.rules.gating.scratch import scratch_delta
from tests.gates.repository import patch_of, repository
from tests.gates.test_command import run

USUAL, OTHER = ".gitlab-ci.yml", "build/pipeline.yml"
BASE = "test:\n  script:\n    - make test\n"
EDITS = [
    (rule, example)
    for rule in rules().values()
    for example in (*rule.refuses, *rule.allows)
    if isinstance(example, Edit) and USUAL in {*example.before, *example.after}
]


def judged(example: Edit, path: str, policy: Policy) -> list[GateFinding]:
    def named(files: dict[str, str]) -> dict[str, bytes]:
        return {path if name == USUAL else name: text.encode() for name, text in files.items()}

    delta = scratch_delta(named(dict(example.before)), named(dict(example.after)), example.modes)
    targets = tuple(path if name == USUAL else name for name in example.target_paths)
    scope = Scope(target_paths=targets, class_=example.class_) if targets else None
    return sorted(judge(delta, scope, policy), key=lambda found: (found.rule, found.line or 0, found.reason))


@pytest.mark.parametrize(("rule", "example"), EDITS, ids=lambda value: getattr(value, "id", None))
def test_every_example_of_the_usual_file_is_judged_alike_elsewhere(rule: Rule, example: Edit) -> None:
    usual = [replace(found, path=OTHER) for found in judged(example, USUAL, Policy())]
    assert judged(example, OTHER, Policy(pipeline_files=(OTHER,))) == usual


def change(path: str, after: str | None, to: str | None = None) -> TreeDelta:
    return scratch_delta({path: BASE.encode()}, {to or path: after.encode()} if after is not None else {}, {})


@pytest.mark.parametrize("class_", ["code", "docs"])
@pytest.mark.parametrize("after", [BASE + "# x\n", None])
def test_only_a_candidate_of_class_ci_touches_it(class_: str, after: str | None) -> None:
    scope, policy = Scope(target_paths=(OTHER,), class_=class_), Policy(pipeline_files=(OTHER,))
    found = judge(change(OTHER, after), scope, policy)
    assert ("ci/configuration", OTHER) in {(one.rule, one.path) for one in found}
    assert judge(change(OTHER, BASE + "# x\n"), scope._replace(class_="ci"), policy) == ()


def test_moving_it_away_is_a_change_to_it() -> None:
    scope, policy = Scope(target_paths=("**",), class_="code"), Policy(pipeline_files=(OTHER,))
    found = {(one.rule, one.path) for one in judge(change(OTHER, BASE, "old.yml"), scope, policy)}
    assert ("ci/configuration", OTHER) in found


@pytest.mark.parametrize(
    ("options", "forge", "files"),
    [
        ({}, None, ()),
        ({}, USUAL, ()),
        ({}, OTHER, (OTHER,)),
        ({"ci_file": OTHER}, None, (OTHER,)),
        ({"ci_file": "./build/a"}, OTHER, ("build/a", OTHER)),  # which of the two GitLab reads is not asked: both
        ({}, f"{OTHER}@acme/app:main", (OTHER,)),
        ({}, "https://ci.example.com/a.yml", ()),
    ],
)
def test_what_the_forge_and_the_configuration_say_both_count(
    options: dict[str, object], forge: str | None, files: tuple[str, ...]
) -> None:
    config = Config(domains={"ci": Domain(options=options)})
    assert policy_of(config, forge).pipeline_files == files


def test_a_job_knows_its_projects_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = repository(tmp_path / "repo", {OTHER: BASE.encode()})
    patch = patch_of(repo, {OTHER: (BASE + "    - printenv\n").encode()})
    arguments = ("--repo", repo, "--patch", "-")
    assert run(*arguments, stdin=patch).exit_code == 0
    monkeypatch.setenv("CI_CONFIG_PATH", OTHER)
    done = run(*arguments, stdin=patch)
    assert done.exit_code == 4
    assert f"ci/token-shown  {OTHER}:4" in done.output


def delta_of_texts(before: dict[str, str], after: dict[str, str]) -> TreeDelta:
    return scratch_delta(
        {name: text.encode() for name, text in before.items()}, {name: text.encode() for name, text in after.items()}
    )


@pytest.mark.parametrize(
    "include",
    [
        "include: build/pipeline.yml\n",
        "include: [{local: /build/pipeline.yml}]\n",
        "include:\n  - local: 'build/*.yml'\n",
        "include:\n  - {project: $CI_PROJECT_PATH, ref: main, file: [/build/pipeline.yml]}\n",
        "include: $FOLDER/pipeline.yml\n",
        "child:\n  trigger: {include: build/pipeline.yml}\n",
        "include: build/first.yaml\n",
    ],
)
@pytest.mark.parametrize("new", [False, True])
def test_what_the_pipeline_includes_is_the_pipeline(include: str, new: bool) -> None:
    """Also where the change itself begins to include it."""
    before = {} if new else {USUAL: include}
    rest = {"build/first.yaml": f"include: {OTHER}\n"}
    leaks = {**rest, USUAL: include, OTHER: BASE + "    - printenv\n"}
    made = delta_of_texts({**rest, **before, OTHER: BASE}, leaks)
    for class_ in ("ci", "code"):
        scope = Scope(target_paths=("build", USUAL), class_=class_)
        found = {(one.rule, one.path) for one in judge(made, scope, Policy())}
        assert ("ci/token-shown", OTHER) in found
        assert (("ci/configuration", OTHER) in found) is (class_ == "code")


@pytest.mark.parametrize("include", ["include: build/other.yml\n", "include: https://x.test/build/pipeline.yml\n", ""])
def test_what_it_does_not_include_is_a_file_like_others(include: str) -> None:
    made = delta_of_texts({USUAL: include, OTHER: BASE}, {USUAL: include, OTHER: BASE + "    - printenv\n"})
    assert judge(made, Scope(target_paths=("build",), class_="code"), Policy()) == ()
