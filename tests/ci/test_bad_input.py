"""Files as nobody should write them: kept byte for byte where nothing is edited, or refused with a reason."""

from __future__ import annotations

import time
from typing import Any

import pytest

from improve_loop.edges.trees import FolderTree
from tests.ci.support import ROOT, a_run, candidate, found, left_alone, mended, tree

JOB = "job:\n  script: [a]\n"
HTML = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"job:\n  script: [\xff]\n", ":2: is not UTF-8"),
        ("job: {}".encode("utf-16"), "UTF-8"),
        (b"job:\n\0", ":2: holds NUL bytes"),
        (HTML.encode(), "page of HTML"),
        (b"job:\n\tscript: [a]\n", ":2: is not valid YAML"),
        (b"", "is empty"),
        (b"# nothing\n", "is empty"),
        (b"- a\n- b\n", "not a mapping"),
        (b"just words\n", "not a mapping"),
        (b"a: *nowhere\n", ":1: is not valid YAML"),
        (b"a: &a [*a]\n", "contains itself"),
        (BOMB.encode(), "expands to more than"),
        (b"a: " + b"[" * 200_000, "nests deeper"),
        (b"a: " + b"{b: " * 200_000, "nests deeper"),
        (b"- " * 200_000, "nests deeper"),
        ("".join(" " * n + "a:\n" for n in range(150)).encode(), "nests deeper"),
        (b"# " + b"x" * 2_100_000, "GitLab reads at most"),
    ],
)
def test_refused_with_its_reason(content: bytes, said: str) -> None:
    answer = found(tree(content))
    assert answer.status == "bad_payload"
    assert said in answer.reason
    assert answer.candidates == ()


@pytest.mark.parametrize(
    "more",
    [
        "# tab in a comment:\t.\n",
        "other:\n  script:\n    - |2-\n        odd\n\n       block\n    - >+\n      kept\n\n\n",
        "ünïcödé 🚀:\n  script: ['echo 🎉']\n",
        ".flow: {script: [a, 'b', \"c\\u0041\"], variables: {A: 'b'}}\n",
        "dup:\n  script: [a]\n  script: [b]\n",
        ".anchored: &x\n  - one\nuses:\n  before_script: *x\n  script: [a]\n",
        "last:\n  script: [no newline]",
        "x:\r\n  script: [mixed]\r\n",
        "other:\n  script: [a]\n---\nsecond:\n  script: [b]\n",
        "? complex\n: {script: [a]}\n",
        "odd:\n  script: ['line\u2028end\x85'] # \u2029\n",
    ],
)
def test_what_is_not_edited_stays_byte_for_byte(more: str) -> None:
    after = mended("image: a:1\n" + JOB + more, "PIP04")
    assert after == "default:\n  image: a:1\n" + JOB + more


def test_a_header_document_stays_and_the_second_is_edited() -> None:
    header = "spec:\n  inputs:\n    a: {default: b}\n---\n"
    assert mended(header + "image: a:1\n" + JOB, "PIP04") == header + "default:\n  image: a:1\n" + JOB


def test_an_anchor_across_the_edited_place_is_respected() -> None:
    assert (
        left_alone("cache: &c {paths: [p]}\n" + JOB + "  cache: *c\ndefault:\n  tags: [x]\n", "PIP04")
        != "nothing found"
    )


def test_a_symlink_is_not_followed(tmp_path_factory: pytest.TempPathFactory) -> None:
    outside, repository = tmp_path_factory.mktemp("outside"), tmp_path_factory.mktemp("repository")
    (outside / "ci.yml").write_text("image: a:1\n" + JOB)
    (repository / ROOT).symlink_to(outside / "ci.yml")
    from improve_loop.sources import ci

    assert ci.discover(FolderTree(repository), a_run()).status == "ok_empty"
    (repository / ROOT).unlink()
    (repository / ROOT).write_text("include: linked.yml\n" + JOB)
    (repository / "linked.yml").symlink_to(outside / "ci.yml")
    assert any(
        "symlink" in problem or "does not exist" in problem
        for problem in ci.discover(FolderTree(repository), a_run()).problems
    )


