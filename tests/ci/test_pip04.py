"""PIP04 moves whole blocks with their comments, and gives up where GitLab might read the result otherwise."""

from __future__ import annotations

import pytest

from tests.ci.support import left_alone, mended

JOB = "\nbuild:\n  script:\n    - make\n"


def test_blocks_that_stand_together_are_indented_in_place() -> None:
    before = "# the base\nimage: node:20\nservices: [postgres:16]\n\nstages: [build]\n" + JOB.replace(
        "script", "stage: build\n  script"
    )
    after = mended(before, "PIP04")
    assert after.startswith("default:\n  # the base\n  image: node:20\n  services: [postgres:16]\n\nstages: [build]\n")
    assert after.endswith(before[before.index("stages") :])


def test_a_block_further_down_comes_along_with_its_comment() -> None:
    before = "image: a:1\n\nstages:\n  - test\n\n# keep me\ncache:\n  paths:\n    - x/   # why\n\njob:\n  script: [a]\n"
    expected = (
        "default:\n  image: a:1\n\n  # keep me\n  cache:\n    paths:\n      - x/   # why\n\n"
        "stages:\n  - test\n\njob:\n  script: [a]\n"
    )
    assert mended(before, "PIP04") == expected


def test_a_header_of_the_file_stays_at_the_top() -> None:
    before = "# This file is a template\n# https://example.org\nimage: a:1\n" + JOB
    assert mended(before, "PIP04").startswith("# This file is a template\n# https://example.org\ndefault:\n  image")


def test_what_only_moved_passes_the_gates() -> None:
    before = (
        "image: docker:latest\nservices:\n  - docker\n  - docker:dind\ncache:\n  paths: [~/.cargo, /root/.m2]\n"
        "before_script:\n"
        "  - curl -sSf https://tool.example/setup.sh > setup.sh\n  - bash ./setup.sh\n" + JOB
    )
    assert mended(before, "PIP04").startswith("default:\n  image: docker:latest\n")


def test_an_existing_default_takes_the_blocks_at_its_end() -> None:
    before = "default:\n    retry: 1 # once\n\nimage: a:1\nbefore_script:\n- echo a\n" + JOB
    assert mended(before, "PIP04") == (
        "default:\n    retry: 1 # once\n    image: a:1\n\n    before_script:\n    - echo a\n" + JOB
    )


def test_jobs_that_switch_inheritance_off_still_do() -> None:
    before = "image: a:1\njob:\n  inherit: {default: false}\n  script: [a]\nother:\n  inherit:\n    default: [image]\n"
    assert "default:\n  image: a:1\n" in mended(before + "  script: [b]\n", "PIP04")


@pytest.mark.parametrize("width", [2, 3, 4, 8])
def test_the_indentation_of_the_file_is_kept(width: int) -> None:
    pad = " " * width
    assert mended(f"image: a:1\njob:\n{pad}script: [a]\n", "PIP04").startswith(f"default:\n{pad}image: a:1\n")


def test_windows_line_ends_stay() -> None:
    after = mended(
        "image: a:1\r\n\r\nstages: [test]\r\n\r\ncache:\r\n  paths: [x]\r\n\r\njob:\r\n  script: [a]\r\n", "PIP04"
    )
    assert after.count("\n") == after.count("\r\n")
    assert after.startswith("default:\r\n  image: a:1\r\n\r\n  cache:\r\n    paths: [x]\r\n\r\nstages")


def test_a_byte_order_mark_and_a_missing_final_newline_stay() -> None:
    assert mended("\ufeffimage: a:1\njob:\n  script: [a]", "PIP04") == (
        "\ufeffdefault:\n  image: a:1\njob:\n  script: [a]"
    )
    assert mended("job:\n  script: [a]\n\nimage: a:1", "PIP04") == "job:\n  script: [a]\n\ndefault:\n  image: a:1"
    assert mended("image: a:1\njob:\n  script: [a]\n\ncache:\n  key: x", "PIP04") == (
        "default:\n  image: a:1\n\n  cache:\n    key: x\njob:\n  script: [a]"
    )


def test_block_scalars_and_odd_quotes_move_unchanged() -> None:
    before = (
        'before_script:\n  - |\n      if a; then\n\n        b\n      fi\n  - "x\n    y"\n  - >2-\n     deep\n' + JOB
    )
    after = mended(before, "PIP04")
    assert "  before_script:\n    - |\n        if a; then\n\n          b\n        fi\n" in after


