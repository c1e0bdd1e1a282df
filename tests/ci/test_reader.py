"""The reader: what GitLab would run, and where every value of it was written."""

from __future__ import annotations

from typing import Any

import pytest

from improve_loop.rules.pipeline import Pipeline, read_pipeline
from tests.ci.support import ROOT, Files, tree


def read(root: str | bytes, **more: str) -> Pipeline:
    return read_pipeline(tree(root, **more), ROOT)


def effective(root: str, job: str, keyword: str, **more: str) -> Any:
    return read(root, **more).all_jobs[job].plain(keyword)


def test_extends_merges_deeply_and_the_later_base_wins() -> None:
    root = (
        ".a: {variables: {X: 1, Y: 1}, script: [a]}\n.b: {extends: .a, variables: {Y: 2}, tags: [t]}\n"
        ".c: {variables: {Z: 3}, tags: [u]}\njob:\n  extends: [.b, .c]\n  variables: {X: 9}\n"
    )
    assert effective(root, "job", "variables") == {"X": 9, "Y": 2, "Z": 3}
    assert (effective(root, "job", "tags"), effective(root, "job", "script")) == (["u"], ["a"])


def test_a_merge_key_overrides_what_stands_above_it_as_in_gitlab() -> None:
    root = ".a: &a {stage: one}\njob:\n  stage: two\n  <<: *a\nkob:\n  <<: *a\n  stage: two\n"
    assert (effective(root, "job", "stage"), effective(root, "kob", "stage")) == ("one", "two")


def test_references_are_resolved_through_extends_and_flattened() -> None:
    root = (
        ".s: {script: [one, [two]]}\n.t: {extends: .s, before_script: [!reference [.s, script]]}\n"
        "job:\n  before_script: !reference [.t, before_script]\n  script:\n    - !reference [.t, script]\n    - three\n"
    )
    job = read(root).jobs["job"]
    assert [line.scalar for line in job.lines("script")] == ["one", "two", "three"]
    assert [line.scalar for line in job.lines("before_script")] == ["one", "two"]
    assert [line.line for line in job.lines("script")] == [1, 1, 7]


@pytest.mark.parametrize(
    ("inherit", "image", "retry"),
    [("", "a:1", 1), ("{default: false}", None, None), ("{default: [retry]}", None, 1), ("{default: true}", "a:1", 1)],
)
def test_defaults_reach_a_job_as_far_as_it_inherits_them(inherit: str, image: str | None, retry: int | None) -> None:
    root = f"default: {{retry: 1}}\nimage: a:1\njob:\n  script: [a]\n  inherit: {inherit}\n"
    assert (effective(root, "job", "image"), effective(root, "job", "retry")) == (image, retry)


@pytest.mark.parametrize(("own", "image"), [("", "a:1"), ("~", "a:1"), ("b:2", "b:2")])
def test_an_empty_keyword_counts_as_not_set(own: str, image: str) -> None:
    assert effective(f"image: a:1\njob:\n  image: {own}\n  script: [a]\n", "job", "image") == image
    assert effective("cache: {paths: [x]}\njob:\n  cache: {}\n  script: [a]\n", "job", "cache") == {}


def test_variables_are_inherited_unless_switched_off() -> None:
    root = "variables: {A: 1, B: 2}\njob:\n  inherit: {variables: [A]}\n  script: [a]\n"
    job = read(root).jobs["job"]
    assert job.variable("B") is None
    assert job.effective()["variables"] == {"A": 1}


def test_includes_nest_glob_and_are_overridden_by_the_includer() -> None:
    more = {
        "ci/a.yml": "include: /ci/deep/*.yml\nx: {script: [a], stage: one}\n",
        "ci/deep/b.yml": "y: {script: [b]}\n",
        "ci/deep/more/c.yml": "z: {script: [c]}\n",
    }
    pipeline = read("include:\n  - local: ci/a.yml\nx: {stage: two}\n", **more)
    assert [file.path for file in pipeline.files] == ["ci/deep/b.yml", "ci/a.yml", ROOT]
    assert list(pipeline.jobs) == ["y", "x"]
    assert pipeline.jobs["x"].plain("stage") == "two"
    assert pipeline.jobs["x"].keywords["script"].file.path == "ci/a.yml"
    assert "z" in read("include: 'ci/**/*.yml'\n", **more).jobs


def test_inputs_fill_in_names_and_values() -> None:
    template = "spec:\n  inputs:\n    name: {}\n    tags: {type: array, default: [a, b]}\n---\n\"build $[[ inputs.name ]]\":\n  tags: $[[ inputs.tags ]]\n  script: ['make $[[ inputs.name ]]']\n"  # noqa: E501
    pipeline = read("include:\n  - local: t.yml\n    inputs: {name: x}\n", **{"t.yml": template})
    assert pipeline.jobs["build x"].plain("tags") == ["a", "b"]
    assert pipeline.jobs["build x"].plain("script") == ["make x"]


