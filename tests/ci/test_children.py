"""Child pipelines and includes that only a run can decide: read, mended in one candidate, never at another's cost."""

from __future__ import annotations

from improve_loop.model.plugs import Edited
from improve_loop.recipes import RECIPES
from improve_loop.rules.pipeline import read_pipeline
from tests.ci.support import ROOT, Files, candidate, found, left_alone, mended, tree

START = "start:\n  trigger:\n    include: child.yml\n"
CHILD = "image: b:1\njob:\n  script: [a]\n"


def test_a_child_pipeline_gets_findings_too() -> None:
    child = "job:\n  script: ['docker login -p $PASSWORD']\n"
    rows = [(one.rule, one.path) for one in found(tree(START, **{"child.yml": child})).findings]
    assert ("SEC06", "child.yml") in rows


def test_every_form_of_a_child_is_followed_and_no_child_twice() -> None:
    forms = (
        "a: {trigger: {include: child.yml}}\nb: {trigger: {include: [{local: child.yml}], strategy: depend}}\n"
        "c: {trigger: {include: [{local: child.yml}, {local: more.yml}]}}\n"
        "d: {trigger: {include: [{artifact: made.yml, job: a}]}}\ne: {trigger: other/project}\n"
    )
    pipeline = read_pipeline(tree(forms, **{"child.yml": CHILD, "more.yml": "more: {script: [b]}\n"}), ROOT)
    assert [list(member.jobs) for member in pipeline.family[1:]] == [["job"], ["job", "more"]]


def test_a_childs_child_is_the_last_that_gitlab_starts() -> None:
    files = {f"{n}.yml": f"start {n}: {{trigger: {{include: {n + 1}.yml}}}}\n" for n in range(5)}
    pipeline = read_pipeline(tree("start: {trigger: {include: 0.yml}}\n", **files), ROOT)
    assert [member.root for member in pipeline.family] == [ROOT, "0.yml", "1.yml"]


def test_one_rule_mends_the_pipeline_and_its_child_in_one_candidate() -> None:
    files = tree("image: a:1\n" + START, **{"child.yml": CHILD})
    one = candidate(files, "PIP04")
    assert one is not None
    assert one.target_paths == (ROOT, "child.yml")
    result = RECIPES["PIP04"].apply(files, one)
    assert isinstance(result, Edited)
    assert "child pipeline of `child.yml`" in result.explanation.what
    after = Files({**files.files, **{path: new for path, new in result.files.items() if new is not None}})
    assert after.files["child.yml"] == b"default:\n  image: b:1\njob:\n  script: [a]\n"
    assert candidate(after, "PIP04") is None


def test_a_file_that_the_child_includes_too_is_not_changed_at_its_cost() -> None:
    shared = ".base:\n  stage: test\n  script: [make]\n"
    users = "".join(f"\ntest {n}:\n  extends: .base\n" for n in range(2))
    root = "include: shared.yml\n" + users
    start = "\nrelease:\n  stage: deploy\n  trigger: {include: child.yml}\n"
    more = {"shared.yml": shared, "child.yml": "include: shared.yml\ndeploy:\n  extends: .base\n"}
    assert "interruptible" not in mended(root, "PIP01", {"shared.yml": shared})
    after = mended(root + start, "PIP01", more)
    assert after.count("interruptible: true") == 2


def test_a_job_of_a_child_is_not_made_interruptible() -> None:
    child = {"child.yml": "test:\n  script: [make]\n"}
    assert "depends on the one that starts it" in left_alone(START, "PIP01", child)


def test_an_include_that_only_a_run_decides_may_be_in_or_not() -> None:
    root = "include:\n  - local: more.yml\n    rules: [{if: $FULL}]\nimage: a:1\njob:\n  script: [a]\n"
    more = {"more.yml": "other:\n  script: [b]\n"}
    pipeline = read_pipeline(tree(root, **more), ROOT)
    assert pipeline.certain is not None
    assert (list(pipeline.jobs), list(pipeline.certain.jobs)) == (["other", "job"], ["job"])
    assert mended(root, "PIP04", more).endswith("default:\n  image: a:1\njob:\n  script: [a]\n")