def test_a_commented_out_item_belongs_to_the_list_above_it() -> None:
    before = "before_script:\n- a\n# - b\n# the stages\nstages: [test]\n" + JOB
    assert "  - a\n  # - b\n# the stages\nstages" in mended(before, "PIP04")


def test_an_anchor_in_a_moved_block_still_serves_the_jobs_below() -> None:
    before = "before_script: &setup\n  - a\n\njob:\n  before_script:\n    - *setup\n  script: [b]\n"
    assert "default:\n  before_script: &setup\n    - a\n" in mended(before, "PIP04")


def test_a_block_that_uses_an_anchor_from_between_moves_down_instead() -> None:
    before = "image: a:1\n\n.x: &x\n  paths: [p]\n\ncache: *x\n\njob:\n  script: [b]\n"
    assert mended(before, "PIP04").startswith(".x: &x\n  paths: [p]\n\ndefault:\n  image: a:1\n  cache: *x\n")


def test_a_default_that_jobs_merge_in_is_left_alone() -> None:
    before = "default: &d\n  tags: [x]\nimage: a:1\njob:\n  <<: *d\n  script: [a]\n"
    assert "would also change" in left_alone(before, "PIP04")


@pytest.mark.parametrize("default", ["{tags: [x]}", "", "*d", "\n  script: [a]", "\n  image: b:2"])
def test_a_default_of_another_kind_is_left_alone(default: str) -> None:
    assert left_alone(f".d: &d\n  tags: [x]\n\ndefault: {default}\nimage: a:1\n" + JOB, "PIP04")


@pytest.mark.parametrize(
    "include",
    ["project: a/b\n    file: x.yml", "remote: https://x.example/y.yml", "component: a/b/c@1", "template: Go.yml",
     "local: missing.yml", "local: $WHERE.yml"],
)  # fmt: skip
def test_an_include_that_could_set_the_same_keyword_is_a_reason_to_stop(include: str) -> None:
    assert "include" in left_alone(f"include:\n  - {include}\nimage: a:1\n" + JOB, "PIP04")


def test_a_template_that_sets_no_global_keyword_is_none() -> None:
    assert "default:" in mended("include:\n  - template: Jobs/SAST.gitlab-ci.yml\nimage: a:1\n" + JOB, "PIP04")


def test_local_includes_move_in_step() -> None:
    before = "include: /ci/base.yml\nimage: a:1\n" + JOB
    base = {"ci/base.yml": "image: b:1\nbefore_script: [x]\n"}
    assert "default:\n  image: a:1\n" in mended(before, "PIP04", base)


def test_a_default_in_an_include_with_the_same_keyword_is_a_reason_to_stop() -> None:
    assert left_alone("include: base.yml\nimage: a:1\n" + JOB, "PIP04", {"base.yml": "default:\n  image: b:1\n"})


def test_a_reference_to_the_moved_keyword_is_a_reason_to_stop() -> None:
    job = "job:\n  before_script:\n    - !reference [before_script]\n  script: [b]\n"
    assert "!reference" in left_alone("before_script: [a]\n" + job, "PIP04")


@pytest.mark.parametrize(
    "root", ['{"image": "a:1", "job": {"script": ["a"]}}', "? image\n: a:1\njob:\n  script: [a]\n"]
)
def test_other_styles_are_left_alone_or_right(root: str) -> None:
    assert left_alone(root, "PIP04")


def test_a_file_without_jobs_is_for_others_to_include() -> None:
    assert "another pipeline" in left_alone("image: a:1\n.base:\n  script: [a]\n", "PIP04")


def test_a_comment_switches_the_rule_off() -> None:
    assert left_alone("image: a:1 # improve-loop: ignore PIP04 old GitLab\n" + JOB, "PIP04") == "nothing found"
    assert left_alone("# improve-loop: ignore SEC04, PIP04\nimage: a:1\n" + JOB, "PIP04") == "nothing found"
    assert "default:" in mended("image: a:1 # improve-loop: ignore SEC04\n" + JOB, "PIP04")


def test_a_header_below_the_document_mark_stays_at_the_top() -> None:
    header = "---\n# Copyright 2026 somebody\n# All of it\n"
    after = mended(header + "image: a:1\njob:\n  script: [a]\n", "PIP04")
    assert after == header + "default:\n  image: a:1\njob:\n  script: [a]\n"
