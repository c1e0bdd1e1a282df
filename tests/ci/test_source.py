"""The source `ci`: candidates by rule, problems by file and line, and an honest word where there is nothing."""

from __future__ import annotations

from improve_loop.model.plugs import GaveUp, NothingToDo
from improve_loop.recipes import RECIPES
from improve_loop.rules.ci import RULES
from improve_loop.sources import SOURCES
from tests.ci.support import ROOT, Files, apply, candidate, found, tree

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
    def print_of(text: str) -> str:
        one = candidate(tree(text), "PIP04")
        assert one is not None
        return one.fingerprint

    assert print_of(GLOBAL) == print_of("stages: [test]\n\n" + GLOBAL)
    assert print_of(GLOBAL) != print_of(GLOBAL.replace("a:1", "a:2"))


def test_no_pipeline_is_an_empty_answer_with_its_reason() -> None:
    nothing = found(Files({"README.md": b"hello"}))
    assert (nothing.status, nothing.candidates) == ("ok_empty", ())
    assert "no .gitlab-ci.yml" in nothing.reason


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


def test_an_option_that_nobody_knows_is_said() -> None:
    assert found(tree(GLOBAL), rule_off=["PIP04"]).problems[0].startswith("domains.ci.options.rule_off: unknown")
    assert found(tree(GLOBAL), rules_only=["SEC04"]).status == "ok_empty"


def test_a_recipe_touches_only_the_paths_of_its_candidate() -> None:
    both = tree("include: a.yml\n" + GLOBAL, **{"a.yml": "cache: {paths: [x]}\n"})
    assert isinstance(apply(both, "PIP04", ROOT), GaveUp)


def test_a_recipe_on_a_tree_without_the_finding_has_nothing_to_do() -> None:
    assert isinstance(apply(tree("job:\n  script: [a]\n"), "PIP04"), NothingToDo)
    assert isinstance(apply(Files({}), "PIP04"), NothingToDo)
