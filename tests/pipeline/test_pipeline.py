"""The pipeline itself, run for real: who gets which credential, what is asked, made and tended."""

from __future__ import annotations

from tests.pipeline.conftest import Hub

FIND = ["improve-loop:preflight", "improve-loop:discover: [ci]", "improve-loop:extract", "improve-loop:triage"]
CREDENTIALS = {
    "preflight": {"IL_READ_TOKEN"},
    "discover": {"IL_READ_TOKEN"},
    "extract": {"IL_MODEL_KEY"},
    "triage": set(),
    "propose": {"IL_WRITE_TOKEN"},
    "approve": {"IL_READ_TOKEN"},
    "implement": {"IL_MODEL_KEY"},
    "check": set(),
    "gate": set(),
    "publish": {"IL_WRITE_TOKEN"},
    "validate": {"IL_READ_TOKEN"},
    "ship": {"IL_WRITE_TOKEN"},
    "cleanup": {"IL_WRITE_TOKEN"},
}
ALL = ["--manual", "improve-loop:approve"]


def test_an_unpressed_sweep_asks_and_makes_nothing(hub: Hub) -> None:
    jobs = hub.run("improve-loop:propose", "--needs")
    assert set(jobs.values()) == {"PASS"}
    assert {name.split(":")[1].split(" ")[0] for name in jobs} == {
        "preflight",
        "discover",
        "extract",
        "triage",
        "propose",
    }
    assert "- [x] **1.**" in hub.target.issues[0].description
    assert hub.target.merge_requests == []
    assert hub.target.repository.head("improve-loop/state") is not None


def test_a_pressed_sweep_opens_what_is_still_ticked_with_one_credential_a_job(hub: Hub) -> None:
    number = str(hub.pipeline("ada"))
    hub.run("improve-loop:propose", "--needs", CI_PIPELINE_ID=number)
    issue = hub.target.issues[0]
    first = issue.description.split("<!-- candidate ")[1].split(" ")[0]
    issue.description = issue.description.replace("- [x]", "- [ ]", 1)
    jobs = hub.run(*ALL, CI_PIPELINE_ID=number)
    assert set(jobs.values()) == {"PASS"}
    assert len(hub.branches()) >= 3
    assert f"improve-loop/{first}" not in hub.branches()
    assert hub.credentials() == CREDENTIALS
    assert all("improve-loop/auto-mergeable" in mr.labels for mr in hub.target.merge_requests)
    assert hub.target.repository.refs().keys() == {"main", "improve-loop/state", *hub.branches()}
    approval = hub.artifact("approve", "approval.json")
    assert (approval["how"], approval["decided_by"]) == ("manual_job", "ada")


def test_pressing_twice_changes_nothing_more(hub: Hub) -> None:
    hub.run(*ALL)
    heads = hub.target.repository.refs()
    notes = [len(mr.notes) for mr in hub.target.merge_requests]
    hub.run(*ALL)
    after = hub.target.repository.refs()
    assert {key: sha for key, sha in heads.items() if "state" not in key} == {
        key: sha for key, sha in after.items() if "state" not in key
    }
    assert [len(mr.notes) for mr in hub.target.merge_requests] == notes


def test_a_press_by_somebody_else_is_refused_in_words(hub: Hub) -> None:
    policy = hub.target.repository.read("main", ".improve-loop.yml") or b""
    hub.gitlab.push(hub.target, "main", {".improve-loop.yml": policy.decode() + "approvers: [ada]\n"}, by="ada")
    jobs = hub.run(*ALL, pressed_by="mallory")
    approval = hub.artifact("approve", "approval.json")
    assert (approval["accepted"], approval["decided_by"]) == ([], "mallory")
    assert "mallory is not one of the approvers" in str(approval["reason"])
    assert hub.target.merge_requests == []
    assert jobs["improve-loop:cleanup"] == "PASS"


def test_an_old_question_that_a_newer_sweep_has_replaced_is_refused(hub: Hub) -> None:
    old = str(hub.pipeline("ada"))
    hub.run("improve-loop:propose", "--needs", CI_PIPELINE_ID=old)
    issue = hub.target.issues[0]
    issue.description = issue.description.replace(f"run={old} ", "run=99999 ")
    hub.run("improve-loop:approve", *ALL, CI_PIPELINE_ID=old)
    approval = hub.artifact("approve", "approval.json")
    assert (approval["accepted"], approval["reason"]) == ([], "run 99999 has asked since; answer that one")


def test_auto_skips_the_wait(hub: Hub) -> None:
    jobs = hub.run("--input", "auto=true", IL_AUTO="true")
    assert jobs["improve-loop:publish"] == "PASS"
    assert hub.branches()


def test_a_run_gives_way_to_an_older_one_and_nothing_runs(hub: Hub) -> None:
    hub.pipeline("ada")
    hub.gitlab.clock.advance(5)
    jobs = hub.run(expect=1)
    assert jobs["improve-loop:preflight"] == "FAIL"
    assert "is at work on" in hub.printed
    assert hub.target.issues == []


def test_nothing_found_ends_green(hub: Hub) -> None:
    calm = dict.fromkeys((".gitlab-ci.yml", "package.json", "package-lock.json"))
    hub.gitlab.push(hub.target, "main", calm, by="ada")
    jobs = hub.run(*ALL)
    assert set(jobs.values()) == {"PASS"}
    assert hub.target.merge_requests == []


def test_a_tend_run_looks_after_what_is_open_and_asks_nobody(hub: Hub) -> None:
    hub.run(*ALL)
    question = hub.target.issues[0].description
    green, red, pending = hub.target.merge_requests[:3]
    for mr, status in ((red, "failed"), (pending, "running")):
        for record in hub.target.pipelines:
            if record.ref == mr.source_branch:
                record.forced = status
    jobs = hub.run(IL_RUN_KIND="tend")
    assert set(jobs.values()) == {"PASS"}
    assert "improve-loop/auto-mergeable" in green.labels
    assert not {"improve-loop/auto-mergeable", "improve-loop/needs-review"} & (red.labels | pending.labels)
    assert red.state == "closed"
    assert "improve-loop/needs-human-plan" in red.labels
    assert len(red.notes) == 1
    assert pending.state == "opened"
    assert hub.target.issues[0].description == question


def test_a_dry_run_changes_nothing(hub: Hub) -> None:
    hub.run("--input", "dry_run=true", IL_DRY_RUN="true", IL_AUTO="true")
    assert hub.target.merge_requests == []
    assert hub.target.issues == []
    assert hub.target.repository.refs().keys() == {"main"}


def test_the_kill_switch_stops_everything(hub: Hub) -> None:
    hub.run("--list", IL_DISABLED="true")
    assert "improve-loop:preflight" not in hub.printed
