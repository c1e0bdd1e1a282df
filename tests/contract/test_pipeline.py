"""The template as GitLab reads it: one job a phase, one credential a job, nothing that leaks, nothing that collides."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from improve_loop import sources
from improve_loop.phases import extract
from tests.support.ci_yaml import TEMPLATES, defaults, filled, header, jobs
from tests.support.imports import ROOT

TEMPLATE = TEMPLATES / "improve-loop.yml"
HUB = ROOT / ".gitlab-ci.yml"
FILES = [TEMPLATE, TEMPLATES / "launcher.yml", TEMPLATES / "gates.yml", HUB]
SHARED = ROOT.parent / "shared" / "gitlab-schemas"
# Documented for GitLab 16.3, in its schema only after July 2024: for that one the rest is judged without it.
LAGGING = ("gitlab-ci-schema-2024-07", "annotations")
SCHEMAS = ["gitlab-ci-schema-2024-07", "gitlab-ci-schema-2025-04", "gitlab-ci-schema-2026-02", "gitlab-ci-schema"]

# DESIGN section 2: which phase holds which credential.
CREDENTIALS = {
    "preflight": "improve-loop/read",
    "discover": "improve-loop/read",
    "extract": "improve-loop/model",
    "triage": None,
    "propose": "improve-loop/write",
    "approve": "improve-loop/read",
    "implement": "improve-loop/model",
    "check": None,
    "gate": None,
    "publish": "improve-loop/write",
    "validate": "improve-loop/read",
    "ship": "improve-loop/write",
    "cleanup": "improve-loop/write",
}
JOBS = jobs(filled(TEMPLATE, {}))


def phase(job: str) -> str:
    return job.removeprefix("improve-loop:")


def test_there_is_one_job_a_phase_and_a_phase_a_job() -> None:
    phases = {path.stem for path in (ROOT / "scripts/improve_loop/phases").glob("*.py")}
    assert set(CREDENTIALS) & phases <= {phase(name) for name in JOBS} <= set(CREDENTIALS)


@pytest.mark.parametrize("name", JOBS)
def test_each_job_plays_its_own_phase_with_its_own_credential(name: str) -> None:
    job = JOBS[name]
    assert [line.split()[:2] for line in job["script"]] == [["improve-loop", phase(name)]]
    environment = job.get("environment", {})
    assert environment.get("name") == CREDENTIALS[phase(name)]
    assert environment.get("action", "access") == "access"


@pytest.mark.parametrize("name", JOBS)
def test_each_job_writes_its_own_folder_and_no_report_that_sets_variables(name: str) -> None:
    artifacts = JOBS[name]["artifacts"]
    assert artifacts["paths"] == [f"il-out/$CI_PIPELINE_ID/{phase(name)}/"]
    assert "dotenv" not in artifacts.get("reports", {})
    assert artifacts["expire_in"] == "2 weeks"


@pytest.mark.parametrize("name", JOBS)
def test_no_job_takes_code_or_settings_from_a_checkout_a_cache_or_the_consumer(name: str) -> None:
    job = JOBS[name]
    assert job["variables"]["GIT_STRATEGY"] == "none"
    assert job["inherit"] == {"default": False, "variables": False}
    assert not {"cache", "before_script", "after_script", "services", "dependencies"} & set(job)
    assert job["interruptible"] is False
    assert job["timeout"]


@pytest.mark.parametrize("name", [name for name in JOBS if CREDENTIALS[phase(name)] == "improve-loop/model"])
def test_a_job_with_a_model_is_not_repeated_and_never_hides_the_rest(name: str) -> None:
    retry = JOBS[name]["retry"]
    assert retry == 0
    again = retry["max"] if isinstance(retry, dict) else retry
    assert JOBS[name]["variables"]["IL_JOB_ATTEMPTS"] == str(1 + again)  # by which its slice is divided
    assert JOBS[name]["allow_failure"] is True
    assert "secrets" not in JOBS[name]


def test_the_job_that_reads_texts_ends_by_itself_before_gitlab_ends_it() -> None:
    """A job that is ended uploads nothing: what it read and its ledger would be lost."""
    minutes = int(JOBS["improve-loop:extract"]["timeout"].removesuffix("m"))
    assert 0.8 * 60 * minutes >= extract.SECONDS


@pytest.mark.parametrize("name", [name for name in JOBS if CREDENTIALS[phase(name)] == "improve-loop/write"])
def test_jobs_that_write_take_turns(name: str) -> None:
    assert JOBS[name]["resource_group"] == "improve-loop-write"
    assert JOBS[name]["allow_failure"] == {"exit_codes": [75]}


@pytest.mark.parametrize("name", JOBS)
def test_a_job_needs_only_jobs_that_come_before_it(name: str) -> None:
    order = list(JOBS)
    assert all(order.index(need) < order.index(name) for need in JOBS[name]["needs"])
    assert name == order[0] or "improve-loop:preflight" in JOBS[name]["needs"]


READS = {
    "publish": {"preflight", "triage", "approve", "gate"},
    "check": {"preflight", "triage", "approve", "implement"},
    "validate": {"preflight", "publish"},
}


@pytest.mark.parametrize("name", READS)
def test_a_job_is_given_no_more_artifacts_than_its_phase_reads(name: str) -> None:
    assert {phase(need) for need in JOBS[f"improve-loop:{name}"]["needs"]} == READS[name]


def after(name: str) -> set[str]:
    """Jobs that cannot start before this one has ended well."""
    found = {name}
    while True:
        more = {job for job in JOBS if set(JOBS[job]["needs"]) & found} | found
        if more == found:
            return found - {name}
        found = more


def test_nothing_is_made_or_published_before_the_press() -> None:
    behind = {phase(name) for name in after("improve-loop:approve")}
    assert behind == {"implement", "check", "gate", "publish", "validate", "ship", "cleanup"}
    assert all("when" not in rule or rule["when"] != "always" for name in JOBS for rule in JOBS[name]["rules"])


def test_a_patch_is_published_only_after_gates_that_may_not_fail() -> None:
    gate = JOBS["improve-loop:gate"]
    assert not gate.get("allow_failure")
    assert "improve-loop:gate" in JOBS["improve-loop:publish"]["needs"]
    assert "improve-loop:implement" not in JOBS["improve-loop:publish"]["needs"]


def test_the_gate_for_humans_does_not_block_and_does_not_hurry() -> None:
    rules = JOBS["improve-loop:approve"]["rules"]
    assert rules[-1] == {"when": "manual", "allow_failure": True}
    assert [rule.get("when") for rule in rules[:3]] == ["never"] * 3


def test_every_job_can_be_switched_off_and_none_starts_by_accident() -> None:
    for name, job in JOBS.items():
        never = [rule["if"] for rule in job["rules"] if rule.get("when") == "never"]
        assert any("$IL_DISABLED" in rule for rule in never), name
        assert any("$CI_PIPELINE_SOURCE !~" in rule for rule in never), name
        assert any("$IL_START" in rule for rule in never), name


def test_the_template_has_no_global_keywords() -> None:
    config = filled(TEMPLATE, {})
    assert not {"stages", "default", "workflow", "variables", "image", "include", "before_script"} & set(config)
    assert all(name.startswith((".improve-loop", "improve-loop:")) for name in config)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_input_is_typed_described_and_has_a_default_of_its_type(path: Path) -> None:
    types: dict[str, type] = {"string": str, "number": int, "boolean": bool, "array": list}
    for name, declared in header(path).items():
        assert declared["description"], name
        assert isinstance(declared["default"], types[declared["type"]]), name
        if "options" in declared:
            assert declared["default"] in declared["options"], name
        if "regex" in declared:
            assert re.search(declared["regex"], str(declared["default"])), name


def test_every_domain_has_a_job_unless_the_hub_says_otherwise() -> None:
    assert set(sources.SOURCES) <= set(defaults(TEMPLATE)["domains"])


@pytest.mark.parametrize("path", FILES[:3], ids=lambda path: path.name)
def test_the_lines_to_copy_from_the_head_of_a_file_are_a_pipeline_as_they_stand(path: Path) -> None:
    block = re.search(r"(?:^#   .*\n)+", path.read_text(), re.MULTILINE)
    assert block
    assert len(block[0].splitlines()) <= 10
    config = yaml.safe_load(re.sub(r"^#  ", "", block[0], flags=re.MULTILINE))
    (include,) = config["include"]
    assert include["file"] == f"/ci-templates/{path.name}"
    assert set(include["inputs"]) <= set(header(path))
    stages = config.get("stages", ["build", "test", "deploy"])  # GitLab's own, where none are named
    for name, job in jobs(filled(path, include["inputs"])).items():
        assert job["stage"] in stages, name


def test_the_launcher_waits_for_its_child_and_never_holds_up_the_pipeline_it_is_in() -> None:
    """Nothing plays these: the engine neither waits for a child nor hears that it failed."""
    (job,) = jobs(filled(TEMPLATES / "launcher.yml", {})).values()
    assert job["trigger"]["strategy"] == "depend"  # `mirror` is not known before 18.2
    assert (job["allow_failure"], job["resource_group"]) == (True, "improve-loop")
    assert [rule.get("when") for rule in job["rules"]] == ["never", None, None]
    assert all("$IL_START" in rule["if"] for rule in job["rules"][1:])


PINNED = re.compile(r"^\S+@sha256:[0-9a-f]{64}$")


def test_every_image_that_builds_or_runs_the_loop_here_is_pinned_by_digest() -> None:
    own = jobs(filled(HUB, {}))
    services = [service["name"] for job in own.values() for service in job.get("services", ())]
    base = re.findall(r"^ARG BASE=(.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    images = [*(job["image"] for job in own.values()), *services, *base]
    assert len(images) == 4
    assert [image for image in images if not PINNED.match(image)] == []


def test_the_image_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    last = [index for index, line in enumerate(lines) if line.startswith("FROM ")]
    assert {lines[index].split()[1] for index in last} == {"${BASE}"}
    users = [line.split()[1] for line in lines[last[-1] :] if line.startswith("USER ")]
    assert users == ["loop"]


def test_no_input_reaches_a_shell() -> None:
    for path in FILES:
        body = path.read_text().split("\n---\n", 1)[-1]
        for block in re.findall(r"^  script:\n((?:    - .*\n)+)", body, re.MULTILINE):
            assert "$[[" not in block


def test_the_hub_passes_its_form_on(tmp_path: Path) -> None:
    config = filled(HUB, {})
    (include,) = config["include"]
    assert set(header(HUB)) <= set(include["inputs"])
    assert set(include["inputs"]) <= set(header(TEMPLATE))
    assert {include["inputs"][f"stage_{act}"] for act in ("find", "ask", "make", "tend")} < set(config["stages"])
    assert config["workflow"]["auto_cancel"] == {"on_new_commit": "none"}


@pytest.mark.parametrize(
    ("source", "branch", "tag", "runs"),
    [
        ("schedule", "main", "", True),
        ("web", "feature", "", True),
        ("merge_request_event", "", "", True),
        ("push", "main", "", True),
        ("push", "", "v1.2.3", True),
        ("push", "feature", "", False),
        ("external", "feature", "", False),
    ],
)
def test_the_hubs_workflow_starts_pipelines_of_these_kinds_only(source: str, branch: str, tag: str, runs: bool) -> None:
    """The engine that plays the pipeline does not look at workflow rules."""
    rules = [rule["if"] for rule in filled(HUB, {})["workflow"]["rules"]]
    (listed,) = re.findall(r"CI_PIPELINE_SOURCE =~ /(.*?)/", " ".join(rules))
    meant = {
        '$CI_PIPELINE_SOURCE == "merge_request_event"': source == "merge_request_event",
        "$CI_COMMIT_TAG": bool(tag),
        "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH": branch == "main",
        f"$CI_PIPELINE_SOURCE =~ /{listed}/": re.search(listed, source) is not None,
    }
    assert any(meant[rule] for rule in rules) is runs


@pytest.mark.parametrize("name", JOBS)
def test_a_job_is_repeated_only_when_its_runner_failed_it(name: str) -> None:
    model = CREDENTIALS[phase(name)] == "improve-loop/model"
    once = {"max": 1, "when": ["runner_system_failure", "stuck_or_timeout_failure"]}
    assert JOBS[name]["retry"] == (0 if model else once)


@pytest.mark.parametrize("secret", ["TOKEN", "PASSWORD", "KEY"])
def test_no_script_of_the_loop_names_a_secret(secret: str) -> None:
    assert not [line for job in JOBS.values() for line in job["script"] if secret in line]


@pytest.mark.corpus
@pytest.mark.skipif(not SHARED.exists(), reason="needs the schemas beside the checkout")
@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_files_are_valid_for_gitlab_of_four_dates(path: Path, schema: str) -> None:
    import jsonschema

    validator = jsonschema.Draft7Validator(json.loads((SHARED / f"{schema}.json").read_text()))
    cases: tuple[dict[str, Any], ...] = (
        {},
        {"tags": ["docker"], "model_tags": ["model"], "slots": 4, "intensity": "heavy"},
    )
    for given in cases:
        known = {key: given[key] for key in defaults(path) if key in given}
        config = plain(filled(path, known))
        if schema == LAGGING[0]:
            for job in config.values():
                _without(job, LAGGING[1])
        assert [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(config)] == []


def _without(job: Any, report: str) -> None:
    """Takes this report out of a job's artifacts, and the reports where no other is left."""
    artifacts = job.get("artifacts", {}) if isinstance(job, dict) else {}
    if artifacts.get("reports", {}).pop(report, None) and not artifacts["reports"]:
        del artifacts["reports"]


def plain(config: Any) -> Any:
    """What a schema can judge: a reference is its list."""
    return json.loads(json.dumps(config))