def test_what_is_elsewhere_is_named_and_jobs_that_need_it_are_not_known() -> None:
    pipeline = read("include:\n  - project: a/b\n    file: x.yml\n  - template: T.yml\njob:\n  extends: .far\n")
    assert [(include.kind, include.name) for include in pipeline.elsewhere] == [
        ("project", "a/b"),
        ("template", "T.yml"),
    ]
    assert not pipeline.jobs["job"].is_known


@pytest.mark.parametrize(
    ("root", "said"),
    [
        ("a: {extends: b}\nb: {extends: a}\nc: {script: [x]}\n", "extends itself"),
        ("a: {extends: a}\nc: {script: [x]}\n", "extends itself"),
        ("include: .gitlab-ci.yml\nc: {script: [x]}\n", "includes itself"),
        ("include: missing.yml\nc: {script: [x]}\n", "does not exist"),
        ("include: ../outside.yml\nc: {script: [x]}\n", "does not exist"),
        ("include: bad.yml\nc: {script: [x]}\n", "bad.yml:1: is not valid YAML"),
        ("include: list.yml\nc: {script: [x]}\n", "not a mapping"),
    ],
)
def test_what_is_broken_is_a_problem_and_the_rest_is_there(root: str, said: str) -> None:
    pipeline = read(root, **{"bad.yml": "a: b: c\n", "list.yml": "- a\n"})
    assert "c" in pipeline.jobs
    assert any(said in str(problem) for problem in pipeline.problems)


def test_a_reference_that_leads_in_circles_stays_as_it_is() -> None:
    pipeline = read("a:\n  script: !reference [b, script]\nb:\n  script: !reference [a, script]\n")
    assert list(pipeline.jobs["a"].lines("script")) == []


def test_more_includes_than_gitlab_takes_are_left_out() -> None:
    many = Files({f"f/{n}.yml": b"x: {script: [a]}\n" for n in range(200)} | {ROOT: b"include: 'f/*.yml'\n"})
    assert len(read_pipeline(many, ROOT).files) <= 150
    assert any("more than 150" in str(problem) for problem in read_pipeline(many, ROOT).problems)


@pytest.mark.parametrize(
    ("rules", "answer"),
    [
        ("[{exists: [Dockerfile]}]", "in"),
        ("[{exists: ['**/*.{py,rb}']}]", "in"),
        ("[{exists: [go.mod]}]", "out"),
        ("[{exists: {paths: [Dockerfile]}}]", "in"),
        ("[{exists: {paths: [Dockerfile], project: a/b}}]", "not known"),
        ("[{exists: ['$WHERE/x']}]", "not known"),
        ("[{if: '$CI_COMMIT_TAG'}]", "not known"),
        ("[{if: '$CI_COMMIT_TAG', exists: [go.mod]}]", "out"),
        ("[{if: '$GITLAB_CI == \"true\"'}]", "in"),
        ("[{if: '$GITLAB_CI == \"false\"'}]", "out"),
        ('[{if: \'$CI && "a" != "a" || ""\'}]', "out"),
        ("[{if: '($CI)'}]", "not known"),
        ("[{exists: [Dockerfile], when: never}, {when: always}]", "out"),
        ("[{exists: [go.mod], when: never}, {when: always}]", "in"),
        ("[{if: '$A', when: never}, {when: always}]", "not known"),
        ("[{changes: [x]}]", "not known"),
        ("[]", "out"),
    ],
)
def test_rules_of_an_include_are_answered_as_far_as_the_files_say(rules: str, answer: str) -> None:
    root = f"include:\n  - local: more.yml\n    rules: {rules}\na: {{script: [x]}}\n"
    files = tree(root, **{"more.yml": "b: {script: [y]}\n", "Dockerfile": "", "src/deep/a.py": ""})
    pipeline = read_pipeline(files, ROOT)
    more = pipeline.file("more.yml")
    assert answer == ("out" if more is None else "not known" if more.conditional else "in")


def test_an_input_that_is_a_list_stands_for_several_lines() -> None:
    template = "spec:\n  inputs:\n    names: {type: array, default: [a, b]}\n---\njob:\n  script: [first, '$[[ inputs.names ]]', 'x $[[ inputs.names ]]']\n"  # noqa: E501
    pipeline = read("include: t.yml\n", **{"t.yml": template})
    assert [line.scalar for line in pipeline.jobs["job"].lines("script")] == ["first", "a", "b", 'x ["a","b"]']
