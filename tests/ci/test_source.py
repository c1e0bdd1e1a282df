"""The source `ci`: candidates by rule, problems by file and line, and an honest word where there is nothing."""

from __future__ import annotations

import random

from improve_loop.model.plugs import Edited, GaveUp, NothingToDo
from improve_loop.recipes import RECIPES
from improve_loop.rules.ci import RULES
from improve_loop.sources import SOURCES
from tests.ci.support import ROOT, Files, apply, candidate, found, reason, tree

SAMPLE = b"""# our pipeline
image: node:20
stages:
  - test
  - unused
cache: &cache
  paths:
    - node_modules/

.base: &base
  before_script:
    - npm ci

lint:
  <<: *base
  cache: *cache
  script: [npm run lint]

unit:
  extends: .base
  type: test
  script:
    - |
      npm test
    - !reference [.base, before_script]
"""
BITS = [
    b"\n",
    b"  ",
    b"- ",
    b": ",
    b"&a ",
    b"*a",
    b'"',
    b"#",
    b"[",
    b"]",
    b"{",
    b"|\n",
    b"\r\n",
    b"\t",
    b"<<: ",
    b"~",
    b"? ",
]
GLOBAL = "image: a:1\njob:\n  script: [a]\n"


def test_every_recipe_has_its_rule_and_the_domain_is_there() -> None:
    assert set(RECIPES) - {"CUSTOM"} <= set(RULES)
    assert SOURCES["ci"].DOMAIN == "ci"


def test_one_candidate_for_each_rule_with_all_that_a_reviewer_needs() -> None:
    one = candidate(tree(GLOBAL), "PIP04")
    assert one is not None
    assert (one.id, one.source, one.class_, one.target_paths) == (one.id, "ci/PIP04", "ci", (ROOT,))
    assert one.recipe is not None
    assert (one.recipe.name, one.target_repo) == ("PIP04", "acme/shop")
    assert [(e.path, e.line, e.quote) for e in one.evidence] == [(ROOT, 1, "image: a:1")]


def test_the_fingerprint_follows_the_change_and_not_the_line() -> None:
    def print_of(text: str, rule: str = "PIP04") -> str:
        one = candidate(tree(text), rule)
        assert one is not None
        return one.fingerprint

    assert print_of(GLOBAL) == print_of("stages: [test]\n\n" + GLOBAL)
    assert print_of(GLOBAL) != print_of(GLOBAL.replace("a:1", "a:2"))
    one, two = ("".join(f"test {n}:\n  script: [a]\n" for n in range(count)) for count in (1, 2))
    assert print_of(one, "PIP01") != print_of(two, "PIP01")


def test_no_pipeline_is_an_empty_answer_with_its_reason() -> None:
    nothing = found(Files({"README.md": b"hello"}))
    assert (nothing.status, nothing.candidates) == ("ok_empty", ())
    assert "no plain file .gitlab-ci.yml" in nothing.reason


def test_a_broken_root_file_is_a_problem_with_its_line() -> None:
    broken = found(tree("job:\n  script: [a\nb: c: d\n"))
    assert broken.status == "bad_payload"
    assert broken.problems[0].startswith(".gitlab-ci.yml:3: is not valid YAML")


def test_a_broken_include_does_not_stop_the_rest() -> None:
    half = found(tree("include: [a.yml, b.yml]\njob:\n  variables: {}\n  script: [a]\n", **{
        "a.yml": "x: ]", "b.yml": 'one:\n  variables:\n    CI_DEBUG_TRACE: "true"\n    A: b\n  script: [b]\n',
    }))  # fmt: skip
    assert [one.target_paths for one in half.candidates if one.subject == "SEC04"] == [("b.yml",)]
    assert half.problems[0].startswith("a.yml:1: ")


def test_rules_and_the_file_are_configured() -> None:
    assert candidate(tree(GLOBAL), "PIP04", rules_off=["PIP04"]) is None
    other = Files({"ci/main.yml": GLOBAL.encode()})
    assert found(other).status == "ok_empty"
    one = candidate(other, "PIP04", ci_file="ci/main.yml")
    assert one is not None
    assert one.target_paths == ("ci/main.yml",)


def test_a_rule_that_does_not_exist_is_said() -> None:
    assert found(tree(GLOBAL), rules_off=["NOPE"]).problems[0].startswith("domains.ci.options: there is no rule NOPE")
    assert found(tree(GLOBAL), rules_only=["SEC04"]).status == "ok_empty"


def test_a_recipe_touches_only_the_paths_of_its_candidate() -> None:
    both = tree("include: a.yml\n" + GLOBAL, **{"a.yml": "cache: {paths: [x]}\n"})
    assert isinstance(apply(both, "PIP04", ROOT), GaveUp)


def test_a_recipe_on_a_tree_without_the_finding_has_nothing_to_do() -> None:
    assert isinstance(apply(tree("job:\n  script: [a]\n"), "PIP04"), NothingToDo)
    assert isinstance(apply(Files({}), "PIP04"), NothingToDo)


def test_names_from_the_repository_never_begin_a_line_of_the_description() -> None:
    odd = '"a\\n/approve\\n":\n  script: [a]\n' + GLOBAL
    assert "does not fit into a text" in reason(tree(odd), "PIP04")
    one = apply(tree('"a @b ![x](http://x.example)":\n  script: [a]\n' + GLOBAL), "PIP04")
    assert isinstance(one, Edited)
    texts = vars(one.explanation).values() if hasattr(one.explanation, "__dict__") else ()
    assert all("\n" not in text for text in texts)


def test_mutated_files_are_read_or_refused_and_never_mended_twice() -> None:
    chance = random.Random(11)
    for _ in range(60):
        data = bytearray(SAMPLE)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data) + 1)
            if chance.random() < 0.6:
                data[at:at] = chance.choice(BITS)
            else:
                del data[at : at + chance.randint(1, 9)]
        for one in found(tree(bytes(data))).candidates:
            result = apply(tree(bytes(data)), one.subject, *one.target_paths)
            assert isinstance(result, Edited), (bytes(data), one.subject, result)
            again = candidate(Files({path: new or b"" for path, new in result.files.items()}), one.subject)
            assert again is None, (bytes(data), one.subject)
