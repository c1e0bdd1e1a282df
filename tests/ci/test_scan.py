"""`improve-loop scan` and `explain`, called as a person calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from improve_loop.cli.config import check
from improve_loop.cli.scan import explain, scan
from improve_loop.errors import ConfigError, UsageError

ROOT = "image: node\n\njob:\n  script:\n    - npm test\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".gitlab-ci.yml").write_text(ROOT)
    return tmp_path


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(scan, [str(argument) for argument in arguments])


def test_the_table_names_place_rule_and_whether_it_can_be_mended(repository: Path) -> None:
    result = call(repository)
    assert result.exit_code == 0
    assert ".gitlab-ci.yml:1  PIP04 A+  " in result.stdout
    assert ".gitlab-ci.yml:1  IMG02 A   " in result.stdout
    assert "can be mended" in result.stderr


def test_a_single_file_is_read_from_its_repository(repository: Path) -> None:
    (repository / ".git").mkdir()
    (repository / "ci").mkdir()
    (repository / "ci" / "main.yml").write_text("include: .gitlab-ci.yml\n")
    assert ".gitlab-ci.yml:1  PIP04" in call(repository / "ci" / "main.yml").stdout


def test_json_holds_every_field(repository: Path) -> None:
    rows = json.loads(call(repository, "--format", "json").stdout)["findings"]
    first = next(row for row in rows if row["rule"] == "PIP04")
    assert (first["line"], first["column"], first["fixable"], first["tier"]) == (1, 1, True, "A")


def test_code_quality_has_unique_fingerprints_and_severities(repository: Path) -> None:
    rows = json.loads(call(repository, "--format", "codequality").stdout)
    assert len({row["fingerprint"] for row in rows}) == len(rows) > 1
    assert {row["severity"] for row in rows} <= {"info", "minor", "major"}
    assert rows[0]["location"] == {"path": ".gitlab-ci.yml", "lines": {"begin": 1}}


def test_sarif_names_its_rules(repository: Path) -> None:
    run = json.loads(call(repository, "--format", "sarif").stdout)["runs"][0]
    named = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} == named


@pytest.mark.parametrize(("fail_on", "code"), [("PIP04", 4), ("A", 4), ("any", 4), ("SEC04", 0), ("C", 0)])
def test_fail_on_decides_the_exit_code(repository: Path, fail_on: str, code: int) -> None:
    assert call(repository, "--fail-on", fail_on).exit_code == code


@pytest.mark.parametrize("arguments", [("--fail-on", "any"), ("--fail-on", "PIP04")])
def test_a_pipeline_that_cannot_be_read_has_not_passed(repository: Path, arguments: tuple[str, ...]) -> None:
    (repository / ".gitlab-ci.yml").write_text("<!DOCTYPE html>\n<html><body>Sign in</body></html>\n")
    result = call(repository, *arguments)
    assert result.exit_code == 4
    assert "HTML" in result.stderr
    assert "no pipeline here includes it" not in result.stderr
    assert call(repository).exit_code == 0


def test_a_link_out_of_the_repository_is_refused_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "outside.yml").write_text(ROOT)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / ".gitlab-ci.yml").symlink_to(tmp_path / "outside.yml")
    result = call(tmp_path / "shop", "--fail-on", "any")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "a link or no plain file" in result.stderr


def test_the_configuration_of_the_repository_counts(repository: Path) -> None:
    (repository / ".improve-loop.yml").write_text("domains: {ci: {options: {rules_off: [PIP04]}}}\n")
    assert "PIP04" not in call(repository).stdout


def test_an_option_that_nobody_knows_is_named(repository: Path) -> None:
    (repository / ".improve-loop.yml").write_text("domains: {ci: {options: {rules_of: [PIP04], registries: 5}}}\n")
    said = str(call(repository).exception)
    assert "domains.ci.options.rules_of: unknown key; did you mean rules_off?" in said
    assert "domains.ci.options.registries: expected a list, got 5" in said


def test_a_rule_that_does_not_exist_is_named(repository: Path) -> None:
    (repository / ".improve-loop.yml").write_text("domains: {ci: {options: {rules_off: [PIP40]}}}\n")
    checked = CliRunner().invoke(check, [str(repository)])
    assert isinstance(checked.exception, ConfigError)
    assert "domains.ci.options: there is no rule PIP40; there are ART01, " in call(repository).stderr


def test_nothing_to_look_at_is_said_and_is_no_error(tmp_path: Path) -> None:
    result = call(tmp_path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no .gitlab-ci.yml here" in result.stderr


@pytest.mark.parametrize("arguments", [("nowhere",), (".", "--fail-on", "PIP99")])
def test_wrong_usage_says_what_to_do(arguments: tuple[str, ...]) -> None:
    assert isinstance(call(*arguments).exception, UsageError)


def test_explain_prints_the_page() -> None:
    result = CliRunner().invoke(explain, ["pip04"])
    assert result.stdout.startswith("# PIP04: ")
    assert "ignore PIP04 reason" in result.stdout
    assert isinstance(CliRunner().invoke(explain, ["PIP99"]).exception, UsageError)


def test_of_several_repositories_each_line_names_its_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".gitlab-ci.yml").write_text(ROOT)
    result = call(tmp_path / "one", tmp_path / "two")
    assert {line.partition("/.gitlab-ci.yml")[0] for line in result.stdout.splitlines()} == {
        str(tmp_path / "one"),
        str(tmp_path / "two"),
    }
    rows = json.loads(call(tmp_path / "one", tmp_path / "two", "--format", "json").stdout)["findings"]
    assert {row["repository"] for row in rows} == {str(tmp_path / "one"), str(tmp_path / "two")}
    assert {row["path"] for row in rows} == {".gitlab-ci.yml"}
    quality = json.loads(call(tmp_path / "one", tmp_path / "two", "--format", "codequality").stdout)
    assert len({row["fingerprint"] for row in quality}) == len(quality)


def test_files_that_no_pipeline_includes_are_named(repository: Path) -> None:
    (repository / ".gitlab" / "ci").mkdir(parents=True)
    for name in ("a.yml", "b.yml"):
        (repository / ".gitlab" / "ci" / name).write_text("image: b:1\nother:\n  script: [a]\n")
    (repository / ".gitlab-ci.yml").write_text("include: .gitlab/ci/a.yml\n" + ROOT)
    result = call(repository)
    assert ".gitlab/ci/b.yml: looks like CI configuration" in result.stderr
    assert ".gitlab/ci/a.yml: looks" not in result.stderr
    assert "PIP04" in call(repository / ".gitlab" / "ci" / "b.yml").stdout