def test_ten_thousand_jobs_cost_ten_times_a_thousand() -> None:
    """Near-linear: measured in processor time of this process, with room for noise."""
    mended(_jobs(10), "PIP04", rules_off=["PIP01"])  # the schema is compiled once
    seconds = {count: _cost(count) for count in (400, 4_000)}
    assert seconds[4_000] < 30 * seconds[400]


def _jobs(count: int) -> str:
    return "image: a:1\n" + "".join(f"job {n}:\n  script: [a]\n" for n in range(count))


def _cost(count: int) -> float:
    started = time.process_time()
    one = candidate(tree(_jobs(count)), "PIP04")
    assert one is not None
    return time.process_time() - started


@pytest.mark.parametrize(
    "root",
    [
        "stages:\n  - test\n  - build\n    and more\njob:\n  script: [a]\n",
        ".t: &t\n  tags: [x]\ntest job:\n  tags: [y]\n  <<: *t\n  script: [a]\n",
        "? [a, b]\n: {script: [a]}\ntest job:\n  ? [c]\n  : d\n  script: [a]\n",
    ],
)
def test_what_an_edit_would_not_mend_is_not_edited(root: str) -> None:
    """Found by mutated files: a second run would have found the same again, or the rules stumbled."""
    for one in found(tree(root), runner_map={"test*": "fast"}).candidates:
        assert one.subject not in ("PIP07", "RUN01") or mended(root, one.subject, runner_map={"test*": "fast"})


EVERY: dict[str, Any] = {"rules_on": ["ART01", "RET01", "IMG04"], "runner_map": {"test*": "fast"}}
SAMPLES = {
    "PIP04": "image: ruby:3\n# ours\ncache:\n  paths: [x]\n\njob:\n  script: [a]\n",
    "PIP01": ".t:\n  stage: test\n  script: [make]\n\ntest 1:\n  extends: .t\n\ntest 2:\n  extends: .t\n",
    "PIP07": "stages:\n  - build\n  - test # 1\n\njob:\n  script: [a]\n",
    "PIP08": "job:\n  script: [a]\n  stage: test\n  script: [a]\n",
    "PIP09": "job:\n  type: test\n  script: [a]\n",
    "RUN01": "test:\n  tags:\n    - slow # old\n  script: [a]\n",
    "RET01": "test:\n  retry:\n    max: 2\n  script: [make]\n",
    "ART01": "job:\n  script: [a]\n  artifacts:\n    paths:\n      - x/\n\nship:\n  stage: deploy\n  script: [b]\n",
    "IMG04": "job:\n  services:\n    - redis:7\n  script: [a]\n",
    "SEC04": "variables:\n  CI_DEBUG_TRACE: 'true'\n  A: b\n\njob:\n  script: [a]\n",
    "CAC05": "job:\n  cache:\n    paths:\n      - node_modules/\n  script:\n    - npm ci\n",
}


@pytest.mark.parametrize("rule", SAMPLES)
def test_line_ends_marks_and_the_last_newline_do_not_matter_to_an_edit(rule: str) -> None:
    """The edit of a disguised file is the disguised edit; found by mutating real files, none of which is here."""
    before = SAMPLES[rule]
    after = mended(before, rule, **EVERY)
    assert mended(before.replace("\n", "\r\n"), rule, **EVERY) == after.replace("\n", "\r\n")
    assert mended("\ufeff" + before, rule, **EVERY) == "\ufeff" + after
    assert mended("---\n" + before, rule, **EVERY) == "---\n" + after
    assert mended(before.rstrip("\n"), rule, **EVERY) == after.rstrip("\n")
    assert mended(before + "\n\n", rule, **EVERY).rstrip("\n") == after.rstrip("\n")
