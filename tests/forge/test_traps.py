"""The traps of GitLab's API that cost others days, each met once here."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from improve_loop.errors import TryLater, UsageError
from improve_loop.model.forge import STATE_BRANCH
from tests.forge.conftest import BRANCH, OTHER_PATCH, Scene
from tests.support.fake_gitlab import JobPlan
from tests.support.fake_gitlab.actions import create_pipeline


@pytest.mark.parametrize("lag", [0.5, 12.0, 40.0])
def test_a_pushed_branch_that_the_api_does_not_see_yet_is_waited_for(scene: Scene, lag: float) -> None:
    scene.gitlab.faults.branch_lag = lag
    writer = scene.writer()
    scene.published(writer)
    started = scene.gitlab.clock.now
    assert writer.open_merge_request(scene.draft()).id == "!1"
    assert lag <= scene.gitlab.clock.now - started < 64
    assert len(scene.project.merge_requests) == 1


def test_a_branch_that_never_appears_means_later_not_broken(scene: Scene) -> None:
    scene.gitlab.faults.branch_lag = 10_000
    writer = scene.writer()
    scene.published(writer)
    with pytest.raises(TryLater, match="does not see the pushed branch"):
        writer.open_merge_request(scene.draft())


def test_an_older_gitlab_makes_it_without_a_head_which_is_pending(scene: Scene) -> None:
    scene.gitlab.faults.old_null_sha, scene.gitlab.faults.branch_lag = True, 20
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    assert (mr.head_sha, mr.prepared, mr.human_commits) == (None, False, None)
    scene.gitlab.clock.advance(30)
    assert scene.reader().merge_request(mr.id).head_sha == scene.project.repository.head(BRANCH)


def test_somebody_faster_is_a_409_that_names_theirs_in_a_list(scene: Scene) -> None:
    writer, other = scene.writer(), scene.writer()
    scene.published(writer)
    scene.gitlab.faults.before("POST", "merge_requests$", lambda: other.open_merge_request(scene.draft()))
    assert writer.open_merge_request(scene.draft(description="Second.")).description.startswith("Second.")
    assert len(scene.project.merge_requests) == 1


def test_a_branch_deleted_between_push_and_merge_request_is_pushed_again_by_the_next_try(scene: Scene) -> None:
    def delete() -> None:
        scene.project.repository.git("update-ref", "-d", f"refs/heads/{BRANCH}")

    scene.gitlab.faults.before("POST", "/merge_requests$", delete)
    writer = scene.writer()
    scene.published(writer)
    with pytest.raises(TryLater, match="does not see the pushed branch"):
        writer.open_merge_request(scene.draft())
    assert scene.project.merge_requests == []
    again = scene.writer()
    scene.published(again)
    again.open_merge_request(scene.draft())
    assert [mr.source_branch for mr in scene.project.merge_requests] == [BRANCH]


def test_a_branch_protected_between_reading_and_pushing_is_refused_and_left_as_it_was(scene: Scene) -> None:
    writer = scene.writer()
    head = scene.published(writer)
    scene.gitlab.faults.before(
        "POST", "git-receive-pack$", lambda: scene.project.protected.update({BRANCH: {"push": 40}})
    )
    with pytest.raises(UsageError, match="not allowed to push"):
        scene.published(writer, OTHER_PATCH)
    assert scene.project.repository.head(BRANCH) == head


def test_prepared_at_says_when_gitlab_is_done(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    assert mr.prepared is False
    scene.gitlab.clock.advance(3)
    assert scene.reader().merge_request(mr.id).prepared is True


@pytest.mark.parametrize("body", ["/close", "/label ~stolen", "/merge\n/close\n", "Fine.\n/close", "> x\n/title pwned"])
def test_nothing_that_the_loop_writes_runs_as_a_quick_action(scene: Scene, body: str) -> None:
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft(description=body))
    writer.comment(mr, "red", body)
    writer.write_control_issue(body)
    record = scene.project.merge_requests[0]
    assert (record.state, record.title, record.labels) == ("opened", "Cache what CI downloads", {"improve-loop"})
    assert len(record.notes) == 1
    assert scene.project.issues[0].state == "opened"


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/merge_requests$"),
        ("PUT", "/merge_requests/1$"),
        ("POST", "/notes$"),
        ("PUT", "/notes/"),
        ("POST", "/issues$"),
        ("PUT", "/issues/1$"),
        ("POST", "/repository/commits$"),
        ("POST", "git-receive-pack$"),
    ],
)
def test_a_lost_reply_is_looked_for_before_anything_is_sent_again(
    scene: Scene, method: str, path: str, reset: bool
) -> None:
    scene.gitlab.faults.lose_reply(method, path, reset=reset)
    play(scene)
    writes = [entry for entry in scene.gitlab.log if entry.method == method and entry.is_write]
    assert [entry for entry in writes if entry.lost], "the fault was met"
    record = scene.project.merge_requests[0]
    assert len(scene.project.merge_requests) == len(record.notes) == len(scene.project.issues) == 1
    assert len(scene.project.repository.log([STATE_BRANCH])) == 2
    for lost, following in zip(scene.gitlab.log, scene.gitlab.log[1:], strict=False):
        # curl itself repeats a POST on a connection that broke; the lease makes that push a compare-and-swap.
        leased = following.path.endswith("git-receive-pack")
        assert leased or not (lost.lost and following.is_write), f"{following} followed a lost reply unread"


def play(scene: Scene) -> None:
    """Every write of propose, publish, ship and cleanup, each thing twice."""
    writer = scene.writer()
    for round in ("one", "two"):
        writer.write_control_issue(f"- [x] {round}\n")
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    mr = writer.update_merge_request(mr, scene.draft(description="Other."))
    for round in ("one", "two"):
        writer.comment(mr, "red", round)
    writer.set_labels(mr, ("improve-loop/fixing",), ())
    revision = writer.write_state("a: 1\n", None, "One")
    writer.write_state("a: 2\n", revision, "Two")


def test_a_resource_lock_is_waited_for_although_its_reason_is_in_the_body(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    scene.gitlab.faults.locked("POST", "/notes$", times=2)
    writer.comment(mr, "red", "Failed.")
    assert len(scene.project.merge_requests[0].notes) == 1


@pytest.mark.parametrize("form", ["seconds", "date", "json", "none"])
def test_a_throttle_is_obeyed_in_whatever_form_it_asks(scene: Scene, form: str) -> None:
    faults, clock = scene.gitlab.faults, scene.gitlab.clock
    if form == "json":
        faults.limited("GET", "/merge_requests")
    else:
        headers = {"seconds": "7", "date": formatdate(clock.now + 7, usegmt=True), "none": ""}
        faults.throttled("GET", "/merge_requests", retry_after=headers[form])
    started = clock.now
    assert scene.reader().open_merge_requests() == ()
    assert clock.now - started == pytest.approx({"seconds": 7, "date": 7, "json": 60, "none": 1}[form])


def test_patience_ends(scene: Scene) -> None:
    scene.gitlab.faults.throttled("GET", "", retry_after="100", times=50)
    started = scene.gitlab.clock.now
    with pytest.raises(TryLater, match="waited 200 s already"):
        scene.reader().open_merge_requests()
    assert scene.gitlab.clock.now - started == 200


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
def test_trouble_of_the_server_is_waited_out(scene: Scene, status: int) -> None:
    scene.gitlab.faults.add("reply", "GET", "branches", status=status, body={"message": "oh"}, times=3)
    assert scene.reader().branch_head("main") == scene.base


def test_git_is_asked_again_while_the_server_is_away(scene: Scene) -> None:
    scene.gitlab.faults.maintenance("GET", r"acme/app\.git/info/refs", times=1)
    assert scene.published(scene.writer()) == scene.project.repository.head(BRANCH)


def test_a_push_whose_server_goes_away_is_read_back_and_left_for_later(scene: Scene) -> None:
    scene.gitlab.faults.maintenance("POST", "git-receive-pack", times=1)
    with pytest.raises(TryLater, match="503"):
        scene.published(scene.writer())
    assert scene.project.repository.head(BRANCH) is None
    assert scene.published(scene.writer()) == scene.project.repository.head(BRANCH)


def test_maintenance_that_stays_means_later(scene: Scene) -> None:
    scene.gitlab.faults.maintenance(times=50)
    with pytest.raises(TryLater, match="503"):
        scene.reader().project()


@pytest.mark.parametrize("path", ["branches", "merge_requests"])
def test_a_login_page_with_200_is_no_answer(scene: Scene, path: str) -> None:
    scene.gitlab.faults.html("GET", path, times=50)
    with pytest.raises(TryLater, match="no JSON"):
        _ = scene.reader().branch_head("main") if path == "branches" else scene.reader().open_merge_requests()


def test_a_row_that_shifts_between_pages_is_seen_once(scene: Scene) -> None:
    for number in range(120):
        create_pipeline(scene.gitlab.world, scene.project, "main", scene.base, f"x{number}", scene.gitlab.user("ada"))
    scene.gitlab.faults.shift_pages = True
    rows = scene.reader().session.rows("/projects/acme%2Fapp/pipelines")
    assert len(rows) == 120
    assert len({row["id"] for row in rows}) == 120


def test_a_list_without_totals_is_read_to_its_end(scene: Scene) -> None:
    for number in range(105):
        scene.gitlab.push(scene.project, "many", {"n": str(number)}, by="ada")
    assert len(scene.reader().session.rows("/projects/acme%2Fapp/repository/commits", ref_name="many")) == 106


def test_an_unprepared_merge_request_shows_an_old_head_for_a_moment_after_a_push(scene: Scene) -> None:
    writer = scene.writer()
    first = scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    scene.published(writer, OTHER_PATCH)
    assert scene.reader().merge_request(mr.id).head_sha == first
    scene.gitlab.clock.advance(2)
    assert scene.reader().merge_request(mr.id).head_sha == scene.project.repository.head(BRANCH) != first


def test_retried_jobs_are_new_jobs(scene: Scene) -> None:
    scene.project.plan("*", JobPlan(name="test", outcome="failed"))
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    scene.gitlab.clock.advance(60)
    before = scene.reader().pipelines_of(mr)
    assert [job.status for job in before[0].jobs] == ["failed"]
    writer.retrigger(mr)
    scene.gitlab.clock.advance(4)
    after = scene.reader().pipelines_of(mr)
    assert [job.status for job in after[0].jobs] == ["running"]


def test_no_request_waits_for_ever(scene: Scene) -> None:
    session = scene.reader().session
    session.get("/version")
    assert session._client.timeout == 30


def test_the_token_of_one_host_is_not_sent_to_another(scene: Scene) -> None:
    with pytest.raises(UsageError, match="its token is sent to no other server"):
        scene.reader(CI_SERVER_URL="https://gitlab.example.com")


def test_a_redirect_of_a_push_is_not_followed(scene: Scene) -> None:
    elsewhere = {"Location": "http://127.0.0.1:9/acme/app.git/info/refs?service=git-upload-pack"}
    scene.gitlab.faults.add("reply", "GET", r"\.git/info/refs", status=302, body=b"", headers=elsewhere)
    started = time.monotonic()
    with pytest.raises(Exception, match="302"):
        scene.published(scene.writer())
    assert time.monotonic() - started < 20
